"""The operator on a real cluster: workloads are Ready before the users come, and everything is as it was after."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from os import environ
from typing import Any

import pytest

from cluster.control_plane import Cluster, ClusterError
from cluster.metrics import served
from entcapacity.status import ENTCapacityStatus
from entcapacity.summary import iso
from operating import (
    ACCOUNT,
    MARK,
    Platform,
    announcement,
    capacity,
    deployment,
    eventually,
    heeds,
    hpa,
)

TUESDAY = "2021-04-06"
REMOTE = {"from": "2021-04-06", "until": "2021-04-09", "schooling": "Remote"}
MORNING = f"{TUESDAY}T07:40:00+02:00"
"""When the users of a day on site come: from here on, for most of an hour, the floor is what runs at the peak."""
EVENING = "2021-04-05T20:00:00+02:00"
"""When what was announced for this day can still be withdrawn for it."""
PEAK = 6
AT_ONCE = {"upPerMinute": 1000, "downPerMinute": 1000}


def auth(**more: object) -> dict[str, Any]:
    return {"name": "auth", "ordinaryPeak": {"replicas": PEAK}, "startup": "1m", **more}


def scaled_object(name: str = "auth", **spec: object) -> dict[str, Any]:
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": name},
        "spec": {"scaleTargetRef": {"name": name}, **spec},
    }


def marked(platform: Platform, kind: str = "hpa", name: str = "auth") -> bool:
    """Whether it bears the mark of what is held."""
    found = platform.get(kind, name)["metadata"].get("annotations", {})
    return MARK in found and bool(json.loads(found[MARK])["by"])


def managers(platform: Platform, kind: str, name: str) -> set[str]:
    """Who owns fields of an object, besides of its status."""
    found = platform.cluster.kubectl(
        "get", kind, name, "-n", platform.namespace, "--show-managed-fields", "-o=jsonpath={.metadata.managedFields}"
    )
    return {each["manager"] for each in json.loads(found) if "subresource" not in each}


def held(platform: Platform, floor: int = PEAK, name: str = "auth") -> None:
    """Waits until the HPA is at a floor of ours."""
    eventually(lambda: platform.floor(name) == floor and marked(platform, name=name), 30)


def account(platform: Platform) -> str:
    return f"system:serviceaccount:{platform.namespace}:{ACCOUNT}"


def change(platform: Platform, name: str = "ent", **spec: object) -> None:
    """Changes the spec of an ENTCapacity."""
    platform.patch("entcapacity", name, {"spec": spec})


@pytest.fixture(autouse=True)
def _every_status_is_valid(platform: Platform) -> Iterator[None]:
    """In every test: each status that is ever written is one by our own types, and small."""
    written = platform.cluster.directory / f"statuses-{platform.namespace}"
    command = ("get", "entcapacities", f"--namespace={platform.namespace}", "--watch", "--output=json")
    with written.open("wb") as out:
        watching = subprocess.Popen(
            [platform.cluster.binaries["kubectl"], f"--kubeconfig={platform.cluster.kubeconfig}", *command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.DEVNULL,
        )
    yield
    watching.kill()
    watching.wait()
    text, decoder = written.read_text().strip(), json.JSONDecoder()
    while text:
        try:
            found, end = decoder.raw_decode(text)
        except json.JSONDecodeError:
            break  # the last one, which was being written
        text = text[end:].lstrip()
        if found["kind"] == "Status":  # the API server's own word: it ended the watch
            continue
        status = found.get("status", {})
        ENTCapacityStatus.model_validate_json(json.dumps(status))
        assert len(json.dumps(status)) < 16_000


# --- before the users come --------------------------------------------------------------------------------------------


def test_a_floor_is_applied_and_pods_are_ready_before_the_demand(platform: Platform) -> None:
    platform.apply(deployment("auth"), hpa("auth"), capacity([auth()]))
    platform.operator(f"{TUESDAY}T07:12:00+02:00", 60)
    eventually(lambda: platform.floor("auth") > 2, 30)
    eventually(lambda: platform.ready("auth") >= platform.floor("auth") >= PEAK, 60)
    said = platform.status()["workloads"][0]
    assert said["need"] <= said["ready"]


def test_an_announcement_is_acted_on_within_five_seconds(platform: Platform) -> None:
    name = platform.namespace
    platform.apply(deployment("auth"), hpa("auth"), capacity([auth()], announcementSelector=heeds(name), ramp=AT_ONCE))
    platform.operator(f"{TUESDAY}T06:30:00+02:00")
    eventually(lambda: platform.condition("Planned"), 30)
    before = platform.floor("auth")
    platform.apply(announcement(name, "2021-03-31T20:00:00+02:00", REMOTE))
    begun = time.monotonic()
    eventually(lambda: platform.floor("auth") > 2 * before)
    assert time.monotonic() - begun < 5


def test_what_will_be_announced_at_20_00_is_prepared_and_used_from_then_on(platform: Platform) -> None:
    name = platform.namespace
    tomorrow = {"from": "2021-04-01", "until": "2021-04-02", "schooling": "Remote"}
    platform.apply(
        deployment("auth"),
        hpa("auth"),
        capacity([auth()], announcementSelector=heeds(name)),
        announcement(name, "2021-03-31T20:00:00+02:00", tomorrow),
    )

    def plan() -> tuple[str, int]:
        """When the published plan was made, and its highest floor."""
        found = json.loads(platform.get("configmap", "ent-plan")["data"]["plan.json"])
        return found["from"], max(each["floor"] for each in found["workloads"]["auth"])

    platform.operator("2021-03-31T19:59:00+02:00", 3)
    before, highest = eventually(plan)
    assert before < "2021-03-31T18:00:00Z"
    assert highest < 2 * PEAK
    after, highest = eventually(lambda: plan() if plan()[0] != before else None, 30)
    assert after[:16] == "2021-03-31T18:00"
    assert highest > 4 * PEAK


def test_a_workload_that_others_come_after_is_ready_before_their_floor_rises(platform: Platform) -> None:
    platform.apply(
        deployment("auth", 1),
        deployment("pgbouncer", 1, delay="3s"),  # three minutes of this clock: they cannot rise together
        hpa("auth", 1),
        hpa("pgbouncer", 1),
        capacity(
            [
                {"name": "pgbouncer", "ordinaryPeak": {"replicas": 4}, "startup": "5m"},
                auth(startup="5m", after=["pgbouncer"], connections={"budget": "postgres", "perReplica": 20}),
            ],
            budgets=[{"name": "postgres", "connections": 10_000}],
            readyBefore={"ordinary": "0s", "exceptional": "0s"},
            ramp=AT_ONCE,
        ),
    )
    speed, begun = 60, time.monotonic()
    platform.operator(MORNING, speed)
    eventually(lambda: platform.condition("Planned"), 30)
    # floors rise half an hour before an event for the clients' lead, and 5 minutes before that for the pooler's; its
    # clock begins with the process, so the first of it comes in 10 minutes or somewhat later
    start = datetime.fromisoformat(MORNING) + timedelta(minutes=40, seconds=speed * (time.monotonic() - begun))
    until = start + timedelta(hours=2)
    clients, pooler = platform.floor("auth"), platform.floor("pgbouncer")
    change(platform, events=[{"name": "exam", "from": iso(start), "until": iso(until), "percent": 2000}])
    eventually(lambda: platform.floor("auth") > 2 * clients, 40)
    assert platform.ready("pgbouncer") > 2 * pooler


# --- drivers ----------------------------------------------------------------------------------------------------------


def test_the_hpa_scales_freely_above_the_floor_and_never_below_it(platform: Platform, cluster: Cluster) -> None:
    target = {"type": "AverageValue", "averageValue": "100"}
    sessions = {"type": "External", "external": {"metric": {"name": "sessions"}, "target": target}}
    seen_by_metric = hpa("auth", metrics=[sessions])
    seen_by_metric["spec"]["behavior"] = {"scaleDown": {"stabilizationWindowSeconds": 0}}
    with served(cluster, platform.namespace) as metrics:
        metrics.values["sessions"] = 100
        platform.apply(deployment("auth"), seen_by_metric, capacity([auth()]))
        eventually(lambda: platform.get("hpa", "auth")["status"]["currentMetrics"], 30)
        replicas = platform.record("deployment", "auth", ".spec.replicas")
        platform.operator(MORNING)
        held(platform)
        eventually(lambda: platform.ready("auth") == PEAK)
        eventually(lambda: platform.reason("Enforced") == "FloorsHold")  # it is not blind
        metrics.values["sessions"] = 950
        eventually(lambda: platform.ready("auth") == 10)
        assert platform.floor("auth") == PEAK
        metrics.values["sessions"] = 50
        eventually(lambda: platform.replicas("auth") == PEAK)
        time.sleep(3)  # some syncs of the HPA more
        assert replicas.values()[replicas.values().index(PEAK) :] == [PEAK, 10, PEAK]


def test_a_blind_hpa_is_said(platform: Platform) -> None:
    platform.apply(deployment("auth"), hpa("auth"), capacity([auth()]))
    platform.operator(MORNING)
    eventually(lambda: platform.reason("Enforced") == "HPABlind")
    assert "auth" in platform.condition("Enforced")["message"]
    eventually(lambda: platform.reason("Ready") == "HPABlind")
    held(platform)  # the floor itself holds all the same


def test_the_floor_of_a_scaled_object_goes_into_its_minimum_which_is_absent_again_after(platform: Platform) -> None:
    platform.apply(deployment("auth"), scaled_object(maxReplicaCount=60), capacity([auth()]))
    platform.operator(MORNING)
    eventually(lambda: platform.get("scaledobject", "auth")["spec"].get("minReplicaCount") == PEAK, 30)
    eventually(lambda: platform.status()["workloads"][0]["driver"] == "ScaledObject")
    platform.delete("entcapacity", "ent")
    assert platform.get("scaledobject", "auth")["spec"] == scaled_object(maxReplicaCount=60)["spec"]
    assert not marked(platform, "scaledobject")


def test_a_paused_or_idle_scaled_object_makes_the_floor_ineffective_and_that_is_said(platform: Platform) -> None:
    pause = "autoscaling.keda.sh/paused"
    platform.apply(deployment("auth"), scaled_object(), capacity([auth()]))
    platform.patch("scaledobject", "auth", {"metadata": {"annotations": {pause: "true"}}})
    platform.operator(MORNING)
    eventually(lambda: platform.reason("Enforced") == "FloorIneffective", 30)
    platform.patch("scaledobject", "auth", {"metadata": {"annotations": {pause: None}}})
    eventually(lambda: platform.reason("Enforced") == "FloorsHold")
    platform.patch("scaledobject", "auth", {"spec": {"idleReplicaCount": 0}})
    eventually(lambda: platform.reason("Enforced") == "FloorIneffective")


def test_a_plain_deployment_is_scaled_and_keeps_its_replicas_which_an_event_says(platform: Platform) -> None:
    platform.apply(deployment("auth"), capacity([auth()]))
    replicas = platform.record("deployment", "auth", ".spec.replicas")
    platform.operator(MORNING)
    eventually(lambda: platform.replicas("auth") == PEAK, 30)
    assert _patches(platform) == ["", "scale"]  # the former value first
    platform.delete("entcapacity", "ent")
    assert not marked(platform, "deployment")
    assert replicas.values() == [2, PEAK]
    (said,) = eventually(lambda: _events(platform, "ReplicasKept"))
    assert said["involvedObject"]["name"] == "auth"
    assert f"keeps its {PEAK} replicas; before it had 2" in said["message"]
    platform.apply(capacity([auth()]))
    eventually(lambda: platform.status()["workloads"][0]["former"] == {"minimum": 2})  # and not the peak


def test_a_deployment_that_is_rolled_back_annotations_and_all_keeps_its_former_value(platform: Platform) -> None:
    platform.apply(deployment("auth"), capacity([auth()]))
    newer = {"template": {"metadata": {"labels": {"version": "2"}}}}
    platform.patch("deployment", "auth", {"spec": newer})
    eventually(lambda: platform.get("deployment", "auth")["status"].get("updatedReplicas") == 2, 30)
    platform.operator(MORNING)
    eventually(lambda: marked(platform, "deployment") and platform.replicas("auth") == PEAK, 30)
    replicas = platform.record("deployment", "auth", ".spec.replicas")
    before = len(_patches(platform))
    platform.cluster.kubectl("rollout", "undo", "deployment/auth", "-n", platform.namespace)
    eventually(lambda: len(_patches(platform)) > before)  # it had lost its mark
    mark = platform.get("deployment", "auth")["metadata"]["annotations"][MARK]
    assert json.loads(mark) == {"by": "ent", "minimum": 2}
    assert replicas.values() == [PEAK]


def _patches(platform: Platform) -> list[str]:
    """What the operator wrote to Deployments: the subresources."""
    return [
        each["objectRef"].get("subresource", "")
        for each in platform.cluster.audit(account(platform))
        if each["verb"] == "patch" and each["objectRef"]["resource"] == "deployments"
    ]


def _events(platform: Platform, why: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(
        platform.cluster.kubectl(
            "get", "events", "-n", platform.namespace, f"--field-selector=reason={why}", "--output=json"
        )
    )["items"]
    return found


def test_a_stateful_set_is_scaled(platform: Platform) -> None:
    target = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "auth"}
    platform.apply(deployment("auth", kind="StatefulSet"), capacity([auth(target=target)]))
    platform.operator(MORNING)
    eventually(lambda: platform.ready("auth", "statefulset") == PEAK, 40)


def test_an_ordered_stateful_set_is_asked_for_pod_by_pod_so_early_that_the_last_is_ready_in_time(
    platform: Platform,
) -> None:
    """At 04:50 eight are needed at once, and two hours before that they are to be Ready."""
    most, target = 8, {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "auth"}
    rush = {
        "name": "results",
        "from": f"{TUESDAY}T05:00:00+02:00",
        "until": f"{TUESDAY}T07:00:00+02:00",
        "percent": 5000,
    }
    ordered = deployment("auth", kind="StatefulSet")
    ordered["spec"]["podManagementPolicy"] = "OrderedReady"
    platform.apply(ordered, capacity([auth(target=target, min=2, max=most)], events=[rush], ramp=AT_ONCE))
    asked = platform.record("statefulset", "auth", ".spec.replicas")
    platform.operator(f"{TUESDAY}T02:40:00+02:00", speed=20)
    eventually(lambda: platform.ready("auth", "statefulset") == most, 60)
    assert asked.values() == [*range(2, most + 1)]
    said = platform.status()["workloads"][0]
    assert said["need"] <= 2


POOLS = "pools.example.org"


@pytest.fixture
def pools(cluster: Cluster) -> Iterator[None]:
    """A kind of somebody's, whose replicas lie where only its scale tells."""
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": schema, "status": schema}}},
        "subresources": {
            "status": {},
            "scale": {"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.size"},
        },
    }
    names = {"kind": "Pool", "listKind": "PoolList", "plural": "pools", "singular": "pool"}
    made = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": POOLS},
        "spec": {"group": "example.org", "scope": "Namespaced", "names": names, "versions": [version]},
    }
    cluster.kubectl("apply", "-f-", stdin=json.dumps(made))
    cluster.kubectl("wait", "--for=condition=Established", f"crd/{POOLS}", "--timeout=20s")
    yield
    cluster.kubectl("delete", "crd", POOLS, "--wait=false")


@pytest.mark.usefixtures("pools")
def test_another_kind_is_scaled_once_that_is_allowed_and_until_then_the_others_go_on(platform: Platform) -> None:
    target = {"apiVersion": "example.org/v1", "kind": "Pool", "name": "forum"}
    pool = {"apiVersion": "example.org/v1", "kind": "Pool", "metadata": {"name": "forum"}, "spec": {"size": 2}}
    forum = {"name": "forum", "ordinaryPeak": {"replicas": 4}, "target": target}
    platform.apply(pool, deployment("auth"), capacity([auth(), forum]))
    platform.operator(MORNING)
    eventually(lambda: platform.replicas("auth") == PEAK, 30)
    eventually(lambda: platform.reason("Accepted") == "TargetUnreadable")
    assert "cannot get resource" in platform.condition("Accepted")["message"]
    for name, resource in (("pools", "pools"), ("pool-scales", "pools/scale")):
        allowed = ("--verb=get,patch", f"--resource={resource.replace('pools', POOLS)}")
        platform.cluster.kubectl("create", "role", name, "-n", platform.namespace, *allowed)
        whom = (f"--role={name}", f"--serviceaccount={platform.namespace}:{ACCOUNT}")
        platform.cluster.kubectl("create", "rolebinding", name, "-n", platform.namespace, *whom)
    eventually(lambda: platform.get(POOLS, "forum")["spec"] == {"size": 4}, 20)
    eventually(lambda: platform.reason("Accepted") == "Valid")
    change(platform, workloads=[auth()])
    eventually(lambda: not marked(platform, POOLS, "forum"), 20)
    assert platform.get(POOLS, "forum")["spec"] == {"size": 4}


# --- giving back ------------------------------------------------------------------------------------------------------


def test_deletion_gives_back_with_no_dip_in_between(platform: Platform) -> None:
    platform.apply(deployment("auth"), hpa("auth", 3), capacity([auth()]))
    floors = platform.record("hpa", "auth", ".spec.minReplicas")
    platform.operator(MORNING)
    held(platform)
    eventually(lambda: platform.status()["workloads"][0]["former"] == {"minimum": 3})
    platform.delete("entcapacity", "ent")
    assert not marked(platform)
    assert "entcapacity" not in managers(platform, "hpa", "auth")
    assert platform.floor("auth") == 3
    assert floors.values() == [3, PEAK, 3]


def test_observe_gives_back_and_enforce_takes_again(platform: Platform) -> None:
    platform.apply(deployment("auth"), hpa("auth"), capacity([auth()]))
    floors = platform.record("hpa", "auth", ".spec.minReplicas")
    platform.operator(MORNING)
    held(platform)
    change(platform, mode="Observe")
    eventually(lambda: platform.floor("auth") == 2 and not marked(platform))
    eventually(lambda: "mode is Observe" in platform.condition("Enforced")["message"])
    change(platform, mode="Enforce")
    held(platform)
    assert floors.values() == [2, PEAK, 2, PEAK]


def test_observe_writes_nothing_but_what_it_says(platform: Platform) -> None:
    name = platform.namespace
    platform.apply(
        deployment("auth"),
        hpa("auth"),
        announcement(name, "2021-03-31T20:00:00+02:00", REMOTE),
        capacity([auth()], announcementSelector=heeds(name), mode="Observe"),
    )
    platform.operator(MORNING, 60)
    eventually(lambda: "mode is Observe" in platform.condition("Enforced")["message"], 30)
    eventually(lambda: platform.get("configmap", "ent-plan"))
    platform.patch("hpa", "auth", {"spec": {"minReplicas": 4}})
    eventually(lambda: platform.replicas("auth") == 4)
    time.sleep(3)  # three minutes of its plan
    written = {
        "/".join(filter(None, (each["objectRef"]["resource"], each["objectRef"].get("subresource"))))
        for each in platform.cluster.audit(account(platform))
        if each["verb"] not in ("get", "list", "watch") and each["responseStatus"]["code"] < 400
    }
    said = {"entcapacities/status", "events", "configmaps"}
    assert said <= written <= said | {"leases", "entcapacities"}
    assert platform.get("entcapacity", "ent")["metadata"]["generation"] == 1  # a finalizer, no more
    assert platform.floor("auth") == 4


def test_suspended_it_leaves_floors_as_they_are_and_resumes_by_itself(platform: Platform) -> None:
    platform.apply(deployment("auth"), hpa("auth"), capacity([auth()], ramp={"upPerMinute": 5}))
    floors = platform.record("hpa", "auth", ".spec.minReplicas")
    speed, begun = 4, time.monotonic()
    platform.operator(MORNING, speed)
    held(platform)
    # its clock begins with the process, so this is in ten seconds or somewhat later
    until = datetime.fromisoformat(MORNING) + timedelta(seconds=speed * (time.monotonic() - begun + 10))
    boost = {"percent": 300, "until": f"{TUESDAY}T12:00:00+02:00"}
    change(platform, suspendUntil=iso(until), boost=boost)
    eventually(lambda: "suspended until" in platform.condition("Enforced")["message"])
    eventually(lambda: platform.status()["workloads"][0]["planned"] > PEAK)
    assert platform.floor("auth") == PEAK
    eventually(lambda: platform.floor("auth") > PEAK, 35)
    rises = [later - earlier for earlier, later in zip(floors.values(), floors.values()[1:], strict=False)]
    assert max(rises) <= 5  # it did not jump to where it would be
    eventually(lambda: "suspended until" not in platform.condition("Enforced")["message"])


def test_a_withdrawn_announcement_brings_floors_down_by_their_rate(platform: Platform) -> None:
    name = platform.namespace
    platform.apply(
        deployment("auth"),
        hpa("auth"),
        announcement(name, "2021-03-31T20:00:00+02:00", REMOTE),
        capacity([auth()], announcementSelector=heeds(name), ramp={"upPerMinute": 1000, "downPerMinute": 10}),
    )
    floors = platform.record("hpa", "auth", ".spec.minReplicas")
    platform.operator(MORNING, 20)
    high = eventually(lambda: platform.floor("auth") > 30 and platform.floor("auth"), 30)
    begun = time.monotonic()
    platform.patch("schoolannouncement", name, {"spec": {"withdrawnAt": EVENING}})
    eventually(lambda: platform.floor("auth") <= PEAK, 30)
    assert time.monotonic() - begun > (high - PEAK) / 10 * 60 / 20 - 4  # as many minutes as that takes, but the first
    falls = [earlier - later for earlier, later in zip(floors.values(), floors.values()[1:], strict=False)]
    assert max(falls) <= 10
    assert sum(each > 0 for each in falls) >= 3


def test_a_maximum_is_raised_for_an_announced_day_and_given_back_when_what_runs_fits(platform: Platform) -> None:
    name = platform.namespace
    platform.apply(
        deployment("auth"),
        hpa("auth", most=10),
        announcement(name, "2021-03-31T20:00:00+02:00", REMOTE),
        capacity([auth(maxWhenAnnounced=50)], announcementSelector=heeds(name), ramp=AT_ONCE),
    )
    maxima = platform.record("hpa", "auth", ".spec.maxReplicas")
    platform.operator(MORNING)
    eventually(lambda: platform.floor("auth") > 10, 30)
    assert maxima.values() == [10, 50]
    eventually(lambda: platform.replicas("auth") > 10)
    platform.patch("schoolannouncement", name, {"spec": {"withdrawnAt": EVENING}})
    held(platform)
    assert maxima.values() == [10, 50]  # a lower one would cut what runs at once
    platform.cluster.kubectl("scale", "deployment/auth", "-n", name, f"--replicas={PEAK}")
    eventually(lambda: maxima.values() == [10, 50, 10])
    eventually(lambda: platform.status()["workloads"][0]["former"] == {"minimum": 2})


def test_what_changes_its_target_gives_the_old_one_back(platform: Platform) -> None:
    platform.apply(*(deployment(each) for each in ("auth", "login")), hpa("auth"), hpa("login"), capacity([auth()]))
    platform.operator(MORNING)
    held(platform)
    change(platform, workloads=[auth(target={"apiVersion": "apps/v1", "kind": "Deployment", "name": "login"})])
    held(platform, name="login")
    eventually(lambda: platform.floor("auth") == 2 and not marked(platform))


def test_an_hpa_that_is_deleted_and_created_anew_is_held_with_its_new_former_value(platform: Platform) -> None:
    platform.apply(deployment("auth"), hpa("auth"), capacity([auth()]))
    platform.operator(MORNING)
    held(platform)
    platform.delete("hpa", "auth")
    eventually(lambda: marked(platform, "deployment"))  # scaled directly while it has none
    assert platform.replicas("auth") == PEAK
    mark = platform.get("deployment", "auth")["metadata"]["annotations"][MARK]
    assert json.loads(mark) == {"by": "ent", "minimum": 2}  # what the HPA had before, not our floor
    platform.apply(hpa("auth", 3))
    begun = time.monotonic()
    held(platform)
    assert time.monotonic() - begun < 5
    eventually(lambda: not marked(platform, "deployment"))  # with the driver, what that held is let go
    platform.delete("entcapacity", "ent")
    assert platform.floor("auth") == 3
    assert platform.replicas("auth") == PEAK


def test_an_hpa_that_is_renamed_goes_on_from_the_floor_that_was_held_whatever_the_ramp(platform: Platform) -> None:
    platform.apply(deployment("auth", 12), hpa("auth"), capacity([auth(min=12)], ramp={"upPerMinute": 2}))
    platform.operator(f"{TUESDAY}T00:30:00+02:00", 60)
    held(platform, 12)
    renamed = hpa("login", 4)
    renamed["spec"]["scaleTargetRef"]["name"] = "auth"
    platform.apply(renamed)
    eventually(lambda: platform.reason("Accepted") == "Ambiguous")
    floors = platform.record("hpa", "login", ".spec.minReplicas")
    platform.delete("hpa", "auth")
    held(platform, 12, "login")
    assert floors.values() == [4, 12]


# --- what stands in the way -------------------------------------------------------------------------------------------


def test_of_two_on_one_workload_the_older_keeps_it_and_the_other_takes_over_without_a_dip(platform: Platform) -> None:
    platform.apply(deployment("auth"), hpa("auth"), capacity([auth()], name="a-first"))
    floors = platform.record("hpa", "auth", ".spec.minReplicas")
    platform.operator(MORNING)
    held(platform)
    platform.apply(capacity([auth(ordinaryPeak={"replicas": 20})], name="b-second"))
    eventually(lambda: platform.reason("Accepted", "b-second") == "TargetTaken")
    assert "a-first" in platform.condition("Accepted", "b-second")["message"]
    assert platform.floor("auth") == PEAK
    platform.delete("entcapacity", "a-first")
    eventually(lambda: platform.floor("auth") > PEAK)
    eventually(lambda: platform.reason("Accepted", "b-second") == "Valid")
    assert floors.values() == sorted(floors.values())
    platform.delete("entcapacity", "b-second")
    assert platform.floor("auth") == 2


def test_a_missing_target_is_said_and_held_once_it_is_there(platform: Platform) -> None:
    platform.apply(deployment("portal"), capacity([auth(), auth(name="portal")]))
    platform.operator(MORNING)
    eventually(lambda: platform.reason("Accepted") == "TargetMissing", 30)
    eventually(lambda: platform.replicas("portal") == PEAK)  # the others go on
    platform.apply(deployment("auth"), hpa("auth"))
    begun = time.monotonic()
    held(platform)
    assert time.monotonic() - begun < 5
    eventually(lambda: platform.reason("Accepted") == "Valid")


def test_with_two_hpas_on_one_workload_nothing_is_written(platform: Platform) -> None:
    second = hpa("second")
    second["spec"]["scaleTargetRef"]["name"] = "auth"
    platform.apply(deployment("auth"), hpa("auth"), second, capacity([auth()]))
    platform.operator(MORNING)
    eventually(lambda: platform.reason("Accepted") == "Ambiguous", 30)
    message = platform.condition("Accepted")["message"]
    assert "HorizontalPodAutoscaler auth and HorizontalPodAutoscaler second" in message
    time.sleep(2)
    for kind, name in (("hpa", "auth"), ("hpa", "second"), ("deployment", "auth")):
        assert not marked(platform, kind, name)
    platform.delete("hpa", "second")
    held(platform)


def test_a_workload_at_zero_is_said_and_is_started_where_it_has_a_minimum(platform: Platform) -> None:
    platform.apply(deployment("auth", 0), hpa("auth"), capacity([auth()]))
    platform.operator(MORNING)
    eventually(lambda: platform.reason("Enforced") == "Stopped", 30)
    held(platform)
    assert platform.replicas("auth") == 0
    change(platform, workloads=[auth(min=2)])
    eventually(lambda: platform.ready("auth") == PEAK)
    eventually(lambda: platform.reason("Enforced") != "Stopped")


def test_a_config_map_of_somebody_by_the_name_of_the_plan_is_left_alone_and_that_is_said(platform: Platform) -> None:
    notes = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ent-plan"}, "data": {"notes": "mine"}}
    platform.apply(notes, deployment("auth"), capacity([auth()], mode="Observe"))
    platform.operator(MORNING)
    (said,) = eventually(lambda: _events(platform, "PlanNotPublished"), 30)
    assert "ConfigMap ent-plan belongs to kubectl-client-side-apply" in said["message"]
    found = platform.get("configmap", "ent-plan")
    assert found["data"] == {"notes": "mine"}
    assert "ownerReferences" not in found["metadata"]


def test_a_maximum_below_the_need_is_said_and_reached(platform: Platform) -> None:
    platform.apply(deployment("auth"), hpa("auth", most=4), capacity([auth()]))
    platform.operator(MORNING)
    held(platform, 4)
    eventually(lambda: platform.reason("CapacitySufficient") == "Short")
    assert "auth" in platform.condition("CapacitySufficient")["message"]


# --- letting go without an operator -----------------------------------------------------------------------------------


def release(platform: Platform) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "entcapacity",
            "release",
            f"--namespace={platform.namespace}",
            f"--watch-namespace={platform.namespace}",
        ],
        env=environ | {"KUBECONFIG": str(platform.kubeconfig), "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def finalizers(platform: Platform) -> list[str]:
    found: list[str] = platform.get("entcapacity", "ent")["metadata"].get("finalizers", [])
    return found


def test_release_gives_everything_back_and_frees_finalizers_without_an_operator(platform: Platform) -> None:
    platform.apply(*(deployment(each) for each in ("auth", "portal", "forum")), hpa("auth"), scaled_object("portal"))
    platform.apply(capacity([auth(), auth(name="portal"), auth(name="forum")]))
    operator = platform.operator(MORNING)
    held(platform)
    eventually(lambda: platform.get("scaledobject", "portal")["spec"].get("minReplicaCount") == PEAK)
    eventually(lambda: platform.replicas("forum") == PEAK)
    assert finalizers(platform)
    operator.stop()
    done = release(platform)
    assert done.returncode == 0, done.stderr
    assert platform.floor("auth") == 2
    assert "minReplicaCount" not in platform.get("scaledobject", "portal")["spec"]
    assert platform.replicas("forum") == PEAK  # nobody is cut
    for kind, name in (("hpa", "auth"), ("scaledobject", "portal"), ("deployment", "forum")):
        assert not marked(platform, kind, name)
    assert not finalizers(platform)
    platform.delete("entcapacity", "ent")
    with pytest.raises(ClusterError, match="NotFound"):
        platform.get("entcapacity", "ent")


def test_after_a_release_no_operator_acts_that_was_there_and_the_next_one_does(platform: Platform) -> None:
    platform.apply(deployment("auth"), hpa("auth"), capacity([auth()]))
    operator = platform.operator(MORNING)
    held(platform)
    floors = platform.record("hpa", "auth", ".spec.minReplicas")
    done = release(platform)
    assert done.returncode == 0, done.stderr
    assert "has lost the Lease" in operator.said()
    assert not finalizers(platform)
    assert not marked(platform)
    assert floors.values() == [PEAK, 2]
    # the Lease runs out, and whoever looks at it could take it
    anew = platform.operator(MORNING)
    eventually(lambda: platform.floor("auth") == PEAK, 40)
    assert floors.values() == [PEAK, 2, PEAK]
    assert anew.leads()
    assert "until this pod is replaced" in operator.said()
    assert operator.running()
