"""A simulated cluster under load: replicas that start, nodes that come, people who are turned away and come back.

All contenders are stepped together, 15 seconds at a time, as rows of the same arrays. A contender asks for replicas by
a floor, by an autoscaler above it, or both. What a pod that is overloaded does to its neighbours is left out: refusing
people costs work here, but nothing crashes. That flatters whoever is overloaded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from entcapacity.grid import Bools, Floats, Ints
from entcapacity.hpa import SYNC_SECONDS, Behavior, by_total, by_utilization

TICKS: Final = 60 // SYNC_SECONDS
"""Ticks in a minute."""
METRIC_LAG: Final = 2
"""Ticks by which an HPA sees load late: metrics-server scrapes every 15 s what the kubelet averaged over as long."""
RETRY_MINUTES: Final = 2.0
"""Mean time after which someone turned away tries again. An assumption."""
PATIENCE_MINUTES: Final = 60.0
"""Mean time after which someone who is still outside gives up. An assumption."""
REFUSAL_COST: Final = 0.25
"""What turning someone away takes of a log-in's work: a page is asked for and answered all the same. An assumption."""
_PLENTY: Final = 1e15
"""What stands for infinitely many, so that no replica times it is none."""
_NOBODY: Final = 1e-6
"""People, fewer than which are nobody."""
NODE_IDLE: Final = 10 * TICKS
"""Ticks for which a node is kept unneeded: the cluster autoscaler's --scale-down-unneeded-time."""


Watch = Callable[[Sequence[int]], Iterable[int]]


@dataclass(frozen=True, slots=True, eq=False)
class Tiers:
    """The workloads; arrays have one value each."""

    names: tuple[str, ...]
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
    session_minutes: float
    limit: float
    """Log-ins per minute that anybody outside lets through; infinite for none."""
    use: Floats
    """How heavily each workload is used, of 1: workloads × minutes."""
    lost: Floats
    """Share of nodes that is gone, per minute."""


@dataclass(frozen=True, slots=True, eq=False)
class Contender:
    """Somebody who scales; arrays are workloads × minutes."""

    name: str
    floor: Ints
    """Least replicas asked for."""
    most: Ints
    """Most replicas."""
    target: float = 0.0
    """Target utilisation of an HPA above the floor, of 1; 0 for none: then the floor is what is asked for."""
    cron: Ints | None = None
    """Replicas that a KEDA cron trigger wants: in its window as many as it says, outside 1."""


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
    refused_minutes: float
    """Minutes that people spent outside, summed over people."""
    saturated: Bools
    gave_up: float
    """People who gave up."""
    longest_wait: float
    """Minutes until those outside were in or had given up; infinite where some were neither at the end."""


def simulate(
    tiers: Tiers,
    nodes: Nodes,
    traffic: Traffic,
    contenders: Sequence[Contender],
    failing_percent: float = 0.0,
    seed: int = 0,
    watch: Watch = iter,
) -> list[Run]:
    """Steps all contenders through the traffic. ``failing_percent`` of new pods have to start twice.

    ``watch`` is given the minutes and gives them back one by one, so that a progress bar can follow.
    """
    world = _World(tiers, nodes, traffic, contenders, failing_percent, seed)
    for minute in watch(range(len(traffic.logins))):
        world.step(minute)
    return world.runs()


class _Past:
    """The last values of something, in no order."""

    def __init__(self, value: Ints, length: int) -> None:
        self.values = np.repeat(value[None], max(1, length), axis=0)
        self._next = 0

    def push(self, value: Ints) -> None:
        """Remembers ``value``, and forgets the oldest."""
        self.values[self._next] = value
        self._next = (self._next + 1) % len(self.values)


class _World:
    """Everything that changes; arrays are contenders × workloads, or contenders."""

    def __init__(
        self,
        tiers: Tiers,
        nodes: Nodes,
        traffic: Traffic,
        contenders: Sequence[Contender],
        failing_percent: float,
        seed: int,
    ) -> None:
        self._nodes, self._traffic, self._contenders = nodes, traffic, contenders
        self._carried, self._logins = (np.minimum(each, _PLENTY) for each in (tiers.sessions, tiers.logins))
        minutes, rows, columns = len(traffic.logins), len(contenders), len(tiers.names)
        # time comes first, so that what belongs to a minute lies together
        self._floor = np.ascontiguousarray(np.stack([each.floor for each in contenders]).transpose(2, 0, 1))
        self._most = np.ascontiguousarray(np.stack([each.most for each in contenders]).transpose(2, 0, 1))
        self._target = np.array([[each.target] for each in contenders])
        self._scaled = _together(np.flatnonzero(self._target[:, 0] > 0))
        self._behavior = Behavior(self._floor[0][self._scaled], self._most[0][self._scaled])
        never = np.zeros((columns, minutes), dtype=np.int64)
        cron = np.stack([never if each.cron is None else each.cron for each in contenders])[self._scaled]
        self._cron = np.ascontiguousarray(cron.transpose(2, 0, 1)).astype(float)
        self._target = self._target[self._scaled]
        pods = self._pods = self._scheduled = self._floor[0].copy()
        self._ready = pods.copy()
        # a replica serves that was asked for throughout its start-up, which differs by workload
        self._held = [
            (columns, _Past(pods[:, columns], int(startup) * TICKS + 1))
            for startup in np.unique(tiers.startup)
            for columns in (np.flatnonzero(tiers.startup == startup),)
        ]
        self._again: list[tuple[int, Ints]] = []
        self._failing, self._random = failing_percent / 100, np.random.default_rng(seed)
        self._nodes_wanted = _Past(self._nodes_for(pods), nodes.startup * TICKS + 1)
        self._nodes_come = _Past(self._nodes_for(pods), NODE_IDLE + 1)
        self._lost = 0.0
        self._usage = [np.zeros((rows, columns))] * (METRIC_LAG + 1)
        self._sessions, self._waiting = np.full(rows, traffic.sessions_before), np.zeros(rows)
        self._leaving = np.zeros(rows)
        self._a_session, self._a_login = self._carried, self._logins  # one session or log-in, in replicas at 100 %
        self._returning = 1.0 - np.exp(-1.0 / (TICKS * RETRY_MINUTES))
        self._leaving_off = 1.0 - np.exp(-1.0 / (TICKS * PATIENCE_MINUTES))
        self._gave_up = np.zeros(rows)
        self._longest = max(NODE_IDLE, nodes.startup * TICKS, int(tiers.startup.max()) * TICKS) * 2 + 2
        self._tick = self._still = 0
        self._asked, self._served = (np.zeros((minutes, rows, columns), dtype=np.int64) for _ in range(2))
        self._asked_now, self._served_now = (np.zeros((TICKS, rows, columns), dtype=np.int64) for _ in range(2))
        self._active, self._outside, self._admitted = (np.zeros((minutes, rows)) for _ in range(3))
        self._saturated, self._refused = np.zeros((rows, minutes), dtype=bool), np.zeros(rows)

    def step(self, minute: int) -> None:
        """One minute, tick by tick."""
        # who leaves in a minute is reckoned from its beginning, as the log-ins are that make the sessions
        self._leaving = self._sessions / (TICKS * self._traffic.session_minutes)
        use = self._traffic.use[:, minute]
        self._a_session, self._a_login = use / self._carried, use / self._logins
        for tick in range(TICKS):
            self._ask(minute)
            self._run_pods(minute)
            self._saturated[:, minute] |= self._let_in(minute)
            self._asked_now[tick], self._served_now[tick] = self._pods, self._ready
            np.maximum(self._outside[minute], self._waiting, out=self._outside[minute])
            self._tick += 1
        self._asked_now.max(axis=0, out=self._asked[minute])
        self._served_now.min(axis=0, out=self._served[minute])
        self._active[minute] = self._sessions

    def _ask(self, minute: int) -> None:
        """What each contender asks for."""
        pods, rows = self._floor[minute].copy(), self._scaled
        if self._target.size:
            before, most = self._pods[rows], self._most[minute][rows]
            self._behavior.minimum, self._behavior.maximum = pods[rows], most
            recommended = [by_utilization(self._usage[0][rows], self._target, before, self._ready[rows])]
            cron = self._cron[minute]
            if cron.any():
                recommended.append(np.where(cron > 0, by_total(cron, 1.0, before), 0))
            pods[rows] = self._behavior.decide(recommended, before)
        self._pods = np.minimum(pods, self._most[minute])

    def _run_pods(self, minute: int) -> None:
        """Schedules, starts and loses pods."""
        lost = float(self._traffic.lost[minute])
        changed = lost != self._lost or self._again or (self._pods != self._scheduled).any()
        self._still = 0 if changed else self._still + 1
        if self._still > self._longest:
            return  # every pod and node is where it will stay
        if lost > self._lost:  # pods on those nodes are gone; those created in their place have to start
            left = (1 - lost) / (1 - self._lost)
            for _, past in self._held:
                past.values = np.floor(past.values * left).astype(np.int64)
        self._lost = lost
        before, scheduled = self._scheduled, self._with_nodes(self._pods)
        self._scheduled = scheduled
        if self._failing and (scheduled > before).any():
            failed = self._random.binomial(np.maximum(scheduled - before, 0), self._failing)
            self._again.append((self._tick + max(len(past.values) for _, past in self._held) - 1, failed))
        held = scheduled
        if self._again:
            self._again = [each for each in self._again if each[0] > self._tick]
            held = np.maximum(scheduled - sum((failed for _, failed in self._again), 0), 0)
        for columns, past in self._held:
            past.push(held[:, columns])
            self._ready[:, columns] = past.values.min(axis=0)

    def _nodes_for(self, pods: Ints) -> Ints:
        nodes: Ints = (pods.sum(axis=1) + (self._nodes.pods - 1)) // max(1, self._nodes.pods)
        return np.minimum(nodes, self._nodes.most) if self._nodes.most else nodes

    def _with_nodes(self, pods: Ints) -> Ints:
        """Pods that have a node: those that ran before, then the new ones in the order of the workloads."""
        if not self._nodes.pods:
            return pods
        self._nodes_wanted.push(self._nodes_for(pods))
        self._nodes_come.push(self._nodes_wanted.values.min(axis=0))
        there = self._nodes_come.values.max(axis=0)
        if self._lost:
            there = np.floor(there * (1 - self._lost)).astype(np.int64)
        room = there * self._nodes.pods
        if (pods.sum(axis=1) <= room).all():
            return pods
        running = np.minimum(pods, self._scheduled)
        placed = _fill(room, running)
        return placed + _fill(room - placed.sum(axis=1), pods - running)

    def _let_in(self, minute: int) -> Bools | bool:
        """Who comes in, who is turned away; says who is saturated."""
        coming = float(self._traffic.logins[minute]) / TICKS
        if not self._waiting.any() and coming * TICKS <= self._traffic.limit:
            # nobody waits: if all that come fit, there is nothing else to reckon
            sessions = self._sessions + (coming - self._leaving)
            asked = np.maximum(sessions[:, None] * self._a_session, coming * TICKS * self._a_login)
            if (asked <= self._ready).all():
                self._sessions = sessions
                self._admitted[minute] += coming
                self._usage = [*self._usage[1:], asked]
                return False
        return self._let_in_some(minute, coming)

    def _let_in_some(self, minute: int, coming: float) -> Bools:
        """The same where not all fit, or some wait."""
        logins = np.minimum((self._ready / self._a_login).min(axis=1), self._traffic.limit) / TICKS
        sessions = (self._ready / self._a_session).min(axis=1)
        back = self._waiting * self._returning
        trying = back + coming
        fit = np.where(trying <= logins, trying, (logins - REFUSAL_COST * trying) / (1 - REFUSAL_COST))
        let_in = np.maximum(0.0, np.minimum(fit, sessions - self._sessions + self._leaving))
        let_in = np.minimum(let_in, trying)
        outside = self._waiting - back + trying - let_in
        gave_up = outside * self._leaving_off
        self._waiting = np.where(outside < _NOBODY, 0.0, outside - gave_up)
        self._gave_up += gave_up
        self._sessions += let_in - self._leaving
        self._refused += self._waiting / TICKS
        self._admitted[minute] += let_in + gave_up
        asked = np.maximum(self._sessions[:, None] * self._a_session, (TICKS * trying)[:, None] * self._a_login)
        self._usage = [*self._usage[1:], np.minimum(self._ready, asked)]
        saturated: Bools = (trying > let_in + _NOBODY) | (asked > self._ready * (1 + 1e-9)).any(axis=1)
        return saturated

    def runs(self) -> list[Run]:
        """What happened, contender by contender."""
        arrived = np.cumsum(self._traffic.logins)
        return [
            Run(
                each.name,
                self._asked[:, row].T,
                self._served[:, row].T,
                self._active[:, row],
                self._outside[:, row],
                float(self._refused[row]),
                self._saturated[row],
                float(self._gave_up[row]),
                _longest_wait(arrived, np.cumsum(self._admitted[:, row])),
            )
            for row, each in enumerate(self._contenders)
        ]


def _together(rows: Ints) -> Ints | slice:
    """Rows as a slice where they lie together, which is quicker to look up."""
    if rows.size and rows[-1] - rows[0] + 1 == rows.size:
        return slice(int(rows[0]), int(rows[-1]) + 1)
    return rows


def _fill(room: Ints, pods: Ints) -> Ints:
    """How many of ``pods`` fit, workload after workload."""
    before: Ints = pods.cumsum(axis=1) - pods
    placed: Ints = np.clip(room[:, None] - before, 0, pods)
    return placed


def _longest_wait(arrived: Floats, admitted: Floats) -> float:
    """The largest horizontal distance between cumulative arrivals and admissions, in minutes."""
    late = np.flatnonzero(arrived > admitted + 0.5)
    if not late.size:
        return 0.0
    when = np.searchsorted(admitted, arrived[late] - 0.5)
    return float("inf") if (when >= len(admitted)).any() else float((when - late).max())
