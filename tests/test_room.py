"""Room for a plan: what quotas and nodes leave, against what the worst minute asks for."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from entcapacity.facts import Bounds
from entcapacity.plan import Plan, plan
from entcapacity.room import Room, shortages, takes
from specs import APRIL_2021, capacity, facts, window

NOW = datetime(2021, 4, 1, 7, tzinfo=UTC)
CONTAINER = {"resources": {"requests": {"cpu": "1", "memory": "2Gi"}, "limits": {"cpu": "2", "memory": "4Gi"}}}
REPLICA = {"portal": takes({"spec": {"template": {"spec": {"containers": [CONTAINER]}}}})}


def planned(**spec: Any) -> Plan:
    known = facts(APRIL_2021, bounds={"portal": Bounds(2, 500)})
    return plan(capacity(**spec), known, NOW, window("2021-04-01T07:00:00+00:00", 7))


PLAN = planned()
MOST = int(PLAN.workload("portal").floor[PLAN.ahead].max())


def quota(hard: dict[str, str], used: dict[str, str] | None = None) -> dict[str, Any]:
    return {"metadata": {"name": "small"}, "status": {"hard": hard, "used": used or {}}}


def node(**allocatable: str) -> dict[str, Any]:
    return {"status": {"allocatable": allocatable}}


def short(room: Room, made: Plan = PLAN, running: int = 2) -> list[str]:
    return [each.text() for each in shortages(made, {"portal": running}, REPLICA, room)]


def test_a_replica_takes_what_its_containers_ask_for_and_a_pod() -> None:
    containers = [
        {"resources": {"requests": {"cpu": "500m", "memory": "1Gi"}}},
        {"resources": {"requests": {"cpu": "1", "ephemeral-storage": "1Gi"}, "limits": {"memory": "9Gi"}}},
        {"resources": {"requests": {"memory": "1Gi"}, "limits": {"cpu": "250m", "memory": "2Gi"}}},
        {"resources": {"requests": None}},
        {},
    ]
    target = {"spec": {"template": {"spec": {"containers": containers}}}}
    limits = {"limits.cpu": 0.25, "limits.memory": 11 * 2**30}
    # a limit without a request is what is requested
    assert takes(target) == {"cpu": 1.75, "memory": 11 * 2**30, "pods": 1, **limits}
    assert takes({"spec": {}}) == dict.fromkeys(["cpu", "memory", "limits.cpu", "limits.memory"], 0) | {"pods": 1}


def test_the_plan_of_these_tests_rises() -> None:
    assert MOST > 20


@pytest.mark.parametrize(
    ("name", "of_one", "unit"),
    [
        ("requests.cpu", 1, ""),
        ("cpu", 1, ""),
        ("requests.memory", 2, "Gi"),
        ("memory", 2, "Gi"),
        ("limits.cpu", 2, ""),
        ("limits.memory", 4, "Gi"),
        ("pods", 1, ""),
        ("count/pods", 1, ""),
    ],
)
def test_a_quota_is_short_by_what_the_worst_minute_asks_beyond_it(name: str, of_one: int, unit: str) -> None:
    """Two replicas run and are in what is used."""
    used = {name: f"{2 * of_one}{unit}"}
    enough = quota({name: f"{MOST * of_one}{unit}"}, used)
    assert short(Room([enough])) == []
    (said,) = short(Room([quota({name: f"{(MOST - 3) * of_one}{unit}"}, used)]))
    missing = f"{3 * of_one:.1f}Gi" if unit else f"{3 * of_one}"
    assert said.startswith(f"ResourceQuota small: {missing} of {name} are missing at 2021-04-06 ")


def test_what_others_use_of_a_quota_is_not_there_for_us() -> None:
    assert short(Room([quota({"pods": str(MOST + 10)}, {"pods": "12"})])) == []
    (said,) = short(Room([quota({"pods": str(MOST + 10)}, {"pods": "13"})]))
    assert "1 of pods" in said


def test_a_quota_for_something_else_does_not_matter() -> None:
    assert short(Room([quota({"services": "0", "limits.nvidia.com/gpu": "0"})])) == []


@pytest.mark.parametrize(
    "some",
    [
        {"scopes": ["BestEffort"]},
        {"scopeSelector": {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["low"]}]}},
    ],
)
def test_a_quota_for_some_pods_only_is_not_taken_for_ours(some: dict[str, Any]) -> None:
    assert short(Room([{**quota({"pods": "1"}), "spec": some}])) == []
    assert len(short(Room([{**quota({"pods": "1"}), "spec": {"hard": {"pods": "1"}}}]))) == 1


def test_nodes_are_short_where_nobody_said_that_new_ones_come() -> None:
    few = Room(nodes=[node(cpu="10", memory="1000Gi", pods="500")] * 2)
    (said,) = short(few)
    assert said.startswith(f"the nodes lack {MOST - 20} of cpu at 2021-04-06 ")
    assert re.search(r"2021-04-06 \d\d:\d\d", said)
    assert short(Room(nodes=[node(cpu=str(MOST), memory="1000Gi", pods="500")])) == []
    assert short(few, planned(nodes={"startup": "5m", "podsPerNode": 20})) == []
    assert short(few, planned(nodes={"max": 40, "podsPerNode": 20})) == []


def test_without_a_look_at_quotas_and_nodes_nothing_is_said() -> None:
    assert short(Room()) == []


def test_a_workload_that_is_not_there_asks_for_nothing() -> None:
    assert list(shortages(PLAN, {}, {}, Room([quota({"pods": "1"})], [node(cpu="1")]))) == []
