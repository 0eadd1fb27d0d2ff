"""How platforms stand, and what a change would do to them, as people and machines read it."""

import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from rich.console import Console

from entcapacity.cli.proposals import Proposal, show, unmoved
from entcapacity.cli.statuses import as_table, statuses, troubles
from entcapacity.effects import of_announcement
from entcapacity.facts import Bounds
from entcapacity.parse import parse
from entcapacity.spec import ENTCapacity
from specs import APRIL_2021, AUDIENCE, WORKLOADS, facts, instant
from test_cli import assert_complete, assert_documented

NOW = instant("2021-04-05T20:00:00+02:00")


def platform(status: dict[str, Any], name: str = "occitanie") -> dict[str, Any]:
    return {
        "apiVersion": "entcapacity.io/v1alpha1",
        "kind": "ENTCapacity",
        "metadata": {"name": name, "namespace": "ent-production-toulouse"},
        "spec": {"mode": "Enforce", "audience": AUDIENCE, "workloads": WORKLOADS},
        "status": status,
    }


def condition(status: str, code: str, message: str) -> dict[str, Any]:
    return {"conditions": [{"type": "Ready", "status": status, "reason": code, "message": message}]}


BUSY = {
    "today": "PublicHoliday",
    "sessions": 120_000,
    "ready": "214/220",
    "nextChange": {"at": "2021-04-06T04:10:00Z", "workload": "pgbouncer", "from": 6, "to": 20, "message": "x"},
    **condition("False", "TooLate", "portal: Ready only at 2021-04-06 08:40"),
}


def printed(what: Any, width: int = 80) -> str:
    out = Console(file=io.StringIO(), width=width)
    out.print(what)
    return out.file.getvalue()  # type: ignore[attr-defined]


def test_a_platform_is_told_with_its_next_change_and_its_condition() -> None:
    document = statuses([platform(BUSY)], NOW, "en")
    assert_documented("status", document)
    assert_complete("status", document)
    (shown,) = document["platforms"]
    assert (shown["mode"], shown["today"], shown["sessions"]) == ("Enforce", "PublicHoliday", 120_000)
    assert (shown["ready"], shown["planned"]) == (214, 220)
    assert shown["nextChange"] == {"at": "2021-04-06T04:10:00Z", "workload": "pgbouncer", "from": 6, "to": 20}
    assert shown["condition"]["reason"] == "TooLate"


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("namespaces", [False, True])
def test_the_table_fits_eighty_columns_and_loses_no_figure(language: str, namespaces: bool) -> None:
    document = statuses([platform(BUSY), platform({}, "fresh")], NOW, language)
    table = printed(as_table(document, NOW, language, namespaces))
    assert max(map(len, table.splitlines())) <= 80
    for figure in ("214/220", "6 → 20", "TooLate", "Enforce"):
        assert figure in table


def test_what_no_operator_has_looked_at_is_unknown_and_so_is_an_overdue_change() -> None:
    late = BUSY | {"nextChange": BUSY["nextChange"] | {"at": "2021-04-05T17:00:00Z"}}  # type: ignore[operator]
    document = statuses([platform({}), platform(late)], NOW, "en")
    codes = [(each["condition"]["status"], each["condition"]["reason"]) for each in document["platforms"]]
    assert codes == [("Unknown", "NoOperator"), ("Unknown", "ChangeOverdue")]
    assert len(list(troubles(document, namespaces=True))) == 2


def test_only_what_is_not_as_it_should_be_is_told_below() -> None:
    well = platform(BUSY | condition("True", "AllWell", "all is well"))
    document = statuses([well, platform(BUSY, "other")], NOW, "en")
    assert list(troubles(document, namespaces=False)) == ["other: portal: Ready only at 2021-04-06 08:40"]


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        (timedelta(hours=1), "21:00 portal"),
        (timedelta(days=1), "Tue 20:00 portal"),
        (timedelta(days=9), "2021-04-14 20:00 portal"),
    ],
)
def test_a_change_is_told_on_the_clock_of_who_reads(at: timedelta, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entcapacity.cli.statuses.here", lambda instant: instant.astimezone(NOW.tzinfo))
    change = {"at": (NOW + at).isoformat(), "workload": "portal", "from": 2, "to": 3}
    document = statuses([platform(BUSY | {"nextChange": change})], NOW, "en")
    assert shown in " ".join(printed(as_table(document, NOW, "en", namespaces=False), 200).split())


# --- what a change would do -------------------------------------------------------------------------------------------


def proposed(language: str, now: datetime = NOW, ramp: int = 20) -> str:
    document = platform({})
    document["spec"] |= {"ramp": {"upPerMinute": ramp}, "mode": "Observe"}
    capacity = parse(document)
    assert isinstance(capacity, ENTCapacity)
    known = facts(floors={"portal": 12}, bounds={"portal": Bounds(2, 40)})
    out = Console(file=io.StringIO(), width=80)
    effect = of_announcement(capacity.spec, known, APRIL_2021, now)
    show(out, Proposal([(capacity, effect)], 2, []), language)
    return out.file.getvalue()  # type: ignore[attr-defined]


def test_a_proposal_tells_days_peaks_shortfall_and_by_when_it_is_ready() -> None:
    said = proposed("en")
    assert "ent-production-toulouse/occitanie  Observe" in said
    assert "Tue 2021-04-06 – Fri 2021-04-09: OnSite → Remote" in said
    row = next(line for line in said.splitlines() if line.startswith("  portal"))
    assert "0 → " in row, "the shortfall above a maximum of 40"
    assert "Tue 2021-04-06 05:" in row
    assert "2 platforms are not concerned." in said
    assert max(map(len, said.splitlines())) <= 80


def test_a_proposal_that_comes_too_late_says_when_all_is_ready() -> None:
    said = " ".join(proposed("fr", instant("2021-04-06T08:20:00+02:00"), ramp=1).split())
    assert "(trop tard)" in said
    assert "sur site → à distance" in said


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
    made = parse({**platform({}), "spec": {"audience": AUDIENCE, "workloads": WORKLOADS, **spec}})
    assert isinstance(made, ENTCapacity)
    assert [each.text() for each in unmoved("ent/occitanie", made.spec, NOW)] == found
