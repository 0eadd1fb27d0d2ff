"""What the watches brought: the newest version wins, whatever order it comes in, and only those concerned are woken."""

from typing import Any

import pytest

from entcapacity.parse import InvalidResource
from entcapacity.targets import Ref
from entcapacity.world import ANNOUNCEMENT, CAPACITY, World
from specs import AUDIENCE

GROUPS = {"Deployment": "apps/v1", "HorizontalPodAutoscaler": "autoscaling/v2", "ScaledObject": "keda.sh/v1alpha1"}
AUTH = ("ent", "auth")


def found(kind: str, name: str = "auth", version: int = 1, uid: str = "1", namespace: str = "ent", **spec: Any) -> Any:
    metadata = {"name": name, "uid": uid, "resourceVersion": str(version)} | (
        {"namespace": namespace} if namespace else {}
    )
    api_version = GROUPS.get(kind, "entcapacity.io/v1alpha1")
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}


def minimum(world: World) -> int:
    (hpa,) = world.objects("ent").hpas
    return int(hpa["spec"]["minReplicas"])


def test_an_older_version_that_comes_late_changes_nothing() -> None:
    world = World()
    assert world.put(found("HorizontalPodAutoscaler", version=9, minReplicas=9))
    assert world.put(found("HorizontalPodAutoscaler", version=10, minReplicas=10))
    assert not world.put(found("HorizontalPodAutoscaler", version=9, minReplicas=9))
    assert minimum(world) == 10


def test_of_a_new_object_with_an_old_name_any_version_is_newer() -> None:
    world = World()
    world.put(found("HorizontalPodAutoscaler", version=10, minReplicas=10))
    world.put(found("HorizontalPodAutoscaler", version=5, uid="2", minReplicas=2))
    assert minimum(world) == 2


def test_a_late_deletion_does_not_take_its_successor_away() -> None:
    world = World()
    old = found("HorizontalPodAutoscaler", minReplicas=1)
    world.put(old)
    world.put(found("HorizontalPodAutoscaler", version=2, uid="2", minReplicas=2))
    world.drop(old)
    assert minimum(world) == 2
    world.drop(found("HorizontalPodAutoscaler", uid="2"))
    assert world.objects("ent").hpas == ()
    world.drop(old)  # twice is no mistake


def test_the_answer_to_a_scale_is_a_version_of_what_was_scaled() -> None:
    world = World()
    world.put(found("Deployment", replicas=2, podManagementPolicy="Parallel"))
    world.scaled(
        Ref("apps/v1", "Deployment", "ent", "auth"), {"metadata": {"resourceVersion": "7"}, "spec": {"replicas": 5}}
    )
    scaled = world.objects("ent").workloads["apps", "Deployment", "auth"]
    assert scaled["spec"] == {"replicas": 5, "podManagementPolicy": "Parallel"}
    world.put(found("Deployment", version=6, replicas=2))
    assert world.objects("ent").workloads["apps", "Deployment", "auth"]["spec"]["replicas"] == 5


def test_a_scale_to_nothing_is_one_and_a_scale_of_the_unknown_is_none() -> None:
    world = World()
    nothing = {"metadata": {"resourceVersion": "7"}, "spec": {}}
    world.scaled(Ref("apps/v1", "Deployment", "ent", "auth"), nothing)
    assert not world.objects("ent").workloads
    world.put(found("Deployment", replicas=2))
    world.scaled(Ref("apps/v1", "Deployment", "ent", "auth"), nothing)
    assert world.objects("ent").workloads["apps", "Deployment", "auth"]["spec"]["replicas"] == 0


def test_of_what_a_list_does_not_have_what_came_after_it_stays_and_the_rest_is_forgotten() -> None:
    world, woken = World(), []
    world.wakes(AUTH, lambda: woken.append("ent"))
    for name, version in (("auth", 5), ("gone", 6), ("new", 9)):
        world.put(found("HorizontalPodAutoscaler", name, version))
    world.put(found("HorizontalPodAutoscaler", "far", 5, namespace="other"))
    world.put(found("Deployment", "gone", 6))
    woken.clear()
    listed = [found("HorizontalPodAutoscaler", "auth", 7), found("HorizontalPodAutoscaler", "unheard-of", 7)]
    world.listed("autoscaling/v2", "HorizontalPodAutoscaler", "ent", listed, "8")
    # what no event has told of is left to the watch: it may be gone by now
    names = {each["metadata"]["name"]: each["metadata"]["resourceVersion"] for each in world.objects("ent").hpas}
    assert names == {"auth": "7", "new": "9"}
    assert len(world.objects("other").hpas) == len(world.objects("ent").workloads) == 1
    assert woken == ["ent", "ent"]
    world.listed("autoscaling/v2", "HorizontalPodAutoscaler", "", [], "20")
    assert world.objects("ent").hpas == world.objects("other").hpas == ()


def test_a_list_without_a_comparable_version_forgets_nothing() -> None:
    world = World()
    world.put(found("HorizontalPodAutoscaler", version=5))
    world.listed("autoscaling/v2", "HorizontalPodAutoscaler", "", [], "")
    assert len(world.objects("ent").hpas) == 1


def test_of_a_predecessor_nothing_is_kept() -> None:
    world = World()
    for uid in ("1", "2"):
        made = found(
            CAPACITY, uid=uid, audience=AUDIENCE, workloads=[{"name": "auth", "ordinaryPeak": {"replicas": 6}}]
        )
        made["metadata"]["generation"] = 1
        world.put(made)
        world.parsed(made)
    assert list(world._parsed) == ["2"]


def test_a_spec_is_parsed_once_for_each_generation_and_a_mistake_is_said_each_time() -> None:
    def document(generation: int, **spec: Any) -> Any:
        made = found(CAPACITY, **spec)
        return made | {"metadata": made["metadata"] | {"generation": generation}}

    world = World()
    for generation, name in ((1, "auth"), (2, "portal")):
        workloads = [{"name": name, "ordinaryPeak": {"replicas": 6}}]
        made = world.parsed(document(generation, audience=AUDIENCE, workloads=workloads))
        assert [each.name for each in made.spec.workloads] == [name]
        again = document(generation, audience=AUDIENCE, workloads=workloads)
        assert world.parsed(again | {"status": {"today": "Holiday"}}) is made
    for _ in range(2):
        with pytest.raises(InvalidResource, match="audience"):
            world.parsed(document(3, workloads=[]))


def test_each_is_told_apart_by_kind_and_namespace() -> None:
    world = World()
    for kind in ("Deployment", "HorizontalPodAutoscaler", "ScaledObject"):
        world.put(found(kind))
        world.put(found(kind, namespace="other"))
    world.put(found(CAPACITY))
    objects = world.objects("ent")
    assert list(objects.workloads) == [("apps", "Deployment", "auth")]
    assert (len(objects.hpas), len(objects.scaled_objects)) == (1, 1)
    assert world.get(CAPACITY, AUTH) is not None
    assert world.get(CAPACITY, ("other", "auth")) is None


def test_a_change_wakes_its_namespace_and_what_has_none_wakes_everybody() -> None:
    world, woken = World(), []

    def one() -> None:
        woken.append("one")

    world.wakes(("ent", "one"), one)
    world.wakes(("other", "two"), lambda: woken.append("two"))
    world.put(found("Deployment"))
    assert woken == ["one"]
    world.put(found("Deployment"))  # nothing new
    assert woken == ["one"]
    announced = found(ANNOUNCEMENT, "annonce", namespace="")
    world.put(announced)
    assert woken == ["one", "one", "two"]
    world.drop(announced)
    assert woken == ["one", "one", "two", "one", "two"]
    world.sleeps(("ent", "one"), lambda: None)  # of somebody whom another has replaced
    world.put(announced)
    assert woken[5:] == ["one", "two"]
    world.sleeps(("ent", "one"), one)
    world.drop(found("Deployment"))
    assert woken[7:] == []


def test_of_others_only_what_is_read_is_kept_and_of_ours_everything() -> None:
    world, template = World(), {"spec": {"containers": [{"image": "auth:1", "resources": {"requests": {"cpu": 1}}}]}}
    world.put(found("Deployment", replicas=2, template=template))
    kept = world.objects("ent").workloads["apps", "Deployment", "auth"]
    assert kept["spec"] == {
        "replicas": 2,
        "template": {"spec": {"containers": [{"resources": {"requests": {"cpu": 1}}}]}},
    }
    for kind in (CAPACITY, ANNOUNCEMENT):
        ours = found(kind, template=template)
        world.put(ours)
        assert world.get(kind, AUTH) == ours


def test_resources_come_by_name_and_nothing_is_left_after_clearing() -> None:
    world = World()
    for name in ("b", "c", "a"):
        world.put(found(ANNOUNCEMENT, name, namespace=""))
    assert [each["metadata"]["name"] for each in world.every(ANNOUNCEMENT)] == ["a", "b", "c"]
    world.clear()
    assert list(world.every(ANNOUNCEMENT)) == []
