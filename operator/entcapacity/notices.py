"""What a plan wants people to know: where capacity, time or knowledge ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np

from entcapacity.admission import Wait, waits
from entcapacity.budgets import held
from entcapacity.cost import Cost
from entcapacity.demand import Stream
from entcapacity.facts import Bounds
from entcapacity.grid import MINUTE, local_date, on_clock, spans
from entcapacity.plan import Plan, WorkloadPlan
from entcapacity.reasons import Argument, Reason, listed, reason
from entcapacity.scaling import own_maximum
from entcapacity.smoothing import delayed
from entcapacity.spec import MAX_REPLICAS
from entcapacity.steps import who
from entcapacity.territories import Place
from entcapacity.vocabulary import DayKind

_PATIENCE: Final = timedelta(hours=1)
"""Nobody is assumed to give up; of a wait above this the minutes would say what does not happen."""


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A time in which the need is above what may be asked for."""

    since: datetime
    until: datetime
    replicas: int
    """How many are missing at the worst minute."""
    at: datetime
    """That minute."""


@dataclass(frozen=True, slots=True)
class Late:
    """A time in which the floor is below what it should be, since what it is for was known too late."""

    since: datetime
    ready_at: datetime
    """When everything asked for is Ready."""
    missed: int
    """Minutes in which fewer replicas are ready than are needed and allowed."""


def shortfalls(plan: Plan, workload: WorkloadPlan) -> Iterator[Shortfall]:
    """The times in the window, from ``as_of`` on, in which a workload's need is above its maximum or budget."""
    missing = workload.need - workload.limit
    for first, last in spans(missing > 0, plan.ahead):
        worst = first + int(np.argmax(missing[first:last]))
        yield Shortfall(
            plan.grid.instant(first), plan.grid.instant(last), int(missing[worst]), plan.grid.instant(worst)
        )


def lateness(plan: Plan, workload: WorkloadPlan) -> Late | None:
    """The first time in which a workload's floor cannot yet be what an exceptional day needs of it.

    A floor that follows news on an ordinary day by its start-up is nothing to report: nobody could be ahead of that.
    """
    begin = plan.ahead.start
    below = workload.floor[begin:] < workload.wanted[begin:]
    if not below[: plan.ahead.stop - begin].any():
        return None
    first = begin + int(np.argmax(below))
    last = first + int(np.argmin(np.append(below[first - begin :], False)))
    lead = workload.lead.own
    in_time = workload.ready >= delayed(workload.wanted, lead)  # pods that come in turn come later than their floor
    ready = last + int(np.argmax(np.append(in_time[last:], True)))
    missed = int((workload.ready < workload.served)[first:ready].sum())
    if not plan.demand.exceptional[first : last + workload.lead.exceptional].any() and missed <= lead + 1:
        return None
    return Late(plan.grid.instant(first), plan.grid.instant(ready), missed)


def gravest(plan: Plan, among: Iterable[WorkloadPlan]) -> WorkloadPlan:
    """Of some workloads the one that tells the most: which lacks the most, or where none does, needs the most."""

    def lacking_and_needed(each: WorkloadPlan) -> tuple[int, int]:
        return int((each.need - each.limit)[plan.ahead].max(initial=0)), int(each.need[plan.inner].max())

    return max(among, key=lacking_and_needed)


def notices(plan: Plan, cost: Cost) -> Iterator[Reason]:
    """Everything that people should know the evening before, the gravest first."""
    for workload in plan.workloads:
        if late := lateness(plan, workload):
            yield reason("TooLate", workload=workload.name, readyAt=on_clock(late.ready_at, plan.timezone))
    for workload in plan.workloads:
        yield from _short(plan, workload)
    yield from _nodes_short(plan, cost)
    if found := list(waits(plan)):
        yield waiting(plan, found)
    yield from _limits_reached(plan)
    yield from _budgets_at_risk(plan)
    yield from _budgets_overdrawn(plan)
    for workload in plan.workloads:
        yield from _below_found(plan, workload)
    for stream in plan.demand.streams:
        yield from dict.fromkeys(_unsure(plan, stream))  # of several places in one zone the same is known


def nothing_found(plan: Plan) -> Reason:
    """What is to be said of a plan without notices: that all is well, or that of some workloads nobody can tell."""
    unknown = [each.name for each in plan.workloads if (each.maximum[plan.ahead] >= MAX_REPLICAS).any()]
    return reason("NoMaxima", workloads=listed(unknown)) if unknown else reason("NoNotices")


def _short(plan: Plan, workload: WorkloadPlan) -> Iterator[Reason]:
    worst = max(shortfalls(plan, workload), key=lambda each: each.replicas, default=None)
    if worst is not None:
        index = plan.grid.index(worst.at)
        most, maximum = int(workload.limit[index]), int(workload.maximum[index])
        shown: dict[str, Argument] = {
            "workload": workload.name,
            "replicas": worst.replicas,
            "at": on_clock(worst.at, plan.timezone),
        }
        if most < maximum:
            yield reason("BudgetShort", **shown, max=most, budget=workload.budget)
            return
        found, own = plan.facts.bounds.get(workload.name), workload.workload.max
        whose = "AutoscalerMaximum" if found and found.max == most != own else "OwnMaximum"
        yield reason("Short", **shown, limit=reason(whose, max=most))


def _below_found(plan: Plan, workload: WorkloadPlan) -> Iterator[Reason]:
    said, found = workload.workload.max, plan.facts.bounds.get(workload.name, Bounds())
    stays = own_maximum(workload.workload, found)
    if said is not None and stays is not None and stays > said:
        yield reason("MaximumBelowFound", workload=workload.name, max=said, replicas=stays)


def _nodes_short(plan: Plan, cost: Cost) -> Iterator[Reason]:
    most = plan.spec.nodes.max
    if most is not None and cost.peak_nodes is not None and cost.peak_nodes > most:
        total = np.sum([each.floor[plan.ahead] for each in plan.workloads], axis=0)
        at = plan.grid.instant(plan.ahead.start + int(np.argmax(total)))
        yield reason("NodesShort", nodes=cost.peak_nodes, at=on_clock(at, plan.timezone), max=most)


def waiting(plan: Plan, found: Sequence[Wait]) -> Reason:
    """Waits as one: whoever hears of seventeen days wants to know of the worst."""
    worst = max(found, key=lambda each: each.most)
    since, until = (on_clock(each, plan.timezone) for each in (worst.since, worst.until))
    limits = [each.limited_by for each in sorted(found, key=lambda each: each.most, reverse=True)]
    shown: dict[str, Argument] = {
        "most": worst.most,
        "when": reason("WaitSpan", since=since, until=until)
        if len(found) == 1
        else reason("WaitDays", days=_dates(plan, found), since=since),
        "limitedBy": listed(list(dict.fromkeys(limits))),
    }
    if any(each.longest is None for each in found):
        return reason("WaitingOpen", **shown)
    longest = max(each.longest for each in found if each.longest is not None)
    patient = longest <= _PATIENCE
    return reason(
        "Waiting", **shown, wait=reason("WaitMinutes", minutes=longest // MINUTE) if patient else reason("WaitHours")
    )


def _dates(plan: Plan, found: Iterable[Wait]) -> int:
    """On how many local dates somebody waits."""
    dates = [
        [local_date(each, plan.timezone).toordinal() for each in (wait.since, wait.until - MINUTE)] for wait in found
    ]
    return len({on for first, last in dates for on in range(first, last + 1)})


def _limits_reached(plan: Plan) -> Iterator[Reason]:
    logins = plan.demand.load.logins.planned(plan.spec.demand.plan_on)[plan.inner]
    for limit in plan.spec.limits:
        if (most := float(logins.max())) > limit.logins_per_minute:
            at = on_clock(plan.window.instant(int(np.argmax(logins))), plan.timezone)
            allowed = limit.logins_per_minute
            yield reason("LimitReached", limit=limit.name, logins=round(most), at=at, allowed=allowed)


def _budgets_at_risk(plan: Plan) -> Iterator[Reason]:
    """Budgets that the maxima of their clients overdraw; of a client without a maximum nothing can be said."""
    for budget in plan.spec.budgets:
        most_held = 0
        for each in plan.workloads:
            connections, most = each.workload.connections, int(each.maximum.max())  # that found on an HPA counts, too
            most = max(most if most < MAX_REPLICAS else 0, each.workload.max_when_announced or 0)
            if connections and connections.budget == budget.name and most:
                most_held += int(held(connections, np.array(most)))
        if most_held > budget.connections:
            yield reason("BudgetAtRisk", budget=budget.name, connections=most_held, allowed=budget.connections)


def _budgets_overdrawn(plan: Plan) -> Iterator[Reason]:
    """Budgets that the floors themselves overdraw: minima, or floors that are still coming down, can ask for more."""
    for budget in plan.spec.budgets:
        total = np.zeros(plan.ahead.stop - plan.ahead.start)
        for each in plan.workloads:
            connections = each.workload.connections
            if connections and connections.budget == budget.name:
                total += held(connections, each.floor[plan.ahead])
        if total.size and total.max() > budget.connections:
            at = on_clock(plan.grid.instant(plan.ahead.start + int(np.argmax(total))), plan.timezone)
            yield reason(
                "BudgetOverdrawn",
                budget=budget.name,
                connections=int(total.max()),
                at=at,
                allowed=budget.connections,
            )


def _unsure(plan: Plan, stream: Stream) -> Iterator[Reason]:
    """Days past the calendar's end, and days on which shares are unknown."""
    for place, days in zip(stream.places, stream.days, strict=True):
        first, last = _dates_there(plan, place)
        inside = [day for on, day in days.items() if first <= on <= last]
        unknown = next((day for day in inside if day.day.kind is DayKind.UNKNOWN), None)
        if unknown is not None:
            whom, until = who(stream, place, unknown), dict(unknown.day.reason.args).get("until")
            if until is None:
                yield reason("CalendarHole", who=whom, on=unknown.on.isoformat())
            else:
                yield reason("CalendarEnds", who=whom, until=until)
    torn = _first_torn(stream, *_dates_there(plan, stream.places[0]))
    if torn is not None:
        yield reason("PartlyConcernedDay", segment=stream.segment, on=torn.isoformat())


def _dates_there(plan: Plan, place: Place) -> tuple[date, date]:
    """The first and the last date that a place has within the window."""
    first, last = (local_date(plan.window.instant(each), place.timezone) for each in (0, plan.window.length - 1))
    return first, last


def _first_torn(stream: Stream, first: date, last: date) -> date | None:
    for on in stream.days[0]:
        if first <= on <= last:
            seen = [days[on] for days in stream.days if on in days]
            if any(day.partly for day in seen) or len({day.day.kind for day in seen}) > 1:
                return on
    return None
