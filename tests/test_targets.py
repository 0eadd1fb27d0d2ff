"""Who scales a workload, and what stood there before: found among objects as the API server gives them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entcapacity.facts import Bounds
from entcapacity.reasons import Reason
from entcapacity.room import takes
from entcapacity.spec import ENTCapacitySpec, Workload
from entcapacity.targets import (
    FORMER,
    Former,
    Objects,
    Ref,
    Seen,
    data_owner,
    held_by,
    holders,
    inherited,
    last_writer,
    older,
    ready,
    seen,
    slim,
    with_scale,
)
from specs import capacity

SCALE_TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "auth"}


def workload(**more) -> Workload:
    spec: ENTCapacitySpec = capacity(workloads=[{"name": "auth", "ordinaryPeak": {"replicas": 6}, **more}])
    return spec.workloads[0]


def thing(kind: str, name: str = "auth", version: str = "apps/v1", spec=None, status=None, **metadata) -> dict:
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": name, "namespace": "ent", "uid": f"{kind}-{name}", **metadata},
        "spec": spec or {},
        "status": status or {},
    }


def deployment(replicas: int = 3, name: str = "auth", **metadata) -> dict:
    status = {"replicas": replicas, "readyReplicas": replicas - 1, "updatedReplicas": replicas}
    return thing("Deployment", name, spec={"replicas": replicas}, status=status, **metadata)


def hpa(name: str = "auth", least: int | None = 2, target=None, status=None, **metadata) -> dict:
    spec = {"maxReplicas": 60, "scaleTargetRef": target or SCALE_TARGET}
    spec |= {} if least is None else {"minReplicas": least}
    return thing("HorizontalPodAutoscaler", name, "autoscaling/v2", spec, status, **metadata)


def scaled(name: str = "auth", spec=None, **metadata) -> dict:
    # KEDA's default target is a Deployment
    return thing(
        "ScaledObject", name, "keda.sh/v1alpha1", {"scaleTargetRef": {"name": "auth"}, **(spec or {})}, **metadata
    )


def objects(*found: dict) -> Objects:
    workloads = {
        (each["apiVersion"].rpartition("/")[0], each["kind"], each["metadata"]["name"]): each
        for each in found
        if each["kind"] not in ("HorizontalPodAutoscaler", "ScaledObject")
    }
    of = {kind: tuple(each for each in found if each["kind"] == kind) for kind in ("HorizontalPodAutoscaler",)}
    return Objects(
        workloads, of["HorizontalPodAutoscaler"], tuple(each for each in found if each["kind"] == "ScaledObject")
    )


def look(*found: dict, **more):
    return seen(workload(**more), "ent", objects(*found))


def mark(former: Former) -> dict:
    return {"annotations": {FORMER: former.written()}}


# --- who scales it ----------------------------------------------------------------------------------------------------


def test_auto_finds_the_hpa_in_charge_whatever_its_name():
    there = look(deployment(), hpa("by-another-name"), hpa("of-another", target={**SCALE_TARGET, "name": "portal"}))
    assert (there.driver, str(there.at), there.minimum, there.maximum) == (
        "HPA",
        "HorizontalPodAutoscaler by-another-name",
        2,
        60,
    )
    assert (there.replicas, there.ready, there.created) == (3, 2, 3)


def test_auto_finds_the_scaled_object_and_not_the_hpa_that_keda_makes_of_it():
    of_keda = hpa("keda-hpa-auth", ownerReferences=[{"kind": "ScaledObject", "name": "auth"}])
    there = look(deployment(), of_keda, scaled())
    assert there.driver == "ScaledObject"
    assert (there.minimum, there.stated, there.maximum) == (0, None, 100)  # KEDA's own defaults


@pytest.mark.parametrize("driver", ["Auto", "Scale", "HPA", "ScaledObject"])
@pytest.mark.parametrize("others", [[], [hpa("of-our-own")], [scaled(spec={"scaleTargetRef": {"name": "portal"}})]])
def test_an_hpa_of_keda_whose_scaled_object_is_not_known_is_left_to_it(driver, others):
    of_keda = hpa("keda-hpa-auth", ownerReferences=[{"kind": "ScaledObject", "name": "auth"}])
    found = look(deployment(60), of_keda, *others, driver=driver)
    assert isinstance(found, Reason)
    assert found.code == "ScaledObjectUnknown"
    assert "HPA keda-hpa-auth" in found.text()


def test_an_hpa_of_keda_that_scales_something_else_is_no_matter():
    owner = [{"kind": "ScaledObject", "name": "portal"}]
    of_another = hpa("keda-hpa-portal", target={**SCALE_TARGET, "name": "portal"}, ownerReferences=owner)
    assert look(deployment(), of_another).driver == "Scale"


def test_auto_takes_the_scale_where_nothing_else_scales_it():
    there = look(deployment(4))
    assert (there.driver, str(there.at), there.minimum, there.maximum) == ("Scale", "Deployment auth", 4, None)


def test_an_hpa_of_another_kind_of_the_same_name_is_not_in_charge():
    other = hpa("auth", target={"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "auth"})
    assert look(deployment(), other).driver == "Scale"


@pytest.mark.parametrize("second", [hpa("second"), scaled("second")])
def test_two_that_scale_it_are_ambiguous_and_both_are_named(second):
    found = look(deployment(), hpa(), second)
    assert isinstance(found, Reason)
    assert found.code == "Ambiguous"
    assert "HorizontalPodAutoscaler auth" in found.text()
    assert "second" in found.text()


@pytest.mark.parametrize(
    ("driver", "there", "code"),
    [
        ("HPA", [], "DriverMissing"),
        ("ScaledObject", [], "DriverMissing"),
        ("HPA", [scaled()], "DriverElsewhere"),
        ("Scale", [hpa()], "DriverElsewhere"),
    ],
)
def test_a_driver_that_is_not_in_charge_is_refused_and_said(driver, there, code):
    found = look(deployment(), *there, driver=driver)
    assert isinstance(found, Reason)
    assert found.code == code


def test_a_target_that_is_not_there_is_missing():
    found = look(hpa())
    assert isinstance(found, Reason)
    assert found.code == "TargetMissing"


def test_a_target_that_may_not_be_read_says_why():
    found = seen(workload(), "ent", Objects({}, unreadable={("apps", "Deployment", "auth"): "forbidden"}))
    assert isinstance(found, Reason)
    assert found.code == "TargetUnreadable"
    assert "forbidden" in found.text()


def test_replicas_of_another_kind_are_what_its_scale_says():
    rollout = thing("Pool", version="example.org/v1", spec={"size": 7}, status={"phase": "Fine"})
    scale = {"spec": {"replicas": 7}, "status": {"replicas": 5}}
    target = {"apiVersion": "example.org/v1", "kind": "Pool", "name": "auth"}
    there = look(with_scale(rollout, scale), target=target)
    assert (there.driver, there.minimum, there.replicas, there.created, there.ready) == ("Scale", 7, 7, 5, 5)


def test_ready_replicas_that_a_kind_tells_itself_are_believed():
    pool = thing("Pool", version="example.org/v1", status={"readyReplicas": 2})
    found = with_scale(pool, {"spec": {"replicas": 7}, "status": {"replicas": 5}})
    assert found["status"] == {"readyReplicas": 2, "replicas": 5}


@pytest.mark.parametrize(
    ("version", "kind", "watched"),
    [
        ("apps/v1", "Deployment", True),
        ("apps/v1", "StatefulSet", True),
        ("apps.kruise.io/v1beta1", "StatefulSet", False),
        ("apps/v1", "ReplicaSet", False),
    ],
)
def test_a_kind_of_the_same_name_in_another_group_is_none_that_the_watches_bring(version, kind, watched):
    assert Ref(version, kind, "ent", "auth").watched is watched


# --- what serves ------------------------------------------------------------------------------------------------------

POOL = {"apiVersion": "example.org/v1", "kind": "Pool", "name": "auth"}


@pytest.mark.parametrize("others", [[], [hpa()], [hpa(), hpa("second")], [scaled("one"), scaled("two")]])
def test_replicas_serve_whoever_scales_them(others):
    assert ready([workload()], "ent", objects(deployment(4), *others), {"auth": 9}) == {"auth": 3}


def test_what_is_not_there_serves_nobody():
    assert ready([workload()], "ent", objects(), {"auth": 9}) == {"auth": 0}


@pytest.mark.parametrize(("before", "serve"), [({}, {}), ({"auth": 9, "gone": 3}, {"auth": 9})])
def test_what_cannot_be_read_serves_as_it_did_at_the_last_look(before, serve):
    unreadable = Objects({}, unreadable={("example.org", "Pool", "auth"): "gave no answer"})
    assert ready([workload(target=POOL)], "ent", unreadable, before) == serve


# --- what stands in the way -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "spec", "in_order"),
    [
        ("StatefulSet", {"podManagementPolicy": "OrderedReady"}, True),
        ("StatefulSet", {}, True),
        ("StatefulSet", {"podManagementPolicy": "Parallel"}, False),
        ("Deployment", {}, False),
    ],
)
def test_the_pods_of_a_stateful_set_come_one_after_the_other_unless_it_says_parallel(kind, spec, in_order):
    target = {"apiVersion": "apps/v1", "kind": kind, "name": "auth"}
    assert look(thing(kind, spec={"replicas": 3, **spec}), target=target).in_order is in_order


def _active(status: str, why: str) -> dict:
    return {"conditions": [{"type": "ScalingActive", "status": status, "reason": why}]}


@pytest.mark.parametrize(
    ("status", "blind"),
    [
        (_active("False", "FailedGetResourceMetric"), "FailedGetResourceMetric"),
        (_active("False", "ScalingDisabled"), ""),  # because of 0 replicas: another matter
        (_active("True", "ValidMetricFound"), ""),
        ({}, ""),  # too young to tell
    ],
)
def test_an_hpa_is_blind_where_it_says_itself_that_it_reads_no_metric(status, blind):
    assert look(deployment(), hpa(status=status)).blind == blind


def test_a_scaled_object_is_blind_where_its_hpa_is():
    of_keda = hpa(
        "keda-hpa-auth",
        ownerReferences=[{"kind": "ScaledObject", "name": "auth"}],
        status=_active("False", "FailedGetExternalMetric"),
    )
    assert look(deployment(), of_keda, scaled()).blind == "FailedGetExternalMetric"


@pytest.mark.parametrize(
    ("held", "paused"),
    [
        (scaled(), False),
        (scaled(annotations={"autoscaling.keda.sh/paused": "true"}), True),
        (scaled(annotations={"autoscaling.keda.sh/paused": "false"}), False),
        (scaled(annotations={"autoscaling.keda.sh/paused-replicas": "0"}), True),
        (scaled(spec={"idleReplicaCount": 0}), True),
    ],
)
def test_a_floor_has_no_effect_on_a_paused_or_idle_scaled_object(held, paused):
    assert look(deployment(), held).paused is paused


def test_a_rollout_is_seen_by_pods_of_an_older_template():
    assert not look(deployment()).rolling_out
    halfway = deployment(6)
    halfway["status"]["updatedReplicas"] = 2
    assert look(halfway).rolling_out


# --- what stood there before ------------------------------------------------------------------------------------------


def test_bounds_are_what_stood_there_before_us_and_the_maximum_that_is_not_ours():
    assert look(deployment(), hpa(least=12, **mark(Former("ent", 2)))).bounds == Bounds(2, 60)
    assert look(deployment(), hpa(least=12, **mark(Former("ent", None)))).bounds == Bounds(1, 60)
    assert look(deployment(), hpa(least=12, **mark(Former("ent", 2, 40, True)))).bounds == Bounds(2, 40)
    raised = scaled(spec={"maxReplicaCount": 200}, **mark(Former("ent", None, None, True)))
    assert look(deployment(), raised).bounds == Bounds(0, 100)


@given(
    st.builds(Former, st.text(min_size=1), st.none() | st.integers(0, 1000)),
)
def test_a_mark_is_read_as_it_was_written(former):
    assert look(deployment(), hpa(**mark(former))).former == former


@given(st.none() | st.integers(0, 1000), st.none() | st.integers(1, 1000))
def test_a_mark_with_a_raised_maximum_is_read_as_it_was_written(minimum, maximum):
    former = Former("ent", minimum, maximum, True)
    assert look(deployment(), hpa(**mark(former))).former == former


@pytest.mark.parametrize(
    "text",
    [
        "",
        "rubbish",
        "[]",
        "3",
        json.dumps({"by": "ent"}),
        json.dumps({"minimum": 3}),
        '{"by": "ent", "minimum": "3"}',
        '{"by": "ent", "minimum": true}',
        '{"by": "ent", "minimum": 2.5}',
        '{"by": "ent", "minimum": 3, "maximum": "40"}',
        '{"by": "ent", "minimum": [3]}',
        '{"by": "", "minimum": 3, "replicas": "40"}',
    ],
)
def test_a_mark_that_somebody_spoilt_is_none(text):
    assert look(deployment(), hpa(annotations={FORMER: text})).former is None


def test_everything_held_is_found_by_its_mark_whatever_the_spec_says():
    found = objects(
        deployment(name="portal", **mark(Former("ent", 3))),
        deployment(name="free"),
        hpa(**mark(Former("ent", 2))),
        hpa("other", **mark(Former("another", 2))),
        scaled(**mark(Former("ent", None))),
    )
    assert [(each.driver, each.at.name, each.target.name) for each in held_by("ent", found)] == [
        ("HPA", "auth", "auth"),
        ("ScaledObject", "auth", "auth"),
        ("Scale", "portal", "portal"),
    ]
    assert holders(found) == ["another", "ent"]


def test_an_autoscaler_is_held_also_where_its_stateful_set_is_gone():
    target = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "auth"}
    (found,) = held_by("ent", objects(hpa(target=target, **mark(Former("ent", 2)))))
    assert found.former == Former("ent", 2)


# --- who else writes --------------------------------------------------------------------------------------------------


def _wrote(manager: str, time: str, field: str = "minReplicas", operation: str = "Update") -> dict:
    owned = {"f:spec": {f"f:{field}": {}}}
    return {"manager": manager, "operation": operation, "time": time, "fieldsV1": owned}


def test_the_last_writer_of_a_field_is_named_and_it_is_never_us():
    found = hpa(
        managedFields=[
            _wrote("kubectl", "2021-04-01T08:00:00Z"),
            _wrote("somebody", "2021-04-02T08:00:00Z"),
            _wrote("entcapacity", "2021-04-03T08:00:00Z"),
            _wrote("entcapacity-released", "2021-04-03T08:00:00Z"),
            _wrote("elsewhere", "2021-04-04T08:00:00Z", "maxReplicas"),
        ]
    )
    assert last_writer(found, "minReplicas") == "somebody"
    assert last_writer(found, "minReplicas", "maxReplicas") == "elsewhere"
    assert last_writer(hpa(), "minReplicas") == ""


@pytest.mark.parametrize(
    ("metadata", "who"),
    [
        ({"managedFields": [_wrote("argocd-controller", "2021-04-01T08:00:00Z")]}, "Argo CD"),
        ({"managedFields": [_wrote("kustomize-controller", "2021-04-01T08:00:00Z")]}, "Flux"),
        ({"managedFields": [_wrote("argocd-controller", "2021-04-01T08:00:00Z", "maxReplicas")]}, ""),
        ({"managedFields": [_wrote("helm", "2021-04-01T08:00:00Z", operation="Apply")]}, "Helm"),
        ({"managedFields": [_wrote("kubectl", "2021-04-01T08:00:00Z", operation="Apply")]}, "kubectl"),
        ({"managedFields": [_wrote("helm", "2021-04-01T08:00:00Z")]}, ""),  # Helm 3, by hand
        ({"managedFields": [_wrote("handover", "2021-04-01T08:00:00Z", operation="Apply")]}, ""),
        ({"annotations": {"argocd.argoproj.io/tracking-id": "a:b:c"}}, ""),  # Git leaves the field out
        (
            {
                "annotations": {
                    "argocd.argoproj.io/tracking-id": "a:b:c",
                    "kubectl.kubernetes.io/last-applied-configuration": '{"spec": {"minReplicas": 2}}',
                }
            },
            "Argo CD",
        ),
        ({"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "rubbish"}}, ""),
        ({}, ""),
    ],
)
def test_who_resets_the_field_is_known_by_field_managers_and_marks(metadata, who):
    assert look(deployment(), hpa(**metadata)).gitops == ((("minReplicas", who),) if who else ())


def test_who_resets_the_maximum_is_told_where_it_may_be_raised():
    found = objects(
        deployment(), hpa(managedFields=[_wrote("argocd-controller", "2021-04-01T08:00:00Z", "maxReplicas")])
    )
    assert seen(workload(), "ent", found).gitops == ()
    assert seen(workload(maxWhenAnnounced=120), "ent", found).gitops == (("maxReplicas", "Argo CD"),)


def test_who_scaled_a_workload_to_0_is_named_and_not_who_wrote_its_autoscaler():
    stopped = deployment(0)
    stopped["metadata"]["managedFields"] = [_wrote("nightly-cron", "2021-04-01T08:00:00Z", "replicas")]
    limits = hpa(managedFields=[_wrote("kubectl", "2021-04-02T08:00:00Z")])
    assert look(stopped, limits).manager == "nightly-cron"


def test_of_two_objects_the_one_created_first_is_older_and_names_break_a_tie():
    first = thing("ENTCapacity", "b", creationTimestamp="2021-04-01T08:00:00Z")
    second = thing("ENTCapacity", "a", creationTimestamp="2021-04-01T08:00:01Z")
    tie = thing("ENTCapacity", "a", creationTimestamp="2021-04-01T08:00:00Z")
    assert older(first, second)
    assert not older(second, first)
    assert older(tie, first)


def test_a_workload_whose_autoscaler_is_gone_had_before_us_what_that_one_had():
    alone = inherited(look(deployment(14)), 2)
    assert (alone.driver, alone.former, alone.bounds) == ("Scale", Former("", 2), Bounds(2, None))
    assert inherited(look(deployment(14), hpa(least=3)), 2).former is None  # a new one comes with what it comes with


def test_what_was_kept_when_it_was_let_go_tells_what_was_there_before_as_long_as_it_is_there():
    kept = mark(Former("", 3, kept=14))
    assert look(deployment(14, **kept)).bounds == Bounds(3, None)
    assert look(deployment(15, **kept)).bounds == Bounds(15, None)  # somebody has scaled it since
    assert holders(objects(deployment(14, **kept))) == []


def test_whoever_wrote_data_of_a_config_map_owns_it():
    ours = {"manager": "entcapacity", "fieldsV1": {"f:data": {"f:plan.json": {}}}}
    labelled = {"manager": "kubectl-label", "fieldsV1": {"f:metadata": {"f:labels": {}}}}
    theirs = {"manager": "kubectl-create", "fieldsV1": {"f:data": {".": {}, "f:notes": {}}}}
    for managers, owner in (([], ""), ([ours, labelled], ""), ([ours, theirs], "kubectl-create")):
        assert data_owner({"metadata": {"managedFields": managers}}) == owner


# --- what is kept of it -----------------------------------------------------------------------------------------------


def managed(manager: str, *fields: str, template: bool = False, **more) -> dict:
    owned = {f"f:{each}": {} for each in fields}
    if template:
        owned["f:template"] = {"f:spec": {"f:containers": {f'k:{{"name":"{each}"}}': {} for each in range(50)}}}
    return {
        "manager": manager,
        "operation": "Update",
        "time": "2026-09-01T00:00:00Z",
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:metadata": {"f:labels": {".": {}}}, "f:spec": owned},
        **more,
    }


def applied(**spec) -> str:
    return json.dumps({"kind": "any", "spec": {**spec, "template": {"env": [{"name": f"X{i}"} for i in range(50)]}}})


LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
BY_ARGO = {"argocd.argoproj.io/tracking-id": "ent:apps/Deployment:ent/auth"}
RESOURCES = {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"memory": "2Gi"}}
ENV = [{"name": f"SETTING_{each}", "value": "any"} for each in range(50)]


def whole(found: dict, template: bool = False, **spec) -> dict:
    """With all that there is in a cluster, and nobody here reads."""
    replicas = next(name for name in ("minReplicas", "minReplicaCount", "replicas") if name in found["spec"])
    metadata = {
        "resourceVersion": "7",
        "generation": 3,
        "creationTimestamp": "2026-09-01T00:00:00Z",
        "labels": {"app": "auth"},
        **found["metadata"],
        "managedFields": [
            managed("helm", replicas, template=template),
            managed(f"writer-of-{replicas}", replicas, time="2026-10-01T00:00:00Z"),
            managed("entcapacity", replicas, time="2026-11-01T00:00:00Z"),
            managed("kube-controller-manager", subresource="status", template=True, time="2026-11-02T00:00:00Z"),
        ],
    }
    containers = [{"name": f"app-{each}", "env": ENV, "resources": RESOURCES} for each in range(2)]
    pod = {"metadata": {"labels": {"app": "auth"}}, "spec": {"containers": containers, "volumes": ENV}}
    more = {"template": pod, "selector": {"matchLabels": {"app": "auth"}}} if template else {}
    rest = {"metrics": ENV, "triggers": ENV, "behavior": {"scaleUp": {}}, "revisionHistoryLimit": 10}
    status = {"observedGeneration": 3, "currentMetrics": ENV, **found["status"]}
    return found | {"metadata": metadata, "spec": rest | found["spec"] | more | spec, "status": status}


BLIND = {"conditions": [{"type": "AbleToScale", "status": "True", "message": "any " * 50}]}
BLIND["conditions"].append({"type": "ScalingActive", "status": "False", "reason": "FailedGetResourceMetric"})
HELD_BY_ENT = {FORMER: Former("ent", 2, 60, True).written()}
WHOLE = [
    whole(deployment(), template=True),
    whole(deployment(), template=True, replicas=0),
    whole(deployment(annotations={**HELD_BY_ENT, LAST_APPLIED: applied(replicas=3), **BY_ARGO}), template=True),
    whole(deployment(annotations={LAST_APPLIED: "{"}), template=True),
    whole(deployment() | {"status": {"replicas": 4, "readyReplicas": 2, "updatedReplicas": 1}}, template=True),
    whole(deployment() | {"kind": "StatefulSet"}, template=True),
    whole(deployment() | {"kind": "StatefulSet"}, template=True, podManagementPolicy="Parallel"),
    whole(hpa(status=BLIND)),
    whole(hpa(annotations={**HELD_BY_ENT, LAST_APPLIED: applied(minReplicas=2), **BY_ARGO})),
    whole(hpa("of-keda", ownerReferences=[{"kind": "ScaledObject", "name": "auth"}], status=BLIND)),
    whole(scaled(spec={"minReplicaCount": 2, "maxReplicaCount": 50}, annotations={LAST_APPLIED: applied(), **BY_ARGO})),
    whole(scaled(spec={"minReplicaCount": 2, "idleReplicaCount": 0}, annotations=HELD_BY_ENT)),
    whole(scaled(spec={"minReplicaCount": 2}, annotations={"autoscaling.keda.sh/paused": "true"})),
]


def read(*there: dict) -> list:
    """Everything that the operator reads of what is scaled, and of what scales it."""
    known = objects(*there)
    kinds = [("apps/v1", each) for each in ("Deployment", "StatefulSet")]
    looks = [
        seen(workload(target={"apiVersion": version, "kind": kind, "name": "auth"}, **raised), "ent", known)
        for version, kind in kinds
        for raised in ({}, {"maxWhenAnnounced": 80})
    ]
    of_each = [
        (
            each["metadata"]["uid"],
            each["metadata"]["resourceVersion"],
            takes(each),
            each["spec"].get("selector", {}).get("matchLabels"),
            last_writer(each, "replicas"),
            last_writer(each, "maxReplicas", "maxReplicaCount"),
        )
        for each in there
    ]
    return [*looks, list(held_by("ent", known)), holders(known), of_each, older(there[0], there[-1])]


@pytest.mark.parametrize("scaling", [None, *WHOLE[7:]])
@pytest.mark.parametrize("target", WHOLE[:7])
def test_what_is_kept_is_read_as_the_whole_is(target: dict, scaling: dict | None):
    there = [target] if scaling is None else [target, scaling]
    slimmed = [slim(each) for each in there]
    assert read(*slimmed) == read(*there)
    assert [slim(each) for each in slimmed] == slimmed


def test_of_these_everything_that_can_be_read_is_there_somewhere():
    looks = [each for one in WHOLE[:7] for two in WHOLE[7:] for each in read(one, two)[:4] if isinstance(each, Seen)]
    looks += [each for one in WHOLE[:7] for each in read(one)[:4] if isinstance(each, Seen)]
    for told in ("former", "rolling_out", "blind", "paused", "manager", "gitops", "in_order", "stated", "maximum"):
        assert len({getattr(each, told) for each in looks}) > 1, told
    assert takes(slim(WHOLE[0]))["memory"] == 2.0 * 2**30


@pytest.mark.parametrize("found", WHOLE)
def test_most_of_it_is_not_kept(found: dict):
    assert len(json.dumps(slim(found))) < len(json.dumps(found)) / 3
