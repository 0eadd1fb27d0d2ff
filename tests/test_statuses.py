"""How platforms stand, as people and machines read it."""

import io
from datetime import UTC, timedelta
from typing import Any

import pytest
from rich.console import Console

from entcapacity.cli.statuses import as_table, nothing_there, statuses, troubles
from specs import AUDIENCE, WORKLOADS, instant
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
    document = statuses([platform(BUSY)], None, NOW, "en")
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
    document = statuses([platform(BUSY), platform({}, "fresh")], None, NOW, language)
    table = printed(as_table(document, NOW, language, namespaces))
    assert max(map(len, table.splitlines())) <= 80
    for figure in ("214/220", "6 → 20", "TooLate", "Enforce"):
        assert figure in table


def test_what_no_operator_has_looked_at_is_unknown_and_so_is_an_overdue_change() -> None:
    late = BUSY | {"nextChange": BUSY["nextChange"] | {"at": "2021-04-05T17:00:00Z"}}  # type: ignore[operator]
    document = statuses([platform({}), platform(late)], None, NOW, "en")
    codes = [(each["condition"]["status"], each["condition"]["reason"]) for each in document["platforms"]]
    assert codes == [("Unknown", "NoOperator"), ("Unknown", "ChangeOverdue")]
    assert len(list(troubles(document, namespaces=True))) == 2


def test_only_what_is_not_as_it_should_be_is_told_below() -> None:
    well = platform(BUSY | condition("True", "AllWell", "all is well"))
    document = statuses([well, platform(BUSY, "other")], None, NOW, "en")
    assert list(troubles(document, namespaces=False)) == ["other: portal: Ready only at 2021-04-06 08:40"]


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        (timedelta(hours=1), "21:00 portal"),
        (timedelta(days=1), "Tue 20:00 portal"),
        (timedelta(days=9), "2021-04-14 20:00 portal"),
    ],
)
def test_a_change_is_told_on_the_clock_of_the_platform(at: timedelta, shown: str) -> None:
    change = {"at": (NOW + at).astimezone(UTC).isoformat(), "workload": "portal", "from": 2, "to": 3}
    document = statuses([platform(BUSY | {"nextChange": change})], None, NOW, "en")
    assert shown in " ".join(printed(as_table(document, NOW, "en", namespaces=False), 200).split())


def test_a_platform_overseas_has_its_own_clock_and_one_that_cannot_be_read_none() -> None:
    island, broken = platform(BUSY, "reunion"), platform(BUSY, "broken")
    island["spec"]["audience"] = [{"academies": ["La Réunion"], "levels": ["Lycee"], "pupils": 30_000}]
    broken["spec"]["audience"] = []
    document = statuses([island, broken], None, NOW, "en")
    assert [each["timezone"] for each in document["platforms"]] == ["Indian/Reunion", "UTC"]
    assert "Tue 08:10 pgbouncer" in " ".join(printed(as_table(document, NOW, "en", namespaces=False), 200).split())


def test_where_no_platform_is_it_is_said_where_it_was_looked() -> None:
    assert "namespace entt; -A" in nothing_there(statuses([], "entt", NOW, "en"), "en")
    assert "any namespace" in nothing_there(statuses([], None, NOW, "en"), "en")
