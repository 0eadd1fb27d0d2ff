"""One pass about one workload: what is asked for, what is written, and how fast a floor may move."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from applying import Applied
from entcapacity import smoothing
from entcapacity.drivers import held
from entcapacity.facts import Bounds
from entcapacity.grid import MINUTE, Grid
from entcapacity.plan import Plan, plan
from entcapacity.reconcile import (
    AT_ONCE,
    LATE_MINUTES,
    Asked,
    Contest,
    Decider,
    Decision,
    Due,
    Pace,
    Wanted,
    ask,
    decide,
    moved_up,
    not_ready,
    obstacles,
    release,
)
from entcapacity.targets import Former, Ref, Seen
from specs import APRIL_2021, capacity, facts, instant, window

NOW = datetime(2021, 4, 6, 6, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def wanted(floor: int, maximum: int = 100_000, may_raise: bool = False, must_run: bool = False) -> Wanted:
    return Wanted(floor, maximum, may_raise, must_run)


def bring(there: Applied, what: Wanted) -> Asked:
    """Passes as the operator does."""
    decision = decide(what, there.seen(), "ent")
    there.do(decision.writes)
    return decision.asked


def autoscalers() -> st.SearchStrategy[Applied]:
    replicas = st.integers(1, 60)
    an_hpa = st.builds(Applied, st.just("HPA"), replicas, st.integers(60, 90), replicas=replicas)
    a_scaled_object = st.builds(
        Applied, st.just("ScaledObject"), st.none() | replicas, st.none() | st.integers(60, 90), replicas=replicas
    )
    a_scale = st.builds(Applied, st.just("Scale"), replicas, replicas=replicas)
    return an_hpa | a_scaled_object | a_scale


def wants() -> st.SearchStrategy[Wanted]:
    return st.builds(Wanted, st.integers(1, 200), st.integers(1, 200), st.booleans(), st.booleans())


# --- what is asked for ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "bounds", "replicas", "asked"),
    [
        (wanted(12), Bounds(2, 60), 12, Asked(12, None)),
        (wanted(70), Bounds(2, 60), 12, Asked(60, None)),  # never above a maximum that is not ours
        (wanted(70), Bounds(2, None), 12, Asked(70, None)),  # where nothing limits it
        (wanted(70, 120, may_raise=True), Bounds(2, 60), 12, Asked(70, 120)),
        (wanted(50, 120, may_raise=True), Bounds(2, 60), 12, Asked(50, 120)),  # ready for what the HPA adds
        (wanted(50, 60, may_raise=True), Bounds(2, 60), 50, Asked(50, None)),
        (wanted(50, 60, may_raise=True), Bounds(2, 60), 75, Asked(50, 75)),  # a lower one would cut at once
        (wanted(50, 70, may_raise=True), Bounds(2, 60), 75, Asked(50, 75)),
    ],
)
def test_what_is_asked_for_stays_within_the_maximum_unless_that_may_be_raised(what, bounds, replicas, asked):
    assert ask(what, bounds, replicas) == asked


@given(autoscalers(), st.lists(wants(), max_size=4), wants())
def test_nothing_is_written_when_nothing_differs(there, before, what):
    for each in (*before, what):
        bring(there, each)
    assert decide(what, there.seen(), "ent").writes == ()


@given(autoscalers(), st.lists(wants(), min_size=1, max_size=5))
def test_release_restores_exactly_what_was_there_whatever_was_asked_for(there, several):
    before, runs = there.values, there.replicas
    for each in several:
        bring(there, each)
    there.do(release(there.seen(), "ent"))
    if there.driver == "Scale":
        assert there.seen().former in (None, Former("", runs, kept=there.replicas))
    else:
        assert there.values == before
    assert release(there.seen(), "ent") == ()


@given(autoscalers(), wants())
def test_what_is_asked_for_is_there_after_the_writes(there, what):
    asked = bring(there, what)
    assert there.seen().minimum == asked.floor
    if asked.maximum is not None:
        assert there.seen().maximum == asked.maximum


def test_the_floor_is_marked_even_where_it_is_what_stood_there():
    there = Applied("HPA", 2, 60)
    bring(there, wanted(2))
    assert there.seen().former == Former("ent", 2)


def test_a_raised_maximum_stays_until_what_runs_fits_below_the_former_one():
    there = Applied("HPA", 2, 60, replicas=12)
    bring(there, wanted(90, 120, may_raise=True))
    assert there.values == (90, 120)
    there.replicas = 90
    bring(there, wanted(40, 60, may_raise=True))  # the day is over, the pods are not gone yet
    assert there.values == (40, 120)
    there.replicas = 55
    bring(there, wanted(40, 60, may_raise=True))
    assert there.values == (40, 60)
    assert there.seen().former == Former("ent", 2)


def test_a_floor_that_is_still_above_the_former_maximum_keeps_it_raised():
    there = Applied("HPA", 2, 60, replicas=90)
    bring(there, wanted(90, 120, may_raise=True))
    bring(there, wanted(85, 60, may_raise=True))
    assert there.values == (85, 120)


def test_a_raised_maximum_comes_down_the_same_way_once_none_may_be_raised_any_more():
    there = Applied("HPA", 2, 60, replicas=90)
    bring(there, wanted(90, 120, may_raise=True))
    bring(there, wanted(85, 60))  # maxWhenAnnounced was taken out of the spec, or another ENTCapacity inherits
    assert there.values == (85, 120)
    bring(there, wanted(40, 60))
    assert there.values == (40, 120)
    there.replicas = 60
    bring(there, wanted(40, 60))
    assert there.values == (40, 60)
    assert there.seen().former == Former("ent", 2)


@pytest.mark.parametrize("driver", ["HPA", "ScaledObject"])
def test_a_raised_maximum_that_somebody_raises_further_is_left_until_it_can_be_given_back(driver):
    there = Applied(driver, 2, 30, replicas=23)
    bring(there, wanted(23, 50, may_raise=True))
    there.set(**{there.most: 90})
    there.replicas = 80
    assert decide(wanted(23, 50, may_raise=True), there.seen(), "ent").writes == ()
    bring(there, wanted(43, 50, may_raise=True))
    assert there.values == (43, 90)
    bring(there, wanted(20, 30, may_raise=True))  # the day is over, the pods are not gone yet
    assert there.values == (20, 90)
    there.replicas = 30
    bring(there, wanted(20, 30, may_raise=True))
    assert there.values == (20, 30)


def test_a_max_when_announced_that_is_lowered_cuts_nothing_that_runs():
    there = Applied("HPA", 2, 60, replicas=90)
    bring(there, wanted(90, 120, may_raise=True))
    there.replicas = 118
    bring(there, wanted(90, 100, may_raise=True))
    assert there.values == (90, 120)


def test_a_raised_maximum_that_somebody_lowered_is_put_right_and_not_below_what_runs():
    there = Applied("HPA", 2, 60, replicas=110)
    bring(there, wanted(90, 120, may_raise=True))
    there.set(maxReplicas=95)
    bring(there, wanted(90, 100, may_raise=True))
    assert there.values == (90, 110)


@given(autoscalers(), st.lists(wants(), min_size=1, max_size=5), st.integers(60, 300), st.integers(0, 300))
def test_no_pass_takes_a_maximum_below_what_runs(there, several, most, runs):
    for each in several:
        bring(there, each)
    assume(there.driver != "Scale" and (there.seen().maximum or 0) <= most)
    there.set(**{there.most: most})
    there.replicas = min(runs, most)
    for each in several:
        bring(there, each)
        assert (there.seen().maximum or most) >= there.replicas


def test_what_another_entcapacity_holds_is_not_released():
    there = Applied("HPA", 2, 60)
    there.do(held(there.seen(), "another", 9, None))
    assert release(there.seen(), "ent") == ()


def test_a_lowered_floor_is_put_right_and_keeps_its_former_value():
    there = Applied("HPA", 2, 60)
    bring(there, wanted(12))
    there.set(minReplicas=3)
    bring(there, wanted(12))
    assert there.values == (12, 60)
    assert there.seen().former == Former("ent", 2)


# --- what stands in the way -------------------------------------------------------------------------------------------


def test_a_workload_at_zero_is_said_and_left_alone_unless_min_says_that_it_must_run():
    there = Applied("HPA", 2, 60, replicas=0)
    bring(there, wanted(6))
    assert there.replicas == 0
    assert [each.code for each in obstacles(there.seen(), must_run=False)] == ["Stopped"]
    assert obstacles(there.seen(), must_run=True) == []
    bring(there, wanted(6, must_run=True))
    assert there.replicas == 6


# --- how fast it may move ---------------------------------------------------------------------------------------------


def _planned(pace: Pace, towards: int, up: int, down: int, minutes: int) -> np.ndarray:
    """The floors of a plan made in a minute, from the minute before it on, as the plan makes them."""
    curve = np.full(minutes + 2, towards)
    return smoothing.from_here(curve, 0, pace.began, up, smoothing.fall(len(curve), down))


@given(
    st.integers(1, 100),
    st.integers(1, 30),
    st.integers(1, 30),
    st.lists(st.lists(st.none() | st.integers(1, 200), min_size=1, max_size=5), min_size=1, max_size=6),
)
def test_rates_hold_under_any_sequence_of_replans_within_a_minute(start, up, down, minutes):
    there, pace, made, made_at = start, None, None, 0
    for minute, passes in enumerate(minutes):
        before, asked = there, [there]
        for second, towards in enumerate(passes):
            now = NOW + timedelta(minutes=minute) + second * SECOND
            pace = Pace.at(now, pace, there, there)
            if towards is not None or made is None:
                made, made_at = _planned(pace, towards or there, up, down, len(minutes)), minute
            floor = pace.at_least(int(made[minute - made_at + 1]), down)
            pace.highest = max(pace.highest, floor)
            there = floor
            asked.append(there)
            assert there >= max(asked) - down
        assert max(asked) <= before + up


def test_a_floor_that_a_hand_raised_within_a_minute_comes_down_by_its_rate_too():
    pace = Pace.at(NOW, None, 10, 10)
    assert pace.at_least(10, 5) == 10
    pace = Pace.at(NOW + 30 * SECOND, pace, 50, 10)
    assert (pace.began, pace.at_least(10, 5)) == (50, 45)


def test_a_floor_that_somebody_lowered_is_put_right_at_once_not_by_its_rate():
    pace = Pace.at(NOW, None, 3, ours=40)
    assert pace.began == 40


# --- pass after pass --------------------------------------------------------------------------------------------------

SPEC = capacity(workloads=[{"name": "auth", "ordinaryPeak": {"replicas": 6, "utilizationPercent": 60}, "min": 2}])
PLANNED = plan(SPEC, facts(APRIL_2021), NOW - timedelta(hours=12), window("2021-04-06T00:00:00+02:00"))


def _at(minutes: int) -> datetime:
    return PLANNED.window.instant(minutes)


def _pass(decider: Decider, there: Applied, now: datetime, **seen: Any) -> Decision:
    before = there.seen()
    decision = decider.decide(PLANNED, before, now, **seen)
    if decision.writes:
        there.do(decision.writes)
        decider.wrote(decision, before, now)
    return decision


def test_pass_after_pass_the_plan_is_what_is_there_and_nothing_is_written_between_its_steps():
    decider, there = Decider("ent"), Applied("HPA", 2, 400)
    floors, wrote = PLANNED.workloads[0].floor[PLANNED.inner], 0
    for minute in range(PLANNED.window.length):
        wrote += bool(_pass(decider, there, _at(minute)).writes)
        assert there.values[0] == floors[minute]
    assert wrote == 1 + np.count_nonzero(np.diff(floors))


def test_what_the_observed_load_needs_is_kept_and_looked_at_again_each_minute():
    decider, there = Decider("ent"), Applied("HPA", 90, 400)
    now = _at(60) + 20 * SECOND
    floor, down = int(PLANNED.workloads[0].floor[PLANNED.grid.index(now)]), SPEC.ramp.down_per_minute
    decision = _pass(decider, there, now, needed=88)
    assert (decision.asked.floor, decision.again) == (88, _at(61))
    assert _pass(decider, there, now, hold=True).writes == ()
    decision = _pass(decider, there, now)  # within the same minute no lower than its rate allows
    assert decision.asked.floor == max(floor, 90 - down)
    for minute in range(61, 90):
        decision = _pass(decider, there, _at(minute))
    assert (decision.asked.floor, decision.again) == (
        int(PLANNED.workloads[0].floor[PLANNED.grid.index(_at(89))]),
        None,
    )


def test_what_is_put_back_again_and_again_rests_until_it_may_be_tried():
    decider, there, now = Decider("ent"), Applied("HPA", 2, 400), _at(540)
    for _ in range(AT_ONCE + 1):
        assert _pass(decider, there, now).writes
        there.set(minReplicas=3)
        now += SECOND
    decision = _pass(decider, there, now)
    assert (decision.reset, decision.contested, decision.rests, decision.writes) == (True, True, True, ())
    assert decision.again == now - SECOND + timedelta(minutes=1)
    assert _pass(decider, there, decision.again).writes


def test_what_a_rival_resets_is_held_where_it_was_however_often_it_is_reset():
    decider, there, now = Decider("ent"), Applied("HPA", 80, 400), _at(60)
    for _ in range(AT_ONCE):
        assert _pass(decider, there, now, hold=True).asked.floor == 80
        there.set(minReplicas=3)
        now += 20 * SECOND
    there.set(minReplicas=95)  # a hand that raises it counts
    assert _pass(decider, there, now, hold=True).asked.floor == 95


@pytest.mark.parametrize("driver", ["HPA", "ScaledObject"])
@pytest.mark.parametrize("knows", ["the same operator", "the next one, by the status"])
def test_an_autoscaler_that_was_renamed_or_made_anew_goes_on_from_the_floor_that_was_asked_for(driver, knows):
    decider, there, now = Decider("ent"), Applied("HPA", 80, 400, replicas=80), _at(60)
    assert _pass(decider, there, now, hold=True).asked.floor == 80
    if knows != "the same operator":
        decider = Decider("ent", before=80)
    anew = Applied(driver, 2, 400, replicas=80)
    now += 20 * SECOND
    assert decider.began(anew.seen(), now) == 80
    assert _pass(decider, anew, now, hold=True).asked.floor == 80
    assert anew.seen().former == Former("ent", 2)


def test_what_is_made_anew_starts_no_more_at_once_than_what_runs():
    decider, there, now = Decider("ent"), Applied("HPA", 80, 400, replicas=80), _at(60)
    _pass(decider, there, now, hold=True)
    assert decider.began(Applied("HPA", 2, 400, replicas=12).seen(), now + MINUTE) == 12


def test_what_was_not_held_before_begins_with_its_own_minimum_however_many_run():
    assert Decider("ent").began(Applied("HPA", 2, 400, replicas=80).seen(), NOW) == 2


@pytest.mark.parametrize(
    ("minimum", "asked", "begun", "moved"),
    [
        (50, Asked(10, None), 12, True),  # a hand
        (10, Asked(10, None), 12, False),
        (50, Asked(48, None), 50, False),  # its lowering is refused: the plan knows where it began
        (51, Asked(48, None), 50, True),
        (50, None, 12, False),  # nothing was asked for yet
    ],
)
def test_a_floor_that_was_moved_up_is_planned_from_once(minimum, asked, begun, moved):
    assert moved_up(Applied("HPA", minimum, 400).seen(), asked, begun) is moved


# --- what should be Ready ---------------------------------------------------------------------------------------------

PORTAL: dict[str, Any] = {"name": "portal", "ordinaryPeak": {"replicas": 12}, "min": 2, "startup": "10m"}
EIGHT = instant("2021-04-06T08:00:00+02:00")


def _portal(now: datetime, floor: int | None = None) -> Plan:
    known = facts(APRIL_2021, floors={} if floor is None else {"portal": floor})
    return plan(capacity(workloads=[PORTAL]), known, now, Grid.between(now - MINUTE, now + timedelta(days=1)))


def _due(due: Due, made: Plan, now: datetime, ready: int, late: int = 0) -> int:
    index = made.grid.index(now)
    due.look(made, "portal", index, ready)
    return due.by(made, "portal", index, late)


@pytest.mark.parametrize("late", [0, LATE_MINUTES])
def test_a_new_plan_does_not_take_for_ready_what_was_asked_for_a_minute_ago(late):
    due, first = Due(), _portal(EIGHT, floor=4)
    floors, ready = first.workload("portal").floor, first.workload("portal").ready
    found = []
    for minute in range(25):
        now = EIGHT + minute * MINUTE
        made = first if minute < 2 else _portal(now, floor=int(floors[first.grid.index(now)]))
        assert minute < 2 or made.workload("portal").ready[made.grid.index(now)] > 4  # what the plan itself believes
        found.append(_due(due, made, now, 4, late))
    begin = first.grid.index(EIGHT)
    assert set(found[: 10 + late]) == {4}
    assert found == [4] * late + [int(ready[begin + minute]) for minute in range(25 - late)]


def test_what_is_late_is_said_just_the_same_after_a_new_plan():
    due, first = Due(), _portal(EIGHT, floor=4)
    floors, begin = first.workload("portal").floor, first.grid.index(EIGHT)
    started = int((first.workload("portal").ready[begin:] > 4).argmax())
    for minute in range(30):
        now = EIGHT + minute * MINUTE
        made = _portal(now, floor=int(floors[first.grid.index(now)]))  # each minute a new one
        is_due = _due(due, made, now, 4, LATE_MINUTES)
        there = Applied("HPA", int(floors[first.grid.index(now)]), 400, replicas=4).seen()
        late = not_ready(replace(there, ready=4), is_due)
        assert bool(late) == (minute >= started + LATE_MINUTES)


def test_what_an_operator_finds_is_due_only_after_its_start_up():
    due, made = Due(), _portal(EIGHT)
    for minute, found in ((0, 3), (9, 3), (10, int(made.workload("portal").floor[made.grid.index(EIGHT)]))):
        assert _due(due, made, EIGHT + minute * MINUTE, 3) == found


def test_a_floor_that_comes_down_is_due_no_more_at_once():
    due, made = Due(), _portal(EIGHT)
    for minute in range(15):
        _due(due, made, EIGHT + minute * MINUTE, 60)
    lower = replace(made, workloads=tuple(replace(each, floor=each.floor * 0 + 2) for each in made.workloads))
    assert _due(due, lower, EIGHT + 15 * MINUTE, 60) == 2


def test_an_autoscaler_that_does_not_follow_its_minimum_is_late_and_what_has_its_own_reason_is_not():
    there = replace(Applied("HPA", 80, 400, replicas=5).seen(), ready=5)
    assert [dict(each.args) for each in not_ready(there, 80)] == [{"workload": "auth", "ready": 5, "due": 80}]
    assert not_ready(there, 5) == []
    assert not_ready(replace(there, minimum=5), 80) == []  # more than is asked for is not waited for
    assert not_ready(replace(there, paused=True), 80) == []
    assert not_ready(replace(there, replicas=0, ready=0), 80) == []


# --- quarrels ---------------------------------------------------------------------------------------------------------


def _quarrel(contest: Contest, times: int, every: timedelta, now: datetime = NOW) -> datetime:
    there = Applied("HPA", 2, 60)
    for _ in range(times):
        asked = bring(there, wanted(12))
        contest.wrote(asked, there.seen().at, now)
        there.set(minReplicas=2)
        now += every
        assert contest.look(there.seen(), now)
    return now


def test_a_reset_is_put_right_at_once_five_times_in_ten_minutes_then_once_a_minute():
    contest = Contest()
    now = _quarrel(contest, AT_ONCE, 10 * SECOND)
    assert not contest.contested(now)
    assert contest.next_try(now) == now
    now = _quarrel(contest, 1, 10 * SECOND, now)
    assert contest.contested(now)
    assert contest.next_try(now) == now - 10 * SECOND + timedelta(minutes=1)


def test_a_raised_maximum_that_somebody_lowers_counts_and_the_former_one_is_nobodys_quarrel():
    contest, there = Contest(), Applied("HPA", 2, 60)
    contest.wrote(bring(there, wanted(50, 120, may_raise=True)), there.seen().at, NOW)
    there.set(maxReplicas=60)
    assert (contest.look(there.seen(), NOW), contest.field) == (True, "maxReplicas")
    contest.wrote(Asked(50, None), there.seen().at, NOW)
    there.set(maxReplicas=70)
    assert not contest.look(there.seen(), NOW)


def test_a_raised_maximum_that_somebody_raises_further_is_no_quarrel():
    contest, there = Contest(), Applied("HPA", 2, 60)
    contest.wrote(bring(there, wanted(50, 120, may_raise=True)), there.seen().at, NOW)
    there.set(maxReplicas=150)
    assert not contest.look(there.seen(), NOW)


@pytest.mark.parametrize("quarrel", ["replicas", "maxReplicas"])
def test_who_keeps_scaling_to_zero_or_lowering_the_maximum_is_answered_a_bounded_number_of_times(quarrel):
    workload = {"name": "auth", "ordinaryPeak": {"replicas": 6}, "min": 2, "maxWhenAnnounced": 800}
    made = plan(capacity(workloads=[workload]), facts(APRIL_2021, bounds={"auth": Bounds(2, 400)}), NOW, PLANNED.window)
    decider, there, wrote, contested = Decider("ent"), Applied("HPA", 2, 400), 0, 0
    for second in range(600):
        before, now = there.seen(), NOW + second * SECOND
        decision = decider.decide(made, before, now)
        contested += decision.contested
        if decision.writes:
            there.do(decision.writes)
            decider.wrote(decision, before, now)
            wrote += 1
        if quarrel == "replicas":
            there.replicas = 0
        else:
            there.set(maxReplicas=400)
    assert contested > 500
    assert AT_ONCE < wrote <= AT_ONCE + 12
    assert decider.rival[1] == quarrel


def test_a_quarrel_while_the_clock_was_ahead_is_forgotten_once_it_is_right():
    contest = Contest()
    _quarrel(contest, AT_ONCE + 1, SECOND, NOW + timedelta(days=1))
    assert not contest.contested(NOW)
    assert contest.next_try(NOW) == NOW


def test_a_quarrel_that_rested_for_ten_minutes_is_forgotten():
    contest = Contest()
    now = _quarrel(contest, AT_ONCE + 1, SECOND)
    assert contest.contested(now)
    assert not contest.contested(now + timedelta(minutes=10))


def test_one_reset_is_counted_once_however_often_it_is_looked_at():
    contest, there = Contest(), Applied("HPA", 2, 60)
    contest.wrote(bring(there, wanted(12)), there.seen().at, NOW)
    there.set(minReplicas=2)
    assert [contest.look(there.seen(), NOW) for _ in range(3)] == [True, False, False]


@pytest.mark.parametrize(("minimum", "counts"), [(12, False), (20, True), (2, True)])
def test_what_was_raised_counts_like_what_was_lowered(minimum, counts):
    contest, there = Contest(), Applied("HPA", 2, 60)
    contest.wrote(bring(there, wanted(12)), there.seen().at, NOW)
    there.set(minReplicas=minimum)
    assert contest.look(there.seen(), NOW) == counts


def test_another_autoscaler_for_the_same_workload_is_no_reset():
    contest, there = Contest(), Applied("HPA", 2, 60)
    contest.wrote(bring(there, wanted(12)), Ref("autoscaling/v2", "HorizontalPodAutoscaler", "ent", "former"), NOW)
    fresh = Applied("HPA", 2, 60).seen()
    assert isinstance(fresh, Seen)
    assert not contest.look(fresh, NOW)
