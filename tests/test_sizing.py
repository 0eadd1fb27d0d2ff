"""Load to replicas: the formula, its calibration, and what is left when a site is lost."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entcapacity.budgets import Client, shared_out
from entcapacity.demand import Peak
from entcapacity.scaling import scalings
from entcapacity.sizing import Carried, Sizing, clients_of, sizing
from entcapacity.spec import Connections, scales_with
from specs import capacity, facts

loads = st.floats(0, 1e6)


def _need(sized, sessions, logins=0.0):
    return int(sized.need(np.array([float(sessions)]), np.array([float(logins)]))[0])


@given(loads, loads, st.floats(1, 5000), st.floats(1, 5000), st.integers(10, 100))
def test_need_is_the_larger_of_sessions_and_logins_rounded_up(sessions, logins, u, mu, percent):
    rho = percent / 100
    sized = Sizing(Carried(u, mu), rho)
    exact = max((sessions + 2 * math.sqrt(sessions)) / (rho * u), logins / (rho * mu))
    assert exact - 1e-6 <= _need(sized, sessions, logins) < exact + 1 + 1e-6


def test_square_root_staffing_matters_on_small_platforms_only():
    sized = Sizing(Carried(sessions=1000), 0.75)
    assert _need(sized, 730) == 2  # 730 sessions alone would fit on one replica at 75 %
    assert _need(sized, 730_000) == 976  # 974 without


def test_ordinary_peak_calibrates_what_a_replica_carries():
    # six replicas at 60 % carry the model's own peak: the users' share cancels
    spec = capacity(workloads=[{"name": "auth", "ordinaryPeak": {"replicas": 6, "utilizationPercent": 60}}])
    for peak in (3_600.0, 36_000.0):
        sized = sizing(spec.workloads[0], spec, Peak(sessions=peak, logins=1.0))
        assert sized.carried.sessions == pytest.approx(peak / 3.6)
        assert sized.carried.logins == math.inf


def test_an_ordinary_peak_without_utilisation_is_taken_to_run_at_the_target():
    spec = capacity(workloads=[{"name": "portal", "ordinaryPeak": {"replicas": 12}}])
    sized = sizing(spec.workloads[0], spec, Peak(sessions=9_000_000.0, logins=1.0))
    assert _need(sized, 9_000_000.0) in (12, 13)  # 13: the square root's share of a replica


def test_measured_capacity_wins_over_calibration():
    spec = capacity(
        workloads=[{"name": "w", "scalesWith": "Both", "capacity": {"sessions": 1500}, "ordinaryPeak": {"replicas": 4}}]
    )
    carried = sizing(spec.workloads[0], spec, Peak(sessions=1000.0, logins=300.0)).carried
    assert carried.sessions == 1500
    assert carried.logins == pytest.approx(300 / (4 * 0.75))


def test_a_third_of_the_sites_may_be_lost():
    sized = Sizing(Carried(sessions=100), 1.0, domains=3, lost=1)
    assert _need(sized, 9_801) == 150  # 100 replicas, of which 50 may go


@pytest.mark.parametrize(
    ("workload", "expected"),
    [
        ({"capacity": {"sessions": 10}}, "Sessions"),
        ({"capacity": {"loginsPerMinute": 10}}, "Logins"),
        ({"capacity": {"sessions": 10, "loginsPerMinute": 10}}, "Both"),
        ({"ordinaryPeak": {"replicas": 3}}, "Sessions"),
        ({"ordinaryPeak": {"replicas": 3}, "capacity": {"loginsPerMinute": 10}}, "Both"),
        ({"ordinaryPeak": {"replicas": 3}, "capacity": {"sessions": 10}}, "Sessions"),
        ({"ordinaryPeak": {"replicas": 3}, "scalesWith": "Logins"}, "Logins"),
    ],
)
def test_what_a_workload_scales_with_follows_from_what_is_known_of_it(workload, expected):
    spec = capacity(workloads=[{"name": "w", **workload}])
    assert scales_with(spec.workloads[0], spec.workloads) == expected


def test_a_workload_that_clients_with_connections_come_after_is_their_pooler():
    spec = capacity(
        workloads=[
            {"name": "pgbouncer", "ordinaryPeak": {"replicas": 3}},
            {"name": "redis", "ordinaryPeak": {"replicas": 3}},
            {
                "name": "auth",
                "ordinaryPeak": {"replicas": 6},
                "after": ["pgbouncer"],
                "connections": {"budget": "postgres", "perReplica": 20},
            },
            {"name": "portal", "ordinaryPeak": {"replicas": 6}, "after": ["redis"]},
        ],
        budgets=[{"name": "postgres", "connections": 600}],
    )
    kinds = {each.name: scales_with(each, spec.workloads) for each in spec.workloads}
    assert kinds == {"pgbouncer": "Clients", "redis": "Sessions", "auth": "Sessions", "portal": "Sessions"}


def test_a_long_chain_with_many_ways_through_it_is_as_long_as_its_longest():
    names = [f"tier-{number}" for number in range(60)]  # with some 10^12 ways from the first to the last
    workloads = [
        {"name": name, "ordinaryPeak": {"replicas": 2}, "startup": "1m", "after": names[max(0, number - 2) : number]}
        for number, name in enumerate(names)
    ]
    found = scalings(capacity(workloads=workloads), facts())
    assert [found[name].lead.chain for name in names] == [59 - number for number in range(60)]


@given(st.lists(st.floats(0, 50_000), min_size=1, max_size=4), st.integers(1, 3000), st.integers(0, 100))
def test_a_budget_is_never_overdrawn_and_never_wasted(peaks, budget, surge):
    clients = [
        Client(
            Sizing(Carried(sessions=100.0), 0.75),
            Connections(budget="postgres", per_replica=5 + position, max_surge_percent=surge),
            np.array([peak]),
            np.array([0.0]),
            0,
            np.array([10_000]),
        )
        for position, peak in enumerate(peaks)
    ]

    def held(replicas):
        return sum(
            client.connections.per_replica * math.ceil(count * (100 + surge) / 100)
            for client, count in zip(clients, replicas, strict=True)
        )

    allowed = [int(each[0]) for each in shared_out(clients, budget)]
    asked = [int(client.replicas(np.ones(1))[0]) for client in clients]
    if held(asked) <= budget:
        assert allowed == [10_000] * len(clients)
    else:
        assert held(allowed) <= budget
        assert all(got <= wanted for got, wanted in zip(allowed, asked, strict=True))
        # the next replica of each client would be one too many for somebody
        assert held([min(got + 1, wanted) for got, wanted in zip(allowed, asked, strict=True)]) > budget


@given(st.integers(0, 200), st.integers(2, 9), st.data())
def test_whichever_failure_domains_are_lost_enough_replicas_are_left(replicas, domains, data):
    lost = data.draw(st.integers(1, domains - 1))
    spread = int(Sizing(Carried(), 1.0, domains, lost).spread_over(np.array([replicas]))[0])

    def left(count):
        sizes = sorted((count // domains + (each < count % domains) for each in range(domains)), reverse=True)
        return sum(sizes[lost:])

    assert left(spread) >= replicas
    assert spread == 0 or left(spread - 1) < replicas


def test_clients_that_declare_no_connections_count_only_where_none_does():
    both = capacity(
        workloads=[
            {"name": "pgbouncer", "ordinaryPeak": {"replicas": 3}},
            {
                "name": "auth",
                "ordinaryPeak": {"replicas": 6},
                "after": ["pgbouncer"],
                "connections": {"budget": "postgres", "perReplica": 20},
            },
            {"name": "portal", "ordinaryPeak": {"replicas": 6}, "after": ["pgbouncer"]},
        ],
        budgets=[{"name": "postgres", "connections": 600}],
    )
    assert clients_of(both.workloads[0], both.workloads) == {"auth": 20}
