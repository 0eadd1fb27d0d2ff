"""A rehearsal of a day's floors: which they are, what holding them costs, and what becomes of the pods.

Pure: objects are what the API server gave. The operator holds the floors, since the spec says so until an instant; so
nothing has to be undone where whoever began it goes away.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from entcapacity.facts import Facts
from entcapacity.grid import MINUTE, Grid, local_date, midnight, on_clock
from entcapacity.plan import Plan, most_users_live_in, plan
from entcapacity.reasons import Reason, reason
from entcapacity.spec import ENTCapacity, ENTCapacitySpec, Rehearsal, RehearsedFloor
from entcapacity.targets import Object, Ref, Seen

MANAGER: Final = "entcapacity-rehearsal"
"""The field manager that the spec's rehearsal is applied with."""
_SEARCHED: Final = 8
"""Fortnights in which a school day is looked for: longer than a summer."""
_FORTNIGHT: Final = 14


# --- what to hold -----------------------------------------------------------------------------------------------------


def obstacle(capacity: ENTCapacity, now: datetime) -> Reason | None:
    """Why nothing would come of a rehearsal that began now."""
    spec, name = capacity.spec, capacity.name
    if spec.mode == "Observe":
        return reason("RehearseObserves", name=name)
    if (until := spec.suspended_until(now)) is not None:
        return reason("RehearseSuspended", name=name, until=on_clock(until, most_users_live_in(spec)))
    if spec.rehearsal is not None and now < spec.rehearsal.until:
        return reason("RehearseRunning", name=name, until=on_clock(spec.rehearsal.until, most_users_live_in(spec)))
    return None


def meant(
    capacity: ENTCapacity, facts: Facts, now: datetime, on: date | None, span: timedelta
) -> tuple[date, Rehearsal] | Reason:
    """The date whose floors are held, by default the next school day, and these floors for a span from now on; or why
    there are none."""
    spec, name = capacity.spec, capacity.name
    on = on or next_school_day(spec, facts, now)
    if on is None:
        return reason("RehearseNoDay", name=name, weeks=2 * _SEARCHED)
    floors = floors_on(spec, facts, now, on)
    if not floors:
        return reason("RehearseNothing", name=name, day=on.isoformat())
    return on, rehearsal_of(floors, now, now + span)


def next_school_day(spec: ENTCapacitySpec, facts: Facts, now: datetime) -> date | None:
    """The first local date after today on which anyone has class; ``None`` where none is near."""
    today = local_date(now, most_users_live_in(spec))
    for number in range(_SEARCHED):
        first = today + timedelta(days=1 + number * _FORTNIGHT)
        dates = [first + timedelta(days=each) for each in range(_FORTNIGHT)]
        made = _planned(spec, facts, now, dates[0], dates[-1])
        for on in dates:
            days = [days[on] for stream in made.demand.streams for days in stream.days if on in days]
            if any(each.day.kind.has_class for each in days):
                return on
    return None


def floors_on(spec: ENTCapacitySpec, facts: Facts, now: datetime, on: date) -> dict[str, int]:
    """The highest floor of each workload on a local date; without those that need none."""
    made = _planned(spec, facts, now, on, on)
    floors = {each.name: int(each.wanted[made.inner].max()) for each in made.workloads}
    return {name: floor for name, floor in floors.items() if floor}


def rehearsal_of(floors: Mapping[str, int], begin: datetime, until: datetime) -> Rehearsal:
    """Floors as the spec takes them."""
    held = tuple(RehearsedFloor(name=name, replicas=floor) for name, floor in floors.items())
    return Rehearsal(from_=begin, until=until, floors=held)


def extra_replica_hours(spec: ENTCapacitySpec, facts: Facts, rehearsal: Rehearsal) -> float:
    """Replica-hours that a rehearsal adds, until floors are what they would have been."""
    now, usual = rehearsal.from_, spec.model_copy(update={"rehearsal": None})
    most = max(each.replicas for each in rehearsal.floors)
    after = timedelta(minutes=min(24 * 60, most // spec.ramp.down_per_minute + 1))
    window = Grid.between(now.replace(second=0, microsecond=0), rehearsal.until + after)
    held, without = (
        sum(int(each.floor[made.ahead].sum()) for each in made.workloads)
        for made in (
            plan(each, facts, now, window) for each in (usual.model_copy(update={"rehearsal": rehearsal}), usual)
        )
    )
    return (held - without) * (MINUTE / timedelta(hours=1))


def _planned(spec: ENTCapacitySpec, facts: Facts, now: datetime, first: date, last: date) -> Plan:
    """The plan of some local dates, without any rehearsal."""
    begin, end = (midnight(each, most_users_live_in(spec)) for each in (first, last + timedelta(days=1)))
    return plan(spec.model_copy(update={"rehearsal": None}), facts, now, Grid.between(begin, end))


# --- what becomes of it -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stuck:
    """Pods that do not become Ready for one reason."""

    reason: str
    """As Kubernetes calls it: ``Unschedulable``, ``ImagePullBackOff``, ``FailedCreate`` …"""
    pods: int
    message: str


@dataclass(slots=True)
class Course:
    """What was seen of one workload, look by look."""

    name: str
    floor: int
    """What is rehearsed."""
    before: int
    """Replicas that were Ready when it began."""
    ready: int = 0
    replicas: int = 0
    """Asked of the workload."""
    held: int = 0
    """The floor that the operator has written."""
    ready_after: int | None = None
    """Seconds after which as many as are rehearsed were Ready for the first time; ``None`` while they were not."""
    at: str = ""
    """What the floor is written to."""
    looks: list[tuple[int, int]] = field(default_factory=list)
    """Seconds, and replicas Ready from then on."""
    stuck: tuple[Stuck, ...] = ()

    def look(self, seconds: int, seen: Seen, stuck: Iterable[Stuck]) -> None:
        """Takes what is seen now."""
        self.ready, self.replicas, self.held, self.at = seen.ready, seen.replicas, seen.minimum, str(seen.at)
        if not self.looks or self.looks[-1][1] != seen.ready:
            self.looks.append((seconds, seen.ready))
        if self.reached and self.ready_after is None:
            self.ready_after = seconds
        self.stuck = () if self.reached else tuple(stuck)

    @property
    def reached(self) -> bool:
        """Whether as many as are rehearsed are Ready now."""
        return self.ready >= self.floor


def ready_after(courses: Iterable[Course]) -> int | None:
    """Seconds after which every workload had been Ready; ``None`` where one was not."""
    times = [each.ready_after for each in courses]
    return None if None in times else max((each for each in times if each is not None), default=0)


def whys(course: Course, name: str, after: str | None) -> Iterator[Reason]:
    """Why a workload is not Ready; ``name`` is that of its ENTCapacity, ``after`` when it had been, if it had."""
    if course.reached:
        return
    if after is not None:
        yield reason("RehearseLost", after=after)
    for each in course.stuck:
        message = " ".join(each.message.split())
        if each.pods:
            yield reason("RehearseStuck", pods=each.pods, reason=each.reason, message=message)
        else:
            yield reason("RehearseNotMade", message=message)
    if course.held < course.floor:
        yield reason("RehearseLower", held=course.held, name=name)
    elif course.replicas < course.held:
        yield reason("RehearseFewer", object=course.at, replicas=course.replicas, held=course.held)


def why_not_ready(target: Object, pods: Iterable[Object], events: Iterable[Object], since: datetime) -> Iterator[Stuck]:
    """Why pods of a workload are not Ready, the commonest reason first; and why some could not even be made.

    ``pods`` and ``events`` may be those of the whole namespace; events before ``since`` don't count.
    """
    found: Counter[tuple[str, str]] = Counter()
    for each in pods:
        if _belongs(each, target) and not _ready(each):
            found[_why(each)] += 1
    for (code, message), count in found.most_common():
        yield Stuck(code, count, message)
    refused = {
        str(each.get("message", "")): _when(each)
        for each in events
        if each.get("reason") == "FailedCreate"
        and _about(each, target)
        and _when(each) >= since.astimezone(UTC).isoformat()[:19]
    }
    if refused:
        yield Stuck("FailedCreate", 0, max(refused, key=lambda message: refused[message]))


def _belongs(pod: Object, target: Object) -> bool:
    labels: Mapping[str, str] = target.get("spec", {}).get("selector", {}).get("matchLabels", {})
    metadata = pod["metadata"]
    return bool(labels) and labels.items() <= metadata.get("labels", {}).items() and "deletionTimestamp" not in metadata


def _ready(pod: Object) -> bool:
    return any(each["type"] == "Ready" and each["status"] == "True" for each in _conditions(pod))


def _conditions(pod: Object) -> list[Mapping[str, Any]]:
    conditions: list[Mapping[str, Any]] = pod.get("status", {}).get("conditions") or []
    return conditions


def _why(pod: Object) -> tuple[str, str]:
    """A code and a message for a pod that is not Ready."""
    status = pod.get("status", {})
    for each in _conditions(pod):
        if each["type"] == "PodScheduled" and each["status"] != "True":
            return str(each.get("reason") or "Pending"), str(each.get("message", ""))
    for each in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
        state = each.get("state", {})
        if "waiting" in state:
            return str(state["waiting"].get("reason") or "Waiting"), str(state["waiting"].get("message", ""))
    if status.get("reason"):  # Evicted, NodeLost, UnexpectedAdmissionError
        return str(status["reason"]), str(status.get("message", ""))
    ready = next((each for each in _conditions(pod) if each["type"] == "Ready"), {})
    return str(ready.get("reason") or status.get("phase") or "Pending"), str(ready.get("message", ""))


def _about(event: Object, target: Object) -> bool:
    """Whether an event is about a workload, or about a ReplicaSet of it."""
    about, ref = event.get("involvedObject", {}), Ref.of(target)
    name = str(about.get("name", ""))
    return (about.get("kind"), name) == (ref.kind, ref.name) or (
        about.get("kind") == "ReplicaSet" and name.rpartition("-")[0] == ref.name
    )


def _when(event: Object) -> str:
    """The instant of an event, as text that compares as instants do; all are UTC."""
    said = event.get("lastTimestamp") or event.get("eventTime") or event["metadata"].get("creationTimestamp") or ""
    return str(said)[:19]
