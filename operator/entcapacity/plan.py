"""The plan: a pure function of spec, facts, the instant as of which they were known, and a window.

``plan(spec, facts, as_of, window)`` is what the operator, the command line, the replay and the tests all call. It asks
no clock and no cluster. Everything is computed on a grid wider than the window, so that overlapping windows agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import ceil, isfinite
from typing import Final

import numpy as np

from entcapacity import announcements, smoothing
from entcapacity.budgets import Client, shared_out
from entcapacity.demand import Demand, demand, ordinary_peak, weights_of
from entcapacity.fields import MEASURED, MINUTES_PER_DAY
from entcapacity.grid import MINUTE, Bools, Floats, Grid, Ints, local
from entcapacity.schooldays import SchoolDays
from entcapacity.sizing import Sizing, clients_of, ordinary_replicas, scales_with, sizing
from entcapacity.spec import MAX_REPLICAS, ENTCapacitySpec, SchoolAnnouncement, Workload
from entcapacity.streams import places_of

DEFAULT_STARTUP: Final = timedelta(minutes=2)
"""From asking to Ready, until it was measured."""
NIGHT: Final = (22 * 60, 5 * 60)
"""Local clock minutes between which poolers may be lowered."""
_DAY_STARTS: Final = 3 * 60
"""Local clock minute at which what is reckoned by the day begins anew: the quietest one."""
_MOST_PADDING: Final = 7 * MINUTES_PER_DAY


@dataclass(frozen=True, slots=True)
class Bounds:
    """What an HPA or a workload was found with."""

    min: int | None = None
    max: int | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What a plan is made from, besides the spec."""

    schooldays: SchoolDays
    announcements: tuple[SchoolAnnouncement, ...] = ()
    floors: Mapping[str, int] = field(default_factory=dict)
    """Floors in effect at ``as_of``, by workload; where one is missing, the plan is taken to have been followed."""
    startups: Mapping[str, timedelta] = field(default_factory=dict)
    """Measured times from asking to Ready, by workload."""
    bounds: Mapping[str, Bounds] = field(default_factory=dict)
    """What each workload was found with."""


@dataclass(frozen=True, slots=True)
class Lead:
    """Whole minutes from asking for a replica to the need for it."""

    own: int
    """Start-up, warm-up and node start-up of the workload itself."""
    chain: int
    """The same of the workloads that come after it, one after the other."""
    before: tuple[int, int]
    """``readyBefore`` on ordinary and on exceptional days."""

    @property
    def ordinary(self) -> int:
        """Minutes on ordinary days."""
        return self.own + self.chain + self.before[0]

    @property
    def exceptional(self) -> int:
        """Minutes on exceptional days."""
        return self.own + self.chain + self.before[1]


@dataclass(frozen=True, slots=True, eq=False)
class WorkloadPlan:
    """One workload's part of a plan; arrays have one value per minute of the plan's padded grid."""

    workload: Workload
    sizing: Sizing
    lead: Lead
    clients: Mapping[str, int]
    """For a pooler, the connections per replica of each client; else empty."""
    minimum: int
    need: Ints
    """Replicas that serve the demand."""
    limit: Ints
    """Replicas that may be asked for: the maximum, or what its budget allows."""
    wanted: Ints
    """The floor that needs no past: with lead, hold and ramp."""
    floor: Ints
    """Replicas asked for: ``wanted`` as it can be reached from the floor in effect."""
    ready: Ints
    """Replicas that serve, if each takes its lead to start."""
    budget: str
    """The budget that limits it on some day; empty where none does."""

    @property
    def name(self) -> str:
        """The workload's name."""
        return self.workload.name


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What to ask for, minute by minute, and what it was made from."""

    spec: ENTCapacitySpec
    facts: Facts
    as_of: datetime
    window: Grid
    demand: Demand
    """The demand on the padded grid."""
    workloads: tuple[WorkloadPlan, ...]
    timezone: str
    """The platform's local time: that of its first segment's first place."""

    @property
    def grid(self) -> Grid:
        """The padded grid that all arrays are on."""
        return self.demand.grid

    @property
    def inner(self) -> slice:
        """The window's part of the padded grid."""
        begin = self.window.start - self.grid.start
        return slice(begin, begin + self.window.length)

    @property
    def first(self) -> int:
        """Position on the padded grid from which steps are taken: the window's start or ``as_of``, the later."""
        return max(self.window.start - self.grid.start, _now(self.grid, self.as_of))

    def workload(self, name: str) -> WorkloadPlan:
        """The plan of one workload; ``KeyError`` where there is none of that name."""
        return next((each for each in self.workloads if each.name == name), None) or _missing(name)


def _missing(name: str) -> WorkloadPlan:
    raise KeyError(name)


def plan(spec: ENTCapacitySpec, facts: Facts, as_of: datetime, window: Grid) -> Plan:
    """What to ask for in ``window``, from what was known at ``as_of``."""
    calendar = facts.schooldays.known_at(as_of)
    known = announcements.known_at(selected(spec, facts.announcements), as_of)
    sized = _sizings(spec)
    leads = {workload.name: _lead(workload, spec, facts) for workload in spec.workloads}
    timezone = places_of(spec.audience[0])[0].timezone
    grid = _padded(window, spec, facts, sized, leads, timezone)
    asked = demand(spec, calendar, known, grid)
    days = planning_days(grid, timezone)
    needs = {
        each.name: _need(each, spec, sized[each.name], asked, days)
        for each in spec.workloads
        if scales_with(each, spec.workloads) != "Clients"
    }
    limits = {each.name: _limit(each, facts, asked, leads[each.name], spec) for each in spec.workloads}
    budgeted = _share_budgets(spec, sized, asked, needs, limits, days)
    planned: dict[str, WorkloadPlan] = {}
    for workload in _clients_first(spec.workloads):
        clients = clients_of(workload, spec.workloads) if workload.name not in needs else {}
        need = needs.get(workload.name)
        if need is None:
            held = np.sum([count * still_held(planned[name]) for name, count in clients.items()], axis=0)
            need = sized[workload.name].need_for_connections(held)
        planned[workload.name] = _plan_workload(
            workload,
            spec,
            facts,
            sized[workload.name],
            leads[workload.name],
            clients,
            need,
            limits[workload.name],
            budgeted.get(workload.name, ""),
            asked,
            _now(grid, as_of),
            may_fall(grid, timezone) if clients else None,
        )
    return Plan(spec, facts, as_of, window, asked, tuple(planned[each.name] for each in spec.workloads), timezone)


def floors_in_effect(spec: ENTCapacitySpec, facts: Facts, as_of: datetime) -> dict[str, int]:
    """The floors at ``as_of`` if the plan had been followed until then, news of the last day and all.

    For previews and backtests, where no cluster can be asked. What was announced within the last day is planned from
    the floors that were in effect when it was announced.
    """
    news = (
        instant
        for each in selected(spec, facts.announcements)
        for instant in (each.spec.announced_at, each.spec.withdrawn_at)
        if instant is not None and as_of - timedelta(days=1) < instant <= as_of
    )
    last = max(news, default=None)
    before = replace(facts, floors={})
    if last is None:
        return _floors_at(plan(spec, before, as_of, Grid.at(as_of)), as_of)
    then = last - MINUTE
    known = replace(facts, floors=floors_in_effect(spec, before, then))
    return _floors_at(plan(spec, known, last, Grid.at(as_of)), as_of)


def selected(spec: ENTCapacitySpec, made: Iterable[SchoolAnnouncement]) -> tuple[SchoolAnnouncement, ...]:
    """The announcements that the spec heeds."""
    return tuple(each for each in made if spec.announcement_selector.selects(each.metadata.labels))


def _floors_at(made: Plan, instant: datetime) -> dict[str, int]:
    index = made.grid.index(instant)
    return {each.name: int(each.floor[index]) for each in made.workloads}


# --- sizing, chains and padding ---------------------------------------------------------------------------------------


def _sizings(spec: ENTCapacitySpec) -> dict[str, Sizing]:
    sized: dict[str, Sizing] = {}
    ordinary: dict[str, int] = {}
    monday = ordinary_peak(spec)
    for workload in _clients_first(spec.workloads):
        peak = monday.used(workload.weights)
        connections = sum(count * ordinary[name] for name, count in clients_of(workload, spec.workloads).items())
        sized[workload.name] = sizing(workload, spec, peak, connections)
        ordinary[workload.name] = ordinary_replicas(workload, sized[workload.name], peak)
    return sized


def _clients_first(workloads: tuple[Workload, ...]) -> tuple[Workload, ...]:
    """Workloads such that each comes when all that come after it in the chain have come: clients before poolers."""
    done: dict[str, Workload] = {}
    left = list(workloads)
    while left:
        ready = [each for each in left if not any(each.name in other.after for other in left)]
        if not ready:
            raise ValueError("after goes round in a circle")
        done.update({each.name: each for each in ready})
        left = [each for each in left if each.name not in done]
    return tuple(done.values())


def _lead(workload: Workload, spec: ENTCapacitySpec, facts: Facts) -> Lead:
    own = _own_lead(workload, spec, facts)
    if scales_with(workload, spec.workloads) == "Clients":
        return Lead(own, 0, (0, 0))  # it follows its clients' floors, which lead already
    before = (_minutes(spec.ready_before.ordinary), _minutes(spec.ready_before.exceptional))
    return Lead(own, _chain(workload, spec, facts), before)


def _own_lead(workload: Workload, spec: ENTCapacitySpec, facts: Facts) -> int:
    startup = workload.startup
    measured = facts.startups.get(workload.name, DEFAULT_STARTUP) if startup == MEASURED else startup
    assert isinstance(measured, timedelta)
    return _minutes(measured + workload.warmup + spec.nodes.startup)


def _chain(workload: Workload, spec: ENTCapacitySpec, facts: Facts) -> int:
    """L(w) − lead(w): the longest chain of workloads that come after this one."""
    return max(
        (
            _own_lead(each, spec, facts) + _chain(each, spec, facts)
            for each in spec.workloads
            if workload.name in each.after
        ),
        default=0,
    )


def _minutes(duration: timedelta) -> int:
    return ceil(duration / MINUTE)


def _padded(
    window: Grid,
    spec: ENTCapacitySpec,
    facts: Facts,
    sized: Mapping[str, Sizing],
    leads: Mapping[str, Lead],
    timezone: str,
) -> Grid:
    """The window with lead + hold + (max − min)/rate on both sides, in whole local days."""
    most = max(_most(each, spec, facts, sized[each.name]) for each in spec.workloads)
    lead = max(max(each.ordinary, each.exceptional) for each in leads.values())
    before = _minutes(spec.ramp.hold) + lead + ceil(most / spec.ramp.down_per_minute)
    after = 2 * lead + ceil(most / spec.ramp.up_per_minute)
    if any(scales_with(each, spec.workloads) == "Clients" for each in spec.workloads):
        nights = ceil(most / (spec.ramp.down_per_minute * (MINUTES_PER_DAY - NIGHT[0] + NIGHT[1])))
        before += (1 + nights) * MINUTES_PER_DAY
    wide = window.padded(min(before, _MOST_PADDING), min(after, _MOST_PADDING))
    days = planning_days(wide.padded(MINUTES_PER_DAY + 60, MINUTES_PER_DAY + 60), timezone)
    inside = days[MINUTES_PER_DAY + 60 : MINUTES_PER_DAY + 60 + wide.length]
    begin, end = np.searchsorted(days, [inside[0], inside[-1] + 1])
    return Grid(wide.start - MINUTES_PER_DAY - 60 + int(begin), int(end - begin))


def _most(workload: Workload, spec: ENTCapacitySpec, facts: Facts, sized: Sizing) -> int:
    found = facts.bounds.get(workload.name, Bounds())
    most = max(workload.max_when_announced or 0, workload.max or found.max or 0)
    if most:
        return most
    if workload.ordinary_peak is not None:
        return min(MAX_REPLICAS, 50 * workload.ordinary_peak.replicas)
    users = float(sum(each.pupils + (each.teachers or 0) + (each.parents or 0) for each in spec.audience))
    return min(MAX_REPLICAS, int(sized.need(np.array([users]), np.array([users / 10]))[0]))


def planning_days(grid: Grid, timezone: str) -> Ints:
    """For each minute, the number of the day it is reckoned with; days begin at 03:00 local time."""
    return (local(grid, timezone).flat - _DAY_STARTS) // MINUTES_PER_DAY


def may_fall(grid: Grid, timezone: str) -> Bools:
    """Minutes in which poolers may be lowered: the nights."""
    clock = local(grid, timezone).minute
    return (clock >= NIGHT[0]) | (clock < NIGHT[1])


def _now(grid: Grid, as_of: datetime) -> int:
    """The first position not before ``as_of``, at most the end."""
    return min(grid.index_from(as_of), grid.length)


# --- need, limits, floors ---------------------------------------------------------------------------------------------


def _need(workload: Workload, spec: ENTCapacitySpec, sized: Sizing, asked: Demand, days: Ints) -> Ints:
    load = asked.loads[weights_of(workload.weights)]
    logins = load.logins.planned(spec.demand.plan_on)
    wait = _minutes(spec.shaping.max_wait)
    if wait and isfinite(sized.carried.logins):
        logins = _by_day(logins, days, lambda day: smoothing.spread_by_wait(day, wait))
    return sized.need(load.sessions.planned(spec.demand.plan_on), logins)


def _by_day(values: Floats, days: Ints, change: Callable[[Floats], Floats]) -> Floats:
    cuts = np.flatnonzero(np.diff(days)) + 1
    return np.concatenate([change(each) for each in np.split(values, cuts)])


def still_held(client: WorkloadPlan) -> Ints:
    """Replicas of a client whose connections a pooler must be ready for: those wanted, and those still there."""
    return np.maximum(client.wanted, client.floor)


def _limit(workload: Workload, facts: Facts, asked: Demand, lead: Lead, spec: ENTCapacitySpec) -> Ints:
    found = facts.bounds.get(workload.name, Bounds())
    maximum = workload.max or found.max or MAX_REPLICAS
    limit = np.full(asked.grid.length, maximum)
    if workload.max_when_announced is not None:
        announced = asked.announced.astype(np.int64)
        if scales_with(workload, spec.workloads) == "Clients":  # its clients are asked for ahead of the day itself
            longest = _minutes(spec.ready_before.exceptional) + lead.own + MINUTES_PER_DAY // 2
            announced = smoothing.leads_and_holds(announced, longest, _minutes(spec.ramp.hold))
        limit[announced > 0] = max(maximum if maximum < MAX_REPLICAS else 0, workload.max_when_announced)
    return limit


def _share_budgets(
    spec: ENTCapacitySpec,
    sized: Mapping[str, Sizing],
    asked: Demand,
    needs: Mapping[str, Ints],
    limits: dict[str, Ints],
    days: Ints,
) -> dict[str, str]:
    """Lowers ``limits`` where the clients of a budget need more than there is; says which budget limits whom."""
    limited: dict[str, str] = {}
    starts = np.concatenate(([0], np.flatnonzero(np.diff(days)) + 1))
    for budget in spec.budgets:
        clients = {
            each.name: _client(each, spec, sized[each.name], asked, limits[each.name], starts)
            for each in spec.workloads
            if each.name in needs and each.connections and each.connections.budget == budget.name
        }
        if not clients:
            continue
        allowed = shared_out(tuple(clients.values()), budget.connections)
        for (name, client), replicas in zip(clients.items(), allowed, strict=True):
            if (replicas < client.most).any():
                limits[name] = np.minimum(limits[name], replicas[days - int(days[0])])
                limited[name] = budget.name
    return limited


def _client(
    workload: Workload, spec: ENTCapacitySpec, sized: Sizing, asked: Demand, limit: Ints, starts: Ints
) -> Client:
    assert workload.connections is not None
    load = asked.loads[weights_of(workload.weights)]
    sessions, logins = (
        np.maximum.reduceat(curve.planned(spec.demand.plan_on), starts) for curve in (load.sessions, load.logins)
    )
    return Client(sized, workload.connections, sessions, logins, np.maximum.reduceat(limit, starts))


def _plan_workload(
    workload: Workload,
    spec: ENTCapacitySpec,
    facts: Facts,
    sized: Sizing,
    lead: Lead,
    clients: Mapping[str, int],
    need: Ints,
    limit: Ints,
    budget: str,
    asked: Demand,
    now: int,
    falling: Bools | None,
) -> WorkloadPlan:
    found = facts.bounds.get(workload.name, Bounds())
    minimum = workload.min if workload.min is not None else found.min if found.min is not None else 1
    ramp = spec.ramp
    served = np.minimum(need, limit)
    hold = _minutes(ramp.hold)
    led = np.maximum(
        smoothing.leads_and_holds(np.where(asked.exceptional, 0, served), lead.ordinary, hold),
        smoothing.leads_and_holds(np.where(asked.exceptional, served, 0), lead.exceptional, hold),
    )
    wanted = smoothing.ramped(np.maximum(led, minimum), ramp.up_per_minute, ramp.down_per_minute, falling)
    floor = wanted
    if (in_effect := facts.floors.get(workload.name)) is not None:
        fallen = smoothing.fall(len(need), ramp.down_per_minute, falling)
        floor = smoothing.from_here(wanted, now, in_effect, ramp.up_per_minute, fallen)
        floor = np.clip(floor, minimum, np.maximum(limit.max(), wanted))
    return WorkloadPlan(
        workload, sized, lead, clients, minimum, need, limit, wanted, floor, smoothing.delayed(floor, lead.own), budget
    )
