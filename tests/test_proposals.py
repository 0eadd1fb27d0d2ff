"""What a change would do to platforms, as people see it before they agree."""

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from rich.console import Console

from entcapacity.cli.proposals import Proposal, show
from entcapacity.cli.proposing import unmoved
from entcapacity.effects import of_announcement, of_spec
from entcapacity.facts import Bounds
from entcapacity.school import SchoolAnnouncement
from entcapacity.spec import Boost
from specs import APRIL_2021, facts, instant, occitanie

NOW = instant("2021-04-05T20:00:00+02:00")


def proposed(
    changed: SchoolAnnouncement = APRIL_2021,
    *before: SchoolAnnouncement,
    language: str = "en",
    now: str = "2021-04-05T20:00:00+02:00",
    ramp: int = 20,
) -> str:
    made = occitanie(ramp={"upPerMinute": ramp})
    known = facts(*before, floors={"portal": 12}, bounds={"portal": Bounds(2, 40)})
    out = Console(file=io.StringIO(), width=80)
    effect = of_announcement(made.spec, known, changed, instant(now))
    show(out, Proposal([(made, effect)], 2, []), language)
    return out.file.getvalue()  # type: ignore[attr-defined]


def test_a_proposal_tells_days_peaks_shortfall_and_by_when_it_is_ready() -> None:
    said = proposed()
    assert "ent/occitanie  Observe" in said
    assert "Tue 2021-04-06 – Fri 2021-04-09: OnSite → Remote" in said
    row = next(line for line in said.splitlines() if line.startswith("  portal"))
    assert "0 → " in row, "the shortfall above a maximum of 40"
    assert "Tue 2021-04-06 05:" in row
    assert "portal: 42 replicas short at 2021-04-06 08:51; its autoscaler's maximum is 40: " in " ".join(said.split())
    assert "no longer" not in said
    assert "2 platforms are not concerned." in said
    assert max(map(len, said.splitlines())) <= 80


def test_a_proposal_that_comes_too_late_says_when_all_is_ready() -> None:
    said = " ".join(proposed(language="fr", now="2021-04-06T08:20:00+02:00", ramp=1).split())
    assert "(trop tard)" in said
    assert "sur site → à distance" in said


def test_of_a_withdrawal_it_is_said_what_no_longer_holds() -> None:
    spec = APRIL_2021.spec.model_copy(update={"withdrawn_at": NOW})
    said = " ".join(proposed(APRIL_2021.model_copy(update={"spec": spec}), APRIL_2021).split())
    assert "Remote → OnSite" in said
    assert "82 → 17 42 → 0" in said
    assert "no longer: portal: 42 replicas short at 2021-04-06 08:51; its autoscaler's maximum is 40: " in said
    assert " ! " not in said


def test_what_was_said_before_changes_nothing() -> None:
    again = APRIL_2021.model_copy(update={"metadata": APRIL_2021.metadata.model_copy(update={"name": "again"})})
    said = " ".join(proposed(again, APRIL_2021).split())
    assert said.startswith("ent/occitanie Observe No change until Wed 2021-05-19: every floor stays as it was.")
    assert "portal" not in said


@pytest.mark.parametrize(("language", "shown"), [("en", "The peaks stay as they were"), ("fr", "Les pics restent")])
def test_where_no_peak_changes_the_hours_are_told_instead_of_a_table_without_any_change(
    language: str, shown: str
) -> None:
    made, known = occitanie(), facts(floors={"portal": 12})
    now = instant("2021-03-15T14:00:00+01:00")
    until = now + timedelta(hours=3)
    boosted = made.spec.model_copy(update={"boost": Boost(percent=20, until=until)})
    out = Console(file=io.StringIO(), width=80)
    show(out, Proposal([(made, of_spec(made.spec, boosted, known, now, until + timedelta(days=1)))], 0, []), language)
    head, said = out.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert head == "ent/occitanie  Observe"
    assert re.fullmatch(rf"  {shown}.* \d+ → \d+\.", said)


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        ({"mode": "Enforce"}, []),
        ({"mode": "Observe"}, ["ent/occitanie observes: no replica is raised"]),
        (
            {"mode": "Enforce", "suspendUntil": "2021-04-06T06:00:00Z"},
            ["ent/occitanie is suspended until 2021-04-06 08:00: no replica is raised before"],
        ),
        ({"mode": "Enforce", "suspendUntil": "2021-04-05T06:00:00Z"}, []),
    ],
)
def test_a_platform_that_does_not_act_is_not_shown_as_if_it_did(spec: dict[str, Any], found: list[str]) -> None:
    assert [each.text() for each in unmoved("ent/occitanie", occitanie(**spec).spec, NOW)] == found
