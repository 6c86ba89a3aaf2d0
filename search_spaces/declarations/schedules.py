"""Schedules: how a number of the optimizer moves during training, as a multiplier of its value."""

from __future__ import annotations

from search_spaces.declarations.declaration import Declaration, by_name
from search_spaces.options import Number, Option, Switch, WholeNumbers

_WARM_UP: dict[str, Option] = {
    "warmup": Number(
        summary="epochs of linear warm-up, by which the multiplier is multiplied",
        low=0.0,
        high=1e6,
        default=0.0,
        unit="epochs",
    ),
    "warmup_from": Number(summary="where the warm-up begins, as a multiplier", low=0.0, high=1.0, default=0.0),
}
_MILESTONES = WholeNumbers(summary="epochs, ascending, before the last")
_GAMMA = Number(summary="factor at each milestone", low=0.0, low_open=True, default=0.1)
_DISCARD = Switch(summary="discard the state of the optimizer at each drop", default=False)

_SGDR = "I. Loshchilov, F. Hutter, SGDR, arXiv:1608.03983"

SCHEDULES = by_name(
    Declaration(
        name="constant",
        summary="the value as given, all the way",
        implementation="workers.schedules:constant",
        options=_WARM_UP,
    ),
    Declaration(
        name="multistep",
        summary="times `gamma` after each epoch in `milestones`",
        implementation="workers.schedules:multistep",
        options={"milestones": _MILESTONES, "gamma": _GAMMA, "discard": _DISCARD, **_WARM_UP},
    ),
    Declaration(
        name="step",
        summary="times `gamma` after each `every` epochs",
        implementation="workers.schedules:step",
        options={
            "every": Number(
                summary="epochs between drops", low=1, high=1_000_000, integer=True, default=30, unit="epochs"
            ),
            "gamma": Number(summary="factor at each drop", low=0.0, low_open=True, default=0.1),
            "discard": _DISCARD,
            **_WARM_UP,
        },
    ),
    Declaration(
        name="cosine",
        summary="half a cosine from the value to 0, step by step",
        implementation="workers.schedules:cosine",
        source=f"{_SGDR}, without restarts",
        options=_WARM_UP,
    ),
    Declaration(
        name="warm-restarts",
        summary="half a cosine from the value to `lowest`, again and again, each `factor` times as long as the last",
        implementation="workers.schedules:warm_restarts",
        source=_SGDR,
        options={
            "first": Number(
                summary="epochs of the first cycle", low=1, high=1_000_000, integer=True, default=10, unit="epochs"
            ),
            "factor": Number(summary="length of a cycle over that of the one before", low=1.0, high=1e3, default=2.0),
            "lowest": Number(summary="multiplier that a cycle would end at", low=0.0, high=1.0, default=0.0),
            **_WARM_UP,
        },
    ),
    Declaration(
        name="inverse-sqrt",
        summary="over the root of the step, 1 for the first",
        implementation="workers.schedules:inverse_sqrt",
        source="M. Zinkevich, Online Convex Programming, ICML 2003",
        options=_WARM_UP,
    ),
    Declaration(
        name="compensated",
        summary="of lr alone: times scale^(2 (p - p at first)), so that a p that moves leaves steps as long",
        implementation="workers.schedules:compensated",
        options={
            "scale": Number(
                summary="typical root of the second moment, whose log10 v `basin curves` shows",
                low=0.0,
                low_open=True,
                log=True,
                default=3e-3,
            ),
            "milestones": _MILESTONES,
            "gamma": _GAMMA,
            **_WARM_UP,
        },
    ),
)
