"""The study specification: what a user writes, with every default, as frozen typed values."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from search_spaces.arm import Arm, Design, Objective
from search_spaces.declarations import IMPORTED, Declaration, Origin, is_imported
from search_spaces.domains import Real
from search_spaces.identity import canonical, differences, form_of
from search_spaces.models import Frozen

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)

BASE = "base"
"""The arm of a study that names none."""


class Resources(Frozen):
    """What one worker takes; never part of a study's identity."""

    cpus: int = Field(default=1, ge=1, le=1_024)
    gpus: Real = Field(default=0.0, ge=0, le=64)


class Specification(Frozen):
    """A whole study. N = configurations x seeds trials, summed over its arms.

    Attributes
    ----------
    arms
        What is trained, by name; a study that names none has one, :data:`BASE`.
    design, seeds, objective
        Those of every arm.
    """

    name: str
    arms: dict[str, Arm] = Field(min_length=1)
    design: Design = Design()
    seeds: int = Field(default=3, ge=1, le=1_000)
    objective: Objective = Objective()
    resources: Resources = Resources()
    summary: str = Field(default="", max_length=1_000)

    @property
    def armed(self) -> bool:
        """Whether arms were named: more than the one that every study has."""
        return self.arms.keys() != {BASE}

    @property
    def base(self) -> Arm:
        """The arm of a study that names none."""
        return self.arms[BASE]

    @property
    def imported(self) -> bool:
        """Whether its results came from elsewhere: it can be read, and never trained."""
        return any(is_imported(arm.measured) for arm in self.arms.values())

    def has_seed(self, seed: int) -> bool:
        """Tell whether a seed is one that the study asks for; others are fresh, and check its winner."""
        return not self.has_fresh_seeds or seed < self.seeds

    @property
    def has_fresh_seeds(self) -> bool:
        """Whether a winner may have further seeds: not of imported results, nor where the design chooses seeds."""
        return not self.imported and not self.design.by_slot

    @property
    def source(self) -> str:
        """Where results come from that were imported, and in what they lay; empty where they are this one's own."""
        origins = (arm.measured.origin for arm in self.arms.values() if is_imported(arm.measured))
        return next((it.name for it in origins if it is not None), "")

    @property
    def comparable(self) -> bool:
        """Whether all arms are measured on the same thing, so that their values may be ranked."""
        return len({measured_on(arm) for arm in self.arms.values()}) == 1

    @property
    def configurations(self) -> int:
        """Number of configurations, of all arms."""
        return sum(arm.configurations for arm in self.arms.values())

    @property
    def trials(self) -> int:
        """N, the number of trials the study consists of."""
        return sum(arm.trials for arm in self.arms.values())

    def apart(self) -> dict[str, dict[str, Any]]:
        """Return by arm what it fixes otherwise than another one does, by path; what an arm varies is not fixed."""
        found = {name: dict(_leaves(arm.resolved())) for name, arm in self.arms.items()}
        paths = dict.fromkeys(path for leaves in found.values() for path in leaves if not path.startswith("space."))
        told = [path for path in paths if len({repr(leaves.get(path)) for leaves in found.values()}) > 1]
        return {
            name: {path: leaves[path] for path in told if leaves.get(path) is not None}
            for name, leaves in found.items()
        }

    def warnings(self) -> list[str]:
        """Return what its reader should know although it is no fault, a sentence each."""
        epochs = min(arm.epochs for arm in self.arms.values())
        if self.objective.statistic != "mean_last5" or not 1 < epochs < 10:
            return []
        meant = f"the last 5 of {epochs} epochs" if epochs > 5 else f"all {epochs} epochs"
        warning = (
            f"objective.statistic mean_last5 is the mean of {meant}, over which the curve may still fall steeply: "
            "it can turn a ranking round; final takes the last epoch alone"
        )
        return [warning]

    def document(self) -> dict[str, Any]:
        """Return the specification as plain JSON values, defaults written out; arms are written whole."""
        return self._written({name: arm.document() for name, arm in self.arms.items()}) | {
            "resources": self.resources.model_dump(mode="json"),
            "summary": self.summary,
        }

    def resolved(self) -> dict[str, Any]:
        """Return what two specifications of one study agree in: all but ``resources`` and ``summary``."""
        return self._written({name: arm.resolved() for name, arm in self.arms.items()})

    def identity(self) -> dict[str, Any]:
        """Return what the hash is of: the form of release 0.1.0, and what it did not know where that acts."""
        return self._written({name: form_of(arm) for name, arm in self.arms.items()})

    def identity_text(self) -> str:
        """Return the identity as canonical JSON; the order of arms is no part of it."""
        return canonical(self.identity())

    def hash(self) -> str:
        """Return the SHA-256 of the identity, in hexadecimal."""
        return hashlib.sha256(self.identity_text().encode()).hexdigest()

    def _written(self, arms: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
        """Return a document of the arms; one that names none has its keys at the top."""
        common = {
            "name": self.name,
            **self.model_dump(mode="json", include={"design", "seeds"}),
            "objective": self.objective.document(),
        }
        return common | ({"arms": dict(arms)} if arms.keys() != {BASE} else arms[BASE])

    def declarations(self) -> dict[str, Any]:
        """Return what is known of the options today, as plain values: a study is stored with it, and read by it."""
        arms = {name: arm.declarations() for name, arm in self.arms.items()}
        return {"arms": arms} if self.armed else arms[BASE]

    def plugged(self) -> dict[tuple[str, str], Declaration]:
        """Return what of this comes from plug-ins, by kind and name."""
        return {key: it for arm in self.arms.values() for key, it in arm.plugged().items()}

    @property
    def plugins(self) -> tuple[Origin, ...]:
        """The plug-ins that this was read with, by name; what was stored is read by what they declared then."""
        plugged = [it for arm in self.arms.values() for it in arm.plugged().values()]
        found = {it.origin for it in plugged if it.origin is not None and it.implementation != IMPORTED}
        return tuple(sorted(found, key=lambda it: (it.name, it.hash)))

    def differences(self, given: Specification) -> list[str]:
        """Return one line for each place where a specification that is given differs from this one."""
        if not self.armed and not given.armed:
            return differences(self.resolved(), given.resolved())
        lines = differences(self._written({BASE: {}}), given._written({BASE: {}}))
        for name in sorted(self.arms.keys() | given.arms.keys()):
            if name not in given.arms or name not in self.arms:
                lines.append(f"arms.{name}: {'given' if name in given.arms else 'stored'} alone")
            else:
                lines += differences(self.arms[name].resolved(), given.arms[name].resolved(), f"arms.{name}.")
        return lines

    def continuing(self, stored: Specification, declarations: Mapping[str, Any] | None = None) -> Specification:
        """Return this specification as it goes on with a stored study of its name.

        An option that was not written here, and had its default there, has its value of there: the same document
        names the same study in every release, whatever became of the defaults. An arm that is new goes on with the
        first one there, so that both differ in what is written alone.

        Parameters
        ----------
        stored
            The study's.
        declarations
            Those it was stored with, None for one of a release that stored none.
        """
        arms = {}
        for name, arm in self.arms.items():
            like = name if name in stored.arms else next(iter(stored.arms))
            arms[name] = arm.continuing(stored.arms[like], declarations_of(declarations, like))
        objective = next(iter(arms.values())).objective
        return self.model_copy(update={"arms": arms, "objective": objective})


def _leaves(document: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every value of a document that is no mapping, by its path; a name stands for what it names."""
    for key, value in document.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield (f"{prefix}{key}".removesuffix(".name") if key == "name" else f"{prefix}{key}"), value


def measured_on(arm: Arm) -> tuple[object, ...]:
    """Return what tells whether values of two arms are of the same thing; of a test no training images matter."""
    options = arm.task.options
    all_of_them = arm.dataset is None or arm.metric.name == "test_error"
    images = () if all_of_them else (options.get("subset"), options.get("validation"))
    data = () if arm.data is None else tuple(arm.data.options.items())
    problem = tuple((name, options.get(name)) for name in arm.measured.problem)
    return arm.task.name, options.get("dataset"), data, *images, problem


def declarations_of(declarations: Mapping[str, Any] | None, arm: str) -> Mapping[str, Any] | None:
    """Return the declarations that one arm was stored with, None where a release stored none."""
    if declarations is None or "arms" not in declarations:
        return declarations
    found = declarations["arms"]
    known = found.get(arm, {}) if isinstance(found, Mapping) else {}
    return known if isinstance(known, Mapping) or known is None else {}
