"""Schedules: how a number of the optimizer moves during training, as a multiplier of its value."""

from __future__ import annotations

from search_spaces.declarations.declaration import Declaration, by_name
from search_spaces.options import Number, WholeNumbers

SCHEDULES = by_name(
    Declaration(
        name="constant",
        summary="the value as given, all the way",
        implementation="workers.schedules:constant",
    ),
    Declaration(
        name="multistep",
        summary="times `gamma` after each epoch in `milestones`",
        implementation="workers.schedules:multistep",
        options={
            "milestones": WholeNumbers(summary="epochs, ascending, before the last"),
            "gamma": Number(summary="factor at each milestone", low=0.0, low_open=True, default=0.1),
        },
    ),
    Declaration(
        name="cosine",
        summary="half a cosine from the value to 0, step by step",
        implementation="workers.schedules:cosine",
        source="I. Loshchilov, F. Hutter, SGDR, arXiv:1608.03983, without restarts",
    ),
)
