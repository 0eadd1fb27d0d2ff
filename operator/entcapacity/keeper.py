"""Keeps the workloads of one ENTCapacity at what its plan asks for: looks, plans, decides, writes, says.

Level-triggered: a pass can come at any time and at any interval; nothing is remembered that cannot be found again,
except to count quarrels. No error ends a keeper: it is said, counted, and tried again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from math import ceil
from typing import Final

from entcapacity import summary, targets
from entcapacity.clock import Latest
from entcapacity.conditions import unseen_since
from entcapacity.enforcer import Enforcer
from entcapacity.facts import Facts
from entcapacity.gathering import facts_of, remembered
from entcapacity.kube import ClusterError
from entcapacity.observing import EVERY_SECONDS, Look, Observer
from entcapacity.ownership import all_objects, given_back
from entcapacity.parse import InvalidResource
from entcapacity.plan import Plan
from entcapacity.planner import Made, Planner, next_step
from entcapacity.publisher import Publisher
from entcapacity.reasons import Reason, reason
from entcapacity.speaker import Speaker
from entcapacity.spec import ENTCapacitySpec
from entcapacity.startups import Startups
from entcapacity.stopwatch import Stopwatch
from entcapacity.surroundings import RETRY_SECONDS, Surroundings
from entcapacity.targets import Object, Seen
from entcapacity.world import CAPACITY, Key

_PAUSE_SECONDS: Final = 1.0
"""Least real seconds between two passes of which the first failed."""
_POLL_SECONDS: Final = 5.0
"""How often kinds are looked at that no watch brings."""
_IDLE_SECONDS: Final = 60.0
"""How often it is looked though nothing seems to have changed."""
_TOGETHER_SECONDS: Final = 0.05
"""Changes that come together are looked at together."""

log = logging.getLogger("entcapacity")


class Keeper:
    """One ENTCapacity."""

    def __init__(self, key: Key, around: Surroundings) -> None:
        self._key, self._around = key, around
        self._name = "/".join(key)
        self._woken = asyncio.Event()
        self._lock = asyncio.Lock()
        self._needed = datetime.min.replace(tzinfo=UTC)
        self._failures = 0
        self._remembered = False
        self._gone = False
        self._ready: dict[str, int] = {}
        """By workload, how many replicas served at the last look."""
        self._latest = Latest()
        self._observer = Observer(around.prometheus, self._woken.set)
        self._planner = Planner(key, around, self._woken.set)
        self._stopwatch = Stopwatch(key, around)
        self._enforcer = Enforcer(key, around, self._stopwatch)
        self._speaker = Speaker(key, around)
        self._publisher = Publisher(key, around)

    async def keep(self, stopped: asyncio.Event) -> None:
        """Passes until it is stopped: at each step of the plan, and whenever something changes."""
        self._around.world.wakes(self._key, self._woken.set)
        self._around.pulse.beat(self._name)  # so that one that hangs in its first pass is missed, too
        try:
            while not stopped.is_set():
                self._woken.clear()
                failures = self._failures
                seconds = await self._pass_guarded()
                if self._failures > failures:  # whatever wakes it, it does not fail again so soon
                    await _first(stopped, stopped, _PAUSE_SECONDS)
                await _first(stopped, self._woken, seconds)
                await asyncio.sleep(_TOGETHER_SECONDS)
        finally:
            self._publisher.stop()
            self._around.world.sleeps(self._key, self._woken.set)
            self._around.pulse.rest(self._name)
            self._around.limits.pop(self._key, None)
            self._around.meters.forget(self._key)

    async def give_back(self, document: Object) -> None:
        """Gives everything back that this ENTCapacity holds; raises ``ClusterError`` where that cannot be done yet."""
        async with self._lock:
            self._gone = True
            self._publisher.stop()
            try:
                await given_back(self._around, document, heirs=True)
            except ClusterError as error:
                await self._speaker.say_not_gone(document, error)
                raise
            self._around.meters.forget(self._key)

    async def _pass_guarded(self) -> float:
        self._around.pulse.rest(self._name)  # who waits for its turn is not silent: those would be that it waits for
        try:
            async with self._around.turns.turn(self._needed), self._lock:
                self._around.pulse.beat(self._name)
                seconds = _IDLE_SECONDS if self._gone else await self._pass()
            if not self._gone:  # nothing is said any more of what is gone
                self._around.meters.passed(self._key, self._around.clock.now())
            self._around.pulse.beat(self._name)
        except ClusterError as error:
            log.warning("%s: %s; tried again in %d s", self._name, error, RETRY_SECONDS)
            self._failures += 1
            self._around.meters.failed(self._key, self._around.clock.now())
            self._around.pulse.beat(self._name)  # it is not the loop that fails
            return RETRY_SECONDS
        except Exception as error:
            log.exception("%s: a pass failed; tried again in %d s", self._name, RETRY_SECONDS)
            self._failures += 1
            self._around.meters.failed(self._key, self._around.clock.now())
            self._around.pulse.beat(self._name)  # nor that it is dead: one bad platform must not end all others
            await self._speaker.say_failure(error)
            return RETRY_SECONDS
        return seconds

    # --- one pass -----------------------------------------------------------------------------------------------------

    async def _pass(self) -> float:
        """Looks, plans, decides, writes, says; answers with the real seconds until the next pass."""
        clock, now = self._around.clock, self._around.clock.now()
        document = self._around.world.get(CAPACITY, self._key)
        if document is None or "deletionTimestamp" in document["metadata"]:
            return _IDLE_SECONDS
        try:
            spec = self._around.world.parsed(document).spec
        except InvalidResource as error:
            self._around.meters.forget(self._key)  # figures of a plan that nobody follows any more
            self._limit_by_last_plan(await all_objects(self._around, self._key[0], document), now)
            found = [reason("Invalid", problem=str(error))]
            if document.get("spec", {}).get("mode", "Observe") == "Observe":  # for which nobody is woken
                found.append(reason("Observing"))
            again = await self._speaker.say(document, found, now, {})
            return min([_IDLE_SECONDS, *again])
        await self._around.almanac.look()
        objects = await all_objects(self._around, self._key[0], document)
        self._remember(document, spec, objects)
        seen = self._enforcer.look(document, spec, objects)
        there = {name: each for name, each in seen.items() if isinstance(each, Seen)}
        found = [each for each in seen.values() if isinstance(each, Reason)]
        about_calendars, incomplete = self._around.almanac.calendars.concerning(spec)
        unread = self._around.almanac.unread(spec)
        found += [*about_calendars, *unread]
        incomplete = incomplete or bool(unread)
        if incomplete:
            found.append(reason("Holding"))
        plannable = self._around.almanac.calendars.without_missing(spec)
        facts, asked = self._facts(plannable, there, now), self._enforcer.asked
        made = await self._planner.plan(document, plannable, facts, there, asked, objects, now, found)
        if made is None:
            if spec.mode == "Observe":
                found.append(reason("Observing"))
                await self._enforcer.let_go(document, targets.held_by(self._key[1], objects), found)
            self._limit_by_last_plan(objects, now)
            await self._speaker.say(document, found, now, {})
            return RETRY_SECONDS
        found += made.found
        back = self._latest.went_back(now, time.monotonic())
        if back:
            found.append(reason("ClockWentBack"))
        look = self._observer.look(spec.observed, now)
        look = replace(look, hold=look.hold or back or incomplete)
        found += [*look.found, *_compared(made.plan, look, now)]
        self._around.meters.saw(self._key, look.observation)
        retry = await self._enforcer.act(document, spec, seen, objects, made.plan, now, found, look)
        self._around.pulse.beat(self._name)  # each write may wait for a webhook that has died: the loop lives
        await self._stopwatch.look(there, asked, objects)
        retry += await self._enforcer.look_at_late(there, objects, found)
        self._meter(made, seen, now)
        self._ready = targets.ready(spec.workloads, self._key[0], objects, self._ready)
        floors, startups = self._enforcer.floors, self._stopwatch.startups
        state = summary.State(made.plan, made.later, made.cost, made.longest_wait, seen, self._ready, floors, startups)
        status = summary.status(state, now, self._around.language)
        self._limit(status["admission"].get("sessions"))
        again = await self._speaker.say(document, found, now, status)
        self._around.pulse.beat(self._name)
        self._publisher.offer(document, made, now)
        self._needed = next_step(made.plan, now)
        seconds = [
            _IDLE_SECONDS,
            self._around.almanac.rest(),
            clock.seconds_until(self._needed),
            *retry,
            *again,
        ]
        if spec.observed is not None:
            seconds.append(EVERY_SECONDS)
        if not all(targets.target_of(each, "").watched for each in spec.workloads):
            seconds.append(_POLL_SECONDS)
        return min(seconds)

    def _meter(self, made: Made, seen: Mapping[str, Seen | Reason], now: datetime) -> None:
        index = made.plan.grid.index(now)
        due = self._enforcer.due(made.plan, index)
        change = summary.next_change(made.plan, index) or made.later
        self._around.meters.planned(self._key, made.plan, seen, due, index, change)
        for each in made.plan.workloads:  # also what an operator before us measured
            self._around.meters.started(self._key, each.name, self._stopwatch.startups.get(each.name, Startups()))

    def _limit(self, sessions: int | None) -> None:
        """Tells what the Ready replicas carry; where no workload says what it carries, there is no limit to tell."""
        if sessions is not None:
            self._around.limits[self._key] = sessions
        else:
            self._around.limits.pop(self._key, None)

    def _limit_by_last_plan(self, objects: targets.Objects, now: datetime) -> None:
        """Tells it while there is no plan to follow: a gate goes on asking, and what is Ready changes all the same."""
        planned = self._planner.made.plan if self._planner.made else None
        if planned is None or not 0 <= (index := planned.grid.index(now)) < planned.grid.length:
            return
        self._ready = targets.ready(planned.spec.workloads, self._key[0], objects, self._ready)
        self._limit(summary.carried(planned, self._ready, index).sessions)

    def _remember(self, document: Object, spec: ENTCapacitySpec, objects: targets.Objects) -> None:
        """Takes from the status of an operator that was here before what nothing else tells: start-up times, since when
        Prometheus has not answered, what served and what was held."""
        if self._remembered:
            return
        self._remembered = True
        told = document.get("status", {}).get("workloads", [])
        self._ready = {each["name"]: each["ready"] for each in told if "ready" in each}
        self._stopwatch.startups |= remembered(document, spec)
        self._observer.remember(unseen_since(document.get("status", {}).get("conditions")))
        self._enforcer.remember(document, spec, objects)

    def _facts(self, spec: ENTCapacitySpec, there: Mapping[str, Seen], now: datetime) -> Facts:
        """What to plan from, with the floors that there were at the beginning of this minute."""
        almanac = self._around.almanac
        facts = facts_of(spec, almanac.calendars.days, almanac.announcements, there, self._stopwatch.startups)
        return replace(facts, floors=self._enforcer.began(there, now))


def _compared(planned: Plan, look: Look, now: datetime) -> list[Reason]:
    """Whether as many are seen as were to be expected."""
    if look.observation is None or look.observation.sessions is None:
        return []
    seen, high = round(look.observation.sessions), ceil(planned.demand.load.sessions.high[planned.grid.index(now)])
    return [reason("DemandAbovePlan" if seen > high else "AsPlanned", sessions=seen, high=high)]


async def _first(stopped: asyncio.Event, woken: asyncio.Event, seconds: float) -> None:
    """Sleeps until one of the two is set, or so long."""
    waiting = [asyncio.create_task(each.wait()) for each in (stopped, woken)]
    try:
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waiting:
            each.cancel()
