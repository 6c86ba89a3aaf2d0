"""Messages: what a driver hands to a worker, and what the worker has to say, typed at both ends.

Between them they are plain values, which survive any transport. Nothing of it is secret.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from search_spaces.plugins import Plugin
from workers.recipe import Recipe
from workers.records import Facts

Key = tuple[int, int]
"""``(trial, attempt)``, which fences every later write."""


class Ending(StrEnum):
    """How one attempt ended."""

    COMPLETE = "complete"
    DIVERGED = "diverged"
    ERROR = "error"  # the training raised, or its process died
    EXPIRED = "expired"  # the lease or the deadline for progress ran out
    RELEASED = "released"  # its driver stopped in good order, or was found dead on its own host
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True)
class Job:
    """One leased trial of a ticket.

    Attributes
    ----------
    key
        What the driver knows it by.
    recipe
        What to train.
    state
        Of an earlier attempt's session, as :func:`workers.states.packed` writes it: the training goes on from there,
        and reports later epochs alone. None where it begins.
    """

    key: Key
    recipe: Recipe
    state: bytes | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the job as plain values."""
        return {"key": list(self.key), "recipe": self.recipe.to_dict(), "state": self.state}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Job:
        """Return the job that :meth:`to_dict` wrote."""
        trial, attempt = values["key"]
        recipe = Recipe.from_dict(values["recipe"])
        return cls(key=(trial, attempt), recipe=recipe, state=values.get("state"))


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """What one Ray trial executes.

    Attributes
    ----------
    code
        The code version of the driver.
    data
        Folder of the data sets, None where none is named.
    threads
        Of a worker.
    jobs
        One leased trial, or several short ones.
    plugins
        What they name that does not come with Basin.
    """

    code: str
    data: str | None
    threads: int
    jobs: Sequence[Job] = field(default_factory=tuple)
    plugins: Sequence[Plugin] = field(default_factory=tuple)

    def to_dict(self) -> dict[str, Any]:
        """Return the ticket as plain values."""
        return {
            "code": self.code,
            "data": self.data,
            "threads": self.threads,
            "trials": [job.to_dict() for job in self.jobs],
            "plugins": [plugin.to_dict() for plugin in self.plugins],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Ticket:
        """Return the ticket that :meth:`to_dict` wrote."""
        return cls(
            code=values["code"],
            data=values["data"],
            threads=values["threads"],
            jobs=tuple(Job.from_dict(it) for it in values["trials"]),
            plugins=tuple(Plugin.from_dict(it) for it in values.get("plugins", ())),
        )


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where and with what an attempt ran, and by which rule.

    Attributes
    ----------
    host, device
        Where.
    libraries, code_version
        With what.
    rule
        None where there is no optimizer, or an error came before there was one.
    """

    host: str
    device: str
    libraries: Mapping[str, str]
    code_version: str
    rule: Facts | None = None

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Provenance:
        """Return the provenance that :func:`dataclasses.asdict` wrote."""
        rule = values.get("rule")
        return cls(**{**values, "rule": None if rule is None else Facts(**rule)})


@dataclass(frozen=True, kw_only=True)
class Finish:
    """The end of an attempt as its worker saw it: ``ending`` is COMPLETE, DIVERGED or ERROR."""

    ending: Ending
    reason: str | None = None
    diverged_epoch: int | None = None
    last_finite_loss: float | None = None
    seconds: float | None = None
    images_per_second: float | None = None
    provenance: Provenance | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the end as plain values."""
        return asdict(self) | {"ending": self.ending.value}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Finish:
        """Return the end that :meth:`to_dict` wrote."""
        made = values.get("provenance")
        known = {
            "ending": Ending(values["ending"]),
            "provenance": None if made is None else Provenance.from_dict(made),
        }
        return cls(**{**values, **known})


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a worker has to say about one attempt: epochs done since its last report, and perhaps the end."""

    trial: int
    attempt: int
    epochs: Sequence[Mapping[str, Any]] = ()
    finish: Finish | None = None

    @property
    def key(self) -> Key:
        """``(trial, attempt)``."""
        return self.trial, self.attempt

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain values."""
        finish = None if self.finish is None else self.finish.to_dict()
        return {"key": list(self.key), "epochs": [dict(epoch) for epoch in self.epochs], "finish": finish}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Report:
        """Return the report that :meth:`to_dict` wrote."""
        trial, attempt = values["key"]
        finish = values["finish"]
        return cls(
            trial=trial,
            attempt=attempt,
            epochs=values["epochs"],
            finish=None if finish is None else Finish.from_dict(finish),
        )
