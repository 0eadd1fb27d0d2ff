"""The plan of one ENTCapacity that holds now: kept until something that it was made from changes, then made anew."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from entcapacity import room, summary
from entcapacity.cost import Cost, cost
from entcapacity.facts import Facts
from entcapacity.grid import MINUTE, Grid
from entcapacity.kube import ClusterError
from entcapacity.notices import notices
from entcapacity.plan import Plan, news, plan
from entcapacity.reasons import Reason, reason
from entcapacity.reconcile import Asked, moved_up
from entcapacity.spec import ENTCapacitySpec
from entcapacity.surroundings import RETRY_SECONDS, Surroundings
from entcapacity.targets import Object, Objects, Seen
from entcapacity.world import Key

HORIZON: Final = timedelta(days=14)
"""How far a plan reaches: what stands in its way is said so long before."""
KEPT: Final = timedelta(days=5)
"""How much of a plan is remembered: it is followed for an hour, or over a long weekend if none can be made any more."""
REPLAN_EVERY: Final = timedelta(hours=1)
"""How often it is planned anew though nothing changed: quotas and nodes do, and nobody watches them."""
_ROOM_SECONDS: Final = 2.0
"""How long a plan waits for quotas and nodes."""

log = logging.getLogger("entcapacity")


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A plan, what it was made from, and what follows from it."""

    plan: Plan
    """Of its first ``KEPT``."""
    later: summary.Change | None
    """The first change of a floor after that."""
    cost: Cost
    found: tuple[Reason, ...]
    longest_wait: timedelta | None
    """The longest wait that it expects; ``None`` where some wait beyond its end."""
    key: tuple[Any, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Failed:
    """What no plan could be made from, why, and until when (monotonic) it is not tried again."""

    made_of: tuple[Any, ...]
    why: Reason
    until: float


class Planner:
    """Remembers the last plan of one ENTCapacity."""

    def __init__(self, key: Key, around: Surroundings, told: Callable[[], None]) -> None:
        """``told`` is called when there is to be planned anew what was planned without quotas and nodes."""
        self._key, self._around, self._told = key, around, told
        self._room: room.Room | None = None
        self._looking: asyncio.Task[None] | None = None
        self._without_room = False
        """Whether it was planned before quotas and nodes were known."""
        self._failed: _Failed | None = None
        self.made: Made | None = None

    async def plan(
        self,
        document: Object,
        spec: ENTCapacitySpec,
        facts: Facts,
        there: Mapping[str, Seen],
        asked: Mapping[str, Asked],
        objects: Objects,
        now: datetime,
        found: list[Reason],
    ) -> Made | None:
        """The plan that holds now; made anew when something it is made from changed, or a floor was moved upward.

        Where that fails, the last one while it has the same workloads. ``facts`` have the floors of ``there`` at the
        beginning of this minute, ``asked`` is what was asked for last; both are by workload.
        """
        old, key = self.made, made_from(document, spec, facts, now)
        if old is not None and self._holds(old, key, there, asked, now):
            return old
        failed, made_of = self._failed, (key, facts.floors)
        if failed is not None and failed.made_of == made_of and time.monotonic() < failed.until:
            found.append(failed.why)  # whatever woke us, it would fail again
            return self._last(spec)
        minute = now.replace(second=0, microsecond=0)
        # the rates of this minute count from its beginning, however often it is planned anew within it
        facts = replace(facts, since=minute - MINUTE)
        window = Grid.between(minute - MINUTE, minute + HORIZON)
        running = {name: each.replicas for name, each in there.items()}
        held = await self._last_room(spec)
        templates = {name: objects.workloads[each.target.key] for name, each in there.items()}

        def make() -> Made:
            taken = {name: room.takes(each) for name, each in templates.items()}
            planned = plan(spec, facts, now, window)
            costs = cost(planned)
            why = (*notices(planned, costs), *room.shortages(planned, running, taken, held))
            wait, kept = summary.longest_wait(planned), planned.shortened(KEPT)
            return Made(kept, summary.next_change(planned, kept.inner.stop - 1), costs, why, wait, key)

        try:
            self.made = await asyncio.get_running_loop().run_in_executor(self._around.planning, make)
        except Exception as error:  # whatever it is, what is there is held
            why = reason("PlanFailed", problem=f"{type(error).__name__}: {error}")
            if failed is None or failed.why != why:
                log.exception("%s/%s: the plan failed", *self._key)
            self._failed = _Failed(made_of, why, time.monotonic() + RETRY_SECONDS)
            found.append(why)
            return self._last(spec)
        self._failed = None
        return self.made

    def _last(self, spec: ENTCapacitySpec) -> Made | None:
        """The last plan, while it has the workloads of a spec."""
        names = {each.name for each in spec.workloads}
        return self.made if self.made and {each.name for each in self.made.plan.workloads} == names else None

    def _holds(
        self, old: Made, key: tuple[Any, ...], there: Mapping[str, Seen], asked: Mapping[str, Asked], now: datetime
    ) -> bool:
        """Whether the last plan is still the one to follow."""
        if old.key != key or not timedelta(0) <= now - old.plan.as_of < REPLAN_EVERY:
            return False
        if self._without_room and self._room is not None:
            return False
        begun = old.plan.facts.floors
        return old.plan.spec.suspended_until(now) is not None or not any(
            moved_up(each, asked.get(name), begun.get(name, 0)) for name, each in there.items()
        )

    async def _last_room(self, spec: ENTCapacitySpec) -> room.Room:
        """What bounds our pods, as it is or was last known: no floor waits for an answer that does not come. Nothing
        where we may not ask. Where it was never known, it is planned anew once it is."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_at_room(spec))
        await asyncio.wait({self._looking}, timeout=_ROOM_SECONDS)
        self._without_room = self._room is None
        return self._room or room.Room()

    async def _look_at_room(self, spec: ENTCapacitySpec) -> None:
        try:
            quotas = await self._around.kube.quotas(self._key[0])
            nodes = await self._around.kube.nodes() if spec.nodes.max is None and not spec.nodes.startup else []
            self._room = room.Room(quotas, nodes)
        except ClusterError as error:
            log.info("%s/%s: no look at quotas and nodes: %s", *self._key, error)
            if error.status:
                self._room = room.Room()
        if self._without_room:
            self._told()


def made_from(document: Object, spec: ENTCapacitySpec, facts: Facts, now: datetime) -> tuple[Any, ...]:
    """What a plan is made from, as far as another one is needed where it changes: floors move with each step."""
    return (
        spec.suspended_until(now) is not None,  # what comes after starts from what was there all the while
        document["metadata"]["uid"],
        document["metadata"].get("generation"),
        facts.schooldays,
        facts.announcements,
        sum(each <= now for each in news(spec, facts)),
        tuple(sorted(facts.startups.items())),
        tuple((name, each.min, each.max) for name, each in sorted(facts.bounds.items())),
        facts.in_order,
    )


def next_step(planned: Plan, now: datetime) -> datetime:
    """When something changes by itself: a step, a maximum, or news that were prepared."""
    step = summary.next_step(planned, planned.grid.index(now))
    prepared = (each for each in news(planned.spec, planned.facts) if each > now)
    return min((*prepared, *((step,) if step else ())), default=now + REPLAN_EVERY)
