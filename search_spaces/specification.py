"""The study specification: what a user writes, with every default, as frozen typed values."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, SerializeAsAny

from search_spaces.configurations import Configuration, rounded
from search_spaces.declarations import DATASETS, NETWORKS, Dataset
from search_spaces.defaults import first_default
from search_spaces.domains import Domain, Real, significant
from search_spaces.options import Option, Value
from search_spaces.paths import split, variable
from search_spaces.sections import Frozen, Section, model_of

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)

MAX_TRIALS = 1_000_000


class Design(Frozen):
    """How configurations are chosen; all but ``grid`` take the number of ``configurations``."""

    name: Literal["grid", "random", "sobol", "tpe"] = "grid"
    configurations: int | None = Field(default=None, ge=1, le=MAX_TRIALS)
    seed: int = Field(default=0, ge=0, le=2**32 - 1)


class Objective(Frozen):
    """Statistic + split: what Optuna is told and what a report shows by default."""

    statistic: Literal["final", "mean_last5", "min"] = "final"
    split: Literal["test", "validation"] = "test"


class Resources(Frozen):
    """What one worker takes; never part of a study's identity."""

    cpus: int = Field(default=1, ge=1, le=1_024)
    gpus: Real = Field(default=0.0, ge=0, le=64)


FORM: dict[str, dict[str, Any]] = {
    "task": dict.fromkeys(("dataset", "network", "batch_size", "augmentation", "subset", "validation")),
    "optimizer": {
        **dict.fromkeys(("name", "variant", "decay", "betas", "lr", "p", "beta1", "beta2", "eps", "weight_decay")),
        "momentum": None,
        "amsgrad": True,
        "decay_on": "all",
    },
    "schedule": {"name": "constant", "milestones": [], "gamma": 0.1},
}
"""What release 0.1.0 wrote into each section, and what stood there where the named thing had no such option."""

CHANGED_DEFAULTS = (("task", "remainder"), ("objective", "statistic"))
"""Section and name of each option that got another default before studies were stored with their declarations."""

IDENTITY_VERSION = 2
"""Version 1 was not stored, only its hash; since version 2 the text is."""


class Specification(Frozen):
    """A whole study. N = configurations x seeds trials."""

    name: str
    task: SerializeAsAny[Section]
    epochs: int = Field(ge=1, le=100_000)
    space: dict[str, SerializeAsAny[Domain]]
    optimizer: SerializeAsAny[Section] = Field(default_factory=lambda: model_of("optimizer", "padam")(name="padam"))
    schedules: dict[str, SerializeAsAny[Section]] = Field(
        default_factory=lambda: {"lr": model_of("schedule", "constant")(name="constant")}
    )
    design: Design = Design()
    seeds: int = Field(default=3, ge=1, le=1_000)
    objective: Objective = Objective()
    resources: Resources = Resources()
    summary: str = Field(default="", max_length=1_000)

    @property
    def dataset(self) -> Dataset:
        """The declaration of the data set."""
        return DATASETS[self.task.dataset]

    @property
    def schedule(self) -> Section:
        """The schedule of the learning rate."""
        return self.schedules["lr"]

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
        """The optimizer's variant, None where it has only one form."""
        variant: str | None = self.optimizer.options.get("variant")  # type: ignore[assignment]
        return variant

    @property
    def decay(self) -> str | None:
        """The form of the optimizer's weight decay, None where it has none."""
        decay: str | None = self.optimizer.options.get("decay")  # type: ignore[assignment]
        return decay

    @property
    def variable(self) -> dict[str, Option]:
        """Every option that may vary, by its path (:mod:`search_spaces.paths`)."""
        return variable(self.task, self.optimizer, self.schedules)

    def at(self, configuration: Configuration) -> Specification:
        """Return the specification with the options of a configuration in force."""
        sections: dict[tuple[str, str], dict[str, Any]] = {}
        for path, value in rounded(configuration).items():
            section, of, option = split(path)
            sections.setdefault((section, of), {})[option] = value
        changed: dict[str, Any] = {"schedules": dict(self.schedules)}
        for (section, of), values in sections.items():
            place = changed["schedules"] if of else changed
            here = self.schedules[of] if of else getattr(self, section)
            place[of or section] = here.model_copy(update=values)
        return self.model_copy(update=changed)

    def hyperparameters(self, configuration: Configuration) -> dict[str, float]:
        """Return the value of every number of the optimizer at one configuration."""
        optimizer = self.at(configuration).optimizer
        return {name: significant(float(getattr(optimizer, name))) for name in optimizer.declaration.numbers}

    def options(self, configuration: Configuration) -> dict[str, Value]:
        """Return every option of the optimizer and every one that the study varies, at one configuration, by path."""
        optimizer = self.at(configuration).optimizer
        in_force = {name: it for name, it in optimizer.options.items() if not isinstance(it, tuple)}
        return rounded(in_force | {path: configuration[path] for path in self.space})

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
        document = self.model_dump(mode="json", exclude={"schedules": True, "optimizer": {"betas"}})
        document["schedule"] = self.schedule.model_dump(mode="json")
        others = {name: it.model_dump(mode="json") for name, it in self.schedules.items() if name != "lr"}
        return document | ({"schedules": others} if others else {})

    def declarations(self) -> dict[str, Any]:
        """Return what is known of the options today, as plain values: a study is stored with it, and read by it."""
        named = {"dataset": DATASETS[self.task.dataset], "network": NETWORKS[self.task.network]}
        sections = {"task": self.task, "optimizer": self.optimizer}
        return {
            **{kind: section.declaration.to_dict() for kind, section in sections.items()},
            **{kind: declaration.to_dict() for kind, declaration in named.items()},
            "schedules": {name: schedule.declaration.to_dict() for name, schedule in self.schedules.items()},
            "objective": {"options": {name: {"default": value} for name, value in Objective().model_dump().items()}},
        }

    def continuing(self, stored: Specification, declarations: Mapping[str, Any] | None = None) -> Specification:
        """Return this specification as it goes on with a stored study of its name.

        An option that was not written here, and had its default there, has its value of there: the same document
        names the same study in every release, whatever became of the defaults.

        Parameters
        ----------
        stored
            The study's.
        declarations
            Those it was stored with, None for one of a release that stored none: of that,
            :data:`CHANGED_DEFAULTS` are taken over.
        """
        mine, there = self._sections(), stored._sections()
        changed = {
            place: section.model_copy(update=_taken_over(place, section, there[place], declarations))
            for place, section in mine.items()
            if place in there and getattr(section, "name", "") == getattr(there[place], "name", "")
        }
        schedules = {name: changed.get(f"schedules.{name}", section) for name, section in self.schedules.items()}
        sections = {place: section for place, section in changed.items() if "." not in place}
        return self.model_copy(update=sections | {"schedules": schedules})

    def _sections(self) -> dict[str, Frozen]:
        """Return the sections whose options may have had other defaults, by their places."""
        schedules: dict[str, Frozen] = {f"schedules.{name}": section for name, section in self.schedules.items()}
        return {"task": self.task, "optimizer": self.optimizer, "objective": self.objective} | schedules

    def resolved(self) -> dict[str, Any]:
        """Return what two specifications of one study agree in: all but ``resources`` and ``summary``."""
        document = self.document()
        del document["resources"], document["summary"]
        document["optimizer"] |= self.hyperparameters({})
        for path in self.space:
            section, of, option = split(path)
            here = document["schedule"] if of == "lr" else document[section][of] if of else document[section]
            here[option] = None
        return document

    def identity(self) -> dict[str, Any]:
        """Return what the hash is of: the form of release 0.1.0, and what it did not know where that acts.

        Every option that release knew is written out, whether or not the optimizer or the schedule has it.
        """
        document = self.resolved()
        for kind, section in (("task", self.task), ("optimizer", self.optimizer), ("schedule", self.schedule)):
            first = FORM[kind]
            later = {
                name: document[kind][name]
                for name, option in section.declaration.options.items()
                if name not in first
                and getattr(section, name) != first_default(kind, section.name, name, option.default)
            }
            document[kind] = {name: document[kind].get(name, default) for name, default in first.items()} | later
        return document

    def identity_text(self) -> str:
        """Return the identity as canonical JSON."""
        return json.dumps(self.identity(), sort_keys=True, separators=(",", ":"))

    def hash(self) -> str:
        """Return the SHA-256 of the identity, in hexadecimal."""
        return hashlib.sha256(self.identity_text().encode()).hexdigest()


def _taken_over(place: str, given: Frozen, stored: Frozen, declarations: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the options of a section that were written neither here nor there, with their values of there."""
    if declarations is None:
        then = {name: getattr(stored, name) for section, name in CHANGED_DEFAULTS if section == place}
    else:
        kind, _, of = place.partition(".")
        declared = declarations.get(kind, {}).get(of, {}) if of else declarations.get(kind, {})
        then = {name: option.get("default") for name, option in declared.get("options", {}).items()}
    return {
        name: getattr(stored, name)
        for name, default in then.items()
        if name not in given.model_fields_set and hasattr(stored, name) and _plain(getattr(stored, name)) == default
    }


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


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
