"""6 April 2021 again: ours against the others, under a load that was not the planned one."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from entcapacity.facts import Facts
from entcapacity.parse import parse
from entcapacity.plan import plan
from entcapacity.replay import RIVALS, Deviation, Measured, Operator, Trouble, actual_of, deviated, followed, replay
from entcapacity.scenarios import built_in
from entcapacity.schooldays import embedded
from specs import APRIL_2021, announcement, capacity, facts, instant, window

WORKLOADS = [
    {"name": "auth", "scalesWith": "Logins", "ordinaryPeak": {"replicas": 6, "utilizationPercent": 60}, "max": 120},
    {"name": "portal", "ordinaryPeak": {"replicas": 12, "utilizationPercent": 60}, "max": 160, "startup": "6m"},
]
SPEC = capacity(workloads=WORKLOADS)
MORNING = window("2021-04-06T05:00:00+02:00", 8 / 24)
EARLIER_AND_MORE = Deviation(15, timedelta(minutes=10), seed=1)


def _scores(made):
    return {each.name: each for each in made.scores}


@pytest.fixture(scope="module")
def first_morning():
    return replay(SPEC, facts(APRIL_2021), MORNING, EARLIER_AND_MORE, "High")


def test_nobody_is_refused_by_ours_though_more_came_and_earlier(first_morning):
    ours = _scores(first_morning)["entcapacity"]
    assert ours.refused_user_minutes == 0
    assert ours.saturated_minutes == 0
    assert ours.longest_wait == timedelta(0)


def test_ours_costs_no_more_than_not_knowing_does(first_morning):
    scores = _scores(first_morning)
    assert (
        scores["entcapacity"].replica_hours <= 1.05 * first_morning.high_over_actual * scores["optimum"].replica_hours
    )


def test_an_hpa_that_waits_for_the_load_is_late(first_morning):
    scores = _scores(first_morning)
    assert scores["hpa"].saturated_minutes > 10
    assert scores["hpa"].refused_user_minutes > 0
    assert scores["hpa-50"].saturated_minutes <= scores["hpa"].saturated_minutes
    assert scores["hpa-50"].replica_hours > scores["hpa"].replica_hours


def test_who_runs_everything_at_its_maximum_serves_all_and_pays(first_morning):
    scores = _scores(first_morning)
    assert scores["static-max"].refused_user_minutes == 0
    assert scores["static-max"].peak_replicas == 280
    assert scores["static-max"].replica_hours == pytest.approx(280 * 8)


def test_the_ideal_is_below_everybody(first_morning):
    scores = _scores(first_morning)
    assert all(scores["ideal"].replica_hours <= each.replica_hours for each in scores.values())


def test_it_is_said_for_each_whether_an_autoscaler_runs_above_its_floor(first_morning):
    below = {name for name, each in _scores(first_morning).items() if not each.above_floor}
    assert below == {"static-max", "ideal"}
    assert not any(each.as_well_as(first_morning.scores[0]) for each in first_morning.scores)  # nor ours as ours


def test_what_runs_above_our_floor_has_nothing_to_do_while_the_plan_holds(first_morning):
    bare = capacity(workloads=[{**each, "driver": "Scale"} for each in WORKLOADS])
    made = replay(bare, facts(APRIL_2021), MORNING, EARLIER_AND_MORE, "High", rivals=())
    ours, with_hpa = made.scores[0], first_morning.scores[0]
    assert (ours.above_floor, with_hpa.above_floor) == (False, True)
    assert ours.who.text("en") == "our plan, nothing above it"
    assert ours.replica_hours == with_hpa.replica_hours
    assert (made.runs[0].asked == first_morning.runs[0].asked).all()


def test_planned_on_what_then_happens_ours_is_the_optimum():
    made = replay(SPEC, facts(APRIL_2021), MORNING, Deviation(), "Expected")
    scores = _scores(made)
    assert scores["entcapacity"].replica_hours == pytest.approx(scores["optimum"].replica_hours)
    assert scores["entcapacity"].refused_user_minutes == 0


def test_a_seed_gives_the_same_replay_and_another_one_another(first_morning):
    again = replay(SPEC, facts(APRIL_2021), MORNING, EARLIER_AND_MORE, "High")
    assert again.scores == first_morning.scores
    other = deviated(plan(SPEC, facts(APRIL_2021), MORNING.instant(0), MORNING), replace(EARLIER_AND_MORE, seed=2))
    same = deviated(plan(SPEC, facts(APRIL_2021), MORNING.instant(0), MORNING), EARLIER_AND_MORE)
    assert not np.array_equal(other.sessions, same.sessions)


def test_a_deviation_is_as_large_as_was_said_and_never_later():
    truth = plan(SPEC, facts(APRIL_2021), MORNING.instant(0), MORNING)
    expected = truth.demand.load.sessions.expected[truth.inner]
    for seed in range(5):
        came = deviated(truth, replace(EARLIER_AND_MORE, seed=seed)).sessions[truth.inner]
        assert 1.0 <= came.sum() / expected.sum() <= 1.16
        assert (came <= truth.demand.load.sessions.high[truth.inner] + 1e-6).all()


def test_ours_plans_anew_when_something_is_announced():
    said = announcement(
        "closed-tomorrow",
        "2021-03-15T20:00:00+01:00",
        {"from": "2021-03-16", "until": "2021-03-16", "schooling": "Remote"},
    )
    two_days = window("2021-03-15T12:00:00+01:00", 1)
    floors, without = (
        replay(SPEC, known, two_days, Deviation(), "High", rivals=()).runs[0].asked for known in (facts(said), facts())
    )
    evening = two_days.index(instant("2021-03-15T20:00:00+01:00"))
    assert (floors[:, :evening] == without[:, :evening]).all()
    assert floors[:, evening:].max() > 2 * without[:, evening:].max()
    assert np.abs(np.diff(floors, axis=1)).max() <= 20


def test_ours_plans_anew_when_a_local_calendar_tells_of_a_day():
    at_eight = instant("2026-11-24T08:00:00+01:00")
    document = {
        "apiVersion": "entcapacity.io/v1alpha1",
        "kind": "SchoolCalendar",
        "metadata": {"name": "storm"},
        "spec": {
            "scope": {},
            "days": [{"from": "2026-11-24", "schooling": "Remote", "knownFrom": at_eight.isoformat()}],
        },
    }
    told = Facts(embedded().with_calendars([parse(document)], {}))
    before, after = followed(SPEC, told, window("2026-11-24T00:00:00+01:00"))
    assert before.window.instant(before.window.length) == after.window.instant(0) == at_eight
    assert after.workload("portal").need[after.inner].max() > 3 * before.workload("portal").need[before.inner].max()


def test_every_scenario_can_be_planned_and_names_its_sources():
    assert {"2020-03-16", "2021-04-06", "2021-04-26", "ordinary-week"} <= set(built_in())
    for each in built_in().values():
        assert each.sources
        assert all(set(source) == {"en", "fr"} for source in each.sources)
        assert each.title["en"] != each.title["fr"]
        known = facts(*each.announcements)
        made = plan(each.capacity.spec, known, each.window.instant(0), each.window)
        assert all((workload.need[made.inner] <= workload.maximum[made.inner]).all() for workload in made.workloads)


def test_the_heatwave_concerns_écoles_and_not_collèges():
    scenario = built_in()["heatwave-2025-07-01"]
    at = scenario.window.index(instant("2025-07-01T10:00:00+02:00"))
    found = []
    for known in (facts(*scenario.announcements), facts()):
        made = plan(scenario.capacity.spec, known, instant("2025-07-01T00:00+02:00"), scenario.window)
        present = dict.fromkeys(("ecoles", "colleges"), 0.0)
        for each in made.demand.streams:
            present[each.segment] += each.sessions[made.inner][at]
        found.append(present)
    said, unsaid = found
    assert said["colleges"] == unsaid["colleges"]
    assert said["ecoles"] > 1.5 * unsaid["ecoles"]  # who is at home looks for news


# --- on the cluster ---------------------------------------------------------------------------------------------------


def test_a_maximum_is_raised_for_the_announced_days_and_given_back():
    workloads = [{**WORKLOADS[0], "max": 10, "maxWhenAnnounced": 60}]
    spec = capacity(workloads=workloads)
    four_days_and_a_weekend = window("2021-04-09T06:00:00+02:00", 2)
    plans = followed(spec, facts(APRIL_2021), four_days_and_a_weekend)
    ours, most, least = Operator(plans, ["auth"]), [], []
    for minute in range(four_days_and_a_weekend.length):
        floors, maxima = ours(minute, least[-1:])
        least.append(floors[0])
        most.append(maxima[0])
    assert max(least) > 10
    assert max(most) == 60
    assert most[-1] == 10
    assert all(low <= high for low, high in zip(least, most, strict=True))


def test_a_raised_maximum_waits_for_what_an_autoscaler_still_runs_above_the_floor():
    spec = capacity(workloads=[{**WORKLOADS[0], "max": 10, "maxWhenAnnounced": 60}])
    evening = window("2021-04-09T21:00:00+02:00", 1)
    ours = Operator(followed(spec, facts(APRIL_2021), evening), ["auth"])
    running = [40 if minute < 600 else 8 for minute in range(evening.length)]
    most = [ours(minute, [count])[1][0] for minute, count in enumerate(running)]
    assert min(most[:600]) >= 40
    assert most[600] == 10


def test_what_has_no_autoscaler_is_asked_for_itself():
    spec = capacity(workloads=[{**WORKLOADS[0], "driver": "Scale"}])
    plans = followed(spec, facts(APRIL_2021), MORNING)
    ours, planned = Operator(plans, ["auth"]), plans[0].workload("auth").floor[plans[0].inner]
    for minute in range(MORNING.length):
        floors, maxima = ours(minute, ())
        assert floors == maxima == [planned[minute]]


# --- what goes wrong --------------------------------------------------------------------------------------------------

ORDINARY = window("2026-11-16T07:00:00+01:00", 4 / 24)
AT_TEN = Trouble(instant("2026-11-16T10:00:00+01:00"), instant("2026-11-16T10:30:00+01:00"), lost_percent=34)
AT_EIGHT = Trouble(instant("2026-11-16T07:30:00+01:00"), instant("2026-11-16T08:00:00+01:00"), flood_times=300)


def _troubled(spec, trouble, rivals=()):
    return _scores(replay(spec, facts(), ORDINARY, Deviation(), "High", trouble=trouble, rivals=rivals))


def test_a_lost_site_hurts_those_who_did_not_spread():
    site = capacity(workloads=WORKLOADS, spread={"failureDomains": 3, "tolerate": 1})
    assert _troubled(site, AT_TEN)["entcapacity"].refused_user_minutes == 0
    without = _troubled(SPEC, AT_TEN, rivals=("hpa",))
    assert without["entcapacity"].refused_user_minutes > 0
    assert without["hpa"].refused_user_minutes > 0
    assert _troubled(SPEC, None)["entcapacity"].refused_user_minutes == 0


def test_a_flood_is_chased_by_an_hpa_and_not_by_a_plan():
    flooded, calm = (_troubled(SPEC, each, rivals=("hpa",)) for each in (AT_EIGHT, None))
    for name in ("entcapacity", "hpa"):
        assert flooded[name].replica_hours > calm[name].replica_hours
    assert calm["entcapacity"].refused_user_minutes == 0
    assert 0 < flooded["entcapacity"].refused_user_minutes <= flooded["hpa"].refused_user_minutes
    bare = capacity(workloads=[{**each, "driver": "Scale"} for each in WORKLOADS])
    alone = _troubled(bare, AT_EIGHT)["entcapacity"]
    assert alone.replica_hours == calm["entcapacity"].replica_hours
    # with nothing above the floor, the storm of those who come back lasts longer
    assert alone.refused_user_minutes > flooded["hpa"].refused_user_minutes


def test_pods_that_fail_to_start_are_late_for_everybody_alike():
    until_nine = window("2021-04-06T05:00:00+02:00", 4 / 24)
    failing = Trouble(until_nine.instant(0), until_nine.instant(until_nine.length), failing_percent=50)
    fine, late, other = (
        replay(SPEC, facts(APRIL_2021), until_nine, Deviation(seed=seed), "High", trouble=trouble, rivals=("hpa",)).runs
        for trouble, seed in ((None, 1), (failing, 1), (failing, 2))
    )
    for without, with_failures, with_others in zip(fine, late, other, strict=True):
        assert with_failures.ready.sum() < without.ready.sum()
        assert not np.array_equal(with_failures.ready, with_others.ready)
    assert np.array_equal(late[0].asked, fine[0].asked)  # a plan does not know of it, its lead has room for it
    assert late[0].refused_minutes == 0


# --- what was measured ------------------------------------------------------------------------------------------------


def _measured(sessions, logins=None, grid=MORNING):
    return Measured("demand.csv", grid, np.broadcast_to(float(sessions), grid.length).copy(), logins)


def test_who_was_measured_is_who_comes():
    truth = plan(SPEC, facts(APRIL_2021), MORNING.instant(0), MORNING)
    came = actual_of(truth, _measured(6000))
    assert set(came.sessions[truth.inner]) == {6000.0}
    assert came.logins[truth.inner] == pytest.approx(np.full(MORNING.length, 6000 / 12))  # Little's law
    expected = deviated(truth, Deviation())
    assert (came.sessions[: truth.inner.start] == expected.sessions[: truth.inner.start]).all()
    assert (came.sessions[truth.inner.stop :] == expected.sessions[truth.inner.stop :]).all()


def test_log_ins_that_were_measured_say_how_long_people_stay():
    made = replay(SPEC, facts(APRIL_2021), MORNING, _measured(6000, np.full(MORNING.length, 200.0)), "High", rivals=())
    ours = made.runs[0]
    assert ours.sessions == pytest.approx(np.full(MORNING.length, 6000.0))  # 30 minutes each, not 12
    assert ours.refused_minutes == 0


def test_more_than_anybody_planned_for_is_refused_by_ours_and_told():
    came = _measured(2 * plan(SPEC, facts(), MORNING.instant(0), MORNING).demand.load.sessions.high.max())
    came.sessions[:240] = 100  # until nine
    made = replay(SPEC, facts(), MORNING, came, "High", rivals=("static-max",))
    scores = _scores(made)
    assert scores["entcapacity"].saturated_minutes > 0
    assert not made.runs[0].saturated[-60:].any()  # by then what runs above its floor has started
    assert scores["static-max"].saturated_minutes == 0
    assert made.high_over_actual < 1


def test_ours_and_the_optimum_stay_whoever_else_is_left_out():
    noon = window("2021-04-06T12:00:00+02:00", 1 / 24)
    found = [
        [each.name for each in replay(SPEC, facts(APRIL_2021), noon, Deviation(), "High", rivals=rivals).scores]
        for rivals in ((), ("keda-cron", "ideal"), RIVALS)
    ]
    assert found == [
        ["entcapacity", "optimum"],
        ["entcapacity", "keda-cron", "optimum", "ideal"],
        ["entcapacity", *RIVALS[:-1], "optimum", "ideal"],
    ]
