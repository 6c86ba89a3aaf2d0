"""Claiming: what the store says of the claims of the documents that Basin implements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from search_spaces.errors import printable
from search_spaces.presets import preset_names
from search_spaces.validation import load
from study.operations.replicates import replicates

if TYPE_CHECKING:
    from analysis.claims.claim import Claim, Experiment, Judged, Verdict
    from analysis.replicates import Replicates
    from study.store import Store, Study


@dataclass(frozen=True, kw_only=True)
class Tested:
    """One study of a claim.

    Attributes
    ----------
    preset
        The bundled study, which is the name of the study in the store, too.
    bundled
        Whether it comes with this release.
    measure
        What its values are, in words; None where the store holds none of it.
    otherwise
        Where the study in the store is not as the preset, a line each, but for its seeds.
    tests
        What each statistic says.
    verdict
        Supported if all of them are; contradicted if one is.
    """

    preset: str
    bundled: bool
    measure: str | None
    otherwise: tuple[str, ...]
    tests: tuple[Judged, ...]
    verdict: Verdict

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "preset": self.preset,
            "bundled": self.bundled,
            "measure": self.measure,
            "otherwise": list(self.otherwise),
            "verdict": str(self.verdict),
            "tests": [test.to_dict() for test in self.tests],
        }


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """A claim with its verdict: that of the studies that were run, undecided where they do not agree."""

    claim: Claim
    experiments: tuple[Tested, ...]
    verdict: Verdict

    def to_dict(self) -> dict[str, Any]:
        """Return what ``basin claims --json`` prints of it."""
        return {
            "name": self.claim.name,
            "text": self.claim.text,
            "source": self.claim.source,
            "verdict": str(self.verdict),
            "experiments": [it.to_dict() for it in self.experiments],
        }


def claims(store: Store | None) -> list[Claimed]:
    """Return every claim with what a store says of it; without a store, nothing was run."""
    from analysis.claims.claim import agreed  # noqa: PLC0415 - scipy
    from analysis.claims.claims import CLAIMS  # noqa: PLC0415

    presets = dict.fromkeys(experiment.preset for claim in CLAIMS for experiment in claim.experiments)
    held = set() if store is None else set(store.studies.names())
    studies = {name: store.studies.get(name) for name in presets if store is not None and name in held}
    tables = {name: replicates(store, study) for name, study in studies.items() if store is not None}
    found = []
    for claim in CLAIMS:
        tested = tuple(_tested(it, studies, tables) for it in claim.experiments)
        found.append(Claimed(claim=claim, experiments=tested, verdict=agreed(it.verdict for it in tested)))
    return found


def _tested(experiment: Experiment, studies: Mapping[str, Study], tables: Mapping[str, Replicates]) -> Tested:
    from analysis.claims.claim import all_of, judge  # noqa: PLC0415

    table = tables.get(experiment.preset)
    tests = tuple(judge(test, () if table is None else test.statistic(table)) for test in experiment.tests)
    return Tested(
        preset=experiment.preset,
        bundled=experiment.preset in preset_names(),
        measure=None if table is None else table.measure,
        otherwise=() if table is None else _otherwise(studies[experiment.preset]),
        tests=tests,
        verdict=all_of(test.verdict for test in tests),
    )


def _otherwise(study: Study) -> tuple[str, ...]:
    """Return where a study is not as the preset of its name; more seeds or fewer make it no other one."""
    if study.name not in preset_names():
        return ()
    preset = load(study.name).continuing(study.specification, study.declarations)
    seeds = study.specification.seeds
    same = preset.model_copy(update={"seeds": seeds})
    lines = same.differences(study.specification)
    return tuple(printable(line, 300) for line in lines if not line.startswith("seeds"))
