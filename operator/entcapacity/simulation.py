"""A simulated cluster under load: replicas that start, nodes that come, people who are turned away and come back.

Each contender has a cluster of its own, stepped 15 seconds at a time, in plain numbers: for so few workloads that is
several times quicker than arrays. A contender asks for replicas by a floor, by an autoscaler above it, or both; whoever
sets the floor sees what is asked for. What a pod that is overloaded does to its neighbours is left out: refusing people
costs work here, but nothing crashes. That flatters whoever is overloaded.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from math import ceil, exp, floor, inf
from operator import add, le, sub
from typing import Final

import numpy as np

from entcapacity.grid import Bools, Floats, Ints
from entcapacity.hpa import SYNC_SECONDS, Behavior, desired

TICKS: Final = 60 // SYNC_SECONDS
"""Ticks in a minute."""
METRIC_LAG: Final = 2
"""Ticks by which an HPA sees load late: metrics-server scrapes every 15 s what the kubelet averaged over as long."""
RETRY_MINUTES: Final = 2.0
"""Mean time after which someone turned away tries again. An assumption."""
PATIENCE_MINUTES: Final = 60.0
"""Mean time after which someone who is still outside gives up. An assumption."""
_RETURNING, _GIVING_UP = (1 - exp(-1 / (TICKS * each)) for each in (RETRY_MINUTES, PATIENCE_MINUTES))
"""The share of those outside that does so in a tick."""
REFUSAL_COST: Final = 0.25
"""What turning someone away takes of a log-in's work: a page is asked for and answered all the same. An assumption."""
_PLENTY: Final = 1e15
"""What stands for infinitely many, so that no replica times it is none."""
_NOBODY: Final = 1e-6
"""People, fewer than which are nobody."""
NODE_IDLE: Final = 10 * TICKS
"""Ticks for which a node is kept unneeded: the cluster autoscaler's --scale-down-unneeded-time."""


Watch = Callable[[Sequence[int]], Iterable[int]]
Bounding = Callable[[int, Sequence[int]], tuple[list[int], list[int]]]
"""Who sets the least and the most replicas of each workload, given the minute and the replicas that are asked for; none
are before the first minute."""


def always(floor: Ints, most: Ints) -> Bounding:
    """Bounds that are known beforehand, whatever happens: workloads × minutes."""
    least, greatest = np.minimum(floor, most).T.tolist(), most.T.tolist()
    return lambda minute, _: (least[minute], greatest[minute])


@dataclass(frozen=True, slots=True, eq=False)
class Tiers:
    """What replicas of the workloads carry and how long they take; arrays have one value for each workload."""

    sessions: Floats
    """Sessions one replica carries at 100 %."""
    logins: Floats
    """Log-ins per minute one replica carries at 100 %."""
    startup: Ints
    """Minutes from a scheduled pod to one that serves."""


@dataclass(frozen=True, slots=True, eq=False)
class Nodes:
    """Nodes that pods need."""

    pods: int = 0
    """Pods on one node; 0 where pods always find room."""
    startup: int = 0
    """Minutes until a node that is asked for takes pods."""
    most: int = 0
    """Most nodes; 0 for any number."""


@dataclass(frozen=True, slots=True, eq=False)
class Traffic:
    """Who comes, per minute."""

    logins: Floats
    sessions_before: float
    """Sessions when it begins."""
    session_minutes: Floats
    """Mean length of a session."""
    limit: float
    """Log-ins per minute that anybody outside lets through; infinite for none."""
    use: Floats
    """How heavily each workload is used, of 1: workloads × minutes."""
    lost: Floats
    """Share of nodes that is gone."""
    flood: Floats
    """Requests to log in per minute with nobody behind them: they are turned away, and cost as much."""
    failing: Floats
    """Share of new pods that have to start twice."""


@dataclass(frozen=True, slots=True, eq=False)
class Contender:
    """Somebody who scales."""

    name: str
    bounds: Bounding
    target: float = 0.0
    """Target utilisation of an HPA above the least, of 1; 0 for none: then the least is what is asked for."""
    cron: Ints | None = None
    """Replicas that a KEDA cron trigger wants, workloads × minutes: in its window as many as it says, outside 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What happened to one contender, per minute, each the worst tick's."""

    name: str
    asked: Ints
    """Workloads × minutes."""
    ready: Ints
    """Workloads × minutes."""
    sessions: Floats
    waiting: Floats
    """People turned away who are not in yet."""
    limited: Ints
    """What let in the fewest when somebody was first turned away: the position of a workload, after them all the limit
    outside; −1 where nobody was."""
    refused_minutes: float
    """Minutes that people spent outside, summed over people."""
    saturated: Bools
    waits: Floats
    """Minutes until who comes then was in or had given up; infinite where some were neither at the end."""

    @property
    def longest_wait(self) -> float:
        """The longest of them."""
        return float(self.waits.max(initial=0.0))


def simulate(
    tiers: Tiers,
    nodes: Nodes,
    traffic: Traffic,
    contenders: Sequence[Contender],
    seed: int = 0,
    watch: Watch = iter,
) -> list[Run]:
    """Steps all contenders through the traffic. ``seed`` says which pods fail to start.

    ``watch`` is given the minutes of all of them and gives them back one by one, so that a progress bar can follow.
    """
    load, clusters, minutes = _Load(tiers, traffic), [], len(traffic.logins)
    for each in contenders:
        people = _People(traffic, load)
        scaler = _Scaler(each, people.usage[0])
        pods = _Pods(tiers, nodes, scaler.pods, seed)
        clusters.append(_Cluster(each.name, scaler, pods, people, traffic.lost.tolist(), traffic.failing.tolist()))
    for step in watch(range(len(clusters) * minutes)):
        clusters[step // minutes].step(step % minutes)
    arrived = np.cumsum(traffic.logins)
    return [each.run(arrived) for each in clusters]


class _Record:
    """Replicas over time: kept where they change."""

    def __init__(self) -> None:
        self._ticks: list[int] = []
        self._values: list[list[int]] = []

    def add(self, tick: int, values: list[int]) -> None:
        """What holds from a tick on."""
        if not tick or values != self._values[-1]:
            self._ticks.append(tick)
            self._values.append(values)

    def by_minute(self, minutes: int) -> Ints:
        """Minutes × ticks × workloads."""
        length = np.diff(self._ticks, append=minutes * TICKS)
        return np.repeat(np.array(self._values), length, axis=0).reshape(minutes, TICKS, -1)


@dataclass(slots=True)
class _Cluster:
    """One contender's pods, and the people in front of them."""

    name: str
    scaler: _Scaler
    pods: _Pods
    people: _People
    lost: list[float]
    failing: list[float]
    asked: _Record = field(default_factory=_Record)
    ready: _Record = field(default_factory=_Record)

    def step(self, minute: int) -> None:
        """One minute, tick by tick."""
        scaler, pods, people = self.scaler, self.pods, self.people
        lost, failing = self.lost[minute], self.failing[minute]
        people.begin(minute)
        scaler.begin(minute)
        for tick in range(minute * TICKS, (minute + 1) * TICKS):
            scaler.ask(minute, people.usage[0], pods.ready)
            pods.follow(scaler.pods, lost, failing, tick)
            people.let_in(pods.ready)
            self.asked.add(tick, scaler.pods)
            self.ready.add(tick, pods.ready)
        people.end()

    def run(self, arrived: Floats) -> Run:
        """What happened; ``arrived`` are all who came, cumulated."""
        people, minutes = self.people, len(arrived)
        return Run(
            self.name,
            self.asked.by_minute(minutes).max(axis=1).T,
            self.ready.by_minute(minutes).min(axis=1).T,
            np.array(people.active),
            np.array(people.outside),
            np.array(people.limited),
            people.refused_minutes,
            np.array(people.saturated),
            _waits(arrived, np.cumsum(people.admitted)),
        )


class _Scaler:
    """What a contender asks for."""

    def __init__(self, contender: Contender, usage: list[float]) -> None:
        """An autoscaler begins with what it would have come to under ``usage``, had it been there before."""
        self._bounds = contender.bounds
        self._least, self._most = self._bounds(0, ())
        self._cron: list[list[int]] | None = None if contender.cron is None else contender.cron.T.tolist()
        self._target = contender.target
        self.pods = self._least
        if self._target:
            settled = [ceil(each / self._target) for each in usage]
            wanted = map(max, settled, self._cron[0]) if self._cron else settled
            self.pods = [*map(min, map(max, wanted, self._least), self._most)]
        self._behaviors = [Behavior(each) for each in self.pods]

    def begin(self, minute: int) -> None:
        """The next minute."""
        self._least, self._most = self._bounds(minute, self.pods)

    def ask(self, minute: int, usage: list[float], ready: list[int]) -> None:
        """One sync, by what was measured."""
        before = self.pods
        if self._target:
            wanted = map(desired, usage, repeat(self._target), before, ready)
            if self._cron:
                wanted = map(max, wanted, map(desired, self._cron[minute], repeat(1), before, before))
            self.pods = [*map(Behavior.decide, self._behaviors, wanted, before, self._least, self._most)]
        else:
            self.pods = self._least


class _Pods:
    """Pods from being asked for to serving, and the nodes under them."""

    def __init__(self, tiers: Tiers, nodes: Nodes, pods: list[int], seed: int) -> None:
        self._nodes, self._lost = nodes, 0.0
        self.ready = self._scheduled = pods
        self._serving = [
            _Late(each, startup * TICKS) for each, startup in zip(pods, tiers.startup.tolist(), strict=True)
        ]
        self._there = _Late(self._nodes_for(pods), nodes.startup * TICKS)
        self._kept = _Late(-self._nodes_for(pods), NODE_IDLE)  # with the sign changed it is the fall that comes late
        self._next: float = 0
        self._random = np.random.default_rng(seed)

    def follow(self, asked: list[int], lost: float, failing: float, tick: int) -> None:
        """Schedules, starts and loses pods."""
        if asked == self._scheduled and lost == self._lost and tick < self._next:
            return
        if lost > self._lost:
            left = (1 - lost) / (1 - self._lost)
            self._scheduled = [floor(each * left) for each in self._scheduled]
            for each in (*self._serving, self._there, self._kept):
                each.lose(left)
        self._lost = lost
        before, self._scheduled = self._scheduled, self._with_nodes(asked, tick)
        failed = repeat(0)
        if failing:
            new = [*map(max, map(sub, self._scheduled, before), repeat(0))]
            failed = self._random.binomial(new, failing).tolist()
        self.ready = [*map(_Late.follow, self._serving, self._scheduled, repeat(tick), failed)]
        self._next = min(each.next for each in (*self._serving, self._there, self._kept))

    def _nodes_for(self, pods: list[int]) -> int:
        nodes = -(-sum(pods) // max(1, self._nodes.pods))
        return min(nodes, floor(self._nodes.most * (1 - self._lost))) if self._nodes.most else nodes

    def _with_nodes(self, pods: list[int], tick: int) -> list[int]:
        """Pods that have a node: those that ran before, then the new ones in the order of the workloads."""
        if not self._nodes.pods:
            return pods
        room = -self._kept.follow(-self._there.follow(self._nodes_for(pods), tick), tick) * self._nodes.pods
        if sum(pods) <= room:
            return pods
        running = _fill(room, [*map(min, pods, self._scheduled)])
        return [*map(add, running, _fill(room - sum(running), map(sub, pods, running)))]


class _Late:
    """A count that falls at once and rises ``delay`` ticks late: what is new has to start, and is cut first."""

    def __init__(self, count: int, delay: int) -> None:
        self._there = self._wanted = count
        self._delay = delay
        self._starting: list[tuple[int, int]] = []
        """When they will be there, and how many."""

    @property
    def next(self) -> float:
        """The tick at which more will be there."""
        return self._starting[0][0] if self._starting else inf

    def follow(self, wanted: int, tick: int, failed: int = 0) -> int:
        """How many are there; of new ones that are wanted ``failed`` have to start twice."""
        more, self._wanted = wanted - self._wanted, wanted
        if more > 0:
            self._starting.append((tick + self._delay, more - failed))
            if failed:
                self._starting.append((tick + 2 * self._delay, failed))
            self._starting.sort()
        while more < 0 and self._starting:
            when, count = self._starting.pop()
            more += count
            if more > 0:
                self._starting.append((when, more))
        self._there += min(more, 0)
        while self.next <= tick:
            self._there += self._starting.pop(0)[1]
        return self._there

    def lose(self, left: float) -> None:
        """A share is left of all, whether they are there or starting."""
        self._there = floor(self._there * left)
        self._starting = [(when, floor(count * left)) for when, count in self._starting]
        self._wanted = self._there + sum(count for _, count in self._starting)


class _Load:
    """What the traffic asks for, in replicas at 100 %: minutes × workloads."""

    def __init__(self, tiers: Tiers, traffic: Traffic) -> None:
        carried, logins = (np.minimum(each, _PLENTY)[:, None] for each in (tiers.sessions, tiers.logins))
        of_a_session, of_a_login = traffic.use / carried, traffic.use / logins
        of_logins = (traffic.logins + REFUSAL_COST * traffic.flood) * of_a_login
        self.usual: list[list[tuple[float, float]]] = np.stack([of_a_session, of_logins]).T.tolist()
        """Of one session; and of all log-ins that come, with the flood."""
        self.each: list[list[tuple[float, float]]] = np.stack([of_a_session, of_a_login]).T.tolist()
        """Of one session, and of one log-in per minute."""


class _People:
    """Who is in, and who was turned away; what is kept per minute stands in lists."""

    def __init__(self, traffic: Traffic, load: _Load) -> None:
        self._traffic, self._load = traffic, load
        self._logins, self._session_minutes = traffic.logins.tolist(), traffic.session_minutes.tolist()
        self._limit = traffic.limit / TICKS
        self._sessions, self._waiting = traffic.sessions_before, 0.0
        before = [max(self._sessions * session, logins) for session, logins in load.usual[0]]
        self.usage = deque([before] * (METRIC_LAG + 1), maxlen=METRIC_LAG + 1)
        """What the ready pods used, the oldest tick first."""
        self.active: list[float] = []
        self.outside: list[float] = []
        self.limited: list[int] = []
        self.saturated: list[bool] = []
        self.admitted: list[float] = []
        self.refused_minutes = 0.0
        self.begin(0)

    def begin(self, minute: int) -> None:
        """The next minute."""
        self._minute = minute
        self._coming = self._logins[minute] / TICKS
        # who leaves in a minute is reckoned from its beginning, as the log-ins are that make the sessions
        self._leaving = self._sessions / (TICKS * self._session_minutes[minute])
        self._usual = self._load.usual[minute]
        self._outside, self._limited, self._saturated, self._admitted = 0.0, -1, False, 0.0

    def let_in(self, ready: list[int]) -> None:
        """Who comes in, who is turned away."""
        sessions = self._sessions + (self._coming - self._leaving)
        usage = [used if (used := sessions * each) > logins else logins for each, logins in self._usual]
        if self._waiting or self._coming > self._limit or not all(map(le, usage, ready)):
            self._let_in_some(ready)
            return
        # nobody waits and all that come fit: there is nothing else to reckon
        self._sessions = sessions
        self._admitted += self._coming
        self.usage.append(usage)

    def _let_in_some(self, ready: list[int]) -> None:
        """The same where not all fit, or some wait."""
        load = self._load.each[self._minute]
        flood = REFUSAL_COST * float(self._traffic.flood[self._minute])
        carried = min(up / login for up, (_, login) in zip(ready, load, strict=True))
        logins = min(self._limit, (carried - flood) / TICKS)
        room = min(up / session for up, (session, _) in zip(ready, load, strict=True)) - self._sessions + self._leaving
        back = self._waiting * _RETURNING
        trying = back + self._coming
        fit = trying if trying <= logins else (logins - REFUSAL_COST * trying) / (1 - REFUSAL_COST)
        let_in = min(max(0.0, min(fit, room)), trying)
        refused = trying > let_in + _NOBODY
        if refused and self._limited < 0:
            self._limited = self._tightest(ready, self._sessions - self._leaving + trying, TICKS * trying, flood)
        outside = self._waiting - back + trying - let_in
        gave_up = outside * _GIVING_UP
        self._waiting = 0.0 if outside < _NOBODY else outside - gave_up
        self._sessions += let_in - self._leaving
        self.refused_minutes += self._waiting / TICKS
        self._admitted += let_in + gave_up
        self._outside = max(self._outside, self._waiting)
        usage = [max(self._sessions * session, (TICKS * trying + flood) * login) for session, login in load]
        self.usage.append([*map(min, ready, usage)])
        over = any(used > up * (1 + 1e-9) for used, up in zip(usage, ready, strict=True))
        self._saturated |= over or refused

    def _tightest(self, ready: list[int], sessions: float, logins: float, flood: float) -> int:
        """What is gone beyond the most: the position of a workload, or after them the limit outside."""
        load = self._load.each[self._minute]
        used = [max(sessions * session, (logins + flood) * login) for session, login in load]
        beyond = [each / up if up else inf for each, up in zip(used, ready, strict=True)]
        beyond.append(logins / (TICKS * self._limit))
        return beyond.index(max(beyond))

    def end(self) -> None:
        """Keeps what the minute's ticks came to."""
        self.active.append(self._sessions)
        self.outside.append(self._outside)
        self.limited.append(self._limited)
        self.saturated.append(self._saturated)
        self.admitted.append(self._admitted)


def _fill(room: int, pods: Iterable[int]) -> list[int]:
    """How many of ``pods`` fit, workload after workload."""
    placed = []
    for each in pods:
        placed.append(min(each, room))
        room -= placed[-1]
    return placed


def _waits(arrived: Floats, admitted: Floats) -> Floats:
    """The horizontal distance between cumulative arrivals and admissions, in minutes."""
    waits = np.zeros(len(arrived))
    late = np.flatnonzero(arrived > admitted + 0.5)
    when = np.searchsorted(admitted, arrived[late] - 0.5)
    waits[late] = np.where(when < len(admitted), when - late, inf)
    return waits
