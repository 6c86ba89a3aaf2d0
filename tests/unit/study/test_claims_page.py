"""docs/claims.md names every reference and every claim, and the studies of each."""

from __future__ import annotations

import re
from pathlib import Path

from analysis.claims.claims import CLAIMS, FINE, FLAT, MARGIN
from analysis.compare.reference import reference, reference_names

PAGE = (Path(__file__).parents[3] / "docs" / "claims.md").read_text(encoding="utf-8")


def test_every_reference_is_named_with_its_grade():
    rows = re.findall(r"^\| (`.+?`) \|.*\| ([a-z ]+) \|$", PAGE, re.MULTILINE)
    named = {}
    for names, grade in rows:
        first, *rest = re.findall(r"`(.+?)`", names)
        for name in (first, *(f"{first.rpartition('-')[0]}{it}" if it.startswith("-") else it for it in rest)):
            named[name] = grade
    assert named.keys() == set(reference_names())
    assert all(grade == str(reference(name).grades[0]) for name, grade in named.items())


def test_every_claim_is_named_with_its_studies():
    rows = dict(re.findall(r"^\| (H\d+) \| .*? \| (.*?) \| .*\|$", PAGE, re.MULTILINE))
    assert list(rows) == [claim.name for claim in CLAIMS]
    for claim in CLAIMS:
        of = rows["H3"] if rows[claim.name] == "as H3" else rows[claim.name]
        assert re.findall(r"`(.+?)`", of) == [experiment.preset for experiment in claim.experiments]


def test_the_margins_are_those_of_the_claims():
    for text in (f"within {MARGIN} points", f"within {FLAT}", f"-{FINE} points", f"< {FINE} points"):
        assert text in PAGE
