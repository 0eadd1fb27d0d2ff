"""A time replayed: what our plan and the usual autoscalers would have made of it, scored.

Ours is planned with what was known at each moment, as the operator would plan. What then happens is not what was
planned for: a seeded deviation makes users more and earlier than expected. Poolers are left out: nobody else has them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import time, timedelta
from itertools import pairwise
from math import isinf
from typing import Final

import numpy as np

from entcapacity.demand import Band, Demand, Load, Stream, weights_of
from entcapacity.facts import Facts
from entcapacity.grid import MINUTE, Floats, Grid, Ints, local, ratio
from entcapacity.plan import Plan, floors_in_effect, most_users_live_in, news, plan, plan_for, planning_days
from entcapacity.scaling import Scaling, minutes, scalings
from entcapacity.simulation import Contender, Nodes, Run, Tiers, Traffic, Watch, simulate
from entcapacity.smoothing import leads_and_holds
from entcapacity.spec import ENTCapacitySpec

CRON_WINDOW: Final = (time(7, 30), time(18, 0))
"""Local times of a KEDA cron trigger written for an ordinary school day, Monday to Friday."""
_FRIDAY: Final = 4
_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Deviation:
    """How what happens differs from what is expected: each segment and day by up to so much more, so much earlier."""

    percent: int = 0
    early: timedelta = timedelta(0)
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Actual:
    """Who came, per minute of a plan's padded grid."""

    sessions: Floats
    logins: Floats


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
    replica_hours: float
    peak_replicas: int


@dataclass(frozen=True, slots=True, eq=False)
class Replay:
    """The scores, and what they were made from."""

    plan_on: str
    deviation: Deviation
    high_over_actual: float
    """Σ of the upper band of sessions over Σ of the sessions that came."""
    scores: tuple[Score, ...]
    runs: tuple[Run, ...]
    """Per minute of the window; none for the ideal, which is not run."""


def replay(
    spec: ENTCapacitySpec, facts: Facts, window: Grid, deviation: Deviation, plan_on: str, watch: Watch = iter
) -> Replay:
    """Everybody through the same window. ``facts`` hold all that was announced, before and within it."""
    spec = spec.model_copy(update={"demand": spec.demand.model_copy(update={"plan_on": plan_on})})
    truth = plan(spec, facts, window.instant(window.length), window)
    actual = deviated(truth, deviation)
    scaled = {name: each for name, each in scalings(spec, facts).items() if not each.clients}
    names = tuple(scaled)
    floors, most = followed(spec, facts, window, names)
    before = Grid.between(window.instant(0) - _WEEK, window.instant(window.length) - _WEEK)
    last_week = plan(spec, facts, window.instant(0), before)
    contenders = (
        Contender("entcapacity", floors, most),
        *_rivals(spec, scaled, window, most, _predicted(last_week, deviated(last_week, deviation), names)),
        Contender("static-max", most, most),
        Contender("optimum", _optimum(truth, actual, spec, facts, window, names), most),
    )
    runs = simulate(_tiers(spec, scaled), _nodes(spec), _traffic(truth, actual, spec, names), contenders, watch=watch)
    came = float(actual.sessions[truth.inner].sum())
    return Replay(
        plan_on,
        deviation,
        float(truth.demand.load.sessions.high[truth.inner].sum()) / came if came else 1.0,
        (*(_score(each, run) for each, run in zip(contenders, runs, strict=True)), _ideal(truth, actual, scaled)),
        tuple(runs),
    )


# --- what happened ----------------------------------------------------------------------------------------------------


def deviated(truth: Plan, deviation: Deviation) -> Actual:
    """The demand of a plan as it might really come."""
    days = planning_days(truth.grid, truth.timezone)
    days = days - int(days[0])
    sessions, logins = np.zeros(truth.grid.length), np.zeros(truth.grid.length)
    for number, stream in enumerate(truth.demand.streams):
        random = np.random.default_rng((deviation.seed, number)).random((2, int(days[-1]) + 1))
        came = _moved(stream, 1 + deviation.percent / 100 * random[0][days], deviation.early / MINUTE * random[1][days])
        sessions += came
        per_session = MINUTE / truth.spec.demand.session_length
        logins += np.maximum(0.0, np.diff(came, append=came[-1]) + came * per_session)
    return Actual(sessions, logins)


def _moved(stream: Stream, height: Floats, early: Floats) -> Floats:
    minutes = np.arange(len(stream.sessions))
    return np.minimum(stream.users, height * np.interp(minutes + early, minutes, stream.sessions))


def _traffic(truth: Plan, actual: Actual, spec: ENTCapacitySpec, names: Sequence[str]) -> Traffic:
    inner = truth.inner
    return Traffic(
        actual.logins[inner],
        float(actual.sessions[inner.start]),
        spec.demand.session_length / MINUTE,
        min((float(each.logins_per_minute) for each in spec.limits), default=np.inf),
        np.stack([_use(truth, name)[inner] for name in names]),
        np.zeros(truth.window.length),
    )


def _use(truth: Plan, name: str) -> Floats:
    """How heavily a workload is used, of 1: its weighted load over the plain one."""
    weighted = truth.demand.loads[weights_of(truth.workload(name).workload.weights)].sessions.expected
    return ratio(weighted, truth.demand.load.sessions.expected)


# --- who scales -------------------------------------------------------------------------------------------------------


def followed(spec: ENTCapacitySpec, facts: Facts, window: Grid, names: Sequence[str]) -> tuple[Ints, Ints]:
    """The floors of our plan, made anew at every news with what was known then, and the maxima: workloads × minutes."""
    start, end = window.instant(0), window.instant(window.length)
    within = [each for each in news(spec, facts) if start < each < end]
    in_effect = floors_in_effect(spec, facts, start)
    floors, maxima = [], []
    for begin, finish in pairwise([start, *within, end]):
        made = plan(spec, replace(facts, floors=in_effect), begin, Grid.between(begin, finish))
        floors.append(np.stack([made.workload(name).floor[made.inner] for name in names]))
        maxima.append(np.stack([made.workload(name).maximum[made.inner] for name in names]))
        in_effect = {each.name: int(each.floor[made.inner.stop]) for each in made.workloads}
    asked = np.concatenate(floors, axis=1)
    return asked, np.maximum(np.concatenate(maxima, axis=1), asked)


def _rivals(
    spec: ENTCapacitySpec, scaled: dict[str, Scaling], window: Grid, most: Ints, predicted: Ints
) -> tuple[Contender, ...]:
    """Autoscalers as their documentation has them, between the same bounds as ours."""
    ones = np.ones(window.length, dtype=np.int64)
    minimum = np.stack([max(1, each.minimum) * ones for each in scaled.values()])
    ordinary = np.array([each.ordinary for each in scaled.values()])
    cron = np.where(_cron_window(spec, window), ordinary[:, None], 1)
    return (
        Contender("hpa", minimum, most, target=0.7),
        Contender("hpa-50", minimum, most, target=0.5),
        Contender("keda-cron", minimum, most, target=0.7, cron=cron),
        Contender("last-week", np.clip(predicted, minimum, most), most, target=0.7),
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


def _optimum(
    truth: Plan, actual: Actual, spec: ENTCapacitySpec, facts: Facts, window: Grid, names: Sequence[str]
) -> Ints:
    """Our own pipeline given what came as a band of width zero: same lead, ramp and target utilisation."""
    loads = {}
    for weights, load in truth.demand.loads.items():
        plain = truth.demand.load
        loads[weights] = Load(
            _exactly(actual.sessions, load.sessions, plain.sessions), _exactly(actual.logins, load.logins, plain.logins)
        )
    asked = Demand(**{**{name: getattr(truth.demand, name) for name in Demand.__slots__}, "loads": loads})
    made = plan_for(asked, spec, replace(facts, floors={}), truth.as_of, window)
    return np.stack([made.workload(name).wanted[made.inner] for name in names])


def _exactly(came: Floats, weighted: Band, plain: Band) -> Band:
    exact = came * ratio(weighted.expected, plain.expected)
    return Band(exact, exact, exact, exact)


# --- scores -----------------------------------------------------------------------------------------------------------


def _tiers(spec: ENTCapacitySpec, scaled: dict[str, Scaling]) -> Tiers:
    """What replicas carry and how long they take, nodes apart where they are simulated."""
    carried = [each.sizing.carried for each in scaled.values()]
    of_nodes = minutes(spec.nodes.startup) if spec.nodes.pods_per_node else 0
    return Tiers(
        tuple(scaled),
        np.array([each.sessions for each in carried]),
        np.array([each.logins for each in carried]),
        np.array([max(0, each.lead.own - of_nodes) for each in scaled.values()]),
    )


def _nodes(spec: ENTCapacitySpec) -> Nodes:
    return Nodes(spec.nodes.pods_per_node or 0, minutes(spec.nodes.startup), spec.nodes.max or 0)


def _score(contender: Contender, run: Run) -> Score:
    return Score(
        run.name,
        contender.target > 0,
        int(run.saturated.sum()),
        run.refused_minutes,
        None if isinf(run.longest_wait) else run.longest_wait * MINUTE,
        float(run.asked.sum()) / 60,
        int(run.asked.sum(axis=0).max()),
    )


def _ideal(truth: Plan, actual: Actual, scaled: dict[str, Scaling]) -> Score:
    """Ready = need at once, at 100 % utilisation and without any bound: for orientation only."""
    total = np.zeros(truth.window.length)
    for name, each in scaled.items():
        use, carried = _use(truth, name)[truth.inner], each.sizing.carried
        sessions, logins = actual.sessions[truth.inner] * use, actual.logins[truth.inner] * use
        total += np.maximum(np.ceil(sessions / carried.sessions), np.ceil(logins / carried.logins))
    return Score("ideal", False, 0, 0.0, timedelta(0), float(total.sum()) / 60, int(total.max()))
