"""What Prometheus is told: what should be Ready, what is needed soon, and nothing of what is gone."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from entcapacity.conditions import conditions
from entcapacity.grid import MINUTE, Grid
from entcapacity.meters import Meters
from entcapacity.plan import Plan, plan
from entcapacity.reasons import reason
from entcapacity.targets import Ref, Seen
from specs import APRIL_2021, capacity, facts, instant

KEY = ("ent", "occitanie")
FIRST_REMOTE, ORDINARY = "2021-04-06", "2021-03-25"
PORTAL: dict[str, Any] = {"name": "portal", "ordinaryPeak": {"replicas": 12}, "min": 2, "startup": "10m"}


def planned(at: str, *workloads: dict[str, Any], floor: int | None = None, **spec: Any) -> Plan:
    now = instant(at)
    known = facts(APRIL_2021, floors={} if floor is None else {"portal": floor})
    window = Grid.between(now - MINUTE, now + timedelta(days=2))
    return plan(capacity(workloads=list(workloads or [PORTAL]), **spec), known, now, window)


def seen(ready: int) -> Seen:
    at = Ref("apps/v1", "Deployment", "ent", "portal")
    return Seen(
        name="portal",
        driver="Scale",
        at=at,
        uid="1",
        target=at,
        minimum=ready,
        stated=ready,
        maximum=None,
        stated_maximum=None,
        former=None,
        replicas=ready,
        ready=ready,
        created=ready,
        rolling_out=False,
        blind="",
        paused=False,
        manager="",
        gitops="",
    )


def told(meters: Meters, name: str, **labels: str) -> list[float]:
    families = text_string_to_metric_families(meters.text().decode())
    samples = [each for family in families for each in family.samples if each.name == f"entcapacity_{name}"]
    return [each.value for each in samples if labels.items() <= each.labels.items()]


def show(meters: Meters, made: Plan, at: str, ready: int = 500) -> None:
    there = dict.fromkeys([each.name for each in made.workloads], seen(ready))
    meters.planned(KEY, made, there, made.grid.index(instant(at)), None)


# --- what is needed soon ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("day", "other"), [(FIRST_REMOTE, "ordinary"), (ORDINARY, "exceptional")])
def test_of_each_kind_of_day_only_its_own_need_is_told(day: str, other: str) -> None:
    meters = Meters()
    show(meters, planned(f"{day}T08:00:00+02:00"), f"{day}T08:00:00+02:00")
    kind = "ordinary" if other == "exceptional" else "exceptional"
    assert told(meters, "needed_replicas", day=kind)[0] > 2
    assert told(meters, "needed_replicas", day=other) == [0]


def test_an_exceptional_day_is_told_ninety_minutes_before_it_is_needed() -> None:
    made = planned(f"{FIRST_REMOTE}T00:30:00+02:00")
    portal, meters = made.workload("portal"), Meters()
    day = made.grid.index(instant(f"{FIRST_REMOTE}T05:00:00+02:00"))
    first = day + int((portal.need[day : day + 600] > portal.minimum).argmax())
    for minutes, needed in ((91, portal.minimum), (90, int(portal.need[first]))):
        show(meters, made, made.grid.instant(first - minutes).isoformat())
        assert told(meters, "needed_replicas", day="exceptional") == [needed]


def test_an_ordinary_day_is_told_no_sooner_than_it_is_to_be_ready() -> None:
    made = planned(f"{ORDINARY}T03:00:00+01:00", readyBefore={"ordinary": "15m"})
    portal, meters = made.workload("portal"), Meters()
    at = made.grid.index(instant(f"{ORDINARY}T07:00:00+01:00"))
    not_yet = 0
    for index in range(at, at + 120, 5):
        show(meters, made, made.grid.instant(index).isoformat())
        (needed,) = told(meters, "needed_replicas", day="ordinary")
        assert portal.need[index : index + 16].max() <= needed <= portal.ready[index]
        not_yet += needed < portal.need[index : index + 91].max()
    assert not_yet


def test_more_than_may_be_asked_for_is_not_waited_for() -> None:
    meters, noon = Meters(), f"{FIRST_REMOTE}T08:00:00+02:00"
    show(meters, planned(noon, {**PORTAL, "max": 5}), noon)
    assert told(meters, "needed_replicas", day="exceptional") == [5]
    assert told(meters, "shortfall_replicas")[0] > 0


# --- what should be Ready ---------------------------------------------------------------------------------------------


def test_a_new_plan_does_not_take_for_ready_what_was_asked_for_a_minute_ago() -> None:
    meters, start = Meters(), instant(f"{FIRST_REMOTE}T08:00:00+02:00")
    first = planned(start.isoformat(), floor=4)
    due = []
    for minute in range(25):
        now = start + minute * MINUTE
        made = (
            first
            if minute < 2
            else planned(now.isoformat(), floor=int(first.workload("portal").floor[first.grid.index(now)]))
        )
        assert minute < 2 or made.workload("portal").ready[made.grid.index(now)] > 4  # what the plan itself believes
        show(meters, made, now.isoformat(), ready=4)
        due.append(told(meters, "due_replicas")[0])
    assert set(due[:10]) == {4}
    followed = [int(first.workload("portal").ready[first.grid.index(start) + minute]) for minute in range(25)]
    assert due == followed


def test_what_an_operator_finds_is_due_only_after_its_start_up() -> None:
    meters, start = Meters(), instant(f"{FIRST_REMOTE}T08:00:00+02:00")
    made = planned(start.isoformat())
    for minute, due in ((0, 3), (9, 3), (10, int(made.workload("portal").floor[made.grid.index(start)]))):
        show(meters, made, (start + minute * MINUTE).isoformat(), ready=3)
        assert told(meters, "due_replicas") == [due]


def test_a_floor_that_comes_down_is_due_no_more_at_once() -> None:
    meters, start = Meters(), instant(f"{FIRST_REMOTE}T08:00:00+02:00")
    made = planned(start.isoformat())
    for minute in range(15):
        show(meters, made, (start + minute * MINUTE).isoformat(), ready=60)
    lower = replace(made, workloads=tuple(replace(each, floor=each.floor * 0 + 2) for each in made.workloads))
    show(meters, lower, (start + 15 * MINUTE).isoformat())
    assert told(meters, "due_replicas") == [2]


# --- the peak ---------------------------------------------------------------------------------------------------------


def test_the_evening_before_the_peak_of_the_next_day_is_told() -> None:
    evening, meters = f"{FIRST_REMOTE}T20:00:00+02:00", Meters()
    made = planned(evening)
    show(meters, made, evening)
    (when,), (need,), (floor,) = (
        told(meters, f"peak_{each}") for each in ("timestamp_seconds", "need_replicas", "planned_replicas")
    )
    assert instant("2021-04-07T07:00:00+02:00").timestamp() < when < instant("2021-04-07T12:00:00+02:00").timestamp()
    portal = made.workload("portal")
    assert need == portal.need[made.grid.index(instant(evening)) :][: 24 * 60].max()
    assert floor >= need


# --- what is gone -----------------------------------------------------------------------------------------------------


def test_of_a_workload_that_was_taken_out_nothing_is_told() -> None:
    meters, noon = Meters(), f"{FIRST_REMOTE}T08:00:00+02:00"
    show(meters, planned(noon, PORTAL, {**PORTAL, "name": "auth"}), noon)
    assert told(meters, "need_replicas", workload="auth")
    show(meters, planned(noon), noon)
    assert "auth" not in meters.text().decode()
    assert told(meters, "need_replicas", workload="portal")


def test_of_a_target_that_is_missing_no_floor_and_no_ready_replica_is_told_but_what_it_should_have() -> None:
    meters, noon = Meters(), f"{FIRST_REMOTE}T08:00:00+02:00"
    made = planned(noon)
    show(meters, made, noon)
    assert told(meters, "ready_replicas") == [500]
    index = made.grid.index(instant(noon))
    meters.planned(KEY, made, {"portal": reason("TargetMissing", workload="portal", target="x")}, index, None)
    assert (told(meters, "ready_replicas"), told(meters, "floor_replicas")) == ([], [])
    assert told(meters, "needed_replicas", day="exceptional")[0] > 0


def test_of_what_is_deleted_only_counters_stay() -> None:
    meters, noon = Meters(), instant(f"{FIRST_REMOTE}T08:00:00+02:00")
    show(meters, planned(noon.isoformat()), noon.isoformat())
    meters.passed(KEY, noon)
    meters.conditions(KEY, conditions([reason("Observing")], True))
    meters.forget(KEY)
    left = {each.name for each in text_string_to_metric_families(meters.text().decode()) if each.samples}
    assert {each.partition("_created")[0] for each in left} == {
        "entcapacity_leading",
        "entcapacity_silent_loops",
        "entcapacity_passes",
        "entcapacity_failed_passes",
    }


def test_reasons_go_when_they_are_over_and_the_graver_one_hides_none() -> None:
    meters = Meters()
    contested = reason("Contested", workload="portal", object="hpa", field="minReplicas", by="helm")
    meters.conditions(KEY, conditions([reason("WriteFailed", object="hpa", problem="no"), contested], True))
    assert told(meters, "reason", type="Enforced", reason="Contested") == [1]
    assert told(meters, "reason", type="Enforced", reason="WriteFailed") == [1]
    meters.conditions(KEY, conditions([contested], True))
    assert told(meters, "reason", type="Enforced", reason="Contested") == [1]
    assert told(meters, "reason", reason="WriteFailed") == []
    meters.conditions(KEY, conditions([], True))
    assert told(meters, "reason", type="Enforced") == []


# --- passes -----------------------------------------------------------------------------------------------------------


def test_a_platform_whose_every_pass_failed_is_reckoned_from_the_first() -> None:
    meters, begun = Meters(), instant("2026-11-16T07:30:00+01:00")
    meters.failed(KEY, begun)
    meters.failed(KEY, begun + 3 * MINUTE)
    assert told(meters, "last_pass_timestamp_seconds") == [begun.timestamp()]
    meters.passed(KEY, begun + 4 * MINUTE)
    meters.failed(KEY, begun + 5 * MINUTE)
    assert told(meters, "last_pass_timestamp_seconds") == [(begun + 4 * MINUTE).timestamp()]
    assert told(meters, "failed_passes_total") == [3]


def test_the_first_failure_is_a_rise() -> None:
    meters = Meters()
    meters.wrote(KEY, "portal", "HPA", failed=False)
    assert told(meters, "writes_total", result="failed") == [0]
    meters.wrote(KEY, "portal", "HPA", failed=True)
    assert told(meters, "writes_total", result="failed") == [1]
    assert told(meters, "writes_total", result="ok") == [1]
