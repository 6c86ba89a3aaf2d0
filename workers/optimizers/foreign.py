"""States of other optimizers: what is of the same rule is read as such, and the rest is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

STATES = frozenset(
    (
        "acc_delta",
        "ax",
        "eta",
        "exp_avg",
        "exp_avg_sq",
        "exp_inf",
        "grad_avg",
        "max_exp_avg_sq",
        "momentum_buffer",
        "mu",
        "mu_product",
        "prev",
        "square_avg",
        "sum",
        "velocity",
    )
)
"""State of the optimizers of torch and of this family, by which one rule is told from another."""

HOW = frozenset(("foreach", "fused", "capturable", "differentiable", "decoupled_weight_decay"))
"""Options that say how torch steps; what is loaded goes on as the one that loads it does."""


def adapted(
    state_dict: dict[str, Any],
    groups: Sequence[dict[str, Any]],
    owned: frozenset[str],
    needed: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """Return a state dictionary with every option that the loading optimizer has.

    Parameters
    ----------
    state_dict
        What is to be loaded; it is left as it is.
    groups
        Those of the loading optimizer, whose values stand where the dictionary has none.
    owned
        Names of the state that its rule may keep.
    needed
        Names of the state that it cannot begin in the midst of a training.

    Raises
    ------
    ValueError
        The state is of another rule.
    """
    for state in state_dict["state"].values():
        found = STATES & state.keys()
        if found - owned - needed or (state and needed - found):
            raise ValueError(
                f"a state must be of the same rule, which keeps {', '.join(sorted(owned | needed))}; got one with "
                f"{', '.join(sorted(found)) or 'none of these'}"
            )
    if len(state_dict["param_groups"]) != len(groups):
        return state_dict  # torch says so
    pairs = zip(state_dict["param_groups"], groups, strict=True)
    return {**state_dict, "param_groups": [_group(loaded, own) for loaded, own in pairs]}


def _group(loaded: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Return a group that was saved, with what it lacks."""
    if "base_lr" in loaded and "decay" in loaded:  # of this family
        return {name: value for name, value in own.items() if name != "params"} | loaded
    kept = {name: value for name, value in loaded.items() if name not in HOW}
    if "decay" not in loaded and ("decoupled_weight_decay" in loaded or "amsgrad" not in loaded):
        # of torch, whose older releases do not tell AdamW from Adam: there the form is the loading optimizer's
        kept["decay"] = "decoupled-lr" if loaded.get("decoupled_weight_decay") else "l2"
    if "decay" in loaded:  # an older release's, which kept the rate under torch's name
        kept.setdefault("base_lr", loaded.get("initial_lr", loaded["lr"]))
    return {name: value for name, value in own.items() if name != "params"} | kept
