"""Lead, hold, ramp and queue: the mathematics, held against its definitions on small curves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entcapacity import smoothing
from entcapacity.grid import sliding_max

needs = st.lists(st.integers(0, 60), min_size=1, max_size=120).map(np.array)
rates = st.integers(1, 9)
logins = st.lists(st.floats(0, 500), min_size=1, max_size=120).map(np.array)


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=60), st.data())
def test_sliding_max_is_the_largest_of_each_window(values, data):
    width = data.draw(st.integers(1, len(values)))
    expected = [max(values[i : i + width]) for i in range(len(values) - width + 1)]
    assert sliding_max(np.array(values), width).tolist() == expected


@given(needs, st.integers(0, 30), st.integers(0, 30))
def test_a_floor_is_there_a_lead_before_the_need_and_a_hold_after_it(need, lead, hold):
    expected = [max(need[max(0, t - hold) : t + lead + 1]) for t in range(len(need))]
    assert smoothing.leads_and_holds(need, lead, hold).tolist() == expected


@given(needs, rates, rates)
def test_a_ramp_is_the_smallest_curve_above_the_need_that_keeps_to_its_rates(need, up, down):
    curve = smoothing.ramped(need, up, down)
    steps = np.diff(curve)
    assert (curve >= need).all()
    assert (steps <= up).all()
    assert (steps >= -down).all()
    by_definition = [
        max(
            max(need[v] - up * (v - t) for v in range(t, len(need))),
            max(need[v] - down * (t - v) for v in range(t + 1)),
        )
        for t in range(len(need))
    ]
    assert curve.tolist() == by_definition


@given(needs, st.integers(1, 9), rates)
def test_where_pods_come_one_after_the_other_a_ramp_asks_for_the_next_one_so_many_minutes_later(need, every, down):
    curve = smoothing.ramped(need, 1, down, every=every)
    assert curve.tolist() == [
        max(max(need[v] - (v - u) // every for v in range(u, len(need))) - down * (t - u) for u in range(t + 1))
        for t in range(len(need))
    ]
    ready = smoothing.in_turn(curve, every)
    assert (ready <= curve).all()
    assert (ready[every:] - ready[:-every] <= 1).all()


@given(needs, rates, rates, st.data())
def test_a_pooler_falls_only_where_it_may(need, up, down, data):
    may_fall = np.array(data.draw(st.lists(st.booleans(), min_size=len(need), max_size=len(need))))
    curve = smoothing.ramped(need, up, down, may_fall)
    steps = np.diff(curve)
    assert (curve >= need).all()
    assert (steps[~may_fall[1:]] >= 0).all()
    assert (steps >= -down).all()
    assert (steps <= up).all()


@given(needs, st.integers(0, 80), rates, rates, st.data())
def test_from_the_floor_in_effect_a_plan_moves_at_its_rates_and_never_asks_for_the_past(
    need, in_effect, up, down, data
):
    now = data.draw(st.integers(0, len(need) - 1))
    wanted = smoothing.ramped(need, up, down)
    floor = smoothing.from_here(wanted, now, in_effect, up, smoothing.fall(len(need), down))
    assert floor[now] == in_effect
    assert (floor[:now] == in_effect).all()
    steps = np.diff(floor[now:])
    assert (steps <= up).all()
    assert (steps >= -down).all()
    elapsed = np.arange(len(need) - now)
    assert (floor[now:] >= np.minimum(wanted[now:], in_effect + up * elapsed)).all()


@given(needs, rates, rates, st.data())
def test_a_plan_that_was_followed_goes_on_as_it_was(need, up, down, data):
    now = data.draw(st.integers(0, len(need) - 1))
    wanted = smoothing.ramped(need, up, down)
    fallen = smoothing.fall(len(need), down)
    assert (smoothing.from_here(wanted, now, int(wanted[now]), up, fallen)[now:] == wanted[now:]).all()


@given(needs, st.integers(0, 20))
def test_a_replica_is_ready_when_it_was_asked_for_throughout_its_start_up(floor, minutes):
    expected = [min(floor[max(0, t - minutes) : t + 1]) for t in range(len(floor))]
    assert smoothing.delayed(floor, minutes).tolist() == expected


@given(logins, st.integers(1, 30))
def test_the_least_login_capacity_is_the_formula_of_the_longest_wait(logins, max_wait):
    cumulative = np.concatenate(([0.0], np.cumsum(logins)))
    by_definition = max(
        (cumulative[t] - cumulative[s]) / (t - s + max_wait) for t in range(len(cumulative)) for s in range(t)
    )
    assert smoothing.least_login_capacity(logins, max_wait) == pytest.approx(by_definition, abs=1e-6, rel=1e-6)


@given(logins)
def test_without_a_wait_capacity_is_the_peak(logins):
    assert smoothing.least_login_capacity(logins, 0) == logins.max()


@given(logins, st.integers(1, 30))
def test_a_wait_on_purpose_loses_nobody_and_lowers_the_peak(logins, max_wait):
    admitted = smoothing.spread_by_wait(logins, max_wait)
    assert (np.cumsum(admitted) <= np.cumsum(logins) + 1e-6).all()
    left = smoothing.queue(logins, smoothing.least_login_capacity(logins, max_wait))[-1]
    assert admitted.sum() + left == pytest.approx(logins.sum(), abs=1e-4)
    assert admitted.max() <= logins.max() + 1e-6


def _demand(sessions, session_minutes):
    """Log-ins that make these sessions, as the model has them."""
    return np.maximum(0.0, np.diff(sessions, append=sessions[-1]) + sessions / session_minutes)


def test_where_everything_fits_nobody_waits_and_the_sessions_are_the_demand():
    sessions = np.linspace(100, 900, 60)
    plenty = np.full(60, 1e9)
    let_in = smoothing.admit(_demand(sessions, 12), sessions, plenty, plenty, 12, 1e9)
    assert (let_in.queue == 0).all()
    assert (let_in.wait == 0).all()
    assert let_in.sessions == pytest.approx(sessions)


@given(st.lists(st.floats(0, 5000), min_size=5, max_size=120).map(np.array), st.floats(10, 800), st.floats(100, 5000))
def test_admissions_keep_to_both_ceilings_and_lose_nobody(sessions, login_ceiling, session_ceiling):
    logins = _demand(sessions, 12)
    length = len(sessions)
    let_in = smoothing.admit(
        logins, sessions, np.full(length, login_ceiling), np.full(length, session_ceiling), 12, 1e15
    )
    assert (let_in.logins <= np.maximum(login_ceiling, logins.min()) + 1e-6).all()
    assert (let_in.sessions <= session_ceiling * 1.001 + 1.0 + 1e-6).all()
    assert (let_in.queue >= 0).all()
    # less than one person is dropped each time a queue is taken for empty
    assert let_in.logins.sum() + let_in.queue[-1] >= logins.sum() - length


@given(
    st.lists(st.floats(0, 5000), min_size=5, max_size=120).map(np.array),
    st.floats(10, 800),
    st.floats(100, 5000),
    st.floats(1, 4),
)
def test_never_more_people_wait_or_are_in_than_there_are(sessions, login_ceiling, session_ceiling, times):
    logins, length = _demand(sessions, 12), len(sessions)
    users = times * max(1.0, sessions.max())
    let_in = smoothing.admit(
        logins, sessions, np.full(length, login_ceiling), np.full(length, session_ceiling), 12, users
    )
    assert (let_in.queue[:-1] + let_in.sessions[1:] <= users * (1 + 1e-9) + 1.0 + 0.001 * sessions.max()).all()
    assert let_in.logins.sum() + let_in.queue[-1] <= logins.sum() + sessions[0] + 1e-6


def test_who_waits_does_not_come_a_second_time():
    # of 1,000 people 100 come in a minute, 10 in 100 of those outside; one a minute is let in and stays
    logins, sessions = np.full(200, 100.0), np.zeros(200)
    let_in = smoothing.admit(logins, sessions, np.ones(200), np.full(200, 1e9), 1e9, 1000)
    came = let_in.queue + np.cumsum(let_in.logins)
    assert came[:3].tolist() == pytest.approx([100, 190, 271])
    assert came[-1] == pytest.approx(1000, abs=1e-3)


def test_a_burst_above_the_login_ceiling_waits_as_long_as_arithmetic_says():
    # 600 people in one minute where 100 a minute are let in: the last one waits five minutes
    logins = np.zeros(30)
    logins[5] = 600
    sessions = np.zeros(30)
    let_in = smoothing.admit(logins, sessions, np.full(30, 100.0), np.full(30, 1e9), 12, 1e15)
    assert let_in.logins[5:11].tolist() == [100.0] * 6
    assert let_in.queue[5] == 500
    assert let_in.wait[5] == 5
