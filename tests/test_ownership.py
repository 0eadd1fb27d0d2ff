"""Whose a workload is where several ENTCapacities name it: the oldest of those that act."""

from typing import Any

import pytest

from entcapacity.fields import API_VERSION
from entcapacity.ownership import heir_of, older_owner
from entcapacity.targets import Ref
from entcapacity.world import World
from specs import AUDIENCE

AUTH = Ref("apps/v1", "Deployment", "ent", "auth")


def platform(name: str, hour: int, mode: str = "Enforce", namespace: str = "ent", workload: str = "auth") -> Any:
    return {
        "apiVersion": API_VERSION,
        "kind": "ENTCapacity",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": f"{namespace}-{name}",
            "generation": 1,
            "creationTimestamp": f"2026-09-07T{hour:02}:00:00Z",
        },
        "spec": {
            "mode": mode,
            "audience": AUDIENCE,
            "workloads": [{"name": workload, "ordinaryPeak": {"replicas": 6}}],
        },
    }


def world(*found: Any) -> World:
    made = World()
    for each in found:
        made.put(each)
    return made


def test_the_older_one_keeps_a_workload() -> None:
    older, younger = platform("older", 6), platform("younger", 7)
    there = world(older, younger)
    assert older_owner(there, younger, AUTH) == "older"
    assert older_owner(there, older, AUTH) == ""
    assert heir_of(there, older, AUTH) == "younger"


@pytest.mark.parametrize(
    "other",
    [
        platform("older", 6, mode="Observe"),
        platform("older", 6, namespace="other"),
        platform("older", 6, workload="portal"),
        {**platform("older", 6), "spec": {"mode": "Enforce", "workloads": [{"name": "auth"}]}},
    ],
)
def test_nobody_is_kept_out_by_one_that_does_not_act_on_it(other: Any) -> None:
    mine = platform("mine", 7)
    there = world(other, mine)
    assert older_owner(there, mine, AUTH) == heir_of(there, mine, AUTH) == ""


def test_the_oldest_that_acts_inherits() -> None:
    going = platform("going", 9)
    there = world(going, platform("watches", 5, mode="Observe"), platform("third", 8), platform("second", 7))
    assert heir_of(there, going, AUTH) == "second"
