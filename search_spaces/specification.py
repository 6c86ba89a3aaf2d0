"""The study specification: what a user writes, with every default, as frozen typed values."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from search_spaces.catalog import DATASETS, OPTIMIZERS, DatasetInfo, OptimizerInfo
from search_spaces.configurations import Configuration, rounded
from search_spaces.domains import Domain, Number

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)

MAX_TRIALS = 1_000_000


def _listed(value: Any) -> Any:
    """Let a YAML list stand for a tuple, and nothing else."""
    return tuple(value) if isinstance(value, list) else value


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Task(_Section):
    """Data set + network + batch size + augmentation.

    ``subset`` trains on that many images, seeded and balanced over classes; ``validation`` holds that many training
    images out, by a fixed seed. ``remainder`` says what becomes of the images of an epoch that fill no batch:
    ``join`` puts less than half a batch into the batch before, ``keep`` leaves them a batch of their own.
    """

    dataset: str
    network: str
    batch_size: int = Field(default=128, ge=1, le=65_536)
    augmentation: str = "none"
    subset: int | None = Field(default=None, ge=1)
    validation: int = Field(default=0, ge=0)
    remainder: Literal["join", "keep"] = "join"


class Optimizer(_Section):
    """The optimizer and the value of every hyperparameter that the space does not vary.

    A hyperparameter that stands here and in the space is varied. ``betas`` is short for ``beta1`` and ``beta2``.
    """

    name: str = "padam"
    variant: str | None = None
    decay: str | None = None
    decay_on: Literal["all", "kernels"] = "all"
    amsgrad: bool = True
    betas: Annotated[tuple[Number, Number], BeforeValidator(_listed)] | None = None
    lr: Number | None = None
    p: Number | None = None
    beta1: Number | None = None
    beta2: Number | None = None
    eps: Number | None = None
    weight_decay: Number | None = None
    momentum: Number | None = None

    @property
    def info(self) -> OptimizerInfo:
        """The catalog's entry of this optimizer."""
        return OPTIMIZERS[self.name]

    def fixed(self) -> dict[str, float]:
        """Return the values written in the document, by hyperparameter."""
        written = {h: getattr(self, h) for h in ("lr", "p", "beta1", "beta2", "eps", "weight_decay", "momentum")}
        if self.betas:
            written["beta1"], written["beta2"] = self.betas
        return {name: value for name, value in written.items() if value is not None}


class Schedule(_Section):
    """How the learning rate moves during training."""

    name: str = "constant"
    milestones: Annotated[tuple[int, ...], BeforeValidator(_listed)] = ()
    gamma: Number = Field(default=0.1, gt=0)


class Design(_Section):
    """How configurations are chosen; all but ``grid`` take the number of ``configurations``."""

    name: Literal["grid", "random", "sobol", "tpe"] = "grid"
    configurations: int | None = Field(default=None, ge=1, le=MAX_TRIALS)
    seed: int = Field(default=0, ge=0, le=2**32 - 1)


class Objective(_Section):
    """Statistic + split: what Optuna is told and what a report shows by default."""

    statistic: Literal["final", "mean_last5", "min"] = "final"
    split: Literal["test", "validation"] = "test"


class Resources(_Section):
    """What one worker takes; never part of a study's identity."""

    cpus: int = Field(default=1, ge=1, le=1_024)
    gpus: Number = Field(default=0.0, ge=0, le=64)


CHANGED_DEFAULTS = (("task", "remainder"), ("objective", "statistic"))
"""Section and name of each option that has, or ever had, another default than an earlier release."""


class Specification(_Section):
    """A whole study. N = configurations x seeds trials."""

    name: str
    task: Task
    epochs: int = Field(ge=1, le=100_000)
    space: dict[str, Domain]
    optimizer: Optimizer = Optimizer()
    schedule: Schedule = Schedule()
    design: Design = Design()
    seeds: int = Field(default=3, ge=1, le=1_000)
    objective: Objective = Objective()
    resources: Resources = Resources()
    summary: str = Field(default="", max_length=1_000)

    @property
    def dataset(self) -> DatasetInfo:
        """The catalog's entry of the data set."""
        return DATASETS[self.task.dataset]

    @property
    def configurations(self) -> int:
        """Number of configurations of the design."""
        if self.design.configurations is not None:
            return self.design.configurations
        cells = 1
        for domain in self.space.values():
            cells *= len(domain.grid())
        return cells

    @property
    def trials(self) -> int:
        """N, the number of trials the study consists of."""
        return self.configurations * self.seeds

    @property
    def variant(self) -> str | None:
        """The optimizer's variant in force, None where it has only one form."""
        return self.optimizer.variant or next(iter(self.optimizer.info.variants), None)

    @property
    def decay(self) -> str:
        """The decay form in force."""
        return self.optimizer.decay or self.optimizer.info.decays[0]

    def hyperparameters(self, configuration: Configuration) -> dict[str, float]:
        """Return the value of every hyperparameter of the optimizer at one configuration."""
        values = {h.name: h.default for h in self.optimizer.info.hyperparameters}
        return rounded(values | self.optimizer.fixed() | configuration)

    def warnings(self) -> list[str]:
        """Return what its reader should know although it is no fault, a sentence each."""
        if self.objective.statistic != "mean_last5" or not 1 < self.epochs < 10:
            return []
        meant = f"the last 5 of {self.epochs} epochs" if self.epochs > 5 else f"all {self.epochs} epochs"
        warning = (
            f"objective.statistic mean_last5 is the mean of {meant}, over which the curve may still fall steeply: "
            "it can turn a ranking round; final takes the last epoch alone"
        )
        return [warning]

    def document(self) -> dict[str, Any]:
        """Return the specification as plain JSON values, defaults written out."""
        return self.model_dump(mode="json")

    def continuing(self, stored: Specification) -> Specification:
        """Return this specification as it goes on with a stored study of its name.

        An option of :data:`CHANGED_DEFAULTS` that was not written here has its value of there, so that the same
        document names the same study in every release.
        """
        sections: dict[str, Any] = {}
        for name, option in CHANGED_DEFAULTS:
            section = sections.get(name, getattr(self, name))
            if option not in section.model_fields_set:
                sections[name] = section.model_copy(update={option: getattr(getattr(stored, name), option)})
        return self.model_copy(update=sections)

    def resolved(self) -> dict[str, Any]:
        """Return what two specifications of one study agree in: all but ``resources`` and ``summary``."""
        document = self.document()
        del document["resources"], document["summary"]
        document["optimizer"] |= {"variant": self.variant, "decay": self.decay, "betas": None}
        document["optimizer"] |= {n: v for n, v in self.hyperparameters({}).items() if n not in self.space}
        document["optimizer"] |= dict.fromkeys(self.space)
        return document

    def identity(self) -> dict[str, Any]:
        """Return what the hash is of: the resolved form, and nothing where an option does what release 0.1.0 did."""
        document = self.resolved()
        if self.task.remainder == "keep":
            del document["task"]["remainder"]
        return document

    def hash(self) -> str:
        """Return the SHA-256 of the identity, in hexadecimal."""
        text = json.dumps(self.identity(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def differences(stored: dict[str, Any], given: dict[str, Any], prefix: str = "") -> list[str]:
    """Return one line for each place where two resolved specifications differ."""
    lines: list[str] = []
    for key in sorted(stored.keys() | given.keys()):
        path = f"{prefix}{key}"
        old, new = stored.get(key), given.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            lines += differences(old, new, f"{path}.")
        elif old != new:
            lines.append(f"{path}: stored {json.dumps(old)}, given {json.dumps(new)}")
    return lines
