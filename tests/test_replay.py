"""6 April 2021 again: ours against the others, under a load that was not the planned one."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from entcapacity.plan import plan
from entcapacity.replay import Deviation, deviated, followed, replay
from entcapacity.scenarios import built_in
from specs import APRIL_2021, announcement, capacity, facts, instant, window

SPEC = capacity(
    workloads=[
        {"name": "auth", "scalesWith": "Logins", "ordinaryPeak": {"replicas": 6, "utilizationPercent": 60}, "max": 120},
        {"name": "portal", "ordinaryPeak": {"replicas": 12, "utilizationPercent": 60}, "max": 160, "startup": "6m"},
    ]
)
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


def test_only_autoscalers_run_above_their_floor(first_morning):
    above = {name for name, each in _scores(first_morning).items() if each.above_floor}
    assert above == {"hpa", "hpa-50", "keda-cron", "last-week"}


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
    floors, _ = followed(SPEC, facts(said), two_days, ("auth", "portal"))
    without, _ = followed(SPEC, facts(), two_days, ("auth", "portal"))
    evening = two_days.index(instant("2021-03-15T20:00:00+01:00"))
    assert (floors[:, :evening] == without[:, :evening]).all()
    assert floors[:, evening:].max() > 2 * without[:, evening:].max()
    assert np.abs(np.diff(floors, axis=1)).max() <= 20


def test_every_scenario_can_be_planned_and_names_its_sources():
    assert {"2020-03-16", "2021-04-06", "2021-04-26", "ordinary-week"} <= set(built_in())
    for each in built_in().values():
        assert each.sources
        assert each.title["en"] != each.title["fr"]
        known = facts(*each.announcements)
        made = plan(each.capacity.spec, known, each.window.instant(0), each.window)
        assert all((workload.need[made.inner] <= workload.maximum[made.inner]).all() for workload in made.workloads)
