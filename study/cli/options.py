"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from study.cli.completion import complete_spec, complete_study

StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="URL",
        help="File name or database URL of the store [env: BASIN_STORE; basin.db]. A password is best kept in "
        "~/.pgpass, or in the file that PGPASSFILE names.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
WhereOption = Annotated[
    str | None,
    typer.Option("--where", metavar="EXPR", help='Only trials for which this is true, such as "lr < 0.1 and p = 0".'),
]
StudyArgument = Annotated[
    str, typer.Argument(metavar="STUDY", help="Name of a study.", autocompletion=complete_study)
]
SpecArgument = Annotated[
    str,
    typer.Argument(metavar="SPEC", help="A YAML file, or the name of a preset.", autocompletion=complete_spec),
]

ScaleOption = Annotated[
    str,
    typer.Option(
        "--scale",
        metavar="SCALE",
        help="raw: values as they are, a diverged run at the worst; logit: log odds of percentages and shares, "
        "logarithms of other positive values; censored: a diverged run is a bound.",
    ),
]
PluginOption = Annotated[
    list[str] | None,
    typer.Option(
        "--plugin",
        metavar="FILE",
        help="A Python file with networks, data sets, optimizers or tasks; may be repeated [env: BASIN_PLUGINS].",
    ),
]
