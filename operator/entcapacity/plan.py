"""The plan: a pure function of spec, facts, the instant as of which they were known, and a window.

``plan(spec, facts, as_of, window)`` is what the operator, the command line, the replay and the tests all call. It asks
no clock and no cluster. Everything is computed on a grid wider than the window, so that overlapping windows agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from itertools import pairwise
from math import ceil
from typing import Final

import numpy as np

from entcapacity import announcements, smoothing
from entcapacity.budgets import Client, shared_out
from entcapacity.ceilings import carried_by
from entcapacity.demand import BAND_WIDTH, Demand, Load, Weights, demand, timezones_of, weights_of
from entcapacity.facts import Facts
from entcapacity.fields import MINUTES_PER_DAY
from entcapacity.grid import MINUTE, Bools, Floats, Grid, Ints, local, local_time, midnight, ratio, shortened
from entcapacity.scaling import Lead, Rise, Scaling, minutes, scalings
from entcapacity.school import SchoolAnnouncement
from entcapacity.sizing import Sizing
from entcapacity.spec import MAX_REPLICAS, ENTCapacitySpec, Workload
from entcapacity.streams import places_of

NIGHT: Final = (22 * 60, 5 * 60)
"""Local clock minutes between which poolers may be lowered."""
_DAY_STARTS: Final = 3 * 60
"""Local clock minute at which what is reckoned by the day begins anew: the quietest one."""
_MOST_PADDING: Final = 7 * MINUTES_PER_DAY


@dataclass(frozen=True, slots=True, eq=False)
class Backlog:
    """Who comes in later than they came, if everything is at its limit; one value per minute of the padded grid."""

    sessions: Floats
    """Active."""
    logins: Floats
    """Let in per minute while somebody waits; else 0."""

    def of(self, weights: Weights, asked: Demand) -> tuple[Floats, Floats]:
        """Sessions and log-ins as a workload with such weights sees them."""
        if not weights:
            return self.sessions, self.logins
        plain, used = asked.load, asked.loads[weights]
        return (
            self.sessions * ratio(used.sessions.expected, plain.sessions.expected),
            self.logins * ratio(used.logins.expected, plain.logins.expected),
        )


@dataclass(frozen=True, slots=True, eq=False)
class WorkloadPlan:
    """One workload's part of a plan; arrays have one value per minute of the plan's padded grid."""

    workload: Workload
    sizing: Sizing
    lead: Lead
    rise: Rise
    clients: Mapping[str, int]
    """For a pooler, the connections per replica of each client; else empty."""
    minimum: int
    need: Ints
    """Replicas that serve the demand, and who waited until then."""
    belated: Bools
    """Minutes whose need is that of people who waited, since it is above that of those who come then."""
    maximum: Ints
    """The most replicas there may be; raised on announced days."""
    limit: Ints
    """Replicas that may be asked for: the maximum, or what its budget allows."""
    wanted: Ints
    """The floor that needs no past: with lead, hold and ramp."""
    rehearsed: Ints
    """What a rehearsal asks for, with ramp; 0 where there is none."""
    floor: Ints
    """Replicas asked for: ``asked`` as it can be reached from the floor in effect."""
    in_effect: int | None
    """The floor in effect at ``as_of``, as far as the bounds allow it; ``None`` where the plan was followed."""
    ready: Ints
    """Replicas that serve, if each takes its lead to start."""
    budget: str
    """The budget that limits it on some day; empty where none does."""

    @property
    def name(self) -> str:
        """The workload's name."""
        return self.workload.name

    @property
    def asked(self) -> Ints:
        """What is wanted, for the need or for a rehearsal."""
        return np.maximum(self.wanted, self.rehearsed)

    @property
    def served(self) -> Ints:
        """The need, as far as it may be met."""
        return np.minimum(self.need, self.limit)


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
    """The platform's local time: that of most of its users."""
    backlog: Backlog | None
    """``None`` where nobody has to wait as long as everything is at its limit."""

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
    def ahead(self) -> slice:
        """The part of the window that is still ahead at ``as_of``; may be empty."""
        begin = max(self.window.start - self.grid.start, _now(self.grid, self.as_of))
        return slice(begin, max(begin, self.inner.stop))

    @property
    def known_until(self) -> date:
        """The last date on which the calendar tells class days from days off for the whole audience."""
        known = self.facts.schooldays.known_at(self.as_of)
        return min(
            known.known_until(place, level, segment.calendar or "")
            for segment in self.spec.audience
            for place in places_of(segment)
            for level in segment.levels
        )

    def workload(self, name: str) -> WorkloadPlan:
        """The plan of one workload; ``KeyError`` where there is none of that name."""
        return next((each for each in self.workloads if each.name == name), None) or _missing(name)

    def shortened(self, ahead: timedelta) -> Plan:
        """The same plan, but of its window only so much: what is remembered for long takes less memory.

        What follows the window on the grid stays as long as it was, so that floors have the same reasons.
        """
        length = min(self.window.length, ahead // MINUTE)
        left = self.grid.length - self.window.length + length
        return replace(
            self,
            window=Grid(self.window.start, length),
            demand=self.demand.shortened(left),
            workloads=tuple(shortened(each, left) for each in self.workloads),
            backlog=self.backlog and shortened(self.backlog, left),
        )


def _missing(name: str) -> WorkloadPlan:
    raise KeyError(name)


def plan(spec: ENTCapacitySpec, facts: Facts, as_of: datetime, window: Grid) -> Plan:
    """What to ask for in ``window``, from what was known at ``as_of``."""
    grid = _padded(window, spec, scalings(spec, facts), most_users_live_in(spec))
    calendar = facts.schooldays.known_at(as_of)
    known = announcements.known_at(selected(spec, facts.announcements), as_of)
    return plan_for(demand(spec, calendar, known, grid), spec, facts, as_of, window)


def plan_for(asked: Demand, spec: ENTCapacitySpec, facts: Facts, as_of: datetime, window: Grid) -> Plan:
    """What to ask for in ``window`` for a demand on a grid around it."""
    grid = asked.grid
    scaled = scalings(spec, facts)
    timezone = most_users_live_in(spec)
    days = planning_days(grid, timezone)
    maxima = {name: _maximum(each, asked, spec) for name, each in scaled.items()}
    by_weights = {weights: planned_load(load, spec, days) for weights, load in asked.loads.items()}
    loads = {name: by_weights[weights_of(each.workload.weights)] for name, each in scaled.items()}
    limits, budgeted = _share_budgets(spec, scaled, loads, maxima, days)
    backlog = _backlog(spec, asked, scaled, limits, days)
    now = _now(grid, min(facts.since or as_of, as_of))
    planned: dict[str, WorkloadPlan] = {}
    for name, each in scaled.items():
        belated = np.zeros(grid.length, dtype=bool)
        if each.clients:
            held = np.sum([count * still_held(planned[client], now) for client, count in each.clients.items()], axis=0)
            need = each.sizing.need_for_connections(held)
        else:
            need = each.sizing.need(*loads[name])
            if backlog is not None:
                later = each.sizing.need(*backlog.of(weights_of(each.workload.weights), asked))
                need, belated = np.maximum(need, later), later > need
        wanted = _wanted(each, spec, asked, np.minimum(need, limits[name]))
        rehearsed = _rehearsed(each, spec, grid, limits[name])
        in_effect = _in_effect(each, facts)
        floor = _floor(each, spec, asked, np.maximum(wanted, rehearsed), in_effect, now)
        planned[name] = WorkloadPlan(
            workload=each.workload,
            sizing=each.sizing,
            lead=each.lead,
            rise=each.rise,
            clients=each.clients,
            minimum=each.minimum,
            need=need,
            belated=belated,
            maximum=maxima[name],
            limit=limits[name],
            wanted=wanted,
            rehearsed=rehearsed,
            floor=floor,
            in_effect=in_effect,
            ready=_ready(each, floor),
            budget=budgeted.get(name, ""),
        )
    workloads = tuple(planned[each.name] for each in spec.workloads)
    return Plan(spec, facts, as_of, window, asked, workloads, timezone, backlog)


def floors_in_effect(spec: ENTCapacitySpec, facts: Facts, as_of: datetime) -> dict[str, int]:
    """The floors at ``as_of`` if the plan had been followed until then, with news as they came.

    For previews and backtests, where no cluster can be asked. What became known lately is planned from the floors that
    were in effect then.
    """
    since = as_of - _reach(spec, facts)
    heard = [each for each in news(spec, facts) if since < each <= as_of]
    known = replace(facts, floors={})
    before = heard[0] - MINUTE if heard else as_of
    for made_at, until in pairwise([before, *heard, as_of]):
        known = replace(known, floors=_floors_at(plan(spec, known, made_at, Grid.at(until)), until))
    return dict(known.floors)


def _reach(spec: ENTCapacitySpec, facts: Facts) -> timedelta:
    """How long after news floors may still be on their way: as long as the ramp takes, and at least a day."""
    most = max(_most(each, spec) for each in scalings(spec, facts).values())
    slowest = min(spec.ramp.up_per_minute, spec.ramp.down_per_minute)
    return min(max(ceil(most / slowest), MINUTES_PER_DAY), _MOST_PADDING) * MINUTE


def news(spec: ENTCapacitySpec, facts: Facts) -> list[datetime]:
    """The instants at which something that the spec heeds is announced or withdrawn, or days become known, in order."""
    heeded = selected(spec, facts.announcements)
    instants = {each for made in heeded for each in (made.spec.announced_at, made.spec.withdrawn_at) if each}
    return sorted(instants.union(facts.schooldays.changes))


def selected(spec: ENTCapacitySpec, made: Iterable[SchoolAnnouncement]) -> tuple[SchoolAnnouncement, ...]:
    """The announcements that the spec heeds."""
    return tuple(each for each in made if spec.announcement_selector.selects(each.metadata.labels))


def _floors_at(made: Plan, instant: datetime) -> dict[str, int]:
    index = made.grid.index_from(instant)
    return {each.name: int(each.floor[index]) for each in made.workloads}


# --- time: the grid, its days and nights ------------------------------------------------------------------------------


def most_users_live_in(spec: ENTCapacitySpec) -> str:
    """The time zone of most of the platform's pupils; the first one on a tie."""
    pupils: dict[str, float] = {}
    for segment in spec.audience:
        for share, timezone in timezones_of(segment):
            pupils[timezone] = pupils.get(timezone, 0.0) + share * segment.pupils
    return max(pupils, key=lambda timezone: pupils[timezone])


def _padded(window: Grid, spec: ENTCapacitySpec, scaled: Mapping[str, Scaling], timezone: str) -> Grid:
    """The window with lead + hold + (max − min)/rate on both sides, in whole local days."""
    most = max(_most(each, spec) for each in scaled.values())
    lead = max(max(each.lead.ordinary, each.lead.exceptional) for each in scaled.values())
    before = minutes(spec.ramp.hold) + lead + ceil(most / spec.ramp.down_per_minute)
    after = 2 * lead + max(ceil(most * each.rise.every / each.rise.up) for each in scaled.values())
    if any(each.clients for each in scaled.values()):
        nights = ceil(most / (spec.ramp.down_per_minute * (MINUTES_PER_DAY - NIGHT[0] + NIGHT[1])))
        before += (1 + nights) * MINUTES_PER_DAY
    if spec.shaping.slots is not None:  # slots shift whole calendar days, which begin before planning days
        before, after = before + MINUTES_PER_DAY, after + MINUTES_PER_DAY
    wide = window.padded(min(before, _MOST_PADDING), min(after, _MOST_PADDING))
    begin = _day_start(wide.instant(0), timezone, 0)
    return Grid.between(begin, _day_start(wide.instant(wide.length - 1), timezone, 1))


def _most(scaling: Scaling, spec: ENTCapacitySpec) -> int:
    """The most replicas that could be asked for: the maximum, or what every user at once would need."""
    if scaling.most < MAX_REPLICAS or scaling.clients:
        return scaling.most
    users = float(sum(each.pupils * 3 + (each.teachers or 0) + (each.parents or 0) for each in spec.audience))
    everyone = np.array([users])
    rehearsed = spec.rehearsal.floor(scaling.workload.name) if spec.rehearsal is not None else 0
    return min(MAX_REPLICAS, max(rehearsed, int(scaling.sizing.need(everyone, 2 * everyone)[0])))


def planning_days(grid: Grid, timezone: str) -> Ints:
    """For each minute, the number of the day it is reckoned with; days begin at 03:00 local time."""
    return (local(grid, timezone).flat - _DAY_STARTS) // MINUTES_PER_DAY


def _day_start(instant: datetime, timezone: str, later: int) -> datetime:
    """When the day begins with which an instant is reckoned, or one so many days later."""
    begin = timedelta(minutes=_DAY_STARTS)
    on = (local_time(instant, timezone) - begin).date() + timedelta(days=later)
    return (midnight(on, timezone) + begin).astimezone(UTC)


def may_fall(spec: ENTCapacitySpec, grid: Grid) -> Bools:
    """Minutes in which poolers may be lowered: when it is night for everyone, or else for most."""
    timezones = dict.fromkeys(timezone for segment in spec.audience for _, timezone in timezones_of(segment))
    everywhere = reduce(np.logical_and, (_night(grid, each) for each in timezones))
    return everywhere if everywhere.any() else _night(grid, most_users_live_in(spec))


def _night(grid: Grid, timezone: str) -> Bools:
    clock = local(grid, timezone).minute
    return (clock >= NIGHT[0]) | (clock < NIGHT[1])


def _now(grid: Grid, as_of: datetime) -> int:
    """The first position not before ``as_of``, at most the end."""
    return min(grid.index_from(as_of), grid.length)


# --- load, limits, floors ---------------------------------------------------------------------------------------------


def planned_load(load: Load, spec: ENTCapacitySpec, days: Ints) -> tuple[Floats, Floats]:
    """Sessions, and log-ins per minute, that workloads are sized for; a wait on purpose spreads log-ins."""
    sessions, logins = (each.planned(spec.demand.plan_on) for each in (load.sessions, load.logins))
    if spec.shaping.max_wait:
        spread = _spread(load, spec, days)
        if spec.demand.plan_on == "High":  # they may still come early or late
            spread = smoothing.leads_and_holds(spread, BAND_WIDTH, BAND_WIDTH)
        logins = np.minimum(logins, spread)
    return sessions, logins


def _spread(load: Load, spec: ENTCapacitySpec, days: Ints) -> Floats:
    """Log-ins per minute as they come, or as a wait on purpose spreads them."""
    wait = minutes(spec.shaping.max_wait)
    return _by_day(load.logins.coming(spec.demand.plan_on), days, lambda day: smoothing.spread_by_wait(day, wait))


def _by_day(values: Floats, days: Ints, change: Callable[[Floats], Floats]) -> Floats:
    cuts = np.flatnonzero(np.diff(days)) + 1
    return np.concatenate([change(each) for each in np.split(values, cuts)])


def _backlog(
    spec: ENTCapacitySpec, asked: Demand, scaled: Mapping[str, Scaling], limits: Mapping[str, Ints], days: Ints
) -> Backlog | None:
    """Who comes in later than they came, beyond a wait on purpose, if everything is at its limit throughout.

    What is needed for them is needed later, too: nothing is lowered while people wait for it. It does not depend on
    ``as_of``, so that a plan made anew in the night still knows who has been waiting since the day. Where the grid
    begins, at 03:00, nobody waits.
    """
    ceiling = carried_by(((each.workload, each.sizing, limits[name]) for name, each in scaled.items()), spec, asked)
    sessions, logins = (each.coming(spec.demand.plan_on) for each in (asked.load.sessions, asked.load.logins))
    if (logins <= ceiling.logins).all() and (sessions <= ceiling.sessions).all():
        return None
    logins = _spread(asked.load, spec, days)
    let_in = smoothing.admit(
        logins,
        sessions,
        ceiling.logins,
        ceiling.sessions,
        spec.demand.session_length / MINUTE,
        asked.users,
    )
    waiting = let_in.queue >= 1
    if not waiting.any():
        return None
    return Backlog(let_in.sessions, np.where(waiting | (let_in.logins > logins), let_in.logins, 0.0))


def still_held(client: WorkloadPlan, now: int) -> Ints:
    """Replicas of a client whose connections a pooler must be ready for: wanted ones, from ``now`` also those there.

    What was there before is not known; the plan is taken to have been followed.
    """
    ahead = np.arange(len(client.wanted)) >= now
    return np.where(ahead, np.maximum(client.wanted, client.floor), client.wanted)


def _maximum(scaling: Scaling, asked: Demand, spec: ENTCapacitySpec) -> Ints:
    announced = asked.announced
    if scaling.clients and scaling.raised != scaling.maximum:  # its clients are asked for ahead of the day itself
        ahead = minutes(spec.ready_before.exceptional) + scaling.lead.own + MINUTES_PER_DAY // 2
        announced = smoothing.leads_and_holds(announced.astype(np.int64), ahead, minutes(spec.ramp.hold)) > 0
    if spec.rehearsal is not None and spec.rehearsal.floor(scaling.workload.name) > scaling.maximum:
        announced = announced | _rehearsing(spec, asked.grid)
    return np.where(announced, scaling.raised, scaling.maximum)


def _share_budgets(
    spec: ENTCapacitySpec,
    scaled: Mapping[str, Scaling],
    loads: Mapping[str, tuple[Floats, Floats]],
    maxima: Mapping[str, Ints],
    days: Ints,
) -> tuple[dict[str, Ints], dict[str, str]]:
    """The limits of all workloads, lowered where clients of a budget need more than there is, and which budget does it.

    A day's peak counts as long as it keeps replicas: through lead and hold, also into the day before or after.
    """
    limits, limited = dict(maxima), {}
    starts = np.concatenate(([0], np.flatnonzero(np.diff(days)) + 1))
    hold = minutes(spec.ramp.hold)
    for budget in spec.budgets:
        clients: dict[str, Client] = {}
        for name, each in scaled.items():
            connections = each.workload.connections
            if connections and connections.budget == budget.name and not each.clients:
                lead = max(each.lead.ordinary, each.lead.exceptional)
                sessions, logins = (
                    np.maximum.reduceat(smoothing.leads_and_holds(curve, lead, hold), starts) for curve in loads[name]
                )
                most = np.maximum.reduceat(maxima[name], starts)
                clients[name] = Client(each.sizing, connections, sessions, logins, each.minimum, most)
        if not clients:
            continue
        for name, replicas in zip(clients, shared_out(tuple(clients.values()), budget.connections), strict=True):
            if (replicas < clients[name].most).any():
                limits[name] = np.minimum(limits[name], replicas[days - int(days[0])])
                limited[name] = budget.name
    return limits, limited


def _wanted(scaling: Scaling, spec: ENTCapacitySpec, asked: Demand, served: Ints) -> Ints:
    """The floor for what is served: with lead, hold and ramp, never below the minimum."""
    lead, hold = scaling.lead, minutes(spec.ramp.hold)
    led = np.maximum(
        smoothing.leads_and_holds(np.where(asked.exceptional, 0, served), lead.ordinary, hold),
        smoothing.leads_and_holds(np.where(asked.exceptional, served, 0), lead.exceptional, hold),
    )
    return _ramped(np.maximum(led, scaling.minimum), scaling, spec, asked.grid)


def _ramped(floor: Ints, scaling: Scaling, spec: ENTCapacitySpec, grid: Grid) -> Ints:
    falling = may_fall(spec, grid) if scaling.clients else None
    return smoothing.ramped(floor, scaling.rise.up, spec.ramp.down_per_minute, falling, scaling.rise.every)


def _ready(scaling: Scaling, floor: Ints) -> Ints:
    ready = smoothing.delayed(floor, scaling.lead.own)
    return smoothing.in_turn(ready, scaling.rise.every) if scaling.rise.in_order else ready


def _rehearsing(spec: ENTCapacitySpec, grid: Grid) -> Bools:
    """Minutes in which a rehearsal holds floors."""
    held = np.zeros(grid.length, dtype=bool)
    if spec.rehearsal is not None:
        begin, end = grid.index(spec.rehearsal.from_), grid.index_from(spec.rehearsal.until)
        held[max(begin, 0) : max(end, 0)] = True
    return held


def _rehearsed(scaling: Scaling, spec: ENTCapacitySpec, grid: Grid, limit: Ints) -> Ints:
    """What a rehearsal asks for, as far as its maximum allows, with ramp. A budget is shared out by what is needed, and
    so does not bound it: where floors overdraw one, that is said."""
    floor = spec.rehearsal.floor(scaling.workload.name) if spec.rehearsal is not None else 0
    if not floor:
        return np.zeros(grid.length, dtype=np.int64)
    return _ramped(np.where(_rehearsing(spec, grid), np.minimum(floor, limit), 0), scaling, spec, grid)


def _in_effect(scaling: Scaling, facts: Facts) -> int | None:
    found = facts.floors.get(scaling.workload.name)
    return None if found is None else max(scaling.minimum, min(found, scaling.most))


def _floor(
    scaling: Scaling, spec: ENTCapacitySpec, asked: Demand, wanted: Ints, in_effect: int | None, now: int
) -> Ints:
    """``wanted`` as it can be reached from the floor in effect.

    A floor above its limit comes down by its rate like any other: nobody is cut at nine in the morning because an
    announcement was withdrawn.
    """
    if in_effect is None:
        return wanted
    falling = may_fall(spec, asked.grid) if scaling.clients else None
    fallen = smoothing.fall(len(wanted), spec.ramp.down_per_minute, falling)
    return smoothing.from_here(wanted, now, in_effect, spec.ramp.up_per_minute, fallen)
