"""Whose a workload is where several ENTCapacities name it: the oldest of those that act."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from kubernetes.aio import client

from entcapacity.almanac import Almanac
from entcapacity.clock import Clock
from entcapacity.fields import API_VERSION
from entcapacity.kube import ClusterError, Kube
from entcapacity.meters import Meters
from entcapacity.ownership import all_objects, heir_of, older_owner
from entcapacity.pulse import Pulse
from entcapacity.surroundings import Surroundings
from entcapacity.targets import Objects, Ref
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


def test_a_target_that_gives_no_answer_keeps_no_other_waiting_and_nothing_is_taken_for_given_back() -> None:
    platform_of_two = platform("ent", 6)
    target = {"apiVersion": "example.org/v1", "kind": "Pool", "name": "forum"}
    platform_of_two["spec"]["workloads"].append({"name": "forum", "ordinaryPeak": {"replicas": 4}, "target": target})
    there = world(
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "auth", "namespace": "ent", "uid": "auth"}}
    )

    async def looked(strict: bool) -> Objects:
        kube = Kube(client.ApiClient(client.Configuration(host="http://127.0.0.1:9")))  # nobody listens there
        clock = Clock(datetime(2026, 9, 7, 6, tzinfo=UTC))
        almanac = Almanac(there, kube, clock, "ent", "en")
        try:
            return await all_objects(
                Surroundings(there, kube, clock, Meters(), Pulse(), almanac), "ent", platform_of_two, strict
            )
        finally:
            await kube.close()

    found = asyncio.run(looked(strict=False))
    assert list(found.workloads) == [AUTH.key]
    assert list(found.unreadable) == [("example.org", "Pool", "forum")]
    with pytest.raises(ClusterError):
        asyncio.run(looked(strict=True))
