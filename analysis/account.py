"""The account: what a report says in words of its question, its design, its methods, and what was lost on the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.axes import label_of
from analysis.captions import counted_as, described, network_of, seeds_told
from analysis.findings import ArmFindings, Findings
from search_spaces.arm import Arm
from search_spaces.options import Value

MOST = 30
"""Rows of a table of what was lost; the rest is counted, and stands in trials.csv."""


@dataclass(frozen=True, kw_only=True)
class Loss:
    """A configuration of which seeds diverged or learned nothing.

    Attributes
    ----------
    arm, configuration
        Which one.
    n, diverged, learned_nothing
        Its seeds that count, and how many of them were lost in either way.
    """

    arm: str
    configuration: dict[str, Value]
    n: int
    diverged: int
    learned_nothing: int


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A trial that counts nowhere, and the reason it ended with."""

    arm: str
    configuration: dict[str, Value]
    number: int
    seed: int
    reason: str


def question(findings: Findings) -> str:
    """Return what a report asks, in a sentence."""
    spaces = list(dict.fromkeys(tuple(one.space) for one in findings.arms))
    varied = _listed([label_of(name) for name in dict.fromkeys(name for space in spaces for name in space)])
    if len(findings.arms) > 1 and all(one.in_force.groupby(one.space).ngroups < 2 for one in findings.arms):
        return f"How does the {findings.measure.label} differ between the arms?"
    text = f"How does the {findings.measure.label} depend on {varied}"
    if len(spaces[0]) > 1:
        x, y, _ = findings.arms[0].axes
        text += f", and does the best {label_of(x)} move with {label_of(str(y))}"
    return f"{text}?"


def designs(findings: Findings) -> list[str]:
    """Return how configurations were chosen and what was trained, a line for each arm."""
    return [_design(one) for one in findings.arms]


def _design(one: ArmFindings) -> str:
    arm = one.arm
    place = f"{one.said[0].upper()}{one.said[1:]}: " if one.said else ""
    trials = len(one.in_force) if one.imported else arm.trials
    if arm.design.name == "grid":
        sizes = " x ".join(str(one.in_force[name].nunique()) for name in arm.space)
        chosen = f"a grid of {sizes} values of {_listed(list(arm.space))}"
    else:
        count = one.in_force.groupby(one.space).ngroups if one.seeds_vary else arm.configurations
        chosen = f"{count} configurations of {_listed(list(arm.space))}, "
        chosen += "imported" if one.imported else f"chosen by {arm.design.name}"
    return (
        f"{place}{chosen}; {seeds_told(one)} of each, {trials} trials of {counted_as(arm.epochs, 'epoch')}"
        f"{_what(arm)}.{_seeds(one)}"
    )


def _seeds(one: ArmFindings) -> str:
    """Return what is known of the seeds of an arm; of results from elsewhere, nothing is."""
    if one.imported:
        return ""
    if not one.arm.left_to_chance:
        return " Nothing is left to chance: every seed says the same."
    return " Seeds are shared by all configurations."


def pairing(findings: Findings) -> str:
    """Return what seeds have in common, by which differences are taken."""
    if all(one.imported for one in findings.arms):
        return "Differences are taken seed by seed."
    what = "initialises, orders and augments" if any(one.arm.dataset for one in findings.arms) else "draws"
    return f"Seed k {what} alike in every configuration, so that differences are taken seed by seed."


def _what(arm: Arm) -> str:
    return f" of {arm.task.name}" if arm.dataset is None else f" of {network_of(arm)} on {arm.task.dataset}"


def settings(findings: Findings) -> list[str]:
    """Return every setting that did not vary, with n by outcome, a line for each arm."""
    return [described([(one, one.in_force)]) for one in findings.arms]


def losses(findings: Findings) -> list[Loss]:
    """Return the configurations of which seeds diverged or learned nothing, in the order of the ranking."""
    return [loss for one in findings.arms for loss in _losses(one)]


def _losses(one: ArmFindings) -> Iterator[Loss]:
    ranks = one.rankings[0]
    for row in ranks[(ranks["diverged"] > 0) | (ranks["learned_nothing"] > 0)].to_dict("records"):
        yield Loss(
            arm=one.name,
            configuration=one.named({name: float(row[name]) for name in one.space}),
            n=int(row["n"]),
            diverged=int(row["diverged"]),
            learned_nothing=int(row["learned_nothing"]),
        )


def failures(findings: Findings) -> list[Failure]:
    """Return the trials in force that failed, by number, with the last error of each."""
    return [failure for one in findings.arms for failure in _failures(one)]


def _failures(one: ArmFindings) -> Iterator[Failure]:
    reasons = one.material.provenance.reasons
    for row in one.in_force[one.in_force["state"] == "failed"].to_dict("records"):
        values: dict[str, Any] = {name: float(row[name]) for name in one.space}
        known = all(value == value for value in values.values())  # noqa: PLR0124 - NaN: never filled
        yield Failure(
            arm=one.name,
            configuration=one.named(values) if known else {},
            number=int(row["number"]),
            seed=int(row["seed"]),
            reason=reasons.get(int(row["number"]), ""),
        )


def _listed(names: Sequence[str]) -> str:
    """Join names as a sentence does."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
