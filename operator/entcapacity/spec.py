"""The custom resource ``ENTCapacity`` as frozen types; ``parse`` makes them from documents."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from entcapacity.fields import (
    MINUTES_PER_DAY,
    Academie,
    Count,
    DepartementCode,
    Duration,
    Instant,
    LabelSelector,
    LocalTime,
    Metadata,
    Model,
    Name,
    Percent,
    Quantity,
    Startup,
    UserPercent,
    Zone,
)
from entcapacity.vocabulary import DayKind, Level, Role, Weekday

MAX_USERS: Final = 20_000_000
MAX_REPLICAS: Final = 10_000

ScalesWith = Literal["Sessions", "Logins", "Both", "Clients"]
Users = Annotated[Count, Field(ge=0, le=MAX_USERS)]
Replicas = Annotated[Count, Field(ge=0, le=MAX_REPLICAS)]


class DepartementShare(Model):
    """A département and how much of the segment lives there."""

    code: DepartementCode = Field(description='Code, in quotes: "31".')
    percent: Annotated[Percent, Field(ge=1)] | None = Field(
        None, description="Share of the segment's users; on all of its départements or on none."
    )


class Segment(Model):
    """People who share a calendar: a part of the platform's audience."""

    name: Name | None = Field(None, description="Name in plans and reasons; default audience-1, audience-2 …")
    zones: tuple[Zone, ...] = Field((), description="School zones where they live.")
    academies: tuple[Academie, ...] = Field((), description="Académies where they live.")
    departements: tuple[DepartementShare, ...] = Field((), description="Départements where they live.")
    levels: tuple[Level, ...] = Field(tuple(Level), description="School levels; default all.")
    pupils: Users = Field(description="Accounts of pupils.")
    teachers: Users | None = Field(None, description="Accounts of teachers; default: the national ratio to pupils.")
    parents: Users | None = Field(None, description="Accounts of parents; default: the national ratio to pupils.")
    calendar: Name | None = Field(None, description="A SchoolCalendar that holds for this segment.")

    @model_validator(mode="after")
    def _placed(self) -> Self:
        if not (self.zones or self.academies or self.departements):
            raise ValueError("says not where its users live: name zones, academies or departements")
        if not self.levels:
            raise ValueError("levels is empty: leave it out for all levels")
        shares = [each.percent for each in self.departements]
        if any(shares):
            if None in shares:
                raise ValueError("departements: give percent for all of them or for none")
            if sum(share or 0 for share in shares) != 100:
                raise ValueError(f"departements: percent adds up to {sum(share or 0 for share in shares)}, not to 100")
            if self.zones or self.academies:
                raise ValueError("departements with percent cannot be mixed with zones or academies")
        return self


class CurvePoint(Model):
    """One point of a demand curve."""

    at: LocalTime = Field(description='Local time in quotes, "08:30".')
    percent: UserPercent = Field(description='Percent of the role\'s users in session: 12, or "12.5".')


class Curve(Model):
    """Share of users in session over a day, linear between points."""

    roles: tuple[Role, ...] = Field(tuple(Role), description="Whose curve; default all roles.")
    levels: tuple[Level, ...] = Field(tuple(Level), description="At which levels; default all.")
    weekdays: tuple[Weekday, ...] = Field((), description="On which weekdays; default all.")
    points: tuple[CurvePoint, ...] = Field(description="From 00:00 to 24:00, in order.")

    @model_validator(mode="after")
    def _covers_the_day(self) -> Self:
        times = [point.at for point in self.points]
        if len(times) < 2 or times[0] != 0 or times[-1] != MINUTES_PER_DAY:
            raise ValueError('points do not cover the day: begin at "00:00" and end at "24:00"')
        if any(later <= earlier for earlier, later in pairwise(times)):
            raise ValueError("points are not in order: each time later than the one before")
        return self


class ClosedHours(Model):
    """Hours in which a role is kept out."""

    roles: tuple[Role, ...] = Field(description="Who is kept out.", min_length=1)
    closed: tuple[LocalTime, LocalTime] = Field(description='From and until, local time: ["07:30", "17:30"].')
    day_kinds: tuple[DayKind, ...] = Field((), description="On which kinds of day; default all.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.closed[0] >= self.closed[1]:
            raise ValueError("closed ends before it starts: for hours over midnight write two entries")
        return self


class Demand(Model):
    """How users become load."""

    plan_on: Literal["Expected", "High"] = Field("High", description="Plan on what is expected or on the upper band.")
    session_length: Annotated[Duration, Field(ge=timedelta(minutes=1), le=timedelta(hours=8))] = Field(
        timedelta(minutes=12), description="Mean length of a session."
    )
    curves: Mapping[DayKind, tuple[Curve, ...]] = Field(
        {}, description="Curves instead of the built-in ones, per kind of day; the first that matches is taken."
    )
    hours: tuple[ClosedHours, ...] = Field((), description="Hours in which roles are kept out.")


class Target(Model):
    """What is scaled."""

    api_version: str = Field("apps/v1", description="API version of the workload.")
    kind: str = Field("Deployment", description="Deployment, StatefulSet, or anything with /scale.")
    name: str = Field(description="Name in the same namespace.")


class OrdinaryPeak(Model):
    """What runs at the peak of an ordinary Monday: it calibrates what one replica carries."""

    replicas: Annotated[Replicas, Field(ge=1)] = Field(description="Replicas at the peak of an ordinary Monday.")
    utilization_percent: Annotated[Percent, Field(ge=1)] | None = Field(
        None, description="How busy they are then; default targetUtilizationPercent."
    )


class Capacity(Model):
    """What one replica carries at 100 %, where it was measured."""

    sessions: Annotated[Count, Field(ge=1, le=10_000_000)] | None = Field(None, description="Concurrent sessions.")
    logins_per_minute: Annotated[Count, Field(ge=1, le=10_000_000)] | None = Field(
        None, description="Log-ins per minute."
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.sessions is None and self.logins_per_minute is None:
            raise ValueError("is empty: give sessions, loginsPerMinute or both")
        return self


class Connections(Model):
    """Connections that each replica takes from a budget."""

    budget: Name = Field(description="Name of the budget.")
    per_replica: Annotated[Count, Field(ge=1, le=100_000)] = Field(description="Connections one replica opens.")
    max_surge_percent: Percent = Field(25, description="Replicas on top during a rollout; as the Deployment says.")


class Requests(Model):
    """What one replica asks of a node."""

    cpu: Quantity = Field(0.0, description='CPU, "500m".')
    memory: Quantity = Field(0.0, description='Memory, "1Gi".')


def _at_most_two_hours(startup: timedelta | str) -> timedelta | str:
    if isinstance(startup, timedelta) and startup > timedelta(hours=2):
        raise ValueError("longer than two hours: a pod that takes so long cannot follow a school day")
    return startup


class Workload(Model):
    """Something that is scaled, and what it carries."""

    name: Name = Field(description="Name of the workload; by default its Deployment has the same.")
    target: Target | None = Field(None, description="What is scaled; default the Deployment named like the workload.")
    scales_with: ScalesWith | None = Field(
        None,
        description="What its need grows with. Clients: a pooler, whose need follows the floors of the workloads that "
        "come after it. Default Sessions, or Clients where workloads with connections come after it.",
    )
    ordinary_peak: OrdinaryPeak | None = Field(None, description="What runs at the peak of an ordinary Monday.")
    capacity: Capacity | None = Field(None, description="What one replica carries, where it was measured.")
    min: Replicas | None = Field(None, description="Least replicas; default what the HPA or the workload had, or 1.")
    max: Annotated[Replicas, Field(ge=1)] | None = Field(None, description="Most replicas; default the HPA's.")
    max_when_announced: Annotated[Replicas, Field(ge=1)] | None = Field(
        None, description="Most replicas on announced days; raises the HPA's maximum and gives it back."
    )
    startup: Annotated[Startup, AfterValidator(_at_most_two_hours)] = Field(
        "Measured", description="From asking to Ready: Measured (2 minutes until it was), or a duration."
    )
    warmup: Annotated[Duration, Field(le=timedelta(hours=2))] = Field(
        timedelta(0), description="Ready, but caches cold: counts as lead."
    )
    after: tuple[Name, ...] = Field((), description="Workloads that must be Ready before this one.")
    connections: Connections | None = Field(None, description="Connections taken from a budget.")
    driver: Literal["Auto", "HPA", "ScaledObject", "Scale"] = Field("Auto", description="How it is scaled.")
    weights: Mapping[DayKind, Annotated[Count, Field(ge=1, le=1000)]] = Field(
        {}, description="Heavier or lighter use of this workload on a kind of day, in percent: {Remote: 150}."
    )
    requests: Requests | None = Field(None, description="CPU and memory of one replica; default the pod template's.")

    @model_validator(mode="after")
    def _sized(self) -> Self:
        if self.ordinary_peak is None and self.capacity is None:
            raise ValueError("says not what it carries: give ordinaryPeak or capacity")
        if self.ordinary_peak is None and self.capacity is not None:
            measured = {"Sessions": self.capacity.sessions, "Logins": self.capacity.logins_per_minute}
            wanted = ("Sessions", "Logins") if self.scales_with == "Both" else (self.scales_with,)
            if any(measured.get(each or "", 0) is None for each in wanted):
                raise ValueError(f"scalesWith {self.scales_with} needs that capacity, or ordinaryPeak")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}")
        for name, bound in (("max", self.max), ("min", self.min)):
            if self.max_when_announced is not None and self.max_when_announced < (bound or 0):
                raise ValueError(f"maxWhenAnnounced {self.max_when_announced} is below {name} {bound}")
        return self


def scales_with(workload: Workload, workloads: tuple[Workload, ...]) -> ScalesWith:
    """What a workload's need grows with, as declared or by default."""
    if workload.scales_with is not None:
        return workload.scales_with
    if workload.ordinary_peak and any(workload.name in each.after and each.connections for each in workloads):
        return "Clients"
    if workload.capacity is None or workload.capacity.logins_per_minute is None:
        return "Sessions"
    return "Both" if workload.capacity.sessions is not None or workload.ordinary_peak is not None else "Logins"


class Budget(Model):
    """Connections that a database allows in all."""

    name: Name = Field(description="Name, as workloads refer to it.")
    connections: Annotated[Count, Field(ge=1, le=10_000_000)] = Field(description="Connections in all.")


class Limit(Model):
    """A ceiling that is not ours to scale."""

    name: Name = Field(description="Name in plans and reasons.")
    logins_per_minute: Annotated[Count, Field(ge=1, le=10_000_000)] = Field(description="Log-ins per minute.")


class ReadyBefore(Model):
    """How long before the need replicas are Ready: time for people to repair what is missing."""

    ordinary: Annotated[Duration, Field(le=timedelta(hours=12))] = Field(
        timedelta(minutes=15), description="On ordinary days."
    )
    exceptional: Annotated[Duration, Field(le=timedelta(hours=12))] = Field(
        timedelta(hours=2), description="On announced days, first days after a break, and at events."
    )


class Ramp(Model):
    """How fast floors move."""

    up_per_minute: Annotated[Count, Field(ge=1, le=MAX_REPLICAS)] = Field(20, description="Replicas up per minute.")
    down_per_minute: Annotated[Count, Field(ge=1, le=MAX_REPLICAS)] = Field(5, description="Replicas down per minute.")
    hold: Annotated[Duration, Field(le=timedelta(hours=12))] = Field(
        timedelta(minutes=30), description="How long a floor stays after its need."
    )


class Nodes(Model):
    """Nodes that come when pods need them."""

    startup: Annotated[Duration, Field(le=timedelta(hours=2))] = Field(
        timedelta(0), description="From a pending pod to a node that takes it: counts as lead."
    )
    pods_per_node: Annotated[Count, Field(ge=1, le=1000)] | None = Field(None, description="Pods that fit on a node.")
    max: Annotated[Count, Field(ge=1, le=100_000)] | None = Field(None, description="Most nodes there can be.")


class Spread(Model):
    """Failure domains (zones, rooms, sites) of which some may be lost."""

    failure_domains: Annotated[Count, Field(ge=2, le=100)] = Field(description="How many there are.")
    tolerate: Annotated[Count, Field(ge=1, le=99)] = Field(description="How many may be lost.")

    @model_validator(mode="after")
    def _one_left(self) -> Self:
        if self.tolerate >= self.failure_domains:
            raise ValueError("tolerate must be below failureDomains: one has to be left")
        return self


class Slots(Model):
    """Recommended start times of segments, to spread a morning."""

    from_: LocalTime = Field(alias="from", description="Earliest start, local time.")
    until: LocalTime = Field(description="Latest start, local time.")
    compliance_percent: Percent = Field(0, description="How many follow; planned on only so far.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.from_ >= self.until:
            raise ValueError("until is not after from")
        return self


class Shaping(Model):
    """Waits that are allowed on purpose."""

    max_wait: Annotated[Duration, Field(le=timedelta(hours=2))] = Field(
        timedelta(0), description="Longest wait for a log-in that is planned on."
    )
    slots: Slots | None = Field(None, description="Start slots to recommend.")


class Event(Model):
    """A peak that no calendar shows."""

    name: Name = Field(description="Name in plans and reasons.")
    from_: Instant = Field(alias="from", description="When it begins.")
    until: Instant = Field(description="When it ends.")
    percent: Annotated[Count, Field(ge=1, le=30_000)] = Field(description="Demand in percent of the usual: 300 is ×3.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.from_ >= self.until:
            raise ValueError("until is not after from")
        return self


class Boost(Model):
    """The hand on the wheel: more of everything, for a while."""

    percent: Annotated[Count, Field(ge=1, le=1000)] = Field(description="Demand added: 50 is half as much again.")
    until: Instant = Field(description="When it ends.")


class ENTCapacitySpec(Model):
    """What a platform needs: who connects, what carries them, and how it may be scaled."""

    mode: Literal["Observe", "Enforce"] = Field("Observe", description="Observe plans and reports; Enforce acts.")
    announcement_selector: LabelSelector = Field(LabelSelector(), description="Announcements heeded; default all.")
    audience: tuple[Segment, ...] = Field(description="Who connects.", min_length=1, max_length=200)
    demand: Demand = Field(Demand(), description="How users become load.")
    workloads: tuple[Workload, ...] = Field(description="What is scaled.", min_length=1, max_length=100)
    target_utilization_percent: Annotated[Percent, Field(ge=1)] = Field(
        75, description="How busy replicas may be by plan."
    )
    budgets: tuple[Budget, ...] = Field((), description="Connections that databases allow.", max_length=50)
    limits: tuple[Limit, ...] = Field((), description="Ceilings that are not ours to scale.", max_length=50)
    ready_before: ReadyBefore = Field(ReadyBefore(), description="How long before the need replicas are Ready.")
    ramp: Ramp = Field(Ramp(), description="How fast floors move.")
    nodes: Nodes = Field(Nodes(), description="Nodes that come when pods need them.")
    spread: Spread | None = Field(None, description="Failure domains of which some may be lost.")
    shaping: Shaping = Field(Shaping(), description="Waits that are allowed on purpose.")
    events: tuple[Event, ...] = Field((), description="Peaks that no calendar shows.", max_length=200)
    boost: Boost | None = Field(None, description="More of everything, for a while.")


class ENTCapacity(Model):
    """One platform."""

    api_version: Literal["entcapacity.io/v1alpha1"]
    kind: Literal["ENTCapacity"]
    metadata: Metadata
    spec: ENTCapacitySpec
    status: Any = None

    @property
    def name(self) -> str:
        """The object's name."""
        return self.metadata.name
