"""The arm: all that is trained under one name, with every default, as frozen typed values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, SerializeAsAny

from search_spaces.catalogue import kind_of
from search_spaces.configurations import Configuration, rounded
from search_spaces.declarations import CLASSIFICATION, Dataset, Declaration, Metric, Task
from search_spaces.defaults import FIRST
from search_spaces.domains import Domain, significant
from search_spaces.models import Frozen
from search_spaces.options import Option, Value
from search_spaces.paths import split, variable
from search_spaces.sections import Section, moves

MAX_TRIALS = 1_000_000


class Design(Frozen):
    """How configurations are chosen; all but ``grid`` take the number of ``configurations``.

    ``imported`` is said of results that came from elsewhere: however they were chosen, it was not here. Its number of
    configurations is that of the arm that has most of them, and not every one need have every seed.
    """

    name: Literal["grid", "random", "sobol", "tpe", "gp", "levelset", "imported"] = "grid"
    configurations: int | None = Field(default=None, ge=1, le=MAX_TRIALS)
    seed: int = Field(default=0, ge=0, le=2**32 - 1)

    @property
    def proposed(self) -> bool:
        """Whether configurations are chosen one by one, by what is known of those before."""
        return self.name in {"tpe", "gp", "levelset"}

    @property
    def by_slot(self) -> bool:
        """Whether every slot gets a configuration of its own choice, new or again with its next seed."""
        return self.name == "levelset"


class Objective(Frozen):
    """Metric + statistic: what Optuna is told and what a report shows by default.

    Of classification the ``split`` stands for the metric, which is None then; any other metric is named.
    """

    statistic: Literal["final", "mean_last5", "min"] = "final"
    split: Literal["test", "validation"] = "test"
    metric: str | None = None

    def document(self) -> dict[str, str]:
        """Return the objective as it is stored."""
        named = {"split": self.split} if self.metric is None else {"metric": self.metric}
        return {"statistic": self.statistic, **named}


CHANGED_DEFAULTS = (("task", "remainder"), ("objective", "statistic"))
"""Section and name of each option that got another default before studies were stored with their declarations."""


class Arm(Frozen):
    """What is trained under one name, and how its configurations are chosen. Design, seeds and objective are common.

    Attributes
    ----------
    task, network, data
        What is trained, and the network and the data set that it names, where it does.
    optimizer, schedules
        The optimizer, and its schedules by what they move, ``lr`` among them where it has one. A task with a loop of
        its own has neither.
    space
        Domains of what varies, by path (:mod:`search_spaces.paths`).
    """

    task: SerializeAsAny[Section]
    network: SerializeAsAny[Section] | None
    data: SerializeAsAny[Section] | None
    epochs: int = Field(ge=1, le=100_000)
    space: dict[str, SerializeAsAny[Domain]]
    optimizer: SerializeAsAny[Section] | None
    schedules: dict[str, SerializeAsAny[Section]]
    design: Design = Design()
    seeds: int = Field(default=3, ge=1, le=1_000)
    objective: Objective = Objective()

    @property
    def dataset(self) -> Dataset | None:
        """The declaration of the data set with its options, None of a task without one."""
        if self.data is None:
            return None
        declared: Dataset = self.data.declaration  # type: ignore[assignment]
        return declared.with_options(self.data.options)

    @property
    def metric(self) -> Metric:
        """What the objective is a statistic of."""
        name = metric_of(self.objective, self.measured).name
        return next(it for it in self.metrics if it.name == name)

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """What the task measures; where a data set says what guessing comes to, that is the worst."""
        declared = self.measured.metrics
        return declared if self.dataset is None else tuple(map(self.dataset.judged, declared))

    @property
    def measured(self) -> Task:
        """The declaration of the task."""
        declared: Task = self.task.declaration  # type: ignore[assignment]
        return declared

    @property
    def left_to_chance(self) -> bool:
        """Whether seeds may say different things of a configuration."""
        chance = self.measured.chance
        return chance is None or any(name in self.space or self.task.options.get(name) != 0 for name in chance)

    @property
    def schedule(self) -> Section | None:
        """The schedule of the learning rate, None where there is no learning rate."""
        return self.schedules.get("lr")

    @property
    def configurations(self) -> int:
        """Number of configurations of the design."""
        if self.design.configurations is not None:
            return self.design.configurations
        return math.prod(len(domain.grid()) for domain in self.space.values())

    @property
    def trials(self) -> int:
        """How many there are of this arm."""
        return self.configurations * self.seeds

    @property
    def most_configurations(self) -> int:
        """How many configurations there may be: as many as trials where each slot may get a new one."""
        return self.trials if self.design.by_slot else self.configurations

    @property
    def variant(self) -> str | None:
        """The optimizer's variant, None where it has only one form."""
        return self._form("variant")

    @property
    def decay(self) -> str | None:
        """The form of the optimizer's weight decay, None where it has none."""
        return self._form("decay")

    def _form(self, name: str) -> str | None:
        """Return the value of a choice of the optimizer, None where it has no such choice."""
        value = None if self.optimizer is None else self.optimizer.options.get(name)
        return value if isinstance(value, str) else None

    @property
    def network_options(self) -> dict[str, Value]:
        """The options of the network that do not vary and are not as it declares them."""
        return self._own("task.network")

    @property
    def data_options(self) -> dict[str, Value]:
        """The options of the data set that are not as it declares them."""
        return self._own("task.dataset")

    def _own(self, place: str) -> dict[str, Value]:
        """Return the options of a section that do not vary and are not as it declares them."""
        section = self.places.get(place)
        return {
            name: getattr(section, name)
            for name, option in (section.declaration.options if section is not None else {}).items()
            if f"{place}.{name}" not in self.space and getattr(section, name) != option.default
        }

    @property
    def variable(self) -> dict[str, Option]:
        """Every option that may vary, by its path (:mod:`search_spaces.paths`)."""
        return variable(self.task, self.network, self.optimizer, self.schedules)

    def at(self, configuration: Configuration) -> Arm:
        """Return the arm with the options of a configuration in force."""
        places: dict[str, dict[str, Any]] = {}
        for path, value in rounded(configuration).items():
            place, option = split(path)
            places.setdefault(place, {})[option] = value
        return self._with({place: self.places[place].model_copy(update=it) for place, it in places.items()})

    @property
    def places(self) -> dict[str, Section]:
        """Every section that names something declared, by the path of its options: ``task``, ``schedules.p``."""
        schedules = {f"schedules.{name}": schedule for name, schedule in self.schedules.items()}
        network = {} if self.network is None else {"task.network": self.network}
        data = {} if self.data is None else {"task.dataset": self.data}
        optimizer = {} if self.optimizer is None else {"optimizer": self.optimizer}
        return {"task": self.task, **network, **data, **optimizer, **schedules}

    def _with(self, places: Mapping[str, Frozen]) -> Arm:
        """Return the arm with other sections at some places."""
        schedules = {name: places.get(f"schedules.{name}", it) for name, it in self.schedules.items()}
        names = {"task.network": "network", "task.dataset": "data"}
        names |= {name: name for name in ("task", "optimizer", "objective")}
        sections = {names[place]: section for place, section in places.items() if place in names}
        return self.model_copy(update=sections | {"schedules": schedules})

    def hyperparameters(self, configuration: Configuration) -> dict[str, float]:
        """Return the value of every number of the optimizer at one configuration."""
        optimizer = self.at(configuration).optimizer
        if optimizer is None:
            return {}
        return {name: significant(float(getattr(optimizer, name))) for name in optimizer.declaration.numbers}

    def options(self, configuration: Configuration) -> dict[str, Value]:
        """Return every option of the optimizer and every one that the study varies, at one configuration, by path."""
        optimizer = self.at(configuration).optimizer
        options = {} if optimizer is None else optimizer.options
        in_force = {name: it for name, it in options.items() if not isinstance(it, tuple)}
        return rounded(in_force | {path: configuration[path] for path in self.space})

    def document(self) -> dict[str, Any]:
        """Return what is the arm's own as plain JSON values, defaults written out."""
        parts = {"task", "epochs", "space", *(("optimizer",) if self.optimizer is not None else ())}
        document = self.model_dump(mode="json", include=parts)
        if self.optimizer is not None:
            document["optimizer"].pop("betas", None)
        for kind, named in (("network", self.network), ("dataset", self.data)):
            if named is not None and named.declaration.options:
                document["task"][kind] = named.model_dump(mode="json")
        if self.schedule is not None:
            document["schedule"] = self.schedule.model_dump(mode="json")
        others = {name: it.model_dump(mode="json") for name, it in self.schedules.items() if name != "lr"}
        return document | ({"schedules": others} if others else {})

    @property
    def written(self) -> dict[str, frozenset[str]]:
        """What was written of each section: options, and not defaults."""
        sections: dict[str, Frozen] = {**self.places, "objective": self.objective}
        return {place: frozenset(section.model_fields_set) for place, section in sections.items()}

    def declarations(self) -> dict[str, Any]:
        """Return what is known of the options today, as plain values."""
        return {
            **{place: section.declaration.to_dict() for place, section in self.places.items()},
            "objective": {"options": {name: {"default": value} for name, value in Objective().document().items()}},
        }

    def plugged(self) -> dict[tuple[str, str], Declaration]:
        """Return what of this comes from plug-ins, by kind and name."""
        return {
            (kind_of(place), it.name): it.declaration
            for place, it in self.places.items()
            if it.declaration.origin is not None
        }

    def continuing(self, stored: Arm, declarations: Mapping[str, Any] | None = None) -> Arm:
        """Return this arm as it goes on with a stored one: options that were written neither here nor there.

        Parameters
        ----------
        stored
            That of a study.
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
        """Return what two arms agree in that train the same: what varies is named once, in the space."""
        document = self.document()
        if self.optimizer is not None:
            document["optimizer"] |= self.hyperparameters({})
        varied = {split(path)[0] for path in self.space}
        still = {
            name
            for name, it in self.schedules.items()
            if name != "lr" and not moves(it) and f"schedules.{name}" not in varied
        }
        others = {name: it for name, it in document.pop("schedules", {}).items() if name not in still}
        document |= {"schedules": others} if others else {}
        for path in self.space:
            place, option = split(path)
            here = document["schedule"] if place == "schedules.lr" else document
            for key in () if place == "schedules.lr" else place.split("."):
                here = here[key]
            here[option] = None
        return document


def metric_of(objective: Objective, task: Task) -> Metric:
    """Return what an objective is a statistic of, the first metric of the task where it names none."""
    if objective.metric is None and task.name == CLASSIFICATION:
        return next(it for it in task.metrics if it.name == f"{objective.split}_error")
    return next((it for it in task.metrics if it.name == objective.metric), task.metrics[0])


def named_metric(objective: Objective, task: Task) -> Objective:
    """Return an objective with its metric named, but for the splits of classification, which have names of theirs."""
    if task.name == CLASSIFICATION:
        splits = {f"{split}_error": split for split in ("test", "validation")}
        if objective.metric in splits:
            return objective.model_copy(update={"metric": None, "split": splits[objective.metric]})
        return objective
    return objective.model_copy(update={"metric": objective.metric or task.metrics[0].name})


def _taken_over(place: str, given: Frozen, stored: Frozen, declarations: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the options of a section that were written neither here nor there, with their values of there."""
    if declarations is None:
        then = dict(FIRST.get(kind_of(place), {}).get(getattr(stored, "name", ""), {}))
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
