"""What Prometheus is told: what is needed soon, when the peak comes, and nothing of what is gone."""

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


def planned(at: str, *workloads: dict[str, Any], **spec: Any) -> Plan:
    now = instant(at)
    window = Grid.between(now - MINUTE, now + timedelta(days=2))
    return plan(capacity(workloads=list(workloads or [PORTAL]), **spec), facts(APRIL_2021), now, window)


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
        gitops=(),
    )


def told(meters: Meters, name: str, **labels: str) -> list[float]:
    families = text_string_to_metric_families(meters.text().decode())
    samples = [each for family in families for each in family.samples if each.name == f"entcapacity_{name}"]
    return [each.value for each in samples if labels.items() <= each.labels.items()]


def show(meters: Meters, made: Plan, at: str) -> None:
    index, there = made.grid.index(instant(at)), dict.fromkeys([each.name for each in made.workloads], seen(500))
    meters.planned(KEY, made, there, due(made, index), index, None)


def due(made: Plan, index: int) -> dict[str, int]:
    """What the plan itself has Ready, as where all was asked for long ago."""
    return {each.name: int(each.ready[index]) for each in made.workloads}


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


# --- the lead ---------------------------------------------------------------------------------------------------------


def test_the_lead_of_each_kind_of_day_is_told_with_what_comes_after() -> None:
    meters, noon = Meters(), f"{ORDINARY}T12:00:00+01:00"
    auth = {**PORTAL, "name": "auth", "startup": "2m", "warmup": "90s"}
    portal = {**PORTAL, "after": ["auth"]}
    made = planned(noon, auth, portal, readyBefore={"ordinary": "15m", "exceptional": "2h"}, nodes={"startup": "3m"})
    show(meters, made, noon)
    lead = {
        (name, day): told(meters, "lead_seconds", workload=name, day=day)
        for name in ("auth", "portal")
        for day in ("ordinary", "exceptional")
    }
    own = {"portal": 10 + 3, "auth": 7 + 10 + 3}
    assert lead == {
        (name, day): [60.0 * (minutes + before)]
        for name, minutes in own.items()
        for day, before in (("ordinary", 15), ("exceptional", 120))
    }


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
    missing = {"portal": reason("TargetMissing", workload="portal", target="x")}
    meters.planned(KEY, made, missing, due(made, index), index, None)
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
