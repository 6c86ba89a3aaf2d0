"""Tasks: every one that a specification can name."""

from __future__ import annotations

from search_spaces.declarations.declaration import by_name
from search_spaces.declarations.task import Metric, Task
from search_spaces.declarations.toys import TOYS
from search_spaces.options import Choice, Name, Number

CLASSIFICATION = "classification"
"""The task of a specification that names none."""

TASKS = by_name(
    Task(
        name=CLASSIFICATION,
        summary="a network that tells the classes of images; measures test error in percent and train loss",
        metrics=(
            Metric(name="test_error", summary="test error", unit="%", log=True),
            Metric(name="validation_error", summary="validation error", unit="%", log=True),
            Metric(name="train_loss", summary="train loss", unit="nats", log=True),
        ),
        implementation="workers.tasks.classification:begin",
        options={
            "dataset": Name(summary="data set", kind="dataset"),
            "network": Name(summary="network", kind="network"),
            "batch_size": Number(
                summary="images a step", default=128, low=1, high=65_536, integer=True, log=True, unit="images"
            ),
            "augmentation": Choice(
                summary="what is done to each training image",
                choices={
                    "none": "images as they are",
                    "crop4-flip": "zero padding by 4, random crop to the original size, random horizontal flip",
                    "crop2-flip": "zero padding by 2, random crop to the original size, random horizontal flip",
                },
            ),
            "subset": Number(
                summary="train on so many images, seeded and balanced over classes; all where not written",
                default=None,
                low=1,
                integer=True,
                unit="images",
            ),
            "validation": Number(
                summary="training images held out, by a fixed seed", default=0, low=0, integer=True, unit="images"
            ),
            "remainder": Choice(
                summary="what becomes of the images of an epoch that fill no batch",
                choices={
                    "join": "less than half a batch joins the batch before",
                    "keep": "they are a batch of their own",
                },
            ),
        },
    ),
    *TOYS,
)
