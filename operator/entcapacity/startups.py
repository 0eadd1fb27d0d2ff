"""How long pods took to start, as their own timestamps say, and raises to be Ready; with too few pods, nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from entcapacity.targets import Object

ENOUGH: Final = 5
"""Samples from which on a time is believed."""
KEPT: Final = 20
"""Samples remembered, the newest."""


@dataclass(frozen=True, slots=True)
class Startups:
    """Seconds from a pod's creation to Ready, newest last; pods that waited for a new node apart."""

    warm: tuple[int, ...] = ()
    new_node: tuple[int, ...] = ()

    def with_pods(
        self, pods: Sequence[Object], nodes: Mapping[str, datetime], since: datetime, speed: float
    ) -> Startups:
        """Those of pods created from ``since`` on, too; ``nodes`` says when each node was created."""
        warm, new_node = list(self.warm), list(self.new_node)
        for created, took, node in sorted(_started(pods, since)):
            waited = node in nodes and nodes[node] > created
            (new_node if waited else warm).append(round(took.total_seconds() * speed))
        return Startups(tuple(warm[-KEPT:]), tuple(new_node[-KEPT:]))

    def measured(self, node_startup: timedelta) -> timedelta | None:
        """What ``startup: Measured`` stands for, in whole minutes; nodes' start-up is counted apart.

        The longer of what is seen on nodes that were there and of what is left of it on new ones.
        """
        warm, new_node = percentile(self.warm, 95), percentile(self.new_node, 95)
        times = [timedelta(seconds=warm)] if warm is not None else []
        times += [timedelta(seconds=new_node) - node_startup] if new_node is not None else []
        longest = max(times, default=None)
        return None if longest is None else timedelta(minutes=max(1, ceil(longest / timedelta(minutes=1))))


class Raises:
    """Floors of one workload that were written above what ran, until as many are Ready."""

    def __init__(self) -> None:
        self.since: datetime | None = None
        """When the first of them was written; ``None`` where there was none."""
        self._waiting: list[tuple[datetime, int]] = []
        self._ready = 0
        self.interrupted = False
        """Whether some were Ready and then were not, as under too much load: since when the others are Ready tells then
        nothing of how long they took to start."""

    def wrote(self, floor: int, replicas: int, now: datetime) -> None:
        """Takes a floor that was written where so many replicas were asked for; written again, it counts from the first
        time."""
        if floor > max([replicas, *(known for _, known in self._waiting)]):
            self.since = self.since or now
            self._waiting.append((now, floor))

    def look(self, ready: int, asked: int, now: datetime) -> timedelta | None:
        """How long the last one took for which enough are Ready by now, if any is new; what is more than is still asked
        for is waited for no longer."""
        self.interrupted |= ready < self._ready
        self._ready = ready
        reached = [since for since, floor in self._waiting if floor <= ready]
        self._waiting = [(since, floor) for since, floor in self._waiting if ready < floor <= asked]
        return now - reached[-1] if reached else None


def percentile(samples: Sequence[int], percent: int) -> int | None:
    """The nearest-rank percentile; ``None`` where there are too few samples."""
    if len(samples) < ENOUGH:
        return None
    return sorted(samples)[max(0, ceil(len(samples) * percent / 100) - 1)]


def _started(pods: Sequence[Object], since: datetime) -> Iterator[tuple[datetime, timedelta, str]]:
    for pod in pods:
        created = datetime.fromisoformat(pod["metadata"]["creationTimestamp"])
        status = pod.get("status", {})
        if any(each.get("restartCount") for each in status.get("containerStatuses", [])):
            continue  # Ready since it came back: how long it took the first time nobody knows
        for each in status.get("conditions", []):
            if each["type"] == "Ready" and each["status"] == "True" and created >= since:
                ready = datetime.fromisoformat(each["lastTransitionTime"])
                yield created, ready - created, pod["spec"].get("nodeName", "")
