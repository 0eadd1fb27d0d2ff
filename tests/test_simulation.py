"""The simulated cluster: replicas take time to start, nodes too, cuts come at once, who is refused comes back."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entcapacity.simulation import Contender, Nodes, Tiers, Traffic, always, simulate

MINUTES = 60


def _tiers(startup=3, sessions=100.0, logins=math.inf):
    return Tiers(np.array([sessions]), np.array([logins]), np.array([startup]))


NONE = np.zeros(MINUTES)


def _coming(logins, before=0.0, limit=math.inf, lost=NONE, flood=NONE, failing=NONE):
    """These log-ins a minute, for sessions of twelve minutes."""
    return Traffic(logins, before, np.full(MINUTES, 12.0), limit, np.ones((1, MINUTES)), lost, flood, failing)


def _traffic(sessions, **more):
    """Log-ins that make these sessions."""
    sessions = np.broadcast_to(np.asarray(sessions, dtype=float), (MINUTES,))
    logins = np.maximum(0.0, np.diff(sessions, append=sessions[-1]) + sessions / 12)
    return _coming(logins, float(sessions[0]), **more)


def _contender(floor, most=1000, **more):
    floor = np.broadcast_to(np.asarray(floor), (1, MINUTES)).astype(np.int64)
    return Contender("it", always(floor, np.full((1, MINUTES), most)), **more)


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
    run = _run(_contender(30), _traffic(10.0, lost=lost))
    assert run.ready[0, 19:25].tolist() == [30, 20, 20, 20, 30, 30]


def test_lost_nodes_are_replaced_and_then_the_pods_start():
    # 30 pods on 3 nodes, one of which goes: a new one takes four minutes, the pods on it three more
    lost = _step(0.0, 1 / 3, at=20)
    run = _run(_contender(30), _traffic(10.0, lost=lost), nodes=Nodes(pods=10, startup=4))
    assert run.ready[0, 19:29].tolist() == [30] + [20] * 7 + [30, 30]


def test_where_nodes_are_counted_the_lost_ones_are_missing_until_they_are_back():
    lost = np.where((np.arange(MINUTES) >= 20) & (np.arange(MINUTES) < 40), 1 / 3, 0.0)
    run = _run(_contender(30), _traffic(10.0, lost=lost), nodes=Nodes(pods=10, startup=4, most=3))
    assert run.ready[0, [19, 20, 39, 46, 47, 59]].tolist() == [30, 20, 20, 20, 30, 30]


def test_what_is_starting_on_lost_nodes_is_lost_with_them():
    lost = _step(0.0, 0.5, at=11)
    run = _run(_contender(_step(10, 30)), _traffic(10.0, lost=lost))
    assert run.ready[0, 10:15].tolist() == [10, 5, 5, 15, 30]


def test_pods_that_fail_have_to_start_twice():
    failing = _traffic(0.0, failing=_step(0.25, 0.0, at=12))
    run = _run(_contender(_step(0, 400)), failing, seed=1)
    assert 270 <= run.ready[0, 13] <= 330
    assert run.ready[0, 17] == 400
    assert run.ready[0, 13] != _run(_contender(_step(0, 400)), failing, seed=2).ready[0, 13]
    assert _run(_contender(_step(0, 400, at=20)), failing).ready[0, 23] == 400  # it is over by then


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
    logins = np.where(np.arange(MINUTES) < 10, 600.0, 0.0)
    run = _run(_contender(3), _coming(logins), tiers=_tiers(sessions=math.inf, logins=100.0))
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


LOGINS_ONLY = {"sessions": math.inf, "logins": 100.0}


def test_a_flood_that_replicas_can_carry_refuses_nobody():
    # 100 log-ins a minute and 800 requests at a quarter of a log-in's work: 300, what three replicas carry
    traffic = _coming(np.full(MINUTES, 100.0), flood=_step(0.0, 800.0, at=20))
    assert _run(_contender(3), traffic, tiers=_tiers(**LOGINS_ONLY)).refused_minutes == 0
    assert _run(_contender(2), traffic, tiers=_tiers(**LOGINS_ONLY)).refused_minutes > 0


def test_a_flood_takes_of_the_capacity_what_turning_it_away_costs():
    # of 200, 500 requests take 125: of 100 who come, 67 a minute come in, as turning away the others takes 8
    traffic = _coming(np.full(MINUTES, 100.0), flood=_step(0.0, 500.0, at=20))
    run = _run(_contender(2), traffic, tiers=_tiers(**LOGINS_ONLY))
    assert run.waiting[19] == 0
    assert 30 < run.waiting[20] < 50


def test_while_a_flood_takes_all_nobody_comes_in():
    during = (np.arange(MINUTES) >= 20) & (np.arange(MINUTES) < 30)
    traffic = _coming(np.full(MINUTES, 100.0), flood=np.where(during, 2000.0, 0.0))
    run = _run(_contender(4), traffic, tiers=_tiers(**LOGINS_ONLY))
    assert run.saturated[during].all()
    assert not run.saturated[:20].any()
    assert run.waiting[29] == pytest.approx(1000, rel=0.1)  # all who came, but for those who gave up


def test_an_hpa_chases_a_flood_and_what_it_chased_takes_those_who_come_back():
    during = (np.arange(MINUTES) >= 20) & (np.arange(MINUTES) < 35)
    traffic = _coming(np.full(MINUTES, 200.0), flood=np.where(during, 4000.0, 0.0))
    chased = _run(_contender(3, target=0.7), traffic, tiers=_tiers(**LOGINS_ONLY))
    stayed = _run(_contender(3), traffic, tiers=_tiers(**LOGINS_ONLY))
    assert chased.asked[0].max() >= 8
    assert (stayed.asked == 3).all()
    assert not chased.saturated[-1]
    assert stayed.saturated[-1]  # the storm of returns goes on without the flood
    assert chased.refused_minutes < stayed.refused_minutes / 2


def test_an_hpa_takes_a_flood_for_use_though_nobody_comes():
    run = _run(_contender(2, target=0.7), _coming(NONE, flood=_step(0.0, 2000.0)), tiers=_tiers(**LOGINS_ONLY))
    assert run.asked[0, 9] == 2
    assert run.asked[0, -1] == 8  # 2,000 requests at a quarter of a log-in's work, 70 % of what 100 each carry
    assert run.refused_minutes == 0


def test_an_hpa_sees_what_is_used_half_a_minute_and_a_sync_later():
    # saturated from the first tick of minute 10, seen in the fourth: two pods that are full become 2/0.5, then 4/0.5
    run = _run(_contender(2, target=0.5), _coming(_step(50.0, 5000.0)), tiers=_tiers(startup=0, **LOGINS_ONLY))
    assert run.asked[0, 9:12].tolist() == [2, 4, 8]


def test_sessions_are_as_long_as_was_said_of_each_minute():
    logins = np.full(MINUTES, 100.0)
    traffic = _coming(logins, before=500.0)
    short = Traffic(logins, 500.0, np.full(MINUTES, 5.0), math.inf, traffic.use, NONE, NONE, NONE)
    assert _run(_contender(99), short).sessions == pytest.approx(np.full(MINUTES, 500.0))
    assert _run(_contender(99), traffic).sessions[-1] > 1100


def test_an_autoscaler_begins_with_what_the_load_at_the_beginning_needs():
    # 1,400 sessions are 14 pods at 100 %, so 20 at 70 %: nobody was asleep before the window began
    run = _run(_contender(2, target=0.7), _traffic(1400.0))
    assert run.asked[0].tolist() == [20] * MINUTES
    assert not run.saturated.any()
    assert run.refused_minutes == 0


def test_it_is_known_what_limited_who_was_turned_away():
    tiers = Tiers(np.array([100.0, math.inf]), np.array([math.inf, 50.0]), np.array([3, 3]))  # a portal, and auth
    calm = _coming(np.full(MINUTES, 60.0), before=720.0)  # 720 sessions: what 7.2 portals and 1.2 auths carry
    found = {}
    for portals, auths, limit in ((10, 4, math.inf), (10, 1, math.inf), (5, 4, math.inf), (10, 4, 40.0), (10, 0, 40.0)):
        most = np.full((2, MINUTES), 20)
        floor = np.repeat([[portals], [auths]], MINUTES, axis=1)
        traffic = Traffic(
            *(getattr(calm, each) for each in ("logins", "sessions_before", "session_minutes")),
            limit,
            np.ones((2, MINUTES)),
            NONE,
            NONE,
            NONE,
        )
        run = simulate(tiers, Nodes(), traffic, [Contender("it", always(floor, most))])[0]
        found[portals, auths, limit] = int(run.limited[0])
        assert ((run.limited >= 0) == (run.waiting > 0)).all()
    assert list(found.values()) == [-1, 1, 0, 2, 1]
