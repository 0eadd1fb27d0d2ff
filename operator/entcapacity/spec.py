"""The custom resource ``ENTCapacity`` as frozen types; ``parse`` makes them from documents.

What a validator checks across fields, ``rules`` says once more in CEL, for the API server.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from entcapacity.fields import (
    BY_NAME,
    GROUP_AND_VERSION,
    MINUTES_PER_DAY,
    Academies,
    Count,
    DepartementCode,
    Duration,
    Instant,
    LabelSelector,
    Levels,
    LocalTime,
    Model,
    Name,
    ObjectName,
    Percent,
    Quantity,
    Resource,
    Startup,
    UserPercent,
    Zones,
    rules,
)
from entcapacity.territories import PLACES
from entcapacity.vocabulary import DayKind, Level, Role, Weekday

MAX_USERS: Final = 20_000_000
MAX_REPLICAS: Final = 10_000
MOST_REHEARSED: Final = timedelta(hours=12)

ScalesWith = Literal["Sessions", "Logins", "Both", "Clients"]
Query = Annotated[str, Field(min_length=1, max_length=2000)]
Users = Annotated[Count, Field(ge=0, le=MAX_USERS)]
Replicas = Annotated[Count, Field(ge=0, le=MAX_REPLICAS)]
Roles = Annotated[tuple[Role, ...], Field(max_length=len(Role))]
DayKinds = Annotated[tuple[DayKind, ...], Field(max_length=len(DayKind))]


class DepartementShare(Model):
    """A département and how much of the segment lives there."""

    code: DepartementCode = Field(description='Code, in quotes: "31".')
    percent: Annotated[Percent, Field(ge=1)] | None = Field(
        None, description="Share of the segment's users; on all of its départements or on none."
    )


class Segment(Model):
    """People who share a calendar: a part of the platform's audience."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "has(self.zones) && self.zones.size() > 0 || has(self.academies) && self.academies.size() > 0"
                " || has(self.departements) && self.departements.size() > 0",
                "does not say where its users live: name zones, academies or departements",
            ),
            ("!has(self.levels) || self.levels.size() > 0", "levels is empty: leave it out for all levels"),
            (
                "!has(self.departements) || !self.departements.exists(d, has(d.percent))"
                " || (!has(self.zones) || self.zones.size() == 0)"
                " && (!has(self.academies) || self.academies.size() == 0)",
                "departements with percent cannot be mixed with zones or academies",
            ),
        )
    )

    name: Name | None = Field(None, description="Name in plans and reasons; default audience-1, audience-2 …")
    zones: Zones = Field((), description="School zones where they live: A, B, C, Corse, Guadeloupe …")
    academies: Academies = Field((), description="Académies where they live, for example Toulouse.")
    departements: tuple[DepartementShare, ...] = Field(
        (),
        description="Départements where they live; with percent, if shares are known.",
        max_length=len(PLACES),
        json_schema_extra=rules(
            (
                "self.all(each, has(each.percent)) || !self.exists(each, has(each.percent))",
                "give percent for all of them or for none",
            ),
            (
                "!self.exists(each, has(each.percent))"
                " || self.map(each, has(each.percent) ? each.percent : 0).sum() == 100",
                "percent must add up to 100",
            ),
        ),
    )
    levels: Levels = Field(tuple(Level), description="School levels; default all.")
    pupils: Users = Field(description="Accounts of pupils.")
    teachers: Users | None = Field(None, description="Accounts of teachers; default: the national ratio to pupils.")
    parents: Users | None = Field(None, description="Accounts of parents; default: the national ratio to pupils.")
    calendar: Name | None = Field(None, description="Name of a SchoolCalendar that holds for this segment.")

    @model_validator(mode="after")
    def _placed(self) -> Self:
        if not (self.zones or self.academies or self.departements):
            raise ValueError("does not say where its users live: name zones, academies or departements")
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

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "self.points.size() >= 2 && self.points[0].at == '00:00'"
                " && self.points[self.points.size() - 1].at == '24:00'",
                'points do not cover the day: begin at "00:00" and end at "24:00"',
            ),
            (
                "self.points.all(i, point, i == 0 || self.points[i - 1].at < point.at)",
                "points are not in order: each time later than the one before",
            ),
        )
    )

    roles: Roles = Field(tuple(Role), description="Whose curve; default all roles.")
    levels: Levels = Field(tuple(Level), description="At which levels; default all.")
    weekdays: tuple[Weekday, ...] = Field((), description="On which weekdays; default all.", max_length=len(Weekday))
    points: tuple[CurvePoint, ...] = Field(description="From 00:00 to 24:00, in order.", max_length=300)

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

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "self.closed.size() != 2 || self.closed[0] < self.closed[1]",
                "closed ends before it starts: for hours over midnight write two entries",
            )
        )
    )

    roles: Roles = Field(description="Who is kept out.", min_length=1)
    closed: tuple[LocalTime, LocalTime] = Field(description='From and until, local time: ["07:30", "17:30"].')
    day_kinds: DayKinds = Field((), description="On which kinds of day; default all.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.closed[0] >= self.closed[1]:
            raise ValueError("closed ends before it starts: for hours over midnight write two entries")
        return self


class Demand(Model):
    """How users become load."""

    plan_on: Literal["Expected", "High"] = Field(
        "High", description="Plan on what is Expected, or on High, the upper edge of the band."
    )
    session_length: Annotated[Duration, Field(ge=timedelta(minutes=1), le=timedelta(hours=8))] = Field(
        timedelta(minutes=12), description="Mean length of a session."
    )
    curves: Mapping[DayKind, Annotated[tuple[Curve, ...], Field(max_length=20)]] = Field(
        {}, description="Curves instead of the built-in ones, per kind of day; the first that matches is taken."
    )
    hours: tuple[ClosedHours, ...] = Field((), description="Hours in which roles are kept out.", max_length=20)


class Target(Model):
    """What is scaled."""

    api_version: Annotated[ObjectName, Field(pattern=GROUP_AND_VERSION)] = Field(
        "apps/v1", description="API version of the workload: group/version."
    )
    kind: ObjectName = Field("Deployment", description="Deployment, StatefulSet, or anything with /scale.")
    name: ObjectName = Field(description="Name in the same namespace.")


class OrdinaryPeak(Model):
    """What runs at the peak of an ordinary Monday: it calibrates what one replica carries."""

    replicas: Annotated[Replicas, Field(ge=1)] = Field(description="Replicas at the peak of an ordinary Monday.")
    utilization_percent: Annotated[Percent, Field(ge=1)] | None = Field(
        None, description="How busy they are then; default targetUtilizationPercent."
    )


class Capacity(Model):
    """What one replica carries at 100 %, where it was measured."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "has(self.sessions) || has(self.loginsPerMinute)",
                "is empty: give sessions, loginsPerMinute or both",
            )
        )
    )

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

    cpu: Quantity = Field(0.0, description='CPU: "500m", or 2.')
    memory: Quantity = Field(0.0, description='Memory: "1Gi".')


def _at_most_two_hours(startup: timedelta | str) -> timedelta | str:
    if isinstance(startup, timedelta) and startup > timedelta(hours=2):
        raise ValueError("longer than two hours: a pod that takes so long cannot follow a school day")
    return startup


class Workload(Model):
    """Something that is scaled, and what it carries."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "has(self.ordinaryPeak) || has(self.capacity)",
                "does not say what it carries: give ordinaryPeak or capacity",
            ),
            (
                "has(self.ordinaryPeak) || !has(self.scalesWith) || !(self.scalesWith in ['Sessions', 'Both'])"
                " || has(self.capacity) && has(self.capacity.sessions)",
                "scalesWith Sessions or Both needs capacity.sessions, or ordinaryPeak",
            ),
            (
                "has(self.ordinaryPeak) || !has(self.scalesWith) || !(self.scalesWith in ['Logins', 'Both'])"
                " || has(self.capacity) && has(self.capacity.loginsPerMinute)",
                "scalesWith Logins or Both needs capacity.loginsPerMinute, or ordinaryPeak",
            ),
            (
                "has(self.ordinaryPeak) || !has(self.scalesWith) || self.scalesWith != 'Clients'",
                "scalesWith Clients is calibrated by ordinaryPeak: give it",
            ),
            (
                "!has(self.connections) || !has(self.scalesWith) || self.scalesWith != 'Clients'",
                "a pooler's own connections are not counted, its clients' are: leave connections out",
            ),
            (
                "!has(self.min) || !has(self.max) || self.min <= self.max",
                "min is above max: lower min or raise max",
            ),
            (
                "!has(self.maxWhenAnnounced) || (!has(self.max) || self.max <= self.maxWhenAnnounced)"
                " && (!has(self.min) || self.min <= self.maxWhenAnnounced)",
                "maxWhenAnnounced is below max or min: raise it, or leave it out",
            ),
            (
                "!has(self.startup) || !self.startup.matches('^[0-9]+[hms]')"
                " || duration(self.startup) <= duration('2h')",
                "startup is longer than two hours: a pod that takes so long cannot follow a school day",
            ),
        )
    )

    name: Name = Field(description="Name of the workload; by default its Deployment has the same.")
    target: Target | None = Field(None, description="What is scaled; default the Deployment named like the workload.")
    scales_with: ScalesWith | None = Field(
        None,
        description="What its need grows with. Clients is for a pooler, whose need follows the floors of the workloads "
        "that come after it. Default Sessions, or Clients where workloads with connections come after it.",
    )
    ordinary_peak: OrdinaryPeak | None = Field(None, description="What runs at the peak of an ordinary Monday.")
    capacity: Capacity | None = Field(None, description="What one replica carries, where it was measured.")
    min: Replicas | None = Field(None, description="Least replicas; default what the HPA or the workload had, or 1.")
    max: Annotated[Replicas, Field(ge=1)] | None = Field(
        None, description="Most replicas: no floor goes above it, nor above the HPA's own maximum; default the HPA's."
    )
    max_when_announced: Annotated[Replicas, Field(ge=1)] | None = Field(
        None, description="Most replicas on announced days; raises the HPA's maximum and gives it back."
    )
    startup: Annotated[Startup, AfterValidator(_at_most_two_hours)] = Field(
        "Measured", description="From asking to Ready: Measured (2 minutes until it was), or a duration."
    )
    warmup: Annotated[Duration, Field(le=timedelta(hours=2))] = Field(
        timedelta(0), description="Ready, but caches cold: counts as lead."
    )
    after: tuple[Name, ...] = Field((), description="Workloads that must be Ready before this one.", max_length=20)
    connections: Connections | None = Field(None, description="Connections taken from a budget.")
    driver: Literal["Auto", "HPA", "ScaledObject", "Scale"] = Field(
        "Auto", description="What a floor is written to; Auto looks for the HPA or ScaledObject in charge."
    )
    weights: Mapping[DayKind, Annotated[Count, Field(ge=1, le=1000)]] = Field(
        {}, description="Heavier or lighter use of this workload on a kind of day, in percent: {Remote: 150}."
    )
    requests: Requests | None = Field(None, description="CPU and memory of one replica; default the pod template's.")

    @model_validator(mode="after")
    def _sized(self) -> Self:
        if self.ordinary_peak is None and self.capacity is None:
            raise ValueError("does not say what it carries: give ordinaryPeak or capacity")
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

    model_config = ConfigDict(
        json_schema_extra=rules(
            ("self.tolerate < self.failureDomains", "tolerate must be below failureDomains: one has to be left")
        )
    )

    failure_domains: Annotated[Count, Field(ge=2, le=100)] = Field(description="How many there are.")
    tolerate: Annotated[Count, Field(ge=1, le=99)] = Field(description="How many may be lost.")

    @model_validator(mode="after")
    def _one_left(self) -> Self:
        if self.tolerate >= self.failure_domains:
            raise ValueError("tolerate must be below failureDomains: one has to be left")
        return self


class Slots(Model):
    """Recommended start times of segments, to spread a morning."""

    model_config = ConfigDict(json_schema_extra=rules(("self.from < self.until", "until is not after from")))

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


class Observed(Model):
    """What Prometheus is asked, so that floors are not lowered under people's feet. Queries are PromQL; the series of
    an answer are added up."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "has(self.sessions) || has(self.loginsPerMinute) || has(self.waiting)",
                "is empty: give sessions, loginsPerMinute or waiting",
            )
        )
    )

    sessions: Query | None = Field(None, description="Concurrent sessions now.")
    logins_per_minute: Query | None = Field(None, description="Log-ins per minute now.")
    waiting: Query | None = Field(None, description="People who wait outside: while there are any, nothing is lowered.")
    max_hold: Annotated[Duration, Field(le=timedelta(hours=12))] = Field(
        timedelta(hours=12), description="How long nothing is lowered while Prometheus does not answer."
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.sessions is None and self.logins_per_minute is None and self.waiting is None:
            raise ValueError("is empty: give sessions, loginsPerMinute or waiting")
        return self


class Event(Model):
    """A peak that no calendar shows."""

    model_config = ConfigDict(
        json_schema_extra=rules(("timestamp(self.from) < timestamp(self.until)", "until is not after from"))
    )

    name: Name = Field(description="Name in plans and reasons.")
    from_: Instant = Field(alias="from", description="When it begins: 2027-06-02T18:30:00+02:00.")
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


class RehearsedFloor(Model):
    """What a rehearsal holds of one workload."""

    name: Name = Field(description="Name of the workload.")
    replicas: Annotated[Replicas, Field(ge=1)] = Field(
        description="Its floor, as far as its maximum allows. "
        "Budgets do not bound it: BudgetOverdrawn says where it exceeds one."
    )


class Rehearsal(Model):
    """Floors held for a while, to see whether they become Ready. It ends by itself."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "timestamp(self.from) < timestamp(self.until)"
                " && timestamp(self.until) - timestamp(self.from) <= duration('12h')",
                "until is not after from, or more than twelve hours after",
            )
        )
    )

    from_: Instant = Field(alias="from", description="When it begins: 2027-01-03T21:00:00+01:00.")
    until: Instant = Field(description="When it ends, at most twelve hours later.")
    floors: tuple[RehearsedFloor, ...] = Field(
        description="The floors; what is not named follows the plan alone, and a name that no workload has is ignored.",
        min_length=1,
        max_length=100,
        json_schema_extra=BY_NAME,
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not timedelta(0) < self.until - self.from_ <= MOST_REHEARSED:
            raise ValueError("until is not after from, or more than twelve hours after")
        return self

    def floor(self, workload: str) -> int:
        """The floor it holds of a workload; 0 where it names none."""
        return next((each.replicas for each in self.floors if each.name == workload), 0)


def _name(workload: str) -> str:
    """In CEL, the name of what a workload scales."""
    return f"(has({workload}.target) ? {workload}.target.name : {workload}.name)"


def _kind(workload: str) -> str:
    """In CEL, its group and kind."""
    target = f"{workload}.target"
    group = f"has({target}) && has({target}.apiVersion) ? {target}.apiVersion.split('/')[0] : 'apps'"
    return f"[{group}, has({target}) && has({target}.kind) ? {target}.kind : 'Deployment']"


class ENTCapacitySpec(Model):
    """What a platform needs: who connects, what carries them, and how it may be scaled."""

    # That names differ where a list is a map by name, the API server sees to by itself.
    # CEL cannot follow a chain of any length, so circles in after are left to the parser.
    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "self.audience.all(a, !has(a.name) || self.audience.exists_one(b, has(b.name) && b.name == a.name))",
                "a name stands in audience more than once: names must differ",
            ),
            (
                "self.workloads.all(w, !has(w.after) || sets.contains(self.workloads.map(b, b.name), w.after))",
                "after names a workload that does not exist: add it under workloads, or correct the name",
            ),
            (
                # names first, since they mostly differ: the API server counts what a rule costs
                "self.workloads.all(w, self.workloads.exists_one(o,"
                f" {_name('o')} == {_name('w')} && {_kind('o')} == {_kind('w')}))",
                "two workloads scale the same target: leave one of them out, or give it a target of its own",
            ),
            (
                "self.workloads.all(w, !has(w.connections)"
                " || has(self.budgets) && self.budgets.exists(b, b.name == w.connections.budget))",
                "connections names a budget that does not exist: add it under budgets",
            ),
            (
                "self.workloads.all(w, !has(w.scalesWith) || w.scalesWith != 'Clients'"
                " || self.workloads.exists(c, has(c.after) && w.name in c.after))",
                "scalesWith is Clients, but no workload comes after this one: name it in their after",
            ),
            (  # such a workload is a pooler by default
                "self.workloads.all(w, !has(w.connections) || has(w.scalesWith) || !has(w.ordinaryPeak)"
                " || !self.workloads.exists(c, has(c.connections) && has(c.after) && w.name in c.after))",
                "a pooler's own connections are not counted, its clients' are: leave its connections out",
            ),
        )
    )

    mode: Literal["Observe", "Enforce"] = Field(
        "Observe", description="Observe plans and reports; Enforce writes floors."
    )
    suspend_until: Instant | None = Field(
        None, description="Until then, floors are left as they are: 2027-01-04T12:00:00+01:00."
    )
    announcement_selector: LabelSelector = Field(
        LabelSelector(), description="SchoolAnnouncements that are heeded; default all."
    )
    audience: tuple[Segment, ...] = Field(
        description="Who connects: segments of users who share a calendar.", min_length=1, max_length=200
    )
    demand: Demand = Field(Demand(), description="How users become load.")
    workloads: tuple[Workload, ...] = Field(
        description="What is scaled.", min_length=1, max_length=100, json_schema_extra=BY_NAME
    )
    target_utilization_percent: Annotated[Percent, Field(ge=1)] = Field(
        75, description="How busy replicas may be by plan."
    )
    budgets: tuple[Budget, ...] = Field(
        (),
        description="Connections that databases allow, for workloads to share.",
        max_length=50,
        json_schema_extra=BY_NAME,
    )
    limits: tuple[Limit, ...] = Field(
        (),
        description="Ceilings that are not ours to scale, such as a national log-in.",
        max_length=50,
        json_schema_extra=BY_NAME,
    )
    ready_before: ReadyBefore = Field(ReadyBefore(), description="How long before the need replicas are Ready.")
    ramp: Ramp = Field(Ramp(), description="How fast floors move.")
    nodes: Nodes = Field(Nodes(), description="Nodes that come when pods need them.")
    spread: Spread | None = Field(None, description="Failure domains of which some may be lost.")
    shaping: Shaping = Field(Shaping(), description="Waits that are allowed on purpose.")
    observed: Observed | None = Field(
        None, description="What Prometheus is asked about users; default nothing, and the plan alone lowers floors."
    )
    events: tuple[Event, ...] = Field(
        (), description="Peaks that no calendar shows, such as exam results.", max_length=200, json_schema_extra=BY_NAME
    )
    boost: Boost | None = Field(None, description="More of everything, for a while.")
    rehearsal: Rehearsal | None = Field(
        None, description="Floors held for a while, to see whether they become Ready; entcapacity rehearse sets it."
    )

    def suspended_until(self, now: datetime) -> datetime | None:
        """Until when floors are left as they are; ``None`` where that is over, or never was."""
        return self.suspend_until if self.suspend_until is not None and now < self.suspend_until else None


class ENTCapacity(Resource):
    """An ENT: who connects, what carries them, and how it may be scaled, so that it is Ready before they come."""

    kind: Literal["ENTCapacity"]
    spec: ENTCapacitySpec
