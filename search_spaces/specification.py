"""The study specification: what a user writes, with every default, as frozen typed values."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, SerializeAsAny

from search_spaces.configurations import Configuration, rounded
from search_spaces.declarations import DATASETS, Dataset
from search_spaces.defaults import FIRST, first_default
from search_spaces.domains import Domain, Real, significant
from search_spaces.models import Frozen
from search_spaces.options import Name, Option, Value
from search_spaces.paths import split, variable
from search_spaces.sections import Section, model_of

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
    network: SerializeAsAny[Section]
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
    def network_options(self) -> dict[str, Value]:
        """The options of the network that do not vary and are not as it declares them."""
        return {
            name: getattr(self.network, name)
            for name, option in self.network.declaration.options.items()
            if f"task.network.{name}" not in self.space and getattr(self.network, name) != option.default
        }

    @property
    def variable(self) -> dict[str, Option]:
        """Every option that may vary, by its path (:mod:`search_spaces.paths`)."""
        return variable(self.task, self.network, self.optimizer, self.schedules)

    def at(self, configuration: Configuration) -> Specification:
        """Return the specification with the options of a configuration in force."""
        places: dict[str, dict[str, Any]] = {}
        for path, value in rounded(configuration).items():
            place, option = split(path)
            places.setdefault(place, {})[option] = value
        return self._with({place: self.places[place].model_copy(update=it) for place, it in places.items()})

    @property
    def places(self) -> dict[str, Section]:
        """Every section that names something declared, by the path of its options: ``task``, ``schedules.p``."""
        schedules = {f"schedules.{name}": schedule for name, schedule in self.schedules.items()}
        return {"task": self.task, "task.network": self.network, "optimizer": self.optimizer} | schedules

    def _with(self, places: Mapping[str, Frozen]) -> Specification:
        """Return the specification with other sections at some places."""
        schedules = {name: places.get(f"schedules.{name}", it) for name, it in self.schedules.items()}
        names = {"task": "task", "task.network": "network", "optimizer": "optimizer", "objective": "objective"}
        sections = {names[place]: section for place, section in places.items() if place in names}
        return self.model_copy(update=sections | {"schedules": schedules})

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
        document = self.model_dump(mode="json", exclude={"schedules": True, "network": True, "optimizer": {"betas"}})
        if self.network.declaration.options:
            document["task"]["network"] = self.network.model_dump(mode="json")
        document["schedule"] = self.schedule.model_dump(mode="json")
        others = {name: it.model_dump(mode="json") for name, it in self.schedules.items() if name != "lr"}
        return document | ({"schedules": others} if others else {})

    def declarations(self) -> dict[str, Any]:
        """Return what is known of the options today, as plain values: a study is stored with it, and read by it."""
        return {
            **{place: section.declaration.to_dict() for place, section in self.places.items()},
            "task.dataset": self.dataset.to_dict(),
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
        there: dict[str, Frozen] = {**stored.places, "objective": stored.objective}
        mine: dict[str, Frozen] = {**self.places, "objective": self.objective}
        return self._with(
            {
                place: section.model_copy(update=_taken_over(place, section, there[place], declarations))
                for place, section in mine.items()
                if place in there and getattr(section, "name", "") == getattr(there[place], "name", "")
            }
        )

    def resolved(self) -> dict[str, Any]:
        """Return what two specifications of one study agree in: all but ``resources`` and ``summary``."""
        document = self.document()
        del document["resources"], document["summary"]
        document["optimizer"] |= self.hyperparameters({})
        still = {name for name, it in self.schedules.items() if it.name == "constant" and name != "lr"}
        others = {name: it for name, it in document.pop("schedules", {}).items() if name not in still}
        document |= {"schedules": others} if others else {}
        for path in self.space:
            place, option = split(path)
            here = document["schedule"] if place == "schedules.lr" else document
            for key in () if place == "schedules.lr" else place.split("."):
                here = here[key]
            here[option] = None
        return document

    def identity(self) -> dict[str, Any]:
        """Return what the hash is of: the form of release 0.1.0, and what it did not know where that acts.

        Every option that release knew is written out, whether or not the optimizer or the schedule has it.
        """
        document = self.resolved()
        network = _acting(self.network, "network", document["task"]["network"])
        document["task"]["network"] = {"name": self.network.name} | network if network else self.network.name
        for kind, section in (("task", self.task), ("optimizer", self.optimizer), ("schedule", self.schedule)):
            form = FORM[kind]
            later = {name: it for name, it in _acting(section, kind, document[kind]).items() if name not in form}
            document[kind] = {name: document[kind].get(name, default) for name, default in form.items()} | later
        for name, written in document.get("schedules", {}).items():
            section = self.schedules[name]
            document["schedules"][name] = {"name": section.name} | _acting(section, "schedule", written)
        return document

    def identity_text(self) -> str:
        """Return the identity as canonical JSON."""
        return json.dumps(self.identity(), sort_keys=True, separators=(",", ":"))

    def hash(self) -> str:
        """Return the SHA-256 of the identity, in hexadecimal."""
        return hashlib.sha256(self.identity_text().encode()).hexdigest()


def _acting(section: Section, kind: str, written: Any) -> dict[str, Any]:
    """Return the options of a section that act otherwise than they first did, as they are written."""
    return {
        name: written[name]
        for name, option in section.declaration.options.items()
        if not isinstance(option, Name)
        and written[name] != _plain(first_default(kind, section.name, name, option.default))
    }


def _taken_over(place: str, given: Frozen, stored: Frozen, declarations: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the options of a section that were written neither here nor there, with their values of there."""
    if declarations is None:
        kind = {"task.network": "network"}.get(place, "schedule" if place.startswith("schedules.") else place)
        then = dict(FIRST.get(kind, {}).get(getattr(stored, "name", ""), {}))
        then |= {name: getattr(stored, name) for section, name in CHANGED_DEFAULTS if section == place}
    else:
        declared = _mapping(_mapping(declarations.get(place)).get("options"))
        then = {name: _mapping(option).get("default", MISSING) for name, option in declared.items()}
    return {
        name: getattr(stored, name)
        for name, default in then.items()
        if name not in given.model_fields_set and hasattr(stored, name) and _plain(getattr(stored, name)) == default
    }


MISSING = object()


def _mapping(value: Any) -> Mapping[str, Any]:
    """Return a mapping, an empty one instead of what a damaged row holds."""
    return value if isinstance(value, Mapping) else {}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def differences(stored: dict[str, Any], given: dict[str, Any], prefix: str = "") -> list[str]:
    """Return one line for each place where two resolved specifications differ."""
    lines: list[str] = []
    for key in sorted(stored.keys() | given.keys()):
        path = f"{prefix}{key}"
        old, new = stored.get(key), given.get(key)
        if isinstance(old, dict) and isinstance(new, dict) and old.get("name") == new.get("name"):
            lines += differences(old, new, f"{path}.")
        elif old != new:
            lines.append(f"{path}: stored {json.dumps(_named(old))}, given {json.dumps(_named(new))}")
    return lines


def _named(value: Any) -> Any:
    """Return the name of what is named, where its options say nothing: something else is named on the other side."""
    return value["name"] if isinstance(value, dict) and "name" in value else value
