"""A time replayed: what our plan and the usual autoscalers would have made of it, scored.

Ours is planned with what was known at each moment, as the operator would plan. What then happens is not what was
planned for: a seeded deviation makes users more and earlier than expected, or who came was measured. Poolers are left
out: nobody else has them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from itertools import pairwise
from math import isinf
from typing import Final, Literal

import numpy as np

from entcapacity.applied import Applied
from entcapacity.demand import Band, Demand, Load, Stream, weights_of
from entcapacity.facts import Facts
from entcapacity.grid import MINUTE, Floats, Grid, Ints, local, ratio, spans
from entcapacity.plan import Plan, floors_in_effect, most_users_live_in, news, plan, plan_for, planning_days
from entcapacity.reasons import Reason, reason
from entcapacity.reconcile import Decider
from entcapacity.scaling import Scaling, minutes, scalings
from entcapacity.simulation import Contender, Nodes, Run, Tiers, Traffic, Watch, always, simulate
from entcapacity.smoothing import leads_and_holds
from entcapacity.spec import MAX_REPLICAS, ENTCapacitySpec, Workload

CRON_WINDOW: Final = (time(7, 30), time(18, 0))
"""Local times of a KEDA cron trigger written for an ordinary school day, Monday to Friday."""
RIVALS: Final = ("hpa", "hpa-50", "keda-cron", "last-week", "static-max", "ideal")
"""Those that one can do without; ours and the optimum are always there."""
ABOVE: Final = 0.7
"""Target utilisation of the HPA that goes on above our floor, and above the optimum's, as it does in a cluster."""
_FRIDAY: Final = 4
_WEEK: Final = timedelta(days=7)
_NOBODY: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Deviation:
    """How what happens differs from what is expected: each segment and day by up to so much more, so much earlier."""

    percent: int = 0
    early: timedelta = timedelta(0)
    seed: int = 0

    @property
    def said(self) -> Reason:
        """That for people."""
        if not self.percent and not self.early:
            return reason("CameExpected")
        return reason("CameDeviating", percent=self.percent, early=self.early // MINUTE)


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Who came, as it was measured; arrays are per minute of a grid of its own."""

    name: str
    """Where that is from."""
    grid: Grid
    sessions: Floats
    logins: Floats | None
    """``None`` where they follow from the sessions."""

    @property
    def said(self) -> Reason:
        """That for people."""
        return reason("CameMeasured", name=self.name)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What goes wrong for a while, whoever comes."""

    begin: datetime
    end: datetime
    lost_percent: int = 0
    """Of the nodes."""
    flood_times: int = 0
    """Requests to log in for each log-in, with nobody behind them."""
    failing_percent: int = 0
    """Of new pods, which have to start twice: each contender's alike, drawn by the seed."""


@dataclass(frozen=True, slots=True, eq=False)
class Actual:
    """Who came, per minute of a plan's padded grid."""

    sessions: Floats
    logins: Floats
    session_minutes: Floats
    """Mean length of a session."""


@dataclass(frozen=True, slots=True)
class Score:
    """How a contender did."""

    name: str
    above_floor: bool
    """Whether an autoscaler runs above its floor."""
    saturated_minutes: int
    refused_user_minutes: float
    """Minutes that people spent outside, summed over people."""
    longest_wait: timedelta | None
    """``None`` where somebody never came in."""
    outside_from: datetime | None
    """When the time began in which the most people were outside; ``None`` where nobody was."""
    limited_by: str | None
    """The workload or limit that let in the fewest when it began."""
    replica_hours: float
    peak_replicas: int

    @property
    def who(self) -> Reason:
        """Who that is."""
        if self.name == "entcapacity" and not self.above_floor:
            return reason("ContenderBare")
        return reason(f"Contender{''.join(part.capitalize() for part in self.name.split('-'))}")

    def as_well_as(self, ours: Score) -> bool:
        """Whether this is an autoscaler without us that serves as well as we do for no more replica-hours."""
        return (
            self.above_floor
            and self.name in RIVALS
            and self.refused_user_minutes <= ours.refused_user_minutes
            and self.saturated_minutes <= ours.saturated_minutes
            and self.replica_hours <= ours.replica_hours
        )


@dataclass(frozen=True, slots=True, eq=False)
class Replay:
    """The scores, and what they were made from."""

    plan_on: str
    deviation: Deviation | Measured
    """How who came differs from who was expected."""
    high_over_actual: float
    """Σ of the upper band of sessions over Σ of the sessions that came."""
    scores: tuple[Score, ...]
    runs: tuple[Run, ...]
    """Per minute of the window; none for the ideal, which is not run."""
    plans: tuple[Plan, ...]
    """Ours, one after the other through the window."""
    names: tuple[str, ...]
    """The workloads, in the order of the arrays."""
    came: Floats
    """Sessions per minute of the window."""
    took: Ints
    """Replicas that just carry who came: workloads × minutes of the window."""


def replay(
    spec: ENTCapacitySpec,
    facts: Facts,
    window: Grid,
    deviation: Deviation | Measured,
    plan_on: str,
    watch: Watch = iter,
    *,
    trouble: Trouble | None = None,
    rivals: Container[str] = RIVALS,
) -> Replay:
    """Everybody through the same window. ``facts`` hold all that was announced, before and within it."""
    spec = spec.model_copy(update={"demand": spec.demand.model_copy(update={"plan_on": plan_on})})
    truth = plan(spec, facts, window.instant(window.length), window)
    actual = actual_of(truth, deviation)
    scaled = {name: each for name, each in scalings(spec, facts).items() if not each.clients}
    names = tuple(scaled)
    plans = followed(spec, facts, window)
    most = np.stack([_through(plans, name, "maximum") for name in names])
    above = 0.0 if all(each.workload.driver == "Scale" for each in scaled.values()) else ABOVE
    before = Grid.between(window.instant(0) - _WEEK, window.instant(window.length) - _WEEK)
    last_week = plan(spec, facts, window.instant(0), before)
    everybody = (
        Contender("entcapacity", Operator(plans, names), above),
        *_rivals(spec, scaled, window, most, _predicted(last_week, actual_of(last_week, deviation), names)),
        Contender("static-max", always(most, most)),
        Contender("optimum", Operator([_foreseen(truth, actual, spec, facts, window)], names), above),
    )
    contenders = [each for each in everybody if each.name in rivals or each.name not in RIVALS]
    if any(each.most >= MAX_REPLICAS for each in scaled.values()):  # nobody knows what everything at its maximum is
        contenders = [each for each in contenders if each.name != "static-max"]
    traffic = _traffic(truth, actual, spec, names, trouble)
    seed = deviation.seed if isinstance(deviation, Deviation) else 0
    runs = simulate(_tiers(spec, scaled), _nodes(spec), traffic, contenders, seed, watch)
    sessions, took = actual.sessions[truth.inner], _took(truth, actual, scaled)
    limits = [*names, *(each.name for each in sorted(spec.limits, key=lambda each: each.logins_per_minute))]
    scores = [_score(each, run, window, limits) for each, run in zip(contenders, runs, strict=True)]
    return Replay(
        plan_on,
        deviation,
        float(truth.demand.load.sessions.high[truth.inner].sum() / sessions.sum()) if sessions.any() else 1.0,
        (*scores, _ideal(took)) if "ideal" in rivals else tuple(scores),
        tuple(runs),
        plans,
        names,
        sessions,
        took,
    )


# --- what happened ----------------------------------------------------------------------------------------------------


def actual_of(truth: Plan, deviation: Deviation | Measured) -> Actual:
    """Who came where a plan expected its demand."""
    return deviated(truth, deviation) if isinstance(deviation, Deviation) else measured(truth, deviation)


def measured(truth: Plan, found: Measured) -> Actual:
    """Who was measured, and where nobody measured, who was expected."""
    actual = deviated(truth, Deviation())
    begin, end = max(truth.grid.start, found.grid.start), min(truth.grid.stop, found.grid.stop)
    if begin < end:
        here, there = (slice(begin - each.start, end - each.start) for each in (truth.grid, found.grid))
        actual.sessions[here] = found.sessions[there]
        if found.logins is None:
            actual.logins[here] = _logins(found.sessions, actual.session_minutes[0])[there]
        else:
            # whoever came and is not there has left: how long they stayed is measured, too
            left = found.logins - np.diff(found.sessions, append=found.sessions[-1])
            stayed = found.sessions / np.maximum(left, _NOBODY)
            actual.logins[here], actual.session_minutes[here] = found.logins[there], np.maximum(1.0, stayed)[there]
    return actual


def _logins(sessions: Floats, session_minutes: float) -> Floats:
    """Log-ins per minute that make sessions, by Little's law."""
    logins: Floats = np.maximum(0.0, np.diff(sessions, append=sessions[-1]) + sessions * (1 / session_minutes))
    return logins


def deviated(truth: Plan, deviation: Deviation) -> Actual:
    """The demand of a plan as it might really come."""
    days = planning_days(truth.grid, truth.timezone)
    days = days - int(days[0])
    sessions, logins = np.zeros(truth.grid.length), np.zeros(truth.grid.length)
    length = truth.spec.demand.session_length / MINUTE
    for number, stream in enumerate(truth.demand.streams):
        random = np.random.default_rng((deviation.seed, number)).random((2, int(days[-1]) + 1))
        came = _moved(stream, 1 + deviation.percent / 100 * random[0][days], deviation.early / MINUTE * random[1][days])
        sessions += came
        logins += _logins(came, length)
    return Actual(sessions, logins, np.full(truth.grid.length, length))


def _moved(stream: Stream, height: Floats, early: Floats) -> Floats:
    minutes = np.arange(len(stream.sessions))
    return np.minimum(stream.users, height * np.interp(minutes + early, minutes, stream.sessions))


def _traffic(
    truth: Plan, actual: Actual, spec: ENTCapacitySpec, names: Sequence[str], trouble: Trouble | None
) -> Traffic:
    inner, window = truth.inner, truth.window
    logins = actual.logins[inner]
    lost, flood, failing = (np.zeros(window.length) for _ in range(3))
    if trouble:
        during = slice(*(max(0, window.index_from(each)) for each in (trouble.begin, trouble.end)))
        lost[during] = trouble.lost_percent / 100
        flood[during] = trouble.flood_times * logins[during]
        failing[during] = trouble.failing_percent / 100
    return Traffic(
        logins,
        float(actual.sessions[inner.start]),
        actual.session_minutes[inner],
        min((float(each.logins_per_minute) for each in spec.limits), default=np.inf),
        np.stack([_use(truth, name)[inner] for name in names]),
        lost,
        flood,
        failing,
    )


def _use(truth: Plan, name: str) -> Floats:
    """How heavily a workload is used, of 1: its weighted load over the plain one."""
    weighted = truth.demand.loads[weights_of(truth.workload(name).workload.weights)].sessions.expected
    return ratio(weighted, truth.demand.load.sessions.expected)


# --- who scales -------------------------------------------------------------------------------------------------------


def followed(spec: ENTCapacitySpec, facts: Facts, window: Grid) -> tuple[Plan, ...]:
    """Our plan through the window, made anew at every news with what was known then."""
    start, end = window.instant(0), window.instant(window.length)
    within = [each for each in news(spec, facts) if start < each < end]
    in_effect = floors_in_effect(spec, facts, start)
    plans = []
    for begin, finish in pairwise([start, *within, end]):
        made = plan(spec, replace(facts, floors=in_effect), begin, Grid.between(begin, finish))
        plans.append(made)
        in_effect = {each.name: int(each.floor[made.inner.stop]) for each in made.workloads}
    return tuple(plans)


class Operator:
    """The operator's own decisions on the objects of a simulated cluster, as its plans follow each other.

    It looks when it would be woken: when its plan changes, when a decision says so, and each minute while a maximum is
    raised, until what runs fits. Nobody observes the load for it, so that only the plan holds a floor.
    """

    def __init__(self, plans: Sequence[Plan], names: Sequence[str]) -> None:
        self._plans, self._start = plans, plans[0].window
        self._objects = [_scaling_object(plans[0].workload(name).workload) for name in names]
        self._deciders = [Decider("ours") for _ in names]
        self._maximum = np.stack([_through(plans, name, "maximum") for name in names])
        asked = np.stack([_through(plans, name, "floor") for name in names])
        changes = np.ones(asked.shape, dtype=bool)
        changes[:, 1:] = (np.diff(asked) != 0) | (np.diff(self._maximum) != 0)
        for each in plans:
            changes[:, each.window.start - self._start.start] = True
        self._changed: defaultdict[int, list[int]] = defaultdict(list)
        """The workloads whose plan changes, by minute."""
        for row, minute in zip(*(each.tolist() for each in np.nonzero(changes)), strict=True):
            self._changed[minute].append(row)
        self._again: set[int] = set()
        """Those to look at in the next minute besides."""
        self._least, self._most = ([0] * len(names) for _ in range(2))

    def __call__(self, minute: int, replicas: Iterable[int]) -> tuple[list[int], list[int]]:
        """The least and the most that there are to be, workload by workload."""
        due = self._again.union(self._changed.get(minute, ()))
        if due:
            for there, count in zip(self._objects, replicas, strict=False):  # none before the first minute
                there.replicas = count
            self._least, self._most = [*self._least], [*self._most]
            for row in due:
                self._pass(row, minute)
        return self._least, self._most

    def _pass(self, row: int, minute: int) -> None:
        """Looks at one workload, decides, and does to the cluster what is written."""
        there, decider, now = self._objects[row], self._deciders[row], self._start.instant(minute)
        made = next(each for each in reversed(self._plans) if each.window.start <= self._start.start + minute)
        before = there.seen()
        decision = decider.decide(made, before, now)
        if decision.writes:
            there.do(decision.writes)
            decider.wrote(decision, before, now)
        after = there.seen() if decision.writes else before
        self._least[row] = self._most[row] = after.minimum
        if after.driver != "Scale":  # which nothing runs above
            self._most[row] = int(self._maximum[row, minute]) if after.maximum is None else after.maximum
        raised = after.former is not None and after.former.raised
        (self._again.add if raised or decision.again is not None else self._again.discard)(row)


def _scaling_object(workload: Workload) -> Applied:
    """What scales a workload before anybody holds it: an HPA where the spec names nothing else, with its bounds."""
    driver = "HPA" if workload.driver == "Auto" else workload.driver
    return Applied(workload, driver, workload.min, workload.max, workload.min or 1)


def _through(plans: Sequence[Plan], name: str, what: Literal["floor", "maximum"]) -> Ints:
    """What plans that follow each other say of a workload, per minute of the window."""
    return np.concatenate([getattr(made.workload(name), what)[made.inner] for made in plans])


def _rivals(
    spec: ENTCapacitySpec, scaled: dict[str, Scaling], window: Grid, most: Ints, predicted: Ints
) -> tuple[Contender, ...]:
    """Autoscalers as their documentation has them, between the same bounds as ours."""
    ones = np.ones(window.length, dtype=np.int64)
    minimum = np.stack([max(1, each.minimum) * ones for each in scaled.values()])
    ordinary = np.array([each.ordinary for each in scaled.values()])
    cron = np.where(_cron_window(spec, window), ordinary[:, None], 1)
    return (
        Contender("hpa", always(minimum, most), target=0.7),
        Contender("hpa-50", always(minimum, most), target=0.5),
        Contender("keda-cron", always(minimum, most), target=0.7, cron=cron),
        Contender("last-week", always(np.maximum(predicted, minimum), most), target=0.7),
    )


def _cron_window(spec: ENTCapacitySpec, window: Grid) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    seen = local(window, most_users_live_in(spec))
    begin, end = (60 * each.hour + each.minute for each in CRON_WINDOW)
    weekday = np.array([on.weekday() <= _FRIDAY for on in seen.days])[seen.day]
    inside: np.ndarray[tuple[int], np.dtype[np.bool_]] = weekday & (seen.minute >= begin) & (seen.minute < end)
    return inside


def _predicted(last_week: Plan, actual: Actual, names: Sequence[str]) -> Ints:
    """What would have served the same hours a week ago, asked for a start-up earlier: a curve that repeats itself."""
    rows = []
    for name in names:
        workload, use = last_week.workload(name), _use(last_week, name)
        need = workload.sizing.need(actual.sessions * use, actual.logins * use)
        rows.append(leads_and_holds(need, workload.lead.own, 0)[last_week.inner])
    return np.stack(rows)


def _foreseen(truth: Plan, actual: Actual, spec: ENTCapacitySpec, facts: Facts, window: Grid) -> Plan:
    """The plan of our own pipeline given what came as a band of width zero: same lead, ramp and target utilisation."""
    loads = {}
    for weights, load in truth.demand.loads.items():
        plain = truth.demand.load
        loads[weights] = Load(
            _exactly(actual.sessions, load.sessions, plain.sessions), _exactly(actual.logins, load.logins, plain.logins)
        )
    asked = Demand(**{**{name: getattr(truth.demand, name) for name in Demand.__slots__}, "loads": loads})
    return plan_for(asked, spec, replace(facts, floors={}), truth.as_of, window)


def _exactly(came: Floats, weighted: Band, plain: Band) -> Band:
    exact = came * ratio(weighted.expected, plain.expected)
    return Band(exact, exact, exact, exact)


# --- scores -----------------------------------------------------------------------------------------------------------


def _tiers(spec: ENTCapacitySpec, scaled: dict[str, Scaling]) -> Tiers:
    """What replicas carry and how long they take, nodes apart where they are simulated."""
    carried = [each.sizing.carried for each in scaled.values()]
    of_nodes = minutes(spec.nodes.startup) if spec.nodes.pods_per_node else 0
    return Tiers(
        np.array([each.sessions for each in carried]),
        np.array([each.logins for each in carried]),
        np.array([max(0, each.lead.own - of_nodes) for each in scaled.values()]),
    )


def _nodes(spec: ENTCapacitySpec) -> Nodes:
    return Nodes(spec.nodes.pods_per_node or 0, minutes(spec.nodes.startup), spec.nodes.max or 0)


def _score(contender: Contender, run: Run, window: Grid, limits: Sequence[str]) -> Score:
    """``limits`` are the workloads, and after them the lowest limit outside, where there is one."""
    outside = spans(run.waiting >= 1, slice(0, window.length))
    worst = max(outside, key=lambda each: float(run.waiting[slice(*each)].max()), default=None)
    return Score(
        run.name,
        contender.target > 0,
        int(run.saturated.sum()),
        run.refused_minutes,
        None if isinf(run.longest_wait) else run.longest_wait * MINUTE,
        window.instant(worst[0]) if worst else None,
        limits[run.limited[worst[0]]] if worst else None,
        float(run.asked.sum()) / 60,
        int(run.asked.sum(axis=0).max()),
    )


def _took(truth: Plan, actual: Actual, scaled: dict[str, Scaling]) -> Ints:
    """Replicas that carry who came at 100 % utilisation, minute by minute, without any bound."""
    rows = []
    for name, each in scaled.items():
        use, carried = _use(truth, name)[truth.inner], each.sizing.carried
        sessions, logins = actual.sessions[truth.inner] * use, actual.logins[truth.inner] * use
        rows.append(np.maximum(np.ceil(sessions / carried.sessions), np.ceil(logins / carried.logins)))
    return np.stack(rows).astype(np.int64)


def _ideal(took: Ints) -> Score:
    """Ready = need at once: for orientation only."""
    return Score("ideal", False, 0, 0.0, timedelta(0), None, None, float(took.sum()) / 60, int(took.sum(axis=0).max()))
