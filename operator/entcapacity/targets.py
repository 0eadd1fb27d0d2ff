"""Which object a workload's floor is written to, and what stands there: found among what the cluster holds.

Pure: objects are what the API server gave. Where it is not plain who scales a workload, the answer is a problem and
nothing is written.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Literal

from entcapacity.facts import Bounds
from entcapacity.fields import API_VERSION
from entcapacity.reasons import Reason, listed, reason
from entcapacity.spec import Target, Workload

Object = Mapping[str, Any]
"""An object as the API server gives it."""
Driver = Literal["HPA", "ScaledObject", "Scale"]

GROUP: Final = API_VERSION.partition("/")[0]
FORMER: Final = f"{GROUP}/former"
"""Annotation on what we hold: who holds it and what stood there before, written with the first floor."""
WATCHED: Final = ("Deployment", "StatefulSet")
"""Kinds of apps that the watches bring; other targets are asked for at each pass."""
HPA_API: Final = "autoscaling/v2"
KEDA_API: Final = "keda.sh/v1alpha1"
SCALED: Final = (
    *(("apps/v1", each) for each in WATCHED),
    (HPA_API, "HorizontalPodAutoscaler"),
    (KEDA_API, "ScaledObject"),
)
"""API version and kind of what is scaled, and of what scales it."""
FIELDS: Final[Mapping[Driver, tuple[str, str]]] = {
    "HPA": ("minReplicas", "maxReplicas"),
    "ScaledObject": ("minReplicaCount", "maxReplicaCount"),
    "Scale": ("replicas", ""),
}
"""The fields of minimum and maximum."""
_SCALING: Final = "ScalingActive"
"""The condition of an HPA that tells whether it reads its metrics."""
_DEFAULTS: Final[Mapping[Driver, tuple[int, int | None]]] = {
    "HPA": (1, None),
    "ScaledObject": (0, 100),  # KEDA's own
    "Scale": (1, None),
}


@dataclass(frozen=True, slots=True)
class Ref:
    """Where an object stands."""

    api_version: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def key(self) -> tuple[str, str, str]:
        """API group, kind and name: what it is found by in its namespace, whatever its version."""
        return group_of(self.api_version), self.kind, self.name

    @property
    def watched(self) -> bool:
        """Whether the watches bring it as a target."""
        return group_of(self.api_version) == "apps" and self.kind in WATCHED

    @classmethod
    def of(cls, found: Object) -> Ref:
        """Of an object that names itself."""
        metadata = found["metadata"]
        return cls(found["apiVersion"], found["kind"], metadata.get("namespace", ""), metadata["name"])


@dataclass(frozen=True, slots=True)
class Former:
    """What stood in the fields before we held them; ``None`` where nothing did, or where a field was not touched."""

    by: str
    """The ENTCapacity that holds them; empty where none does any more, or not yet."""
    minimum: int | None
    maximum: int | None = None
    raised: bool = False
    """Whether the maximum is held, too."""
    kept: int | None = None
    """Replicas that were kept when they were let go: as long as these are there, nobody has said anything else."""

    def written(self) -> str:
        """As an annotation."""
        found: dict[str, Any] = {"by": self.by, "minimum": self.minimum}
        if self.raised:
            found["maximum"] = self.maximum
        if self.kept is not None:
            found["replicas"] = self.kept
        return json.dumps(found)


@dataclass(frozen=True, slots=True)
class Seen:
    """A workload as the cluster has it."""

    name: str
    """The workload's name in the spec."""
    driver: Driver
    at: Ref
    """The object that the floor is written to."""
    uid: str
    """Of that object."""
    target: Ref
    """The object that has the replicas."""
    minimum: int
    """Least replicas asked for: what an HPA or ScaledObject has as minimum, or else the replicas themselves."""
    stated: int | None
    """The same as it is written there; ``None`` where nothing is."""
    maximum: int | None
    """Most replicas; ``None`` where nothing limits them."""
    stated_maximum: int | None
    """The same as it is written there."""
    former: Former | None
    """What stood there before; ``None`` where what stands there is not ours."""
    replicas: int
    """Replicas asked of the workload."""
    ready: int
    """Those that serve."""
    created: int
    """Pods that there are."""
    rolling_out: bool
    blind: str
    """Why an HPA can read no metric; empty where it can, or where there is none."""
    paused: bool
    """Whether a floor has no effect: KEDA's pause or idle count."""
    manager: str
    """The field manager, other than us, that last wrote what we write: minimum or maximum; the replicas of what stands
    at 0. Empty where none did."""
    gitops: tuple[tuple[str, str], ...]
    """Fields that we may write, and who will reset them after any change, or not be able to, from field managers and
    tracking marks."""
    in_order: bool = False
    """Whether pods come one after the other, each once the one before is Ready: those of a StatefulSet do, unless its
    ``podManagementPolicy`` is ``Parallel``."""
    keeps_maximum: bool = False
    """Whether the maximum is ours since it was given back before: whoever owns a field alone must not leave it out."""

    @property
    def bounds(self) -> Bounds:
        """What the plan may count with: what stood here before us, and the maximum that is not ours."""
        if self.former is None:
            return Bounds(self.minimum, self.maximum)
        least, most = _DEFAULTS[self.driver]
        minimum = least if self.former.minimum is None else self.former.minimum
        if not self.former.raised:
            return Bounds(minimum, self.maximum)
        return Bounds(minimum, most if self.former.maximum is None else self.former.maximum)


@dataclass(frozen=True, slots=True)
class Objects:
    """What the cluster holds in one namespace."""

    workloads: Mapping[tuple[str, str, str], Object]
    """By API group, kind and name."""
    hpas: tuple[Object, ...] = ()
    scaled_objects: tuple[Object, ...] = ()
    unreadable: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    """Targets that we may not read or that have no scale, and why."""


def target_of(workload: Workload, namespace: str) -> Ref:
    """What a workload's spec says is scaled."""
    target = workload.target or Target(name=workload.name)
    return Ref(target.api_version, target.kind, namespace, target.name)


def seen(workload: Workload, namespace: str, objects: Objects) -> Seen | Reason:
    """A workload as the cluster has it, or why that cannot be said."""
    ref = target_of(workload, namespace)
    key = ref.key
    if key in objects.unreadable:
        return reason("TargetUnreadable", workload=workload.name, target=str(ref), problem=objects.unreadable[key])
    target = objects.workloads.get(key)
    if target is None:
        return reason("TargetMissing", workload=workload.name, target=str(ref))
    hpas = [each for each in objects.hpas if scales(each, "scaleTargetRef", ref) and not owned_by_keda(each)]
    scaled = [each for each in objects.scaled_objects if scales(each, "scaleTargetRef", ref)]
    owners = [*hpas, *scaled]
    of_keda = [each for each in objects.hpas if scales(each, "scaleTargetRef", ref) and owned_by_keda(each)]
    if of_keda and not scaled:
        return reason("ScaledObjectUnknown", workload=workload.name, hpa=of_keda[0]["metadata"]["name"])
    if len(owners) > 1:
        names = listed(sorted(str(Ref.of(each)) for each in owners))
        return reason("Ambiguous", workload=workload.name, names=names)
    if workload.driver != "Auto":
        kinds = {"HPA": hpas, "ScaledObject": scaled, "Scale": owners}
        wrong = bool(owners) if workload.driver == "Scale" else not kinds[workload.driver]
        if wrong:
            there = str(Ref.of(owners[0])) if owners else ""
            code = "DriverElsewhere" if there else "DriverMissing"
            return reason(code, workload=workload.name, driver=workload.driver, there=there)
    driver: Driver = "HPA" if hpas else "ScaledObject" if scaled else "Scale"
    may_raise = workload.max_when_announced is not None
    return _seen(workload.name, driver, owners[0] if owners else target, target, ref, objects, may_raise)


def ready(workloads: Iterable[Workload], namespace: str, objects: Objects, before: Mapping[str, int]) -> dict[str, int]:
    """By workload, how many replicas serve, whoever scales it: none of a Deployment or StatefulSet that is not there,
    and of anything else that was not read as many as ``before``, since unknown is never none."""
    found = {}
    for each in workloads:
        ref = target_of(each, namespace)
        there = objects.workloads.get(ref.key)
        if there is not None:
            found[each.name] = there.get("status", {}).get("readyReplicas", 0)
        elif ref.watched:
            found[each.name] = 0
        elif each.name in before:
            found[each.name] = before[each.name]
    return found


def inherited(seen: Seen, minimum: int | None) -> Seen:
    """A held workload without our mark: before us it had ``minimum``. Where it is scaled directly, that still counts:
    its autoscaler is gone, or it was rolled back, annotations and all, and what is there is a floor of ours."""
    return replace(seen, former=Former("", minimum)) if seen.driver == "Scale" else seen


def held_by(name: str, objects: Objects) -> Iterator[Seen]:
    """Everything that bears the mark of an ENTCapacity, whatever its spec says by now."""
    for driver, each in _every(objects):
        former = _former(each)
        if former is not None and former.by == name:
            ref = _scaled_by(each, driver)
            target = each if driver == "Scale" else objects.workloads.get(ref.key, {"metadata": {}})
            yield _seen(each["metadata"]["name"], driver, each, target, ref, objects)


def holders(objects: Objects) -> list[str]:
    """The names of the ENTCapacities whose marks are there."""
    return sorted({former.by for _, each in _every(objects) if (former := _former(each)) is not None} - {""})


def _every(objects: Objects) -> Iterator[tuple[Driver, Object]]:
    kinds: tuple[tuple[Driver, Iterable[Object]], ...] = (
        ("HPA", objects.hpas),
        ("ScaledObject", objects.scaled_objects),
        ("Scale", objects.workloads.values()),
    )
    return ((driver, each) for driver, found in kinds for each in found)


def _scaled_by(held: Object, driver: Driver) -> Ref:
    """The workload that an object scales."""
    if driver == "Scale":
        return Ref.of(held)
    target = held["spec"]["scaleTargetRef"]
    version, kind = target.get("apiVersion") or "apps/v1", target.get("kind", "Deployment")
    return Ref(version, kind, held["metadata"]["namespace"], target["name"])


def with_scale(found: Object, scale: Object) -> Object:
    """An object of any kind with its replicas where a Deployment has them, as its ``/scale`` tells them.

    Replicas that there are count as Ready where the object itself does not tell.
    """
    there = scale.get("status", {}).get("replicas", 0)
    status = {"readyReplicas": there, **found.get("status", {}), "replicas": there}
    return {**found, "spec": {**found.get("spec", {}), "replicas": scale["spec"].get("replicas", 0)}, "status": status}


def group_of(api_version: str) -> str:
    """The group of ``group/version``; empty for the core's."""
    return api_version.rpartition("/")[0]


def _seen(
    name: str, driver: Driver, held: Object, target: Object, ref: Ref, objects: Objects, may_raise: bool = False
) -> Seen:
    minimum, maximum = FIELDS[driver]
    least, most = _DEFAULTS[driver]
    spec, status = held.get("spec", {}), target.get("status", {})
    stated = spec.get(minimum)
    wanted = target.get("spec", {})  # nothing of a target that is gone
    replicas = wanted.get("replicas", 1)
    at, former = Ref.of(held) if driver != "Scale" else ref, _former(held)
    autoscaler = held if driver == "HPA" else _hpa_of_keda(held, objects) if driver == "ScaledObject" else None
    ours = [minimum, maximum] if may_raise and maximum else [minimum]
    return Seen(
        name=name,
        driver=driver,
        at=at,
        uid=held["metadata"].get("uid", ""),
        target=ref,
        minimum=least if stated is None else stated,
        stated=stated,
        maximum=spec.get(maximum, most),
        stated_maximum=spec.get(maximum),
        former=former if former is None or former.kept in (None, replicas) else None,
        replicas=replicas,
        ready=status.get("readyReplicas", 0),
        created=status.get("replicas", 0),
        rolling_out=_rolling_out(target, replicas),
        blind=_blind(autoscaler) if autoscaler is not None else "",
        paused=driver == "ScaledObject" and _paused(held),
        manager=last_writer(held, minimum, maximum) if replicas else last_writer(target, "replicas"),
        gitops=tuple((field, who) for field in ours if (who := _gitops(held, field))),
        in_order=ref.key[:2] == ("apps", "StatefulSet") and wanted.get("podManagementPolicy") != "Parallel",
        keeps_maximum=any(each == RELEASED for _, each, _ in _writers(held, maximum)),
    )


def _former(held: Object) -> Former | None:
    try:
        found = json.loads(held["metadata"]["annotations"][FORMER])
        former = Former(
            str(found["by"]), found["minimum"], found.get("maximum"), "maximum" in found, found.get("replicas")
        )
    except (KeyError, TypeError, ValueError):
        return None  # not ours, or somebody's hand: then it is as if we had never held it
    whole = all(each is None or type(each) is int for each in (former.minimum, former.maximum, former.kept))
    return former if whole else None


def scales(found: Object, field: str, ref: Ref) -> bool:
    """Whether what an HPA or ScaledObject names in ``spec.<field>`` is this."""
    target = found.get("spec", {}).get(field, {})
    group = group_of(target.get("apiVersion") or "apps/v1")
    kind = target.get("kind", "Deployment")
    return (group, kind, target.get("name")) == ref.key


def _owners(found: Object) -> Iterable[Mapping[str, Any]]:
    owners: list[Mapping[str, Any]] = found["metadata"].get("ownerReferences", [])
    return owners


def owned_by_keda(hpa: Object) -> bool:
    """Whether an HPA is one that KEDA made for a ScaledObject."""
    return any(each.get("kind") == "ScaledObject" for each in _owners(hpa))


def _hpa_of_keda(scaled: Object, objects: Objects) -> Object | None:
    name = scaled["metadata"]["name"]
    owned = (hpa for hpa in objects.hpas for each in _owners(hpa) if each.get("kind") == "ScaledObject")
    return next((hpa for hpa in owned if any(each.get("name") == name for each in _owners(hpa))), None)


def _rolling_out(target: Object, replicas: int) -> bool:
    """Whether pods of an older template are still there: surge and missing pods then are not ours."""
    status = target.get("status", {})
    return "updatedReplicas" in status and status["updatedReplicas"] < min(replicas, status.get("replicas", 0))


def _blind(hpa: Object) -> str:
    """The reason that the HPA itself gives for reading no metric."""
    for each in hpa.get("status", {}).get("conditions", []):
        if each["type"] == _SCALING and each["status"] == "False" and each.get("reason") != "ScalingDisabled":
            return str(each.get("reason", _SCALING))
    return ""


def _paused(scaled: Object) -> bool:
    annotations = scaled["metadata"].get("annotations", {})
    paused = annotations.get("autoscaling.keda.sh/paused", "false") != "false"
    held = "autoscaling.keda.sh/paused-replicas" in annotations
    return paused or held or scaled.get("spec", {}).get("idleReplicaCount") is not None


# --- who else writes --------------------------------------------------------------------------------------------------

MANAGER: Final = "entcapacity"
RELEASED: Final = "entcapacity-released"
_GITOPS: Final[Mapping[str, str]] = {
    "argocd-controller": "Argo CD",
    "argocd-application-controller": "Argo CD",
    "kustomize-controller": "Flux",
    "helm-controller": "Flux",
}
"""Field managers that reset what they own, again and again."""
ON_THE_SERVER: Final[Mapping[str, str]] = {"helm": "Helm", "kubectl": "kubectl"}
"""Field managers that, applying on the server, do not reset what another one holds, but fail with a conflict."""
_MARKS: Final[Mapping[str, str]] = {
    "argocd.argoproj.io/tracking-id": "Argo CD",
    "argocd.argoproj.io/instance": "Argo CD",
    "kustomize.toolkit.fluxcd.io/name": "Flux",
    "helm.toolkit.fluxcd.io/name": "Flux",
}
_LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"


def last_writer(found: Object, *fields: str) -> str:
    """The field manager, other than us, that last wrote one of ``spec.<field>``; empty where none did."""
    return _last_writer(found, *fields)[1]


def _last_writer(found: Object, *fields: str) -> tuple[str, str, str]:
    """The same with the time before it and the operation behind it."""
    others = (each for each in _writers(found, *fields) if each[1] not in (MANAGER, RELEASED))
    return max(others, default=("", "", ""))


def _writers(found: Object, *fields: str) -> Iterator[tuple[str, str, str]]:
    """Who owns one of ``spec.<field>``: time, field manager and operation."""
    wanted = {f"f:{field}" for field in fields}
    for each in found["metadata"].get("managedFields", []):
        if wanted & {*each.get("fieldsV1", {}).get("f:spec", {})}:
            yield each.get("time", ""), each.get("manager", ""), each.get("operation", "")


def data_owner(config_map: Object) -> str:
    """The field manager, other than us, that wrote data of a ConfigMap; empty where none did."""
    return next(
        (
            str(each.get("manager"))
            for each in config_map["metadata"].get("managedFields", [])
            if each.get("manager") != MANAGER and {"f:data", "f:binaryData"} & set(each.get("fieldsV1", {}))
        ),
        "",
    )


def _gitops(found: Object, field: str) -> str:
    """Who will put the field back, or fail to: an owner known for it, or one whose mark is on an object that states the
    field."""
    _, writer, operation = _last_writer(found, field)
    if writer in _GITOPS:
        return _GITOPS[writer]
    if operation == "Apply" and writer in ON_THE_SERVER:
        return ON_THE_SERVER[writer]
    metadata = found["metadata"]
    marks = {**metadata.get("labels", {}), **metadata.get("annotations", {})}
    marked = next((who for mark, who in _MARKS.items() if mark in marks), "")
    try:
        applied = json.loads(marks.get(_LAST_APPLIED, "{}"))
    except ValueError:
        return ""
    return marked if field in applied.get("spec", {}) else ""


def kept_in_git(found: Object) -> str:
    """Who applies an object from Git, as its field managers and marks tell; empty where nobody does."""
    metadata = found["metadata"]
    managers = (each.get("manager", "") for each in metadata.get("managedFields", []))
    marks = (*metadata.get("labels", {}), *metadata.get("annotations", {}))
    names = (*(_GITOPS.get(each) for each in managers), *(_MARKS.get(each) for each in marks))
    return next((who for who in names if who), "")


def older(one: Object, other: Object) -> bool:
    """Whether an object was created before another; ties by name."""
    return _age(one) < _age(other)


def _age(found: Object) -> tuple[datetime, str]:
    metadata = found["metadata"]
    return datetime.fromisoformat(metadata["creationTimestamp"]), metadata["name"]


# --- what is kept of it -----------------------------------------------------------------------------------------------

_LIMITS: Final = {field for fields in FIELDS.values() for field in fields if field}
_SPEC: Final = (*_LIMITS, "selector", "podManagementPolicy", "scaleTargetRef", "idleReplicaCount")
_STATUS: Final = ("replicas", "readyReplicas", "updatedReplicas")


def slim(found: Object) -> Object:
    """What is read of something that is scaled, or that scales it, here and elsewhere: of most, not a tenth.

    A cluster has thousands of them, and most of each are its pod template and the fields of its managers.
    """
    metadata, spec, status = dict(found["metadata"]), found.get("spec", {}), found.get("status", {})
    if "managedFields" in metadata:
        metadata["managedFields"] = [*_managers(metadata["managedFields"])]
    if _LAST_APPLIED in metadata.get("annotations", {}):
        applied = _slim_applied(metadata["annotations"][_LAST_APPLIED])
        metadata["annotations"] = {**metadata["annotations"], _LAST_APPLIED: applied}
    containers = spec.get("template", {}).get("spec", {}).get("containers", [])
    template = {"spec": {"containers": [_only(("resources",), each) for each in containers]}}
    conditions = [each for each in status.get("conditions", []) if each.get("type") == _SCALING]
    return {
        "apiVersion": found["apiVersion"],
        "kind": found["kind"],
        "metadata": metadata,
        "spec": _only(_SPEC, spec) | ({"template": template} if containers else {}),
        "status": _only(_STATUS, status) | ({"conditions": conditions} if conditions else {}),
    }


def _only(fields: Iterable[str], found: Object) -> dict[str, Any]:
    return {field: found[field] for field in fields if field in found}


def _managers(managed: Iterable[Object]) -> Iterator[Object]:
    """Those of minima, maxima and replicas, with these fields only."""
    for each in managed:
        ours = _only((f"f:{field}" for field in _LIMITS), each.get("fieldsV1", {}).get("f:spec", {}))
        if ours:
            yield {**each, "fieldsV1": {"f:spec": ours}}


def _slim_applied(text: str) -> str:
    try:
        return json.dumps({"spec": _only(_LIMITS, json.loads(text)["spec"])})
    except (KeyError, TypeError, ValueError):
        return text
