"""Why a workload is asked for that many replicas, term by term, so that anyone can recompute it by hand.

Every term is a value with its meaning and, where it follows from others, the formula with the numbers filled in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from math import ceil, isfinite, prod
from typing import Final, Literal

import numpy as np

from entcapacity import smoothing
from entcapacity.curves import Shares, defaults, users_of
from entcapacity.demand import BAND_WIDTH, Stream, weights_of
from entcapacity.fields import MEASURED
from entcapacity.grid import MINUTE, Floats, local_time, on_clock
from entcapacity.plan import Plan, WorkloadPlan, may_fall, planned_load, planning_days, still_held
from entcapacity.reasons import Argument, Reason, listed, reason
from entcapacity.scaling import DEFAULT_STARTUP
from entcapacity.sizing import BETA, ROUNDING
from entcapacity.spec import MAX_REPLICAS
from entcapacity.steps import driver
from entcapacity.streams import LocalDay
from entcapacity.vocabulary import Role

Part = Literal["Day", "Demand", "Sizing", "Floor"]
PARTS: Final[tuple[Part, ...]] = ("Day", "Demand", "Sizing", "Floor")
Value = float | int | str


@dataclass(frozen=True, slots=True)
class Term:
    """One line of the reckoning."""

    part: Part
    symbol: str
    meaning: Reason
    value: Value
    shown: str
    """The value as formulas write it."""
    formula: str = ""
    """How it follows, numbers filled in; empty for what is given."""


def explain(plan: Plan, workload: WorkloadPlan, index: int) -> tuple[Term, ...]:
    """The terms of a floor, the floor itself being the last; ``index`` is a position on the plan's grid.

    The need explained is the one that asks for the floor, see ``steps.driver``. ``ValueError`` for a position before
    ``as_of``: a plan asks for nothing in the past.
    """
    if plan.grid.instant(index) + MINUTE <= plan.as_of:
        raise ValueError(f"{plan.grid.instant(index)} lies before {plan.as_of}: a plan asks for nothing in the past")
    reckoning = _Reckoning(plan, workload, index)
    reckoning.day_and_demand()
    reckoning.replicas()
    reckoning.floor()
    return tuple(reckoning.terms)


def show(value: Value) -> str:
    """A number as formulas write it: whole, or with six digits that count."""
    if isinstance(value, str):
        return value
    if float(value).is_integer() and abs(value) < 1e15:
        return str(int(value)).replace("-", "−")
    digits = np.format_float_positional(value, precision=6, unique=True, fractional=False, trim="-")
    return digits.replace("-", "−")


class _Reckoning:
    """Collects the terms of one floor, in the order in which a person would reckon."""

    def __init__(self, plan: Plan, workload: WorkloadPlan, index: int) -> None:
        self.terms: list[Term] = []
        self._plan, self._workload, self._index = plan, workload, index
        self._driver = driver(plan, workload, index).index
        self._instant = plan.grid.instant(self._driver)
        self._shares = Shares(plan.spec.demand)
        self._users = {
            segment.name or f"audience-{number}": users_of(segment)
            for number, segment in enumerate(plan.spec.audience, start=1)
        }

    def _say(self, part: Part, symbol: str, code: str, value: Value, formula: str = "", **args: Argument) -> None:
        self.terms.append(Term(part, symbol, reason(code, **args), value, show(value), formula))

    def _clock(self, index: int) -> str:
        return on_clock(self._plan.grid.instant(index), self._plan.timezone)

    # --- demand at the minute that drives the floor -------------------------------------------------------------------

    def day_and_demand(self) -> None:
        """What day it is for whom, and what they ask of the platform."""
        self._say("Day", "t", "TermAt", self._clock(self._index))
        self._say("Day", "t*", "TermDriver", self._clock(self._driver))
        if self._workload.clients:
            self._connections()
            return
        carried = self._workload.sizing.carried
        streams = list(_named(self._plan.demand.streams))
        for name, stream in streams:
            _, day = stream.day_at(self._instant)
            self._say("Day", f"day({name})", "TermDay", str(day.day.kind), segment=name, why=day.day.reason)
        backlog = self._backlog()
        if isfinite(carried.sessions):
            self._total("n", "TermSessions", [self._sessions(name, stream) for name, stream in streams])
            if backlog is not None:
                self._say("Demand", "n′", "TermSessionsLate", backlog[0])
        if isfinite(carried.logins):
            self._say("Demand", "S", "TermSessionLength", self._session_minutes)
            self._total("λ", "TermLogins", [self._logins(name, stream) for name, stream in streams])
            if wait := ceil(self._plan.spec.shaping.max_wait / MINUTE):
                self._say("Demand", "λ′", "TermLoginsSpread", self._spread_logins(), wait=wait)
            if backlog is not None:
                self._say("Demand", "λ″", "TermLoginsLate", backlog[1])

    def _backlog(self) -> tuple[float, float] | None:
        """Sessions and log-ins of people who waited, where they are what the need is for."""
        if self._plan.backlog is None or not self._workload.belated[self._driver]:
            return None
        sessions, logins = self._plan.backlog.of(weights_of(self._workload.workload.weights), self._plan.demand)
        return float(sessions[self._driver]), float(logins[self._driver])

    @property
    def _session_minutes(self) -> float:
        return self._plan.spec.demand.session_length / MINUTE

    def _total(self, symbol: str, code: str, parts: list[float]) -> None:
        self._say(
            "Demand", symbol, code, sum(parts), " + ".join(map(show, parts)) if len(parts) > 1 else show(parts[0])
        )

    def _sessions(self, name: str, stream: Stream) -> float:
        """Sessions of one segment, as planned on."""
        at = self._taken(stream.sessions)
        expected = float(stream.sessions[at])
        place, day = stream.day_at(self._plan.grid.instant(at))
        moment = local_time(self._plan.grid.instant(at), place.timezone)
        self._minute_taken(name, moment)
        base, written = 0.0, []
        for role, users, share in self._by_role(stream, day, moment):
            self._say("Demand", f"users({name}, {role})", "TermUsers", users, role=reason(f"Role{role}"), segment=name)
            self._say("Demand", f"share({name}, {role})", "TermShare", share, role=reason(f"Role{role}"), segment=name)
            base += users * share
            written.append(f"{show(users)} × {show(share)}")
        factor = expected / base if base > 0 else 1.0
        self._modifiers(name, day, moment, factor)
        formula = f"({' + '.join(written)}) × {show(factor)}" if base > 0 else ""
        self._say("Demand", f"n₀({name})", "TermExpectedSessions", expected, formula, segment=name)
        return self._planned_on("n", name, stream, expected, stream.users)

    def _by_role(self, stream: Stream, day: LocalDay, moment: datetime) -> Iterator[tuple[Role, float, float]]:
        """Users of a stream by role, and the share of them whom the curve has in session."""
        users = self._users[stream.segment]
        part = stream.users / (sum(users.values()) or 1.0)
        minute = moment.hour * 60 + moment.minute
        for role, count in users.items():
            curve = self._shares.share(day.curve, day.day.on_site_percent, day.on.weekday(), role, day.levels)
            if count * part * curve[minute] > 0:
                yield role, count * part, float(curve[minute])

    def _modifiers(self, name: str, day: LocalDay, moment: datetime, factor: float) -> None:
        known, named = defaults(), list[tuple[Argument, float]]()
        if day.first_remote:
            named.append((reason("FirstRemoteDay"), known.first_remote_day))
        if day.after_break:
            named.append((reason("FirstDayAfterBreak"), known.first_day_after_break))
        for event in self._plan.spec.events:
            if event.from_ <= moment <= event.until:
                named.append((reason("ModifierEvent", name=event.name), event.percent / 100))
        if (boost := self._plan.spec.boost) is not None and moment < boost.until:
            named.append((reason("ModifierBoost"), 1 + boost.percent / 100))
        rest = factor / prod(each for _, each in named)
        if abs(rest - 1) > 1e-6:
            named.append((reason("ModifierOthers"), rest))
        which = listed([each for each, _ in named]) if named else reason("ModifierNone")
        formula = " × ".join(show(each) for _, each in named) if len(named) > 1 else ""
        self._say("Demand", f"m({name})", "TermModifiers", factor, formula, segment=name, which=which)

    def _logins(self, name: str, stream: Stream) -> float:
        """Log-ins per minute of one segment, as planned on."""
        sessions, length = stream.sessions, self._session_minutes
        curve = np.maximum(0.0, np.diff(sessions, append=sessions[-1]) + sessions / length)
        at = self._taken(curve)
        place, _ = stream.day_at(self._plan.grid.instant(at))
        self._minute_taken(name, local_time(self._plan.grid.instant(at), place.timezone))
        now, then = (float(sessions[min(each, len(sessions) - 1)]) for each in (at, at + 1))
        self._say("Demand", f"n₀({name}, τ)", "TermSessionsThen", now, segment=name)
        self._say("Demand", f"n₀({name}, τ+1)", "TermSessionsNext", then, segment=name)
        expected = float(curve[at])
        formula = f"max(0, {show(then)} − {show(now)} + {show(now)} ÷ {show(length)})"
        self._say("Demand", f"λ₀({name})", "TermExpectedLogins", expected, formula, segment=name)
        return self._planned_on("λ", name, stream, expected, None)

    def _taken(self, curve: Floats) -> int:
        """The minute whose value counts: the driving one, or for the upper band the busiest around it."""
        if self._plan.spec.demand.plan_on == "Expected":
            return self._driver
        begin = max(0, self._driver - BAND_WIDTH)
        return begin + int(np.argmax(curve[begin : self._driver + BAND_WIDTH + 1]))

    def _minute_taken(self, name: str, moment: datetime) -> None:
        if self._plan.spec.demand.plan_on == "Expected":
            return
        self._say("Demand", f"τ({name})", "TermBusiest", f"{moment:%H:%M}", segment=name, width=BAND_WIDTH)

    def _planned_on(self, symbol: str, name: str, stream: Stream, expected: float, cap: float | None) -> float:
        """What of a segment goes into the sum: with the band where the upper one is planned on, and weighted."""
        value, formula = expected, show(expected)
        if self._plan.spec.demand.plan_on == "High":
            band = max(day.band for _, day in stream.days_at(self._instant))
            self._say("Demand", f"b({name})", "TermBand", band, segment=name)
            value, formula = (1 + band) * expected, f"(1 + {show(band)}) × {show(expected)}"
            if cap is not None:
                value, formula = min(cap, value), f"min({show(cap)}, {formula})"
        if weights := dict(weights_of(self._workload.workload.weights)):
            weight = max(weights.get(day.day.kind, 100) for _, day in stream.days_at(self._instant)) / 100
            self._say("Demand", f"w({name})", "TermWeight", weight, segment=name, workload=self._workload.name)
            value, formula = value * weight, f"{formula} × {show(weight)}"
        self._say("Demand", f"{symbol}({name})", "TermPlannedOn", value, formula, segment=name)
        return value

    def _spread_logins(self) -> float:
        """Log-ins of the minute when people may wait, from the whole day's curve, as the plan spreads them."""
        plan = self._plan
        days = planning_days(plan.grid, plan.timezone)
        load = plan.demand.loads[weights_of(self._workload.workload.weights)]
        _, logins = planned_load(load, plan.spec, days)
        return float(logins[self._driver])

    def _connections(self) -> None:
        """What the clients of a pooler hold."""
        now = self._plan.grid.index_from(self._plan.as_of)
        held, written = 0, []
        for client, count in self._workload.clients.items():
            floor = int(still_held(self._plan.workload(client), now)[self._driver])
            self._say("Demand", f"floor({client})", "TermClientFloor", floor, workload=client)
            self._say("Demand", f"conn({client})", "TermClientConnections", count, workload=client)
            held += floor * count
            written.append(f"{floor} × {count}")
        self._say("Demand", "c", "TermConnections", held, " + ".join(written))

    # --- replicas -----------------------------------------------------------------------------------------------------

    def replicas(self) -> None:
        """What one replica carries, and how many are needed."""
        sized = self._workload.sizing
        self._say("Sizing", "ρ", "TermUtilization", sized.utilization)
        found = []
        if isfinite(sized.carried.sessions):
            self._carried("u", "Sessions", sized.carried.sessions)
            self._say("Sizing", "β", "TermBeta", BETA)
            n = self._value("n", "n′")
            over = f"({show(n)} + {show(BETA)} × √{show(n)})"
            found.append(self._need("R(n)", n + BETA * n**0.5, over, sized.carried.sessions))
        if isfinite(sized.carried.logins):
            self._carried("μ", "Logins", sized.carried.logins)
            logins = self._value("λ", "λ′", "λ″")
            found.append(self._need("R(λ)", logins, show(logins), sized.carried.logins))
        if self._workload.clients and isfinite(sized.carried.connections):
            self._carried("k", "Connections", sized.carried.connections)
            held = self._value("c")
            found.append(self._need("R(c)", held, show(held), sized.carried.connections))
        need = max(found, default=0)
        if self._plan.spec.spread is not None and not self._workload.clients:
            all_, lost = self._plan.spec.spread.failure_domains, self._plan.spec.spread.tolerate
            need = int(sized.spread_over(np.array([need]))[0])
            gone = lost * (need // all_) + min(lost, need % all_)
            self._say("Sizing", "z", "TermLeft", need - gone, f"{need} − {gone}", domains=all_, lost=lost)
            self._say("Sizing", "R(z)", "TermNeedSpread", need)
        elif len(found) > 1:
            self._say("Sizing", "R", "TermNeed", need, f"max({', '.join(map(str, found))})")

    def _carried(self, symbol: str, what: Literal["Sessions", "Logins", "Connections"], carried: float) -> None:
        """What one replica carries at 100 %: as measured, or calibrated on the ordinary Monday."""
        workload = self._workload.workload
        capacity = workload.capacity
        measured = capacity and {"Sessions": capacity.sessions, "Logins": capacity.logins_per_minute}.get(what)
        formula = ""
        if not measured and workload.ordinary_peak is not None:
            percent, replicas = workload.ordinary_peak.utilization_percent, workload.ordinary_peak.replicas
            busy = self._workload.sizing.utilization if percent is None else percent / 100
            peak = carried * replicas * busy
            self._say("Sizing", f"{symbol}₀", f"TermOrdinary{what}", peak)
            self._say("Sizing", f"r({symbol})", "TermOrdinaryReplicas", replicas)
            self._say("Sizing", f"ρ₀({symbol})", "TermOrdinaryUtilization", busy)
            formula = f"{show(peak)} ÷ ({replicas} × {show(busy)})"
        self._say("Sizing", symbol, f"TermCarried{what}", carried, formula)

    def _need(self, symbol: str, load: float, written: str, carried: float) -> int:
        utilization = self._workload.sizing.utilization
        formula = f"{written} ÷ ({show(utilization)} × {show(carried)})"
        return self._whole(symbol, "TermNeedFor", load / (utilization * carried), formula)

    def _whole(self, symbol: str, code: str, exact: float, formula: str) -> int:
        """A number of replicas rounded up; what is rounded stands there with the digits that decide."""
        replicas = ceil(exact - ROUNDING)
        digits = next((each for each in range(2, 10) if ceil(float(f"{exact:.{each}f}")) == replicas), 10)
        quotient = f"{exact:.{digits}f}"
        self.terms.append(Term("Sizing", f"q{symbol[1:]}", reason("TermQuotient"), exact, quotient, formula))
        self._say("Sizing", symbol, code, replicas, f"⌈{quotient}⌉")
        return replicas

    def _value(self, *symbols: str) -> float:
        """The value of the last term of those symbols."""
        return next(float(each.value) for each in reversed(self.terms) if each.symbol in symbols)

    # --- the floor ----------------------------------------------------------------------------------------------------

    def floor(self) -> None:
        """When that need has to be asked for, and what is asked for at the minute explained."""
        workload, ramp = self._workload, self._plan.spec.ramp
        need, limit = int(workload.need[self._driver]), int(workload.limit[self._driver])
        code = "TermLimitBudget" if workload.budget else "TermLimit" if limit < MAX_REPLICAS else "TermNoLimit"
        self._say("Floor", "limit", code, limit)
        served = min(need, limit)
        self._say("Floor", "served", "TermServed", served, f"min({need}, {limit})")
        lead, hold = self._lead(), ceil(ramp.hold / MINUTE)
        self._say("Floor", "hold", "TermHold", hold)
        distance = self._driver - self._index
        self._say("Floor", "Δ", "TermDistance", distance)
        up, every = workload.rise.up, workload.rise.every
        rise = up * max(0, distance - lead) // every
        formula = f"{up} × max(0, {show(distance)} − {lead})"
        if workload.rise.in_order:
            formula = f"⌊max(0, {show(distance)} − {lead}) ÷ {every}⌋"
            self._say("Floor", "rise", "TermRiseInOrder", rise, formula, every=every)
        else:
            self._say("Floor", "rise", "TermRise", rise, formula, up=up)
        fallen = self._minutes_fallen(min(self._driver + hold, self._index))
        self._say("Floor", "x", "TermFalling", fallen)
        drop = ramp.down_per_minute * fallen
        formula = f"{ramp.down_per_minute} × {fallen}"
        self._say("Floor", "drop", "TermDrop", drop, formula, down=ramp.down_per_minute)
        self._say("Floor", "min", "TermMinimum", workload.minimum)
        wanted = max(workload.minimum, served - rise - drop)
        self._say("Floor", "F", "TermWanted", wanted, f"max({workload.minimum}, {served} − {rise} − {drop})")
        self._in_effect(self._with_rehearsal(wanted))

    def _lead(self) -> int:
        """The parts of the lead in minutes."""
        plan, lead = self._plan, self._workload.lead
        workload = self._workload.workload
        startup = workload.startup
        measured = plan.facts.startups.get(workload.name, DEFAULT_STARTUP) if startup == MEASURED else startup
        parts = [each / MINUTE for each in (measured, workload.warmup, plan.spec.nodes.startup)]
        for symbol, value in zip(("startup", "warmup", "nodes"), parts, strict=True):
            self._say("Floor", symbol, f"Term{symbol.capitalize()}", value)
        self._say("Floor", "own", "TermOwnLead", lead.own, f"⌈{' + '.join(map(show, parts))}⌉")
        exceptional = bool(plan.demand.exceptional[self._driver])
        before = lead.before[1 if exceptional else 0]
        self._say("Floor", "chain", "TermChain", lead.chain)
        self._say("Floor", "before", "TermBeforeExceptional" if exceptional else "TermBeforeOrdinary", before)
        total = lead.exceptional if exceptional else lead.ordinary
        self._say("Floor", "L", "TermLead", total, f"{lead.own} + {lead.chain} + {before}")
        return total

    def _minutes_fallen(self, since: int) -> int:
        """Minutes from a position to the one explained in which the floor may fall."""
        falling = may_fall(self._plan.spec, self._plan.grid) if self._workload.clients else None
        fallen = smoothing.fall(self._plan.grid.length, 1, falling)
        return max(0, int(fallen[self._index] - fallen[max(0, min(since, len(fallen) - 1))]))

    def _with_rehearsal(self, wanted: int) -> int:
        """The floor wanted, or what a rehearsal asks for where that is more."""
        rehearsal, rehearsed = self._plan.spec.rehearsal, int(self._workload.rehearsed[self._index])
        if rehearsal is None or not rehearsed:
            return wanted
        until = on_clock(rehearsal.until, self._plan.timezone)
        self._say("Floor", "H", "TermRehearsed", rehearsed, until=until)
        self._say("Floor", "F′", "TermAsked", max(wanted, rehearsed), f"max({wanted}, {rehearsed})")
        return max(wanted, rehearsed)

    def _in_effect(self, wanted: int) -> None:
        """The floor as it can be reached from the one in effect."""
        plan, workload, ramp = self._plan, self._workload, self._plan.spec.ramp
        in_effect = workload.in_effect
        if in_effect is None:
            self._say("Floor", "floor", "TermFloor", wanted, str(wanted))
            return
        now = plan.grid.index_from(plan.as_of)
        elapsed, fallen = max(0, self._index - now), self._minutes_fallen(now)
        self._say("Floor", "f₀", "TermInEffect", in_effect, since=self._clock(now))
        self._say("Floor", "e", "TermElapsed", elapsed)
        self._say("Floor", "y", "TermFallingSince", fallen)
        reached = max(min(wanted, in_effect + ramp.up_per_minute * elapsed), in_effect - ramp.down_per_minute * fallen)
        floor = max(reached, workload.minimum)
        formula = f"max(min({wanted}, {in_effect} + {ramp.up_per_minute} × {elapsed}), "
        formula += f"{in_effect} − {ramp.down_per_minute} × {fallen})"
        if floor != reached:
            formula = f"max({formula}, {workload.minimum})"
        self._say("Floor", "floor", "TermFloor", floor, formula)


def _named(streams: Iterable[Stream]) -> Iterator[tuple[str, Stream]]:
    """Streams by segment; numbered where calendars split a segment into several."""
    seen: dict[str, int] = {}
    for each in streams:
        seen[each.segment] = seen.get(each.segment, 0) + 1
        number = seen[each.segment]
        yield (each.segment if number == 1 else f"{each.segment}#{number}"), each
