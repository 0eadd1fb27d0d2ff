"""The plan as a hoster reads it: 6 April 2021, ordinary weeks, late news, poolers, budgets, overseas."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from entcapacity import smoothing
from entcapacity.admission import waits
from entcapacity.cost import cost
from entcapacity.facts import Bounds, Facts
from entcapacity.notices import lateness, notices, shortfalls
from entcapacity.parse import parse
from entcapacity.plan import floors_in_effect, plan
from entcapacity.schooldays import embedded
from entcapacity.steps import driver, steps
from specs import APRIL_2021, announcement, capacity, facts, instant, window

EVENING = instant("2021-03-31T20:00:00+02:00")
TUESDAY = window("2021-04-06T00:00:00+02:00")
PARIS = ZoneInfo("Europe/Paris")


def _clock(index, made):
    return made.grid.instant(index).astimezone(PARIS).strftime("%H:%M")


def _at(made, name, text):
    return int(made.workload(name).floor[made.grid.index(instant(text))])


def test_first_remote_day_is_ready_before_half_past_eight():
    made = plan(capacity(), facts(APRIL_2021), EVENING, TUESDAY)
    portal = made.workload("portal")
    morning = portal.need[made.grid.index(instant("2021-04-06T08:30:00+02:00"))]
    half_past_six = made.grid.index(instant("2021-04-06T06:30:00+02:00"))
    assert portal.ready[half_past_six] >= morning > 12
    peak = int(portal.need[made.inner].max())
    at_the_peak = int(np.argmax(portal.need[made.inner])) + made.inner.start
    assert (portal.ready[at_the_peak - 120 : at_the_peak + 1] >= peak).all()


def test_without_the_announcement_the_same_tuesday_is_an_ordinary_one():
    before = plan(capacity(), facts(APRIL_2021), EVENING - timedelta(minutes=1), TUESDAY)
    after = plan(capacity(), facts(APRIL_2021), EVENING, TUESDAY)
    assert before.workload("portal").floor[before.inner].max() <= 18
    ratio = after.workload("portal").need[after.inner].max() / before.workload("portal").need[before.inner].max()
    assert 4 <= ratio <= 7  # ×4 by the curves, more on the first day and by its wider band


def test_logins_ask_for_more_than_sessions_do():
    spec = capacity(
        workloads=[
            {"name": "auth", "ordinaryPeak": {"replicas": 6}, "scalesWith": "Logins"},
            {"name": "portal", "ordinaryPeak": {"replicas": 6}},
        ]
    )
    made = plan(spec, facts(APRIL_2021), EVENING, TUESDAY)
    peaks = {each.name: int(each.need[made.inner].max()) for each in made.workloads}
    assert 2 <= peaks["auth"] / peaks["portal"] <= 3


def test_holidays_that_were_moved_bring_the_floors_down():
    # 12 April 2021 was a class day in zone C by the calendar of before, and is a holiday by the amended one
    monday = window("2021-04-12T00:00:00+02:00")
    before = plan(capacity(), facts(), EVENING - timedelta(minutes=1), monday)
    after = plan(capacity(), facts(), EVENING, monday)
    assert after.workload("portal").floor[after.inner].max() <= before.workload("portal").floor[before.inner].max() / 2


def test_an_ordinary_monday_is_planned_with_about_what_runs_at_its_peak():
    monday = window("2026-11-16T00:00:00+01:00")
    made = plan(capacity(demand={"planOn": "Expected"}), facts(), instant("2026-11-15T12:00:00+01:00"), monday)
    assert made.workload("portal").need[made.inner].max() in (12, 13)


def test_every_step_says_why():
    made = plan(capacity(ramp={"upPerMinute": 10}), facts(APRIL_2021), EVENING, TUESDAY)
    texts = [each.reason.text() for each in steps(made, made.workload("portal"))]
    driven = [text for text in texts if text.startswith("first remote day for collèges and lycées of zone C")]
    assert any("announced 2021-03-31 20:00; need" in text and "ramp 10/min; lead 122 min" in text for text in driven)
    assert all(texts)


def test_steps_are_the_floor_and_nothing_else():
    made = plan(capacity(), facts(APRIL_2021), EVENING, TUESDAY)
    portal = made.workload("portal")
    rebuilt = np.zeros(made.window.length, dtype=int)
    for step in steps(made, portal):
        rebuilt[made.window.index(step.time) :] = step.floor
    assert (rebuilt == portal.floor[made.inner]).all()


def test_what_is_announced_too_late_says_when_it_will_be_ready():
    # said at 8:00 for the same morning
    said = announcement(
        "closed-now", "2021-03-16T08:00:00+01:00", {"from": "2021-03-16", "until": "2021-03-16", "schooling": "Remote"}
    )
    as_of = said.spec.announced_at
    spec = capacity(workloads=[{"name": "portal", "ordinaryPeak": {"replicas": 12}, "startup": "5m"}])
    in_effect = floors_in_effect(spec, facts(said), as_of)
    assert in_effect["portal"] < 20
    made = plan(spec, facts(said, floors=in_effect), as_of, window("2021-03-16T00:00:00+01:00"))
    late = lateness(made, made.workload("portal"))
    assert late is not None
    assert late.since == as_of + timedelta(minutes=0)
    assert as_of < late.ready_at < as_of + timedelta(minutes=30)
    assert any(each.code == "TooLate" for each in notices(made, cost(made)))
    assert next(steps(made, made.workload("portal"))).time == as_of


def test_what_was_announced_in_time_is_not_late():
    in_effect = floors_in_effect(capacity(), facts(APRIL_2021), EVENING)
    made = plan(capacity(), facts(APRIL_2021, floors=in_effect), EVENING, window("2021-03-31T20:00:00+02:00", 7))
    assert lateness(made, made.workload("portal")) is None


def test_a_need_above_the_maximum_is_a_shortfall():
    spec = capacity(workloads=[{"name": "portal", "ordinaryPeak": {"replicas": 12}, "max": 60}])
    made = plan(spec, facts(APRIL_2021), EVENING, TUESDAY)
    short = list(shortfalls(made, made.workload("portal")))
    peak = int(made.workload("portal").need[made.inner].max())
    assert max(each.replicas for each in short) == peak - 60
    assert made.workload("portal").floor.max() == 60


def test_a_wait_is_said_with_its_length_and_who_lets_in_the_fewest():
    spec = capacity(
        workloads=[
            {"name": "auth", "ordinaryPeak": {"replicas": 6}, "scalesWith": "Logins", "max": 20},
            {"name": "portal", "ordinaryPeak": {"replicas": 12}},
        ]
    )
    made = plan(spec, facts(APRIL_2021), EVENING, TUESDAY)
    found = list(waits(made))
    assert found
    assert found[0].limited_by == "auth"
    assert found[0].longest is not None
    assert timedelta(0) < found[0].longest < timedelta(hours=2)


def test_waits_of_many_days_are_one_notice_that_says_when_the_worst_begins():
    spec = capacity(workloads=[{"name": "portal", "ordinaryPeak": {"replicas": 12}, "max": 24}])
    made = plan(spec, facts(APRIL_2021), EVENING, window("2021-04-06T00:00:00+02:00", 3))
    one, *others = waits(made)
    assert len(others) > 1
    (said,) = [each for each in notices(made, cost(made)) if each.code.startswith("Waiting")]
    worst = max([one, *others], key=lambda each: each.most)
    since = f"{worst.since.astimezone(PARIS):%Y-%m-%d %H:%M}"
    assert f"on 3 days, at worst from {since} on, longer than an hour" in said.text()
    assert "3 jours" in said.text("fr")


def test_of_a_single_wait_it_is_said_how_long_it_is():
    spec = capacity(limits=[{"name": "educonnect", "loginsPerMinute": 12000}])
    made = plan(spec, facts(APRIL_2021), EVENING, TUESDAY)
    (one,) = waits(made)
    (said,) = [each for each in notices(made, cost(made)) if each.code == "Waiting"]
    assert f"up to {one.longest // timedelta(minutes=1)} min; limited by educonnect" in said.text()


def test_what_people_wait_for_stays_at_its_maximum_until_nobody_waits_any_more_and_says_so():
    spec = capacity(
        workloads=[
            {"name": "portal", "ordinaryPeak": {"replicas": 12}, "max": 20},
            {"name": "auth", "ordinaryPeak": {"replicas": 6}, "scalesWith": "Logins"},
        ]
    )
    made = plan(spec, facts(APRIL_2021), EVENING, window("2021-04-06T00:00:00+02:00", 2))
    first = next(waits(made))
    assert first.until - first.since > timedelta(hours=12)
    portal, auth = made.workload("portal"), made.workload("auth")
    waiting = slice(*(made.grid.index(each) for each in (first.since, first.until)))
    assert (portal.ready[waiting] == 20).all()
    last = waiting.stop - 1
    assert portal.need[last] > 20 > portal.sizing.need(made.demand.load.sessions.high, 0 * portal.need)[last]
    held = next(each for each in steps(made, portal) if each.time > first.until and each.floor < 20)
    assert held.time - first.until >= spec.ramp.hold - timedelta(minutes=1)
    assert "people who waited still come in; need" in held.reason.text()
    assert "personnes qui attendaient" in held.reason.text("fr")
    # what lets in more than that is lowered to what those need who are let in
    assert auth.ready[last] < auth.ready[waiting].max() / 2
    # and whoever plans anew while they wait goes on as planned
    night = first.until - timedelta(hours=2)
    there = {each.name: int(each.floor[made.grid.index(night)]) for each in made.workloads}
    anew = plan(spec, facts(APRIL_2021, floors=there), night, made.window)
    for each in anew.workloads:
        assert (each.floor[anew.ahead] == made.workload(each.name).floor[anew.ahead]).all()


def test_what_only_a_limit_of_others_holds_up_is_not_kept_at_its_maximum():
    limits = [{"name": "educonnect", "loginsPerMinute": 2000}]
    workloads = [{"name": "portal", "ordinaryPeak": {"replicas": 12}, "max": 60}]
    made = plan(capacity(workloads=workloads, limits=limits), facts(APRIL_2021), EVENING, TUESDAY)
    *_, last = waits(made)
    assert last.limited_by == "educonnect"
    portal = made.workload("portal")
    let_in = portal.sizing.need(np.array([2000.0 * 12]), np.array([2000.0]))[0]  # sessions of 12 minutes
    assert portal.ready[made.grid.index(last.until) - 1] == let_in < 30


def test_the_maximum_is_raised_on_announced_days_only():
    spec = capacity(workloads=[{"name": "portal", "ordinaryPeak": {"replicas": 12}, "max": 14, "maxWhenAnnounced": 70}])
    made = plan(spec, facts(APRIL_2021), EVENING, window("2021-03-29T00:00:00+02:00", 10))
    portal = made.workload("portal")
    assert _at(made, "portal", "2021-04-06T09:00:00+02:00") == 70
    quiet = slice(made.inner.start, made.grid.index(instant("2021-04-05T12:00:00+02:00")))
    assert portal.floor[quiet].max() <= 14


def test_a_pooler_is_up_before_its_clients_and_comes_down_at_night_only():
    spec = capacity(
        workloads=[
            {"name": "pgbouncer", "ordinaryPeak": {"replicas": 3, "utilizationPercent": 60}, "startup": "3m"},
            {
                "name": "auth",
                "ordinaryPeak": {"replicas": 6},
                "after": ["pgbouncer"],
                "connections": {"budget": "postgres", "perReplica": 20},
            },
        ],
        budgets=[{"name": "postgres", "connections": 4000}],
    )
    made = plan(spec, facts(APRIL_2021), EVENING, window("2021-04-06T00:00:00+02:00", 2))
    pooler, auth = made.workload("pgbouncer"), made.workload("auth")
    assert (pooler.ready[made.inner] >= pooler.need[made.inner]).all()
    assert pooler.floor.max() / auth.floor.max() == pytest.approx(0.4, rel=0.15)  # 3 × 60 % / 75 % for every 6
    falls = [made.inner.start + 1 + int(each) for each in np.flatnonzero(np.diff(pooler.floor[made.inner]) < 0)]
    assert falls
    assert all(_clock(each, made) >= "22:00" or _clock(each, made) < "05:00" for each in falls)


def test_what_others_come_after_leads_them():
    spec = capacity(
        workloads=[
            {"name": "redis", "ordinaryPeak": {"replicas": 3}, "startup": "4m"},
            {"name": "auth", "ordinaryPeak": {"replicas": 6}, "startup": "3m", "warmup": "60s", "after": ["redis"]},
        ]
    )
    made = plan(spec, facts(), EVENING, TUESDAY)
    assert made.workload("auth").lead.ordinary == 15 + 4
    assert made.workload("redis").lead.ordinary == 15 + 4 + 4


def test_a_budget_of_connections_caps_its_clients_and_says_so():
    spec = capacity(
        workloads=[
            {
                "name": name,
                "ordinaryPeak": {"replicas": 6},
                "connections": {"budget": "postgres", "perReplica": 20},
            }
            for name in ("auth", "portal")
        ],
        budgets=[{"name": "postgres", "connections": 600}],
    )
    made = plan(spec, facts(APRIL_2021), EVENING, TUESDAY)
    held = sum(20 * int(np.ceil(each.floor[made.inner].max() * 1.25)) for each in made.workloads)
    assert 540 <= held <= 600
    assert any(each.code == "BudgetShort" for each in notices(made, cost(made)))


def test_an_allowed_wait_relieves_logins_much_and_sessions_not():
    workloads = [
        {"name": "auth", "ordinaryPeak": {"replicas": 6}, "scalesWith": "Logins"},
        {"name": "portal", "ordinaryPeak": {"replicas": 6}},
    ]
    peaks = []
    for wait in ("0s", "10m"):
        made = plan(capacity(workloads=workloads, shaping={"maxWait": wait}), facts(APRIL_2021), EVENING, TUESDAY)
        peaks.append({each.name: int(each.need[made.inner].max()) for each in made.workloads})
    assert peaks[1]["auth"] < 0.8 * peaks[0]["auth"]
    assert peaks[1]["portal"] == peaks[0]["portal"]


def test_slots_lower_the_peak_and_are_planned_on_as_far_as_people_follow():
    audience = [
        {"name": level.lower(), "academies": ["Toulouse"], "levels": [level], "pupils": 100_000}
        for level in ("College", "Lycee")
    ]
    peaks = []
    for percent in (0, 100):
        slots = {"from": "08:00", "until": "09:30", "compliancePercent": percent}
        made = plan(capacity(audience=audience, shaping={"slots": slots}), facts(APRIL_2021), EVENING, TUESDAY)
        assert len(made.demand.starts) >= 1
        start = made.demand.starts[0]
        assert start.spread_peak < start.peak
        peaks.append(made.workload("portal").need[made.inner].max())
    assert peaks[1] < peaks[0]


def test_an_event_multiplies_what_is_usual_then():
    event = {
        "name": "parcoursup",
        "from": "2025-06-02T18:30:00+02:00",
        "until": "2025-06-02T23:00:00+02:00",
        "percent": 300,
    }
    evening = window("2025-06-02T00:00:00+02:00")
    as_of = instant("2025-06-01T12:00:00+02:00")
    usual = plan(capacity(), facts(), as_of, evening)
    eventful = plan(capacity(events=[event]), facts(), as_of, evening)
    at_seven = usual.grid.index(instant("2025-06-02T19:30:00+02:00"))
    same = eventful.grid.index(usual.grid.instant(at_seven))
    ratio = eventful.demand.load.sessions.expected[same] / usual.demand.load.sessions.expected[at_seven]
    assert ratio == pytest.approx(3.0)
    assert eventful.demand.exceptional[same]


def test_a_boost_adds_to_everything_until_it_ends():
    as_of = instant("2021-03-16T07:00:00+01:00")
    day = window("2021-03-16T00:00:00+01:00")
    boosted = plan(capacity(boost={"percent": 50, "until": "2021-03-16T12:00:00+01:00"}), facts(), as_of, day)
    usual = plan(capacity(), facts(), as_of, day)
    ratio = boosted.demand.load.sessions.expected[boosted.inner] / usual.demand.load.sessions.expected[usual.inner]
    noon = day.index(instant("2021-03-16T12:00:00+01:00"))
    assert ratio[: noon - 1] == pytest.approx(1.5)
    assert ratio[noon + 1 :] == pytest.approx(1.0)


REHEARSAL = {
    "from": "2021-03-15T21:00:00+01:00",
    "until": "2021-03-15T21:30:00+01:00",
    "floors": [{"name": "portal", "replicas": 50}, {"name": "gone", "replicas": 9}],
}
MONDAY_NIGHT = instant("2021-03-15T21:00:20+01:00")


def _rehearsed(rehearsal=REHEARSAL, floors=(("portal", 10),), **workload):
    workloads = [{"name": "portal", "ordinaryPeak": {"replicas": 12}, **workload}]
    spec = capacity(workloads=workloads, rehearsal=rehearsal)
    return plan(spec, facts(floors=dict(floors)), MONDAY_NIGHT, window("2021-03-15T20:00:00+01:00"))


def test_a_rehearsal_holds_its_floor_and_lets_go_at_the_usual_rates():
    made = _rehearsed()
    portal = made.workload("portal")
    assert [_at(made, "portal", f"2021-03-15T21:0{minute}:00+01:00") for minute in (1, 2, 3)] == [10, 30, 50]
    assert _at(made, "portal", "2021-03-15T21:29:00+01:00") == 50
    assert _at(made, "portal", "2021-03-15T21:30:00+01:00") == 45
    same = plan(capacity(), facts(floors={"portal": 10}), MONDAY_NIGHT, window("2021-03-15T20:00:00+01:00"))
    assert (portal.need == same.workload("portal").need).all()
    later = made.grid.index(instant("2021-03-15T21:45:00+01:00"))
    assert (portal.floor[later : made.inner.stop] == same.workload("portal").floor[later : made.inner.stop]).all()
    assert lateness(made, portal) is None
    assert not list(notices(made, cost(made)))
    assert cost(made).usual_replica_hours == cost(same).usual_replica_hours < cost(made).replica_hours


def test_a_rehearsal_is_named_where_it_is_the_reason():
    made = _rehearsed()
    found = {f"{each.time.astimezone(PARIS):%H:%M}": each.reason for each in steps(made, made.workload("portal"))}
    assert found["21:03"].text() == "rehearsal of 50 until 21:30; up 20/min, down 5/min"
    assert found["21:31"].text("fr") == "répétition de 50, fin à 21:30 ; montée 20/min, descente 5/min"
    assert any(each.code != "Rehearsed" for each in found.values())


def test_a_rehearsal_stays_within_the_maximum_and_may_raise_it_as_an_announcement_does():
    assert _rehearsed(max=20).workload("portal").floor.max() == 20
    raised = _rehearsed(max=20, maxWhenAnnounced=40).workload("portal")
    assert raised.floor.max() == raised.maximum.max() == 40
    assert raised.maximum.min() == 20
    low = [{"name": "portal", "replicas": 15}]
    assert _rehearsed({**REHEARSAL, "floors": low}, max=20, maxWhenAnnounced=40).workload("portal").maximum.max() == 20


def test_a_rehearsal_never_lowers_what_is_needed():
    low = {**REHEARSAL, "floors": [{"name": "portal", "replicas": 1}]}
    usual = plan(capacity(), facts(floors={"portal": 10}), MONDAY_NIGHT, window("2021-03-15T20:00:00+01:00"))
    assert (_rehearsed(low).workload("portal").floor == usual.workload("portal").floor).all()


def test_parents_kept_out_by_day_are_not_planned_for():
    spec = capacity(
        audience=[{"academies": ["Toulouse"], "levels": ["College"], "pupils": 0, "teachers": 0, "parents": 100_000}],
        demand={"hours": [{"roles": ["Parent"], "closed": ["07:30", "17:30"], "dayKinds": ["Remote"]}]},
    )
    made = plan(spec, facts(APRIL_2021), EVENING, TUESDAY)
    sessions = made.demand.load.sessions.expected
    assert sessions[made.grid.index(instant("2021-04-06T10:00:00+02:00"))] == 0
    assert sessions[made.grid.index(instant("2021-04-06T18:30:00+02:00"))] > 0


def test_reunion_wakes_before_paris():
    spec = capacity(audience=[{"zones": ["Réunion"], "levels": ["Lycee"], "pupils": 50_000}])
    made = plan(spec, facts(), instant("2026-03-01T12:00:00+01:00"), window("2026-03-02T00:00:00+00:00"))
    sessions = made.demand.load.sessions.expected[made.inner]
    evening = window("2026-03-02T00:00:00+00:00").instant(int(sessions.argmax()))
    assert evening.astimezone(ZoneInfo("Indian/Reunion")).hour in (17, 18, 19)


def test_past_the_calendar_it_plans_class_days_and_says_so():
    made = plan(capacity(), facts(), instant("2026-11-21T12:00:00+01:00"), window("2028-09-11T00:00:00+02:00"))
    assert made.workload("portal").need[made.inner].max() >= 12
    assert any(each.code == "CalendarEnds" for each in notices(made, cost(made)))


def test_a_segment_of_which_only_a_part_is_concerned_takes_the_larger_demand():
    # the same announcement for one of two académies: without shares as if both, with shares in between
    part = announcement(
        "toulouse",
        "2021-03-15T20:00:00+01:00",
        {"from": "2021-03-16", "until": "2021-03-16", "schooling": "Remote"},
        scope={"academies": ["Toulouse"]},
    )
    whole = announcement(
        "everyone", "2021-03-15T20:00:00+01:00", {"from": "2021-03-16", "until": "2021-03-16", "schooling": "Remote"}
    )
    shared = [
        {
            "departements": [{"code": "31", "percent": 50}, {"code": "34", "percent": 50}],
            "levels": ["College", "Lycee"],
            "pupils": 300_000,
        }
    ]
    as_of, day = instant("2021-03-15T20:00:00+01:00"), window("2021-03-16T00:00:00+01:00")

    def peak(spec, said):
        made = plan(spec, facts(said), as_of, day)
        return made, made.demand.load.sessions.expected[made.inner].max()

    torn, torn_peak = peak(capacity(), part)
    _, whole_peak = peak(capacity(), whole)
    _, shared_peak = peak(capacity(audience=shared), part)
    assert torn_peak == pytest.approx(whole_peak)
    assert 0.4 < shared_peak / whole_peak < 0.8
    assert any(each.code == "PartlyConcernedDay" for each in notices(torn, cost(torn)))
    assert any("larger demand" in each.reason.text() for each in steps(torn, torn.workload("portal")))


@pytest.mark.parametrize(
    ("part", "where", "offset"),
    [
        ({"academies": ["Montpellier"]}, {"academies": ["Toulouse", "Montpellier"]}, "+01:00"),
        ({"levels": ["College"]}, {"zones": ["Polynésie"]}, "-10:00"),
    ],
)
def test_a_day_is_told_of_as_unsure_where_it_is_that_day_and_not_before_or_after(part, where, offset):
    torn = announcement(
        "part",
        f"2026-11-20T20:00:00{offset}",
        {"from": "2026-11-24", "until": "2026-11-24", "schooling": "Remote"},
        scope=part,
    )
    spec = capacity(audience=[{**where, "levels": ["College", "Lycee"], "pupils": 100_000}])
    told = {}
    for on in ("2026-11-23", "2026-11-24", "2026-11-25"):
        made = plan(spec, facts(torn), torn.spec.announced_at, window(f"{on}T00:00:00{offset}"))
        told[on] = [dict(each.args)["on"] for each in notices(made, cost(made)) if each.code == "PartlyConcernedDay"]
    assert told == {"2026-11-23": [], "2026-11-24": ["2026-11-24"], "2026-11-25": []}


def test_a_spec_heeds_the_announcements_it_selects():
    labelled = announcement(
        "a", "2021-03-15T20:00:00+01:00", {"from": "2021-03-16", "until": "2021-03-16", "schooling": "Remote"}
    )
    spec = capacity(announcementSelector={"matchLabels": {"region": "occitanie"}})
    day = window("2021-03-16T00:00:00+01:00")
    made = plan(spec, facts(labelled), instant("2021-03-15T20:00:00+01:00"), day)
    assert not made.demand.announced[made.inner].any()


def test_the_cost_of_a_usual_week_is_that_of_the_usual_week():
    # a November week without a holiday: what is planned is the usual, apart from the floors' edges
    week = window("2026-11-16T00:00:00+01:00", 5)
    spending = cost(plan(capacity(), facts(), instant("2026-11-15T12:00:00+01:00"), week))
    assert spending.replica_hours == pytest.approx(spending.usual_replica_hours, rel=0.01)


def test_cost_counts_cpu_memory_and_nodes():
    spec = capacity(
        workloads=[{"name": "portal", "ordinaryPeak": {"replicas": 12}, "requests": {"cpu": "500m", "memory": "2Gi"}}],
        nodes={"podsPerNode": 20, "max": 3},
    )
    made = plan(spec, facts(APRIL_2021), EVENING, TUESDAY)
    spending = cost(made)
    peak = int(made.workload("portal").floor[made.inner].max())
    assert spending.peak_cpu == pytest.approx(peak * 0.5)
    assert spending.peak_memory_gib == pytest.approx(peak * 2)
    assert spending.cpu_hours == pytest.approx(spending.replica_hours * 0.5)
    assert spending.peak_nodes == -(-peak // 20)
    assert any(each.code == "NodesShort" for each in notices(made, spending))


def test_preparing_teachers_come_before_the_first_remote_day():
    spec = capacity(
        audience=[{"academies": ["Toulouse"], "levels": ["Lycee"], "pupils": 0, "teachers": 10_000, "parents": 0}]
    )
    friday = window("2021-04-02T00:00:00+02:00")
    known = plan(spec, facts(APRIL_2021), EVENING, friday)
    unknown = plan(spec, facts(), EVENING, friday)
    noon = friday.index(instant("2021-04-02T12:00:00+02:00"))
    ratio = known.demand.load.sessions.expected[known.inner] / unknown.demand.load.sessions.expected[unknown.inner]
    assert ratio[noon] == pytest.approx(1.5)


def test_the_evening_before_the_return_is_no_holiday_evening():
    sunday = window("2026-11-01T00:00:00+01:00")  # the last day of the Toussaint holidays
    before = window("2026-10-25T00:00:00+02:00")  # a Sunday amid them
    as_of = instant("2026-10-20T00:00:00+02:00")
    last = plan(capacity(), facts(), as_of, sunday).demand.load.sessions.expected.max()
    amid = plan(capacity(), facts(), as_of, before)
    assert last > 3 * amid.demand.load.sessions.expected[amid.inner].max()


def _expected(start, as_of="2026-10-20T00:00:00+02:00", academie="Toulouse"):
    """Expected sessions of a day, without the minutes round midnight in which days blend."""
    spec = capacity(audience=[{"academies": [academie], "levels": ["College", "Lycee"], "pupils": 300_000}])
    made = plan(spec, facts(), instant(as_of), window(start))
    return made.demand.load.sessions.expected[made.inner][15:-15]


@pytest.mark.parametrize(
    ("public", "beside"),
    [
        ("2026-12-25T00:00:00+01:00", "2026-12-24T00:00:00+01:00"),
        ("2027-01-01T00:00:00+01:00", "2026-12-31T00:00:00+01:00"),
        ("2027-07-14T00:00:00+02:00", "2027-07-15T00:00:00+02:00"),
    ],
)
def test_a_public_holiday_within_holidays_is_like_the_days_around_it(public, beside):
    assert _expected(public) == pytest.approx(_expected(beside))


def test_a_public_holiday_between_class_days_is_not():
    armistice, amid_holidays = _expected("2026-11-11T00:00:00+01:00"), _expected("2026-10-21T00:00:00+02:00")
    assert armistice.max() > 3 * amid_holidays.max()
    assert armistice.max() < 0.6 * _expected("2026-11-09T00:00:00+01:00").max()


def test_the_last_day_of_holidays_is_no_holiday_where_it_is_a_public_holiday_or_the_break_was_short():
    easter = "2023-04-01T00:00:00+02:00"
    victory = _expected("2023-05-08T00:00:00+02:00", easter, "Paris")  # a Monday; class again on the 9th
    amid = _expected("2023-05-01T00:00:00+02:00", easter, "Paris")  # a Monday in the same holidays
    assert victory[12 * 60] > 1.5 * amid[12 * 60]  # at noon, long before the evening
    spring = "2026-05-01T00:00:00+02:00"
    after_ascension = _expected("2026-05-17T00:00:00+02:00", spring)  # the Sunday of four days off
    assert after_ascension == pytest.approx(_expected("2026-05-10T00:00:00+02:00", spring))


@pytest.mark.parametrize("levels", [["Ecole"], ["College"], ["Lycee"], ["PostBac"], None])
def test_no_day_without_class_needs_much_more_than_an_ordinary_monday(levels):
    audience = {"academies": ["Toulouse"], "pupils": 236_000, **({"levels": levels} if levels else {})}
    spec = capacity(audience=[audience], workloads=[{"name": "portal", "ordinaryPeak": {"replicas": 20}}])
    storm = announcement(
        "storm", "2026-11-23T18:00:00+01:00", {"from": "2026-11-24", "until": "2026-11-24", "schooling": "Closed"}
    )
    stay = announcement(
        "stay", "2026-11-23T18:00:00+01:00", {"from": "2026-11-24", "until": "2026-11-24", "schooling": "Remote"}
    )

    def need(start, *made):
        found = plan(spec, facts(*made), instant("2026-11-23T19:00:00+01:00"), window(start))
        return found.workload("portal").need[found.inner].max()

    monday = need("2026-11-16T00:00:00+01:00")
    assert 20 < monday <= 26
    for off in ("2026-11-14", "2026-11-15", "2026-11-11", "2026-12-23"):
        assert need(f"{off}T00:00:00+01:00") <= 1.2 * monday
    closed = need("2026-11-24T00:00:00+01:00", storm)
    assert closed <= 1.2 * monday
    assert closed < 0.6 * need("2026-11-24T00:00:00+01:00", stay)


def test_the_page_on_the_model_says_what_an_ordinary_monday_is_planned_with():
    page = (Path(__file__).parents[1] / "docs" / "model.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([\d,]+) \| ([\d,]+) \| (\d+) \| (\d+) \| (\d+) \|$", page, re.MULTILINE)
    told = [tuple(int(each.replace(",", "")) for each in row) for row in rows]
    assert [pupils for pupils, *_ in told] == [500, 3_000, 50_000, 300_000]
    midnight, monday = instant("2026-11-23T00:00:00+01:00"), window("2026-11-23T00:00:00+01:00")
    for pupils, *figures in told:
        found = []
        for plan_on, replicas in (("High", 4), ("High", 12), ("Expected", 12)):
            spec = capacity(
                audience=[{"academies": ["Toulouse"], "levels": ["College", "Lycee"], "pupils": pupils}],
                workloads=[
                    {"name": "portal", "ordinaryPeak": {"replicas": replicas}},
                    {"name": "auth", "ordinaryPeak": {"replicas": replicas}, "scalesWith": "Logins"},
                ],
                demand={"planOn": plan_on},
            )
            made = plan(spec, facts(), midnight, monday)
            found.append(made.workload("portal").need[made.inner].max())
            alone = made.workload("auth").need[made.inner].max()
            assert plan_on == "Expected" or f"{alone} for {replicas}" in page
        sessions = made.demand.load.sessions.expected[made.inner].max()
        assert figures == [round(sessions), *found]


def _followed(spec, made_facts, as_of):
    return replace(made_facts, floors=floors_in_effect(spec, made_facts, as_of))


@pytest.mark.parametrize(
    "as_of", ["2021-04-06T05:00:00+02:00", "2021-04-06T13:00:00+02:00", "2021-04-06T22:00:00+02:00"]
)
def test_a_plan_that_was_followed_invents_no_queue_of_the_past(as_of):
    known = _followed(capacity(), facts(APRIL_2021), instant(as_of))
    made = plan(capacity(), known, instant(as_of), window("2021-04-06T00:00:00+02:00", 2))
    assert list(waits(made)) == []


def test_nobody_is_cut_when_an_announcement_is_withdrawn():
    withdrawn = announcement(
        "storm",
        "2021-03-14T20:00:00+01:00",
        {"from": "2021-03-15", "until": "2021-03-19", "schooling": "Remote"},
        withdrawnAt="2021-03-16T09:00:00+01:00",
    )
    spec = capacity(workloads=[{"name": "portal", "ordinaryPeak": {"replicas": 12}, "max": 14, "maxWhenAnnounced": 70}])
    as_of = instant("2021-03-16T09:00:00+01:00")
    for days in (0.2, 3):
        made = plan(spec, _followed(spec, facts(withdrawn), as_of), as_of, window("2021-03-16T09:00:00+01:00", days))
        floor = made.workload("portal").floor[made.ahead]
        assert floor[0] > 50
        assert np.diff(floor).min() >= -5
        assert floor[30] > 50  # those at home this morning stay there today


def test_floors_above_a_new_budget_come_down_by_their_rate():
    spec = capacity(
        workloads=[
            {
                "name": "portal",
                "ordinaryPeak": {"replicas": 12},
                "connections": {"budget": "postgres", "perReplica": 20},
            }
        ],
        budgets=[{"name": "postgres", "connections": 200}],
    )
    as_of = instant("2021-03-16T09:00:00+01:00")
    made = plan(spec, facts(floors={"portal": 40}), as_of, window("2021-03-16T09:00:00+01:00"))
    floor = made.workload("portal").floor[made.ahead]
    assert floor[0] == 40
    assert np.diff(floor).min() == -5
    assert floor[30] <= 8
    assert any(each.code == "BudgetOverdrawn" for each in notices(made, cost(made)))


def test_a_budget_that_the_maxima_overdraw_is_said_also_of_those_that_were_found():
    postgres = {"budget": "postgres", "perReplica": 20}
    budgets = [{"name": "postgres", "connections": 600}]

    def said(bounds, **workload):
        workloads = [
            {"name": name, "ordinaryPeak": {"replicas": 2}, "connections": postgres, **workload}
            for name in ("auth", "portal")
        ]
        known = facts(bounds={each.get("name"): bounds for each in workloads})
        made = plan(capacity(workloads=workloads, budgets=budgets), known, EVENING, window("2021-03-31T20:00:00+02:00"))
        return [each.text() for each in notices(made, cost(made)) if each.code == "BudgetAtRisk"]

    in_all = ["budget postgres: the maxima allow 10,000 connections, available: 600"]  # 2 · 250 · 20, surge and all
    assert said(Bounds(2, 200)) == said(Bounds(2, 500), max=200) == said(Bounds(), maxWhenAnnounced=200) == in_all
    assert said(Bounds(2, 10), max=200) == said(Bounds()) == []


def test_a_replica_is_ready_its_lead_after_it_was_asked_for():
    spec = capacity(workloads=[{"name": "portal", "ordinaryPeak": {"replicas": 12}, "startup": "3m", "warmup": "60s"}])
    made = plan(spec, facts(APRIL_2021), EVENING, TUESDAY)
    portal = made.workload("portal")
    rise = made.inner.start + 1 + int(np.argmax(np.diff(portal.floor[made.inner]) > 0))
    assert portal.ready[rise + 3] == portal.floor[rise - 1]
    assert portal.ready[rise + 4] >= portal.floor[rise]


def test_where_pods_come_one_after_the_other_all_are_ready_in_time_all_the_same():
    """A StatefulSet's, unless it says Parallel: the last of them comes after the start-up of all before it."""
    spec = capacity(workloads=[{"name": "redis", "ordinaryPeak": {"replicas": 12}, "startup": "4m"}])
    together = plan(spec, facts(APRIL_2021), EVENING, TUESDAY).workload("redis")
    known = replace(facts(APRIL_2021, floors={"redis": 2}), in_order=frozenset({"redis"}))
    made = plan(spec, known, EVENING, TUESDAY)
    redis = made.workload("redis")
    rising = redis.floor[made.ahead]
    assert rising.max() == together.floor.max() > 20
    assert (rising[4:] - rising[:-4]).max() == 1
    assert (redis.ready >= np.minimum(redis.need, redis.limit))[made.ahead].all()
    at_once = smoothing.in_turn(together.ready, 4)  # had it been asked for as if they came together
    assert (at_once < together.need).any()
    late = replace(known, floors={"redis": 2})
    at_seven = plan(spec, late, instant("2021-04-06T07:00:00+02:00"), TUESDAY)
    caught_up = at_seven.workload("redis")
    begin = at_seven.ahead.start
    assert caught_up.floor[begin + 5] > 20  # asked for by the ramp: they come no later for it
    assert caught_up.ready[begin + 9] <= 5  # but what is Ready is told as it will be
    told = lateness(at_seven, caught_up)
    lacking = (caught_up.ready < caught_up.served)[at_seven.ahead]
    last = at_seven.grid.instant(begin + int(np.flatnonzero(lacking)[-1]))
    assert last < told.ready_at < last + timedelta(hours=2)  # and not when the last of them was asked for
    assert told.missed == lacking.sum() > 60


def test_a_pooler_is_asked_for_a_start_up_before_its_clients_are():
    spec = capacity(
        workloads=[
            {"name": "pgbouncer", "ordinaryPeak": {"replicas": 6}, "startup": "9m"},
            {
                "name": "auth",
                "ordinaryPeak": {"replicas": 6},
                "after": ["pgbouncer"],
                "connections": {"budget": "postgres", "perReplica": 20},
            },
        ],
        budgets=[{"name": "postgres", "connections": 4000}],
    )
    made = plan(spec, facts(APRIL_2021), EVENING, TUESDAY)
    pooler, auth = made.workload("pgbouncer").floor, made.workload("auth").floor
    morning = slice(made.inner.start + 2 * 60, made.inner.start + 8 * 60)
    assert (pooler[morning.start - 9 : morning.stop - 9] >= auth[morning]).all()
    assert (pooler[morning.start - 8 + 1 : morning.stop - 8 + 1] > auth[morning]).any()


def test_a_withdrawal_is_news_for_the_floors_in_effect():
    gone = announcement(
        "storm",
        "2021-03-14T20:00:00+01:00",
        {"from": "2021-03-16", "until": "2021-03-19", "schooling": "Remote"},
        withdrawnAt="2021-03-16T00:00:00+01:00",
    )
    spec = capacity(ramp={"upPerMinute": 20, "downPerMinute": 1})
    before = floors_in_effect(spec, facts(gone), instant("2021-03-15T23:58:00+01:00"))["portal"]
    after = floors_in_effect(spec, facts(gone), instant("2021-03-16T00:02:00+01:00"))["portal"]
    assert before - 4 <= after <= before


def _local_calendar(**spec):
    document = {"apiVersion": "entcapacity.io/v1alpha1", "kind": "SchoolCalendar", "metadata": {"name": "local"}}
    return embedded().with_calendars([parse({**document, "spec": spec})], {})


def test_what_a_local_calendar_says_late_is_news_for_the_floors_in_effect():
    at_eight = instant("2026-11-24T08:00:00+01:00")
    day = {"from": "2026-11-24", "schooling": "Remote", "knownFrom": "2026-11-24T08:00:00+01:00"}
    known = Facts(_local_calendar(scope={"zones": ["C"]}, days=[day]))
    in_effect = floors_in_effect(capacity(), known, at_eight)
    assert in_effect == floors_in_effect(capacity(), facts(), at_eight)
    made = plan(capacity(), replace(known, floors=in_effect), at_eight, window("2026-11-24T08:00:00+01:00"))
    assert made.workload("portal").wanted[made.ahead.start] > 4 * in_effect["portal"]
    assert any(each.code == "TooLate" for each in notices(made, cost(made)))


def test_floors_that_take_longer_than_a_day_are_still_on_their_way_after_it():
    said = announcement(
        "slow", "2021-04-05T12:00:00+02:00", {"from": "2021-04-06", "until": "2021-04-09", "schooling": "Remote"}
    )
    audience = [{"zones": ["C"], "levels": ["College", "Lycee"], "pupils": 2_000_000}]
    workloads = [{"name": "portal", "ordinaryPeak": {"replicas": 500}, "max": 5000}]
    spec = capacity(audience=audience, workloads=workloads, ramp={"upPerMinute": 1})
    before, after = (
        floors_in_effect(spec, facts(said), instant(f"2021-04-06T{clock}:00+02:00"))["portal"]
        for clock in ("11:59", "12:01")
    )
    assert after == before + 2


def test_news_that_concern_others_make_nobody_late():
    # amid the rise of the first remote day, an announcement for La Réunion
    elsewhere = announcement(
        "elsewhere",
        "2021-04-06T05:40:00+02:00",
        {"from": "2021-04-06", "until": "2021-04-06", "schooling": "Closed"},
        scope={"zones": ["Réunion"]},
    )
    spec, said = capacity(ramp={"upPerMinute": 1}), facts(APRIL_2021, elsewhere)
    as_of = elsewhere.spec.announced_at
    made = plan(spec, _followed(spec, said, as_of), as_of, window("2021-04-06T05:40:00+02:00"))
    portal = made.workload("portal")
    assert portal.wanted[made.ahead.start + 1] == portal.wanted[made.ahead.start] + 1
    assert lateness(made, portal) is None


def test_a_local_calendar_holds_for_its_departement_and_not_for_the_neighbours():
    schooldays = _local_calendar(scope={"departements": ["69"]}, days=[{"from": "2026-11-17", "schooling": "Closed"}])
    day = window("2026-11-17T00:00:00+01:00")
    for codes in (("69", "42"), ("42", "69")):
        audience = [{"departements": [{"code": code}], "levels": ["College"], "pupils": 50_000} for code in codes]
        made = plan(capacity(audience=audience), Facts(schooldays), instant("2026-11-16T12:00:00+01:00"), day)
        noon = day.instant(12 * 60)
        kinds = {
            code: str(each.day_at(noon)[1].day.kind) for code, each in zip(codes, made.demand.streams, strict=True)
        }
        assert kinds == {"69": "Closed", "42": "OnSite"}


def test_a_queue_never_holds_more_than_all_users():
    spec = capacity(
        workloads=[{"name": "portal", "ordinaryPeak": {"replicas": 12}}],
        limits=[{"name": "educonnect", "loginsPerMinute": 8000}],
    )
    made = plan(spec, facts(APRIL_2021), EVENING, TUESDAY)
    users = sum(each.users for each in made.demand.streams)
    found = list(waits(made))
    assert found
    assert all(each.most < users / 10 for each in found)
    assert all(each.limited_by == "educonnect" for each in found)


def test_a_limit_just_above_the_peak_lets_everyone_in_and_just_below_it_nobody_waits_long():
    crowd = plan(capacity(), facts(APRIL_2021), EVENING, TUESDAY).demand.load.logins.crowd.max()
    for share, longest in ((1.01, 0), (0.99, 2)):
        spec = capacity(limits=[{"name": "educonnect", "loginsPerMinute": int(share * crowd)}])
        found = list(waits(plan(spec, facts(APRIL_2021), EVENING, TUESDAY)))
        assert max((each.longest for each in found), default=timedelta(0)) <= timedelta(minutes=longest)
        assert bool(found) == (longest > 0)


def test_a_minimum_above_the_maximum_that_was_found_is_not_asked_for():
    spec = capacity(workloads=[{"name": "portal", "ordinaryPeak": {"replicas": 12}, "min": 5}])
    made = plan(spec, facts(bounds={"portal": Bounds(max=3)}), EVENING, TUESDAY)
    assert made.workload("portal").floor.max() == 3


def test_a_maximum_below_what_stood_there_takes_nothing_away_and_says_so():
    as_of, day = instant("2026-11-24T09:00:00+01:00"), window("2026-11-24T09:00:00+01:00")

    def made(bounds, **workload):
        spec = capacity(workloads=[{"name": "portal", "ordinaryPeak": {"replicas": 60}, **workload}])
        return plan(spec, facts(APRIL_2021, bounds={"portal": bounds}, floors={"portal": bounds.min}), as_of, day)

    def said(it):
        return [each.text() for each in notices(it, cost(it)) if each.code == "MaximumBelowFound"]

    for bounds, workload in ((Bounds(60, 200), {}), (Bounds(60), {}), (Bounds(60, 200), {"maxWhenAnnounced": 20})):
        held = made(bounds, max=6, **workload)
        assert set(held.workload("portal").floor[held.ahead]) == {60}
        assert said(held) == [
            "portal: max 6 is below the 60 replicas that stood there before, which stay: raise max, or set min, too"
        ]
    meant = made(Bounds(60, 200), min=1, max=6)
    assert meant.workload("portal").wanted.max() == 6
    assert said(meant) == said(made(Bounds(6, 200), max=60)) == []


def test_a_capped_floor_says_what_would_be_needed():
    spec = capacity(workloads=[{"name": "portal", "ordinaryPeak": {"replicas": 12}, "max": 60}])
    made = plan(spec, facts(APRIL_2021), EVENING, TUESDAY)
    need = int(made.workload("portal").need[made.inner].max())
    texts = [each.reason.text() for each in steps(made, made.workload("portal"))]
    assert any(f"need {number} (at most 60)" in text for number in range(61, need + 1) for text in texts)


def test_an_event_is_named_where_it_is_the_reason():
    # its demand begins ten minutes before it, and users may come ten minutes early
    exam = {"name": "exam", "from": "2026-11-24T18:30:00+01:00", "until": "2026-11-24T23:00:00+01:00", "percent": 300}
    as_of, day = instant("2026-11-24T00:00:00+01:00"), window("2026-11-24T00:00:00+01:00")
    made, usual = (plan(capacity(events=each), facts(), as_of, day) for each in ([exam], []))
    higher = made.workload("portal").floor > usual.workload("portal").floor
    raised = [each for each in steps(made, made.workload("portal")) if higher[made.grid.index(each.time)]]
    assert raised[0].time < instant("2026-11-24T18:10:00+01:00")
    assert all(each.reason.text().startswith("event exam, 300 % of the usual") for each in raised)


def test_a_boost_is_named_as_long_as_it_is_the_reason():
    spec = capacity(boost={"percent": 100, "until": "2026-11-24T18:05:00+01:00"})
    as_of, day = instant("2026-11-24T00:00:00+01:00"), window("2026-11-24T00:00:00+01:00")
    made, usual = (plan(each, facts(), as_of, day) for each in (spec, capacity()))
    higher = made.workload("portal").floor > usual.workload("portal").floor
    raised = [each for each in steps(made, made.workload("portal")) if higher[made.grid.index(each.time)]]
    assert raised
    assert all("boosted by 100 %" in each.reason.text() for each in raised)


def test_poolers_come_down_when_it_is_night_for_all():
    spec = capacity(
        audience=[
            {"academies": ["Toulouse"], "levels": ["Lycee"], "pupils": 1_000},
            {"zones": ["Polynésie"], "levels": ["Lycee"], "pupils": 60_000},
        ],
        workloads=[
            {"name": "pgbouncer", "ordinaryPeak": {"replicas": 20}},
            {
                "name": "auth",
                "ordinaryPeak": {"replicas": 20},
                "after": ["pgbouncer"],
                "connections": {"budget": "postgres", "perReplica": 20},
            },
        ],
        budgets=[{"name": "postgres", "connections": 4000}],
    )
    made = plan(spec, facts(), instant("2026-03-01T12:00:00+01:00"), window("2026-03-02T12:00:00+00:00", 2))
    pooler = made.workload("pgbouncer").floor
    falls = [made.inner.start + 1 + int(each) for each in np.flatnonzero(np.diff(pooler[made.inner]) < 0)]
    there = ZoneInfo("Pacific/Tahiti")  # never night in both, so where most users live
    clocks = [made.grid.instant(each).astimezone(there).strftime("%H:%M") for each in falls]
    assert clocks
    assert all(each >= "22:00" or each < "05:00" for each in clocks)


def test_on_a_plateau_at_the_maximum_the_worst_minute_is_the_reason():
    spec = capacity(workloads=[{"name": "portal", "ordinaryPeak": {"replicas": 12}, "max": 30}])
    made = plan(spec, facts(APRIL_2021, floors={"portal": 5}), instant("2021-04-06T08:00:00+02:00"), TUESDAY)
    portal = made.workload("portal")
    found = driver(made, portal, made.grid.index(instant("2021-04-06T08:30:00+02:00")))
    assert portal.need[found.index] == portal.need[made.inner].max()


def test_a_pooler_is_explained_by_what_its_clients_are_planned_to_be():
    spec = capacity(
        workloads=[
            {"name": "pgbouncer", "ordinaryPeak": {"replicas": 3}, "startup": "3m"},
            {
                "name": "auth",
                "ordinaryPeak": {"replicas": 6},
                "after": ["pgbouncer"],
                "connections": {"budget": "postgres", "perReplica": 20},
            },
        ],
        budgets=[{"name": "postgres", "connections": 4000}],
    )
    as_of = instant("2021-04-06T08:00:00+02:00")
    known = _followed(spec, facts(APRIL_2021), as_of)
    made = plan(spec, known, as_of, TUESDAY)
    night = made.grid.index(instant("2021-04-06T03:00:00+02:00"))
    assert made.workload("pgbouncer").need[night] <= 2  # not what the floors of eight o'clock would need


@pytest.mark.parametrize(
    ("zone", "timezone"), [("B", "Europe/Paris"), ("Saint-Pierre-et-Miquelon", "America/Miquelon")]
)
@pytest.mark.parametrize("day", ["2021-03-27", "2021-03-28", "2021-10-31", "2026-03-08", "2026-11-01"])
def test_what_is_reckoned_by_the_day_is_reckoned_on_whole_days(zone, timezone, day):
    spec = capacity(audience=[{"zones": [zone], "levels": ["Lycee"], "pupils": 1000}])
    for clock in ("00:30", "02:59", "03:00", "23:00"):
        made = plan(spec, facts(), EVENING, window(f"{day}T{clock}:00+00:00"))
        for edge in (made.grid.instant(0), made.grid.instant(made.grid.length)):
            assert edge.astimezone(ZoneInfo(timezone)).strftime("%H:%M") == "03:00"
