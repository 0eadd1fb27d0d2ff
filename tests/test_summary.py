"""What status and published plan say, from plan and cluster."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from entcapacity import summary
from entcapacity.cost import cost
from entcapacity.facts import Bounds
from entcapacity.grid import MINUTE
from entcapacity.plan import Plan, plan
from entcapacity.reasons import Reason, reason
from entcapacity.startups import Startups
from entcapacity.summary import State, carried, iso, next_change, next_step, published, released, status, today
from entcapacity.targets import Former, Ref, Seen
from specs import APRIL_2021, capacity, facts, window

NOW = datetime(2021, 4, 6, 2, tzinfo=UTC)
WORKLOADS: list[dict[str, Any]] = [
    {"name": "auth", "scalesWith": "Logins", "capacity": {"loginsPerMinute": 600}, "min": 2},
    {"name": "portal", "capacity": {"sessions": 1500}, "min": 2},
]


def planned(*workloads: dict[str, Any], now: datetime = NOW, days: float = 14, **spec: Any) -> Plan:
    spec["workloads"] = list(workloads or WORKLOADS)
    bounds = {each["name"]: Bounds(2, 200) for each in spec["workloads"]}
    return plan(capacity(**spec), facts(APRIL_2021, bounds=bounds), now, window((now - MINUTE).isoformat(), days))


PLAN = planned()


def seen(name: str, ready: int = 4, **more: Any) -> Seen:
    ref = Ref("apps/v1", "Deployment", "ent", name)
    hpa = Ref("autoscaling/v2", "HorizontalPodAutoscaler", "ent", name)
    found: dict[str, Any] = {
        "name": name,
        "driver": "HPA",
        "at": hpa,
        "uid": "1",
        "target": ref,
        "minimum": 4,
        "stated": 4,
        "maximum": 200,
        "stated_maximum": 200,
        "former": Former("ent", 2),
        "replicas": 4,
        "ready": ready,
        "created": 4,
        "rolling_out": False,
        "blind": "",
        "paused": False,
        "manager": "",
        "gitops": (),
    }
    return Seen(**found | more)


def state(*there: Seen | Reason, made: Plan = PLAN, **more: Any) -> State:
    found = dict(zip((each.name for each in made.workloads), there, strict=True))
    ready = {each.name: each.ready for each in there if isinstance(each, Seen)}
    values: dict[str, Any] = {
        "ready": ready,
        "floors": {},
        "startups": {},
        "longest_wait": timedelta(minutes=2),
        "later": None,
    } | more
    return State(made, cost=cost(made), seen=found, **values)


def shown(*there: Seen | Reason, **more: Any) -> dict[str, Any]:
    return status(state(*there, **more), NOW, "en")


# --- what the ready replicas carry ------------------------------------------------------------------------------------


def test_the_ready_replicas_carry_what_the_weakest_tier_does() -> None:
    index = PLAN.grid.index(NOW)
    found = carried(PLAN, {"auth": 3, "portal": 4}, index)
    assert (found.sessions, found.logins_per_minute) == (4 * 1500, 3 * 600)
    assert carried(PLAN, {"auth": 3, "portal": 0}, index).sessions == 0


def test_a_heavier_use_of_a_tier_lets_fewer_people_in() -> None:
    heavy = planned({**WORKLOADS[1], "weights": {"Remote": 150}})
    at_nine = heavy.grid.index(NOW.replace(hour=7))
    assert carried(heavy, {"portal": 3}, at_nine).sessions == 3000


def test_a_limit_that_is_not_ours_bounds_logins() -> None:
    limited = planned(limits=[{"name": "educonnect", "loginsPerMinute": 900}])
    assert carried(limited, {"auth": 9, "portal": 9}, limited.grid.index(NOW)).logins_per_minute == 900


def test_where_nothing_says_how_many_sessions_there_is_no_number() -> None:
    """A zero would let nobody in."""
    only_logins = planned(WORKLOADS[0])
    found = carried(only_logins, {"auth": 3}, only_logins.grid.index(NOW))
    assert (found.sessions, found.logins_per_minute) == (None, 1800)
    assert "sessions" not in status(state(seen("auth"), made=only_logins), NOW, "en")["admission"]


# --- changes ----------------------------------------------------------------------------------------------------------


def test_the_next_change_is_the_first_and_of_several_at_once_the_largest() -> None:
    index = PLAN.grid.index(NOW)
    change = next_change(PLAN, index)
    assert change is not None
    at = PLAN.grid.index(change.at)
    for each in PLAN.workloads:
        assert set(each.floor[index:at].tolist()) == {int(each.floor[index])}
        assert abs(int(each.floor[at]) - int(each.floor[index])) <= abs(change.after - change.before)
    assert change.before != change.after
    assert next_step(PLAN, index) == change.at


def test_where_nothing_changes_there_is_no_next_change() -> None:
    flat = planned({**WORKLOADS[1], "min": 200, "max": 200}, days=2)
    index = flat.grid.index(NOW)
    assert next_change(flat, index) is None
    assert next_step(flat, index) is None
    assert "nextChange" not in status(state(seen("portal"), made=flat), NOW, "en")


def test_a_change_beyond_what_is_kept_of_a_plan_is_told_and_the_published_plan_is_the_same() -> None:
    kept = PLAN.shortened(timedelta(days=3))
    assert document(kept) == document(PLAN)
    flat = planned({**WORKLOADS[1], "min": 200, "max": 200}, days=2)
    later = next_change(PLAN, PLAN.grid.index(NOW))
    assert later is not None
    found = status(state(seen("portal"), made=flat, later=later), NOW, "en")
    assert found["nextChange"]["at"] == iso(later.at)
    before = status(state(seen("auth"), seen("portal"), made=kept, later=None), NOW, "en")
    assert before["nextChange"]["at"] == iso(later.at)


def test_a_raised_maximum_is_a_step_too() -> None:
    raised = planned({**WORKLOADS[1], "min": 150, "max": 150, "maxWhenAnnounced": 400, "capacity": {"sessions": 1}})
    index = raised.grid.index(NOW - timedelta(minutes=1))
    portal = raised.workload("portal")
    step = next_step(raised, index)
    assert step is not None
    assert (portal.floor[raised.grid.index(step)], portal.maximum[raised.grid.index(step)]) != (
        portal.floor[index],
        portal.maximum[index],
    )


def test_today_is_what_it_is_for_most_users() -> None:
    assert today(PLAN, NOW) == "Remote"
    mixed = planned(
        audience=[
            {"zones": ["B"], "levels": ["Lycee"], "pupils": 1000},
            {"academies": ["La Réunion"], "levels": ["Lycee"], "pupils": 9000},
        ],
        announcementSelector={"matchLabels": {"none": "such"}},
        now=datetime(2021, 3, 14, 21, tzinfo=UTC),
        days=1,
    )
    assert today(mixed, datetime(2021, 3, 14, 21, tzinfo=UTC)) != today(mixed, datetime(2021, 3, 14, 12, tzinfo=UTC))


# --- the status -------------------------------------------------------------------------------------------------------


def test_a_status_says_ready_of_planned() -> None:
    found = shown(seen("auth"), seen("portal", ready=3))
    floors = [int(each.floor[PLAN.grid.index(NOW)]) for each in PLAN.workloads]
    assert found["ready"] == f"7/{sum(floors)}"
    assert [each["planned"] for each in found["workloads"]] == floors
    assert found["admission"] == {"sessions": 4500, "loginsPerSecond": 40, "longestWaitSeconds": 120} | {
        name: value for name, value in found["admission"].items() if name == "slots"
    }


def test_what_cannot_be_seen_is_said_where_figures_would_stand() -> None:
    missing = reason("TargetMissing", workload="auth", target="Deployment auth")
    auth, _ = shown(missing, seen("portal"))["workloads"]
    assert auth["message"] == missing.text()
    assert "ready" not in auth
    assert "driver" not in auth


def test_what_serves_is_told_and_counted_also_where_it_is_not_ours_to_scale() -> None:
    unclear = reason("Ambiguous", workload="auth", names="one and another")
    found = shown(unclear, seen("portal", ready=4), ready={"auth": 1, "portal": 4})
    assert found["workloads"][0]["ready"] == 1
    assert found["ready"].startswith("5/")
    assert found["admission"]["loginsPerSecond"] == 600 // 60


def test_what_stood_there_before_is_told_and_a_field_that_was_not_set_is_left_out() -> None:
    auth, portal = shown(seen("auth", former=Former("ent", None)), seen("portal", former=Former("ent", 2, 60, True)))[
        "workloads"
    ]
    assert auth["former"] == {}
    assert portal["former"] == {"minimum": 2, "maximum": 60}
    assert "former" not in shown(seen("auth", former=None), seen("portal"))["workloads"][0]


def test_a_floor_is_told_only_where_one_is_held() -> None:
    auth, portal = shown(seen("auth"), seen("portal"), floors={"auth": 9})["workloads"]
    assert auth["floor"] == 9
    assert "floor" not in portal


def test_start_up_is_told_with_percentiles_from_five_samples_on() -> None:
    times = {"auth": Startups((61,) * 4), "portal": Startups((61, 62, 63, 64, 200), (400,))}
    auth, portal = shown(seen("auth"), seen("portal"), startups=times)["workloads"]
    assert auth["startup"] == {"warm": {"samples": [61] * 4}}
    assert portal["startup"]["warm"] == {"samples": [61, 62, 63, 64, 200], "p50Minutes": 2, "p95Minutes": 4}
    assert portal["startup"]["newNode"] == {"samples": [400]}


def test_a_session_more_or_less_changes_no_status() -> None:
    at_nine = NOW.replace(hour=7)
    found = status(state(seen("auth"), seen("portal")), at_nine, "en")["sessions"]
    assert found == int(float(f"{found:.2g}")) > 1000


# --- the published plan -----------------------------------------------------------------------------------------------


def document(made: Plan, now: datetime = NOW) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(published(made, "occitanie", now, "en"))
    return found


def test_the_published_plan_gives_every_floor_of_two_days_by_its_changes_alone() -> None:
    found = document(PLAN)
    assert (found["version"], found["platform"], found["timezone"]) == (1, "occitanie", "Europe/Paris")
    assert (found["from"], found["until"]) == ("2021-04-06T02:00:00Z", "2021-04-08T02:00:00Z")
    begin, end = PLAN.grid.index(NOW), PLAN.grid.index(NOW + timedelta(hours=48))
    for each in PLAN.workloads:
        told = {datetime.fromisoformat(one["time"]): one["floor"] for one in found["workloads"][each.name]}
        floor = -1
        for index in range(PLAN.inner.start, end):
            floor = told.get(PLAN.grid.instant(index), floor)
            if index >= begin:
                assert floor == each.floor[index]
        values = list(told.values())
        assert all(one != other for one, other in pairwise(values))


def test_a_plan_that_is_too_large_ends_earlier_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = published(PLAN, "occitanie", NOW, "en")
    monkeypatch.setattr(summary, "_MOST_BYTES", len(whole.encode()) // 2)
    short = published(PLAN, "occitanie", NOW, "en")
    assert len(short.encode()) <= len(whole.encode()) // 2
    until = datetime.fromisoformat(json.loads(short)["until"])
    assert NOW < until < NOW + timedelta(hours=48)
    for changes in json.loads(short)["workloads"].values():
        assert all(datetime.fromisoformat(each["time"]) < until for each in changes)


def test_many_workloads_in_steps_of_a_minute_stay_below_256_kib() -> None:
    ramp = {"upPerMinute": 1, "downPerMinute": 1}
    many = [{"name": f"tier-{number}", "capacity": {"sessions": 100 + number}, "min": 1} for number in range(40)]
    text = published(planned(*many, ramp=ramp, days=1), "occitanie", NOW, "fr")
    assert 64 * 1024 < len(text.encode()) <= 256 * 1024
    assert json.loads(text)["workloads"]["tier-0"]


def test_instants_are_written_as_the_api_server_does() -> None:
    assert iso(datetime.fromisoformat("2026-10-25T02:30:00+02:00")) == "2026-10-25T00:30:00Z"


def test_of_states_that_differ_only_in_who_is_ready_the_plan_is_the_same() -> None:
    one = state(seen("auth"), seen("portal"))
    assert status(replace(one), NOW, "en") == status(one, NOW, "en")


def test_once_everything_was_given_back_no_floor_and_no_former_value_is_left_for_an_operator_that_comes_later() -> None:
    before = shown(seen("auth"), seen("portal"))
    assert [each["former"] for each in before["workloads"]] == [{"minimum": 2}] * 2
    after = released(before)
    assert not any({"floor", "former"} & each.keys() for each in after["workloads"])
    assert [each["name"] for each in after["workloads"]] == ["auth", "portal"]
    assert after.keys() == before.keys()
