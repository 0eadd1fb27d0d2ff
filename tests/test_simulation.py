"""The simulated cluster: replicas take time to start, nodes too, cuts come at once, who is refused comes back."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entcapacity.simulation import Contender, Nodes, Tiers, Traffic, simulate

MINUTES = 60


def _tiers(startup=3, sessions=100.0, logins=math.inf):
    return Tiers(("portal",), np.array([sessions]), np.array([logins]), np.array([startup]))


def _traffic(sessions, lost=None, limit=math.inf):
    """Log-ins that make these sessions, twelve minutes long."""
    sessions = np.broadcast_to(np.asarray(sessions, dtype=float), (MINUTES,))
    logins = np.maximum(0.0, np.diff(sessions, append=sessions[-1]) + sessions / 12)
    gone = np.zeros(MINUTES) if lost is None else lost
    return Traffic(logins, float(sessions[0]), 12.0, limit, np.ones((1, MINUTES)), gone)


def _contender(floor, most=1000, **more):
    floor = np.broadcast_to(np.asarray(floor), (1, MINUTES)).astype(np.int64)
    return Contender("it", floor, np.full((1, MINUTES), most), **more)


def _run(contender, traffic, tiers=None, nodes=None, **more):
    return simulate(tiers or _tiers(), nodes or Nodes(), traffic, [contender], **more)[0]


def _step(before, after, at=10):
    return np.where(np.arange(MINUTES) < at, before, after)


def test_a_replica_serves_its_start_up_after_it_was_asked_for():
    run = _run(_contender(_step(5, 9)), _traffic(10.0))
    assert run.ready[0, 9:15].tolist() == [5, 5, 5, 5, 9, 9]
    assert run.asked[0, 9:12].tolist() == [5, 9, 9]


def test_a_cut_comes_at_once_and_takes_the_starting_ones_first():
    floor = np.where(np.arange(MINUTES) < 10, 5, np.where(np.arange(MINUTES) < 12, 9, 6))
    run = _run(_contender(floor), _traffic(10.0))
    assert run.ready[0, 9:16].tolist() == [5, 5, 5, 5, 6, 6, 6]
    run = _run(_contender(_step(9, 2)), _traffic(10.0))
    assert run.ready[0, 9:11].tolist() == [9, 2]


def test_pods_without_a_node_wait_for_one():
    # 10 pods on a node, which takes four minutes to come; then the pod takes three
    run = _run(_contender(_step(10, 15)), _traffic(10.0), nodes=Nodes(pods=10, startup=4))
    assert run.ready[0, 16] == 10
    assert run.ready[0, 18] == 15


def test_there_are_no_more_nodes_than_there_can_be():
    run = _run(_contender(_step(10, 45)), _traffic(10.0), nodes=Nodes(pods=10, startup=4, most=3))
    assert run.ready[0].max() == 30


def test_a_node_that_is_still_there_saves_its_start_up():
    floor = np.where(np.arange(MINUTES) < 10, 20, np.where(np.arange(MINUTES) < 15, 5, 20))
    run = _run(_contender(floor), _traffic(10.0), nodes=Nodes(pods=10, startup=8))
    assert run.ready[0, 18] == 20  # five minutes later the second node was not yet taken away


def test_what_ran_on_lost_nodes_starts_elsewhere():
    lost = _step(0.0, 1 / 3, at=20)
    run = _run(_contender(30), _traffic(10.0, lost))
    assert run.ready[0, 19:25].tolist() == [30, 20, 20, 20, 30, 30]


def test_pods_that_fail_have_to_start_twice():
    run = _run(_contender(_step(0, 400)), _traffic(0.0), failing_percent=25, seed=1)
    assert 270 <= run.ready[0, 13] <= 330
    assert run.ready[0, 17] == 400


def test_with_enough_replicas_nobody_is_refused_and_the_sessions_are_those_that_were_expected():
    sessions = np.linspace(100, 900, MINUTES)
    run = _run(_contender(20), _traffic(sessions))
    assert run.refused_minutes == 0
    assert run.longest_wait == 0
    assert not run.saturated.any()
    assert run.sessions[:-1] == pytest.approx(sessions[1:], rel=1e-9)


def test_above_100_percent_it_is_saturated():
    assert not _run(_contender(5), _traffic(499.0)).saturated.any()
    assert _run(_contender(5), _traffic(510.0)).saturated.all()


@given(st.integers(1, 12), st.floats(100, 2000))
def test_whoever_is_refused_comes_back_and_is_not_lost(replicas, peak):
    sessions = 50 + peak * np.exp(-(((np.arange(MINUTES) - 15) / 4.0) ** 2))
    run = _run(_contender(replicas), _traffic(sessions))
    assert (run.sessions <= 100.0 * replicas + max(0.0, 50 - 100.0 * replicas) + 1e-6).all()
    if run.refused_minutes == 0:
        assert run.longest_wait == 0
    else:
        assert run.saturated.any()
        assert run.waiting.max() > 0


def test_a_storm_of_returns_admits_fewer_than_an_orderly_queue_would():
    # 600 people a minute for ten minutes where 300 a minute fit: turning away costs work too
    sessions = np.full(MINUTES, 0.0)
    logins = np.where(np.arange(MINUTES) < 10, 600.0, 0.0)
    traffic = Traffic(logins, 0.0, 12.0, math.inf, np.ones((1, MINUTES)), sessions)
    run = _run(_contender(3), traffic, tiers=_tiers(sessions=math.inf, logins=100.0))
    orderly = 600 * 10 - 300 * 10
    assert run.waiting[9] > 1.2 * orderly


def test_an_hpa_follows_with_its_lag_and_the_start_up():
    run = _run(_contender(2, target=0.5), _traffic(_step(50.0, 1000.0)))
    first = int(np.argmax(run.asked[0] > 2))
    assert first == 9  # who is in session in minute 10 logs in during minute 9
    assert run.saturated[11]
    assert run.asked[0, -1] in range(18, 24)  # 1,000 sessions at 50 % of 100 each, within the tolerance


def test_contenders_do_not_disturb_one_another():
    traffic = _traffic(_step(50.0, 1500.0))
    alone = _run(_contender(2, target=0.5), traffic)
    both = simulate(_tiers(), Nodes(), traffic, [_contender(30), _contender(2, target=0.5)])
    assert (both[1].asked == alone.asked).all()
    assert both[1].refused_minutes == alone.refused_minutes
    assert both[0].refused_minutes == 0


def test_a_cron_trigger_holds_its_replicas_in_its_window_and_not_outside():
    cron = np.broadcast_to(_step(30, 1, at=40), (1, MINUTES)).astype(np.int64)
    run = _run(_contender(2, target=0.7, cron=cron), _traffic(50.0))
    assert run.asked[0, 5:40].tolist() == [30] * 35
    assert run.asked[0, 50] == 2  # five minutes of stabilisation later


def test_there_are_no_more_nodes_than_there_can_be_from_the_first_minute_on():
    run = _run(_contender(45), _traffic(10.0), nodes=Nodes(pods=10, startup=4, most=3))
    assert run.ready[0, 10:].tolist() == [30] * (MINUTES - 10)
