"""Momentum over a power of the second moment: the one expression behind Adam, its relatives, and Padam."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Literal

import torch

from workers.optimizers.elementwise import Elementwise
from workers.optimizers.fused import Expression, power
from workers.optimizers.moments import Moment, mean_log10_v
from workers.optimizers.options import check_betas, in_range, truth


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What tells one published form from another; c1 = 1 - beta1^t, c2 = 1 - beta2^t.

    Attributes
    ----------
    maximum_of
        Whether a running maximum is taken of v or of v / c2.
    correct_m
        Whether the step is divided by c1.
    correct_v
        Where c2 enters: not at all, as a factor sqrt(c2) or c2^p of the step, or inside the denominator as V / c2.
    eps
        Where eps enters: not at all, beside V under the root, added to the root before the power, or to the power.
    ahead
        Whether the numerator is Nesterov's: beta1 m / (1 - beta1^(t+1)) + (1 - beta1) g / c1, which replaces m / c1.
    """

    maximum_of: Literal["v", "v/c2"] = "v"
    correct_m: bool = True
    correct_v: Literal["no", "sqrt", "power", "inside"] = "no"
    eps: Literal["no", "under", "root", "power"] = "no"
    ahead: bool = False

    @property
    def eps_at(self) -> str | None:
        """Where eps stands, and whether what it is added to is bias-corrected; None where it enters nowhere."""
        if self.eps == "no":
            return None
        place = {"under": "inside the root", "root": "outside the root", "power": "outside the power"}[self.eps]
        if self.correct_v == "inside" or self.maximum_of == "v/c2":
            return f"{place}, after bias correction"
        return f"{place}, {'without' if self.correct_v == 'no' else 'before'} bias correction"


@dataclass(frozen=True, kw_only=True)
class Form:
    """What of the options decides which operations an element sees.

    Attributes
    ----------
    rule
        The published form.
    maximum
        Whether the running maximum is kept.
    roots
        The denominator is the root of V, of which so many further roots are taken: exponent 2^-roots of it. None: the
        general power; -1: there is no denominator.
    guarded
        Whether a denominator that is 0 counts as 1.
    """

    rule: Rule
    maximum: bool
    roots: int | None
    guarded: bool


def written(form: Form) -> Expression:
    """Return the rule of a form: what an element becomes in a step."""
    rule = form.rule

    def adaptive(_w: Any, g: Any, state: Mapping[str, Any], n: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
        m = state["exp_avg"] * n["beta1"] + g * n["rest1"]
        v = state["exp_avg_sq"] * n["beta2"] + g * g * n["rest2"]
        new = {"exp_avg": m, "exp_avg_sq": v}
        second = v * n["inverse_c2"] if rule.maximum_of == "v/c2" else v
        if form.maximum:
            second = new["max_exp_avg_sq"] = state["max_exp_avg_sq"].maximum(second)
        numerator = m * n["ahead"] + g * n["now"] if rule.ahead else m
        if form.roots == -1:
            return numerator * n["factor"], new
        return numerator / _denominator(form, second, n) * n["factor"], new

    return adaptive


expression_of = cache(written)


def _denominator(form: Form, second: Any, n: Mapping[str, Any]) -> Any:
    """Return what the numerator is divided by."""
    rule = form.rule
    if rule.eps == "under":
        x = ((second * n["inverse_c2"] if rule.correct_v == "inside" else second) + n["eps"]).sqrt()
    else:
        x = second.sqrt()
        if rule.correct_v == "inside":
            x *= n["inverse_root"]
        if rule.eps == "root":
            x += n["eps"]
    if form.roots is None:
        x = power(x, n["exponent"])
    else:
        for _ in range(form.roots):
            x = x.sqrt()
    if rule.eps == "power":
        x += n["eps"]
    return x.where(x != 0.0, 1.0) if form.guarded else x


class Adaptive(Elementwise):
    """An optimizer whose step is an average of gradients over a power of an average of their squares.

    Subclasses choose the rule and the exponent of each group.
    """

    STATE: ClassVar[frozenset[str]] = frozenset(("exp_avg", "exp_avg_sq", "max_exp_avg_sq"))

    @abstractmethod
    def rule(self, group: Mapping[str, Any]) -> Rule:
        """Return the published form that a group follows."""

    def exponent(self, _group: Mapping[str, Any]) -> float:
        """Return the power to which V is raised, in [0, 1/2]."""
        return 0.5

    def check(self, group: Mapping[str, Any]) -> None:
        """Raise where betas, eps or amsgrad are out of range."""
        check_betas(group)
        in_range("eps", group["eps"], 0.0)
        truth("amsgrad", group["amsgrad"])

    def state_names(self, group: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the two averages and, with amsgrad, the maximum."""
        names = ("exp_avg", "exp_avg_sq")
        return (*names, "max_exp_avg_sq") if group["amsgrad"] else names

    def expression(self, group: Mapping[str, Any]) -> Expression:
        """Return the rule of the group's form."""
        return (written if torch.compiler.is_compiling() else expression_of)(self.form(group))

    def form(self, group: Mapping[str, Any]) -> Form:
        """Return what of the options decides which operations there are."""
        rule, p = self.rule(group), float(self.exponent(group))
        tiny = torch.finfo(group["params"][0].dtype).tiny if group["params"] else 0.0
        return Form(
            rule=rule,
            maximum=bool(group["amsgrad"]),
            roots=roots_of(p),
            guarded=rule.eps == "no" or group["eps"] < tiny,
        )

    def numbers(self, group: Mapping[str, Any], step: Any) -> dict[str, Any]:
        """Return the numbers of the rule at a step."""
        return numbers_of(self.rule(group), float(self.exponent(group)), group, step)

    def moment(self, group: Mapping[str, Any]) -> Moment:
        """Return V, bias-corrected where the rule divides by the corrected one."""
        name = "max_exp_avg_sq" if group["amsgrad"] else "exp_avg_sq"
        return Moment(name, corrected=self.rule(group).correct_v == "inside")

    def eps_at(self, group: Mapping[str, Any]) -> str | None:
        """Return where the rule has it."""
        return self.rule(group).eps_at

    def of_gradient(self, group: Mapping[str, Any]) -> float | None:
        """Return the factor of what m takes in at first, where nothing is divided by: at p = 0."""
        p = float(self.exponent(group))
        if p:
            return None
        numbers = numbers_of(self.rule(group), p, group, 1)
        return float(numbers["factor"] * numbers["rest1"])

    def mean_log10_v(self) -> float | None:
        """Return the mean of log10 of V over all weights whose V is not zero.

        None before the first step, and where a V is not finite; see :func:`workers.optimizers.moments.mean_log10_v`.
        """
        return mean_log10_v(self, self.moment)


def numbers_of(rule: Rule, p: float, group: Mapping[str, Any], step: Any) -> dict[str, Any]:
    """Return the numbers of a rule at a step, 1 for the first; ``group`` has lr, betas and eps."""
    beta1, beta2 = group["betas"]
    c1, c2 = 1.0 - beta1**step, 1.0 - beta2**step
    factor = group["lr"]
    if rule.ahead:
        ahead = {"ahead": beta1 / (1.0 - beta1 ** (step + 1)), "now": (1.0 - beta1) / c1}
    else:
        ahead = {}
        factor = factor / c1 if rule.correct_m else factor
    factor = factor * {"sqrt": c2**0.5, "power": c2**p}.get(rule.correct_v, 1.0)
    if p == 0.0 and rule.eps == "power":
        factor = factor / (1.0 + group["eps"])
    return {
        "beta1": beta1,
        "rest1": 1.0 - beta1,
        "beta2": beta2,
        "rest2": 1.0 - beta2,
        "inverse_c2": 1.0 / c2,
        "inverse_root": 1.0 / c2**0.5,
        "eps": group["eps"],
        "exponent": 2.0 * p,
        "factor": factor,
        **ahead,
    }


def roots_of(p: float) -> int | None:
    """Return how many roots after the first give V^p: -1 at p = 0, and None where it is no chain of up to four."""
    if p == 0.0:
        return -1
    roots = -math.log2(2.0 * p)
    return int(roots) if roots == int(roots) and roots <= 4 else None
