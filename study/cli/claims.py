"""``basin claims``: what the store says of the claims of the documents that Basin implements."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from study.cli.options import JsonOption, StoreOption
from study.cli.output import print_json, print_table
from study.operations import claiming
from study.operations.opening import opened
from study.settings import setting

if TYPE_CHECKING:
    from analysis.claims.claim import Judged
    from study.operations.claiming import Claimed

WIDTH = 110


def claims(store: StoreOption = None, json: JsonOption = False) -> None:
    """List claims about optimizers with their verdicts.

    A verdict is worked out from paired differences over seeds, with a 95 % interval (docs/claims.md). A claim whose
    studies the store does not hold is not run.
    """
    if store is None and not _is_there():
        typer.echo("there is no store: nothing was run", err=True)
        found = claiming.claims(None)
    else:
        with opened(store) as it:
            found = claiming.claims(it)
    if json:
        print_json([one.to_dict() for one in found])
        return
    for one in found:
        _print(one)


def _is_there() -> bool:
    """Tell whether the store of the settings is, as far as can be told without opening it."""
    from study.store.location import parse_location  # noqa: PLC0415

    url = parse_location(setting("store", None))
    return url.get_backend_name() != "sqlite" or Path(str(url.database)).exists()


def _print(one: Claimed) -> None:
    head = f"{one.claim.name}  {one.verdict}: {one.claim.text} ({one.claim.source})"
    typer.echo(textwrap.fill(head, WIDTH, subsequent_indent="    "))
    rows = [
        {
            "": "   ",
            "study": tested.preset + ("" if tested.bundled else " (planned)"),
            "statistic": judged.test.says,
            "expected": str(judged.test.region),
            "n": judged.n,
            "mean [95 % interval]": _interval(judged),
            "verdict": str(judged.verdict),
        }
        for tested in one.experiments
        for judged in tested.tests
    ]
    print_table(rows, ("", "study", "statistic", "expected", "n", "mean [95 % interval]", "verdict"))
    for tested in one.experiments:
        if tested.measure is not None:
            typer.echo(f"    {tested.preset}: {tested.measure}")
        for line in tested.otherwise:
            typer.echo(f"    {tested.preset} is not as the preset: {line}")
    typer.echo()


def _interval(judged: Judged) -> str | None:
    if judged.mean is None:
        return None
    if judged.low is None or judged.high is None:
        return f"{judged.mean:.3g}"
    return f"{judged.mean:.3g} [{judged.low:.3g}, {judged.high:.3g}]"
