"""A first ENTCapacity from what a namespace holds: YAML to be checked line by line, with every why as a comment.

Pure: objects are what the API server gave. What cannot be seen, the peak of a Monday above all, is assumed and said.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from textwrap import wrap
from typing import Any, Final

import yaml
from kubernetes.utils.quantity import parse_quantity

from entcapacity import targets
from entcapacity.curves import users_of
from entcapacity.fields import API_VERSION
from entcapacity.reasons import Argument, Reason, listed, number, reason
from entcapacity.spec import MAX_REPLICAS, OrdinaryPeak, Segment, Target, Workload
from entcapacity.targets import Object, Objects, Ref, Seen, owned_by_keda, scales
from entcapacity.vocabulary import Level, Role

MOST: Final = 100
"""Workloads that a spec may have."""
STEP: Final = 4
"""How far above the peak of a Monday a workload may go that no autoscaler limits: as far as a first Remote day goes."""
_WIDTH: Final = 110


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z0-9]+", text.lower()))


def _named(names: str) -> frozenset[str]:
    return frozenset(names.split())


_DATA: Final = _words(
    "cassandra clickhouse cockroach cockroachdb consul couchbase couchdb elasticsearch etcd influxdb kafka ldap loki"
    " mariadb memcached minio mongo mongod mongodb mysql nats neo4j openldap opensearch percona postgis postgres"
    " postgresql prometheus rabbitmq redis scylla seaweedfs solr tidb timescaledb valkey vault zookeeper"
)
"""Words in the name of an image, or of a workload, that keeps data: more replicas of it carry no more users."""
_POOLERS: Final = _words("haproxy maxscale odyssey pgbouncer pgcat pgpool proxysql")
_LOGINS: Final = _words("auth authn cas idp keycloak login oauth oauth2 oidc openid saml shibboleth sso")
_QUEUES: Final = _named(
    "activemq apache-kafka artemis-queue aws-kinesis-stream aws-sqs-queue azure-eventhub azure-queue azure-servicebus"
    " gcp-pubsub ibmmq kafka liiklus nats-jetstream nsq pulsar rabbitmq redis redis-cluster redis-cluster-streams"
    " redis-sentinel redis-sentinel-streams redis-streams solace-event-queue stan temporal"
)
"""KEDA's triggers that follow a queue."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a namespace holds."""

    deployments: Sequence[Object] = ()
    stateful_sets: Sequence[Object] = ()
    daemon_sets: Sequence[Object] = ()
    hpas: Sequence[Object] = ()
    scaled_objects: Sequence[Object] = ()
    capacities: Sequence[Object] = ()
    pods: Sequence[Object] = ()
    usage: Sequence[Object] | None = None
    """PodMetrics; ``None`` where no metrics API answers."""
    unread: Mapping[str, str] = field(default_factory=dict)
    """Kinds that could not be read, and why."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A first ENTCapacity."""

    text: str
    """The YAML; a valid document where anything was taken."""
    taken: tuple[str, ...]
    left_out: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A workload that might be scaled for users."""

    found: Object
    seen: Seen | Reason
    scaler: Object | None
    """The HPA or ScaledObject in charge."""

    @property
    def ref(self) -> Ref:
        return Ref.of(self.found)


@dataclass(frozen=True, slots=True)
class _Peak:
    """What is taken for the peak of an ordinary Monday."""

    replicas: int
    why: Reason
    utilization: int | None
    how_busy: Reason


def draft(name: str, namespace: str, segment: Segment, found: Found, at: datetime, language: str) -> Draft:
    """A first ENTCapacity of what was found ``at`` an instant; ``segment`` is its audience."""
    taken: list[_Candidate] = []
    left_out = [reason("DraftDaemonSet", target=str(Ref.of(each))) for each in _by_name(found.daemon_sets)]
    for each in _candidates(namespace, found):
        why = _left_out(each, found)
        if why is None and len(taken) == MOST:
            why = reason("DraftTooMany", target=str(each.ref), most=MOST)
        if why is None:
            taken.append(each)
        else:
            left_out.append(why)
    left_out += _without_workload(found)
    names = _names([each.ref for each in taken])
    page = _Page(language)
    page.head(name, namespace, found, at)
    page.audience(segment)
    page.line("  workloads:" if taken else "  workloads: []")
    for called, each in zip(names, taken, strict=True):
        page.workload(called, each, found)
    if left_out:
        page.comment(reason("DraftLeftOut"))
        for why in left_out:
            page.comment(why, lead="# - ")
    return Draft("\n".join(page.lines) + "\n", tuple(names), tuple(left_out))


# --- what is there ----------------------------------------------------------------------------------------------------


def _by_name(found: Iterable[Object]) -> list[Object]:
    return sorted(found, key=lambda each: str(each["metadata"]["name"]))


def _candidates(namespace: str, found: Found) -> Iterator[_Candidate]:
    """Deployments, StatefulSets, and whatever else an autoscaler scales."""
    there = [*_by_name(found.deployments), *_by_name(found.stateful_sets), *_others(found)]
    objects = Objects({Ref.of(each).key: each for each in there}, tuple(found.hpas), tuple(found.scaled_objects))
    for each in there:
        target = Target(api_version=each["apiVersion"], kind=each["kind"], name=each["metadata"]["name"])
        workload = Workload(name="x", target=target, ordinary_peak=OrdinaryPeak(replicas=1))
        seen = targets.seen(workload, namespace, objects)
        scaler = next((one for one in _scalers(found) if isinstance(seen, Seen) and Ref.of(one) == seen.at), None)
        yield _Candidate(each, seen, scaler)


def _scalers(found: Found) -> list[Object]:
    """HPAs and ScaledObjects, without the HPAs that KEDA makes."""
    return [*(each for each in _by_name(found.hpas) if not owned_by_keda(each)), *_by_name(found.scaled_objects)]


def _target_of(scaler: Object) -> Ref:
    target, namespace = scaler.get("spec", {}).get("scaleTargetRef", {}), scaler["metadata"].get("namespace", "")
    version, kind = target.get("apiVersion") or "apps/v1", target.get("kind") or "Deployment"
    return Ref(version, kind, namespace, target.get("name", ""))


def _others(found: Found) -> list[Object]:
    """What autoscalers scale besides Deployments and StatefulSets, with the replicas that they tell of."""
    others: dict[Ref, Object] = {}
    for each in _scalers(found):
        ref = _target_of(each)
        if not ref.watched and ref.name:
            replicas = each.get("status", {}).get("currentReplicas", each.get("spec", {}).get("minReplicas", 1))
            metadata = {"name": ref.name, "namespace": ref.namespace}
            made = {
                "apiVersion": ref.api_version,
                "kind": ref.kind,
                "metadata": metadata,
                "spec": {"replicas": replicas},
            }
            others.setdefault(ref, made)
    return list(others.values())


def _without_workload(found: Found) -> Iterator[Reason]:
    """Autoscalers of Deployments and StatefulSets that are not there."""
    there = {(each["kind"], each["metadata"]["name"]) for each in (*found.deployments, *found.stateful_sets)}
    for each in _scalers(found):
        ref = _target_of(each)
        if ref.watched and (ref.kind, ref.name) not in there:
            yield reason("DraftOrphan", scaler=str(Ref.of(each)), target=str(ref))


def _left_out(each: _Candidate, found: Found) -> Reason | None:
    """Why a workload does not look as if users needed more of it; ``None`` where it does."""
    target = str(each.ref)
    if owner := _scaled_already(each.ref, found):
        return reason("DraftTaken", target=target, name=owner)
    if kept := _data(each.found):
        return reason("DraftData", target=target, word=kept)
    if isinstance(each.seen, Reason):
        if each.seen.code == "ScaledObjectUnknown":
            return reason("DraftKeda", target=target, hpa=dict(each.seen.args)["hpa"])
        scalers = sorted(str(Ref.of(one)) for one in _scalers(found) if scales(one, "scaleTargetRef", each.ref))
        return reason("DraftAmbiguous", target=target, names=listed(scalers) if scalers else "?")
    if each.seen.replicas == 0:
        return reason("DraftStopped", target=target)
    if each.scaler is None:
        controller = next((own for own in _owners(each.found) if own.get("controller")), None)
        if controller is not None:
            return reason("DraftOwned", target=target, owner=f"{controller.get('kind')} {controller.get('name')}")
        if each.found.get("spec", {}).get("volumeClaimTemplates"):
            return reason("DraftVolumes", target=target)
        if each.seen.replicas == 1:
            return reason("DraftSingle", target=target)
        return None
    triggers = [str(one.get("type", "")) for one in each.scaler.get("spec", {}).get("triggers", [])]
    if triggers and all(one in _QUEUES for one in triggers):
        return reason("DraftQueue", target=target, scaler=str(each.seen.at), triggers=", ".join(triggers))
    return None


def _owners(found: Object) -> Iterable[Mapping[str, Any]]:
    owners: Iterable[Mapping[str, Any]] = found["metadata"].get("ownerReferences", [])
    return owners


def _scaled_already(ref: Ref, found: Found) -> str:
    """The ENTCapacity that names a workload already."""
    for capacity in found.capacities:
        for each in capacity.get("spec", {}).get("workloads", []):
            target = each.get("target") or {}
            version, kind = target.get("apiVersion", "apps/v1"), target.get("kind", "Deployment")
            if Ref(version, kind, ref.namespace, target.get("name", each.get("name", ""))).key == ref.key:
                return str(capacity["metadata"]["name"])
    return ""


def _containers(found: Object) -> Iterable[Mapping[str, Any]]:
    pod = found.get("spec", {}).get("template", {}).get("spec", {})
    containers: Iterable[Mapping[str, Any]] = pod.get("containers", [])
    return containers


def _image(found: Object) -> frozenset[str]:
    """The words of a workload's first image, without its registry and tag."""
    images = [str(each.get("image", "")) for each in _containers(found)]
    return _words(images[0].rpartition("/")[2].partition("@")[0].partition(":")[0]) if images else frozenset()


def _about(found: Object) -> frozenset[str]:
    """The words that a workload and its image are called by."""
    return _words(found["metadata"]["name"]) | _image(found)


def _data(found: Object) -> str:
    """The word that tells of a database; a worker may bear its name in front."""
    last = re.split(r"[^a-z]+", found["metadata"]["name"].lower().rstrip("-.0123456789"))[-1]
    return "" if _about(found) & _POOLERS else min((_image(found) | {last}) & _DATA, default="")


def _names(refs: Sequence[Ref]) -> list[str]:
    """A name for each that a spec may hold and no other has; the workload's own where that will do."""
    names: list[str] = []
    for each in refs:
        name = re.sub(r"[^a-z0-9-]", "-", each.name.lower())[:63].strip("-") or each.kind.lower()[:63]
        if name in names:
            name = f"{name[:50]}-{each.kind.lower()[:12]}".strip("-")
        stem, count = name[:58], 1
        while name in names:
            count += 1
            name = f"{stem}-{count}"
        names.append(name)
    return names


# --- what is assumed --------------------------------------------------------------------------------------------------


def _peak(each: Seen, scaler: Object | None) -> _Peak:
    now, bounds = max(each.replicas, 1), each.bounds
    least, most = bounds.min or 0, each.stated_maximum and bounds.max
    aim = _aim(scaler) if scaler is not None else None
    if aim is None:
        utilization, how_busy = None, reason("DraftBusyUnknown")
    elif 1 <= aim <= 100:
        utilization, how_busy = aim, reason("DraftBusyAim", object=str(each.at))
    else:
        utilization, how_busy = None, reason("DraftBusyAbove", object=str(each.at), percent=aim)
    replicas, why = now, reason("DraftPeakNow")
    if scaler is None:
        why = reason("DraftPeakFixed")
    elif most is not None and now >= most:
        why = reason("DraftPeakMost", max=most)
    elif now <= least and most is not None:
        replicas, why = max(now, ceil(most / 2)), reason("DraftPeakHalf", max=most)
    elif now <= least:
        why = reason("DraftPeakUnknown")
    return _Peak(min(replicas, MAX_REPLICAS), why, utilization, how_busy)


def _aim(scaler: Object) -> int | None:
    """The CPU utilization that an autoscaler aims at, in percent of requests."""
    for each in scaler.get("spec", {}).get("metrics", []):
        resource = each.get("resource") or each.get("containerResource") or {}
        percent = resource.get("target", {}).get("averageUtilization")
        if resource.get("name") == "cpu" and isinstance(percent, int):
            return percent
    for each in scaler.get("spec", {}).get("triggers", []):
        value = str(each.get("metadata", {}).get("value", ""))
        form = each.get("metricType") or each.get("metadata", {}).get("type") or "Utilization"
        if each.get("type") == "cpu" and form == "Utilization" and value.isascii() and value.isdigit():
            return int(value[:6])
    return None


def _usage(each: Object, found: Found) -> Reason | None:
    """How much CPU the pods of a workload take now; ``None`` where nobody tells."""
    labels = each.get("spec", {}).get("selector", {}).get("matchLabels", {})
    if not labels or not found.usage:
        return None
    mine = {
        pod["metadata"]["name"]: pod
        for pod in found.pods
        if labels.items() <= pod["metadata"].get("labels", {}).items()
    }
    used = requested = 0.0
    pods = 0
    for metrics in found.usage:
        pod = mine.get(metrics["metadata"]["name"])
        if pod is not None:
            pods += 1
            used += sum(_cores(one.get("usage", {})) for one in metrics.get("containers", []))
            containers = pod.get("spec", {}).get("containers", [])
            requested += sum(_cores(one.get("resources", {}).get("requests", {})) for one in containers)
    if not pods:
        return None
    shown: dict[str, Argument] = {"used": f"{used:.3g}", "pods": pods}
    if requested <= 0:
        return reason("DraftUsage", **shown)
    return reason("DraftUsageOf", **shown, requested=f"{requested:.3g}", percent=round(100 * used / requested))


def _cores(amounts: Mapping[str, Any]) -> float:
    try:
        return float(parse_quantity(amounts.get("cpu", "0")))  # type: ignore[no-untyped-call]
    except (ValueError, TypeError):
        return 0.0


# --- as YAML ----------------------------------------------------------------------------------------------------------


class _Page:
    """Lines of YAML, and comments in one language."""

    def __init__(self, language: str) -> None:
        self.lines: list[str] = []
        self._language = language

    def line(self, text: str, why: Reason | None = None) -> None:
        """A line, with a comment after it, or above it where that would be too long."""
        if why is None:
            self.lines.append(text)
            return
        said = self._said(why)
        if len(text) + len(said) + 4 <= _WIDTH:
            self.lines.append(f"{text}  # {said}")
        else:
            self.comment(why, indent=len(text) - len(text.lstrip()))
            self.lines.append(text)

    def comment(self, why: Reason, indent: int = 0, lead: str = "# ") -> None:
        """A comment of its own, in as many lines as it takes."""
        begin = " " * indent
        self.lines += wrap(
            self._said(why),
            _WIDTH,
            initial_indent=begin + lead,
            subsequent_indent=begin + "#" + " " * (len(lead) - 1),
            break_long_words=False,
            break_on_hyphens=False,
        )

    def _said(self, why: Reason) -> str:
        """In one line of characters that a comment may hold, whatever names and images are made of."""
        spaced = re.sub(r"[^\S\u202f]+", " ", why.text(self._language)).strip()
        return "".join(each for each in spaced if each.isprintable() or each == "\u202f")

    def head(self, name: str, namespace: str, found: Found, at: datetime) -> None:
        """What this is, what was not seen, and the fields that every ENTCapacity has."""
        self.comment(reason("DraftHead", namespace=namespace, at=f"{at:%Y-%m-%d %H:%M} UTC"))
        self.comment(reason("DraftNext", name=name))
        if found.usage is None:
            self.comment(reason("DraftNoMetrics"))
        for kind, why in found.unread.items():
            self.comment(reason("DraftUnread", kind=kind, problem=why))
        self.line(f"apiVersion: {API_VERSION}")
        self.line("kind: ENTCapacity")
        self.line("metadata:")
        self.line(f"  name: {_scalar(name)}")
        self.line(f"  namespace: {_scalar(namespace)}")
        self.line("spec:")
        self.line("  mode: Observe", reason("DraftMode"))

    def audience(self, segment: Segment) -> None:
        """Who connects, with the figures that are assumed where none was given."""
        self.line("  audience:")
        places: dict[str, Sequence[str]] = {
            "zones": segment.zones,
            "academies": segment.academies,
        }
        lead = "    - "
        for field_name, values in places.items():
            if values:
                self.line(f"{lead}{field_name}: {_listed(values)}")
                lead = "      "
        if segment.departements:
            codes = ", ".join(f"{{code: {json.dumps(each.code)}}}" for each in segment.departements)
            self.line(
                f"{lead}departements: [{codes}]", reason("DraftShares") if len(segment.departements) > 1 else None
            )
        every = segment.levels == tuple(Level)
        self.line(
            f"      levels: {_listed([str(each) for each in segment.levels])}", reason("DraftLevels") if every else None
        )
        self.line(f"      pupils: {segment.pupils}")
        assumed = users_of(segment)
        for role, given in ((Role.TEACHER, segment.teachers), (Role.PARENT, segment.parents)):
            field_name = f"{role.lower()}s"
            if given is None:
                users = number(assumed[role], self._language)
                self.comment(reason("DraftUsers", field=field_name, users=users), indent=6)
            else:
                self.line(f"      {field_name}: {given}")

    def workload(self, name: str, each: _Candidate, found: Found) -> None:
        """One entry, with what was seen above it."""
        assert isinstance(each.seen, Seen)
        seen, ref = each.seen, each.ref
        bounds, shown = seen.bounds, reason("DraftSeen", target=str(ref), replicas=seen.replicas, ready=seen.ready)
        if each.scaler is not None:
            most = seen.stated_maximum and bounds.max
            shown = reason(
                "DraftSeenScaled",
                seen=shown,
                object=str(seen.at),
                min=bounds.min or 0,
                max=reason("DraftNoMaximum") if most is None else most,
            )
        self.comment(shown, indent=4)
        if (usage := _usage(each.found, found)) is not None:
            self.comment(usage, indent=4)
        about = _about(each.found)
        if about & _POOLERS:
            self.comment(reason("DraftPooler", name=name), indent=4)
        for _, who in seen.gitops:
            self.comment(reason("DraftGitOps", object=str(seen.at), who=who), indent=4)
        self.line(f"    - name: {_scalar(name)}")
        if (ref.api_version, ref.kind, ref.name) != ("apps/v1", "Deployment", name):
            self.line("      target:")
            self.line(f"        apiVersion: {_scalar(ref.api_version)}")
            self.line(f"        kind: {_scalar(ref.kind)}")
            self.line(f"        name: {_scalar(ref.name)}")
        if about & _LOGINS:
            self.line("      scalesWith: Logins", reason("DraftLogins"))
        peak = _peak(seen, each.scaler)
        self.line("      ordinaryPeak:")
        self.line(f"        replicas: {peak.replicas}", peak.why)
        if peak.utilization is None:
            self.comment(peak.how_busy, indent=8)
        else:
            self.line(f"        utilizationPercent: {peak.utilization}", peak.how_busy)
        if bounds.max is None:
            self.line(f"      max: {min(STEP * peak.replicas, MAX_REPLICAS)}", reason("DraftMaximum", times=STEP))


def _listed(values: Sequence[str]) -> str:
    return f"[{', '.join(map(_scalar, values))}]"


def _scalar(text: str) -> str:
    """A text as YAML reads it back: plain where that will do."""
    plain = re.fullmatch(r"[^\W_][\w./’' -]*", text) is not None and not text.endswith(" ")
    return text if plain and yaml.safe_load(text) == text else json.dumps(text, ensure_ascii=False)
