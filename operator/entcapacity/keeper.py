"""Keeps the workloads of one ENTCapacity at what its plan asks for: looks, plans, decides, writes, says.

Level-triggered: a pass can come at any time and at any interval; nothing is remembered that cannot be found again,
except to count quarrels. No error ends a keeper: it is said, counted, and tried again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from math import ceil, inf
from typing import Any, Final

import numpy as np

from entcapacity import room, summary, targets
from entcapacity.conditions import as_status, conditions, unseen_since
from entcapacity.cost import Cost, cost
from entcapacity.gathering import facts_of, remembered
from entcapacity.grid import MINUTE, Grid
from entcapacity.kube import ClusterError
from entcapacity.notices import notices
from entcapacity.observing import EVERY_SECONDS, Look, Observation, Observer
from entcapacity.ownership import all_objects, given_back, let_go, look_at, seen_for, write
from entcapacity.parse import InvalidResource
from entcapacity.plan import Plan, WorkloadPlan, news, plan
from entcapacity.reasons import Reason, reason
from entcapacity.reconcile import LATE_MINUTES, Asked, Decider, Decision, Due, moved_up, not_ready, obstacles
from entcapacity.spec import ENTCapacitySpec
from entcapacity.startups import Raises, Startups
from entcapacity.steps import why
from entcapacity.surroundings import Surroundings
from entcapacity.targets import Object, Ref, Seen
from entcapacity.world import CAPACITY, Key

HORIZON: Final = timedelta(days=14)
"""How far a plan reaches: what stands in its way is said so long before."""
KEPT: Final = timedelta(days=5)
"""How much of a plan is remembered: it is followed for an hour, or over a long weekend if none can be made any more."""
REPLAN_EVERY: Final = timedelta(hours=1)
"""How often it is planned anew though nothing changed: quotas and nodes do, and nobody watches them."""
STATUS_EVERY: Final = timedelta(minutes=5)
"""How often a status is refreshed where only figures changed."""
_STATUS_SECONDS: Final = 2.0
"""Least real seconds between two refreshes of a status that is changing."""
_RETRY_SECONDS: Final = 5.0
_PAUSE_SECONDS: Final = 1.0
"""Least real seconds between two passes of which the first failed."""
_BACK_SECONDS: Final = 12 * 3600.0
"""How long a clock that went back is not believed."""
_POLL_SECONDS: Final = 5.0
"""How often kinds are looked at that no watch brings."""
_IDLE_SECONDS: Final = 60.0
"""How often it is looked though nothing seems to have changed."""
_LATE_SECONDS: Final = 15.0
"""How often what is late is looked at itself."""
_ROOM_SECONDS: Final = 2.0
"""How long a plan waits for quotas and nodes."""
_TOGETHER_SECONDS: Final = 0.05
"""Changes that come together are looked at together."""

_LAST: Final = datetime.max.replace(tzinfo=UTC)
"""When one is needed that nobody waits for."""

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


@dataclass(frozen=True, slots=True)
class _Refused:
    """A write that failed, why, and until when (monotonic) it is not tried again."""

    asked: Asked
    why: Reason
    until: float


class Keeper:
    """One ENTCapacity."""

    def __init__(self, key: Key, around: Surroundings) -> None:
        self._key, self._around = key, around
        self._name = "/".join(key)
        self._woken = asyncio.Event()
        self._lock = asyncio.Lock()
        self._made: Made | None = None
        self._deciders: dict[Ref, Decider] = {}
        self._due: dict[str, Due] = {}
        self._last: datetime | None = None
        self._needed = datetime.min.replace(tzinfo=UTC)
        self._asked: dict[str, Asked] = {}
        self._floors: dict[str, int] = {}
        """What is written as of this pass, where it is ours."""
        self._refused: dict[str, _Refused] = {}
        self._not_let_go: list[Reason] = []
        self._let_go_again = -inf
        self._failures = 0
        self._startups: dict[str, Startups] = {}
        self._raised: dict[str, Raises] = {}
        self._formers: dict[str, int | None] = {}
        """What minimum there was before us, by the uid of the workload."""
        self._remembered = False
        self._room: room.Room | None = None
        self._looking_at_room: asyncio.Task[None] | None = None
        self._without_room = False
        """Whether it was planned before quotas and nodes were known."""
        self._looked_at_late = -inf
        self._said_at = -inf
        self._published: tuple[Any, ...] = ()
        self._not_published: tuple[Made | None, str] = (None, "")
        self._publishing: asyncio.Task[None] | None = None
        self._observer = Observer(around.prometheus, self._woken.set)
        self._back_since: float | None = None
        self._gone = False
        self._not_gone = ""

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
            if self._publishing is not None:
                self._publishing.cancel()
            self._around.world.sleeps(self._key, self._woken.set)
            self._around.pulse.rest(self._name)
            self._around.limits.pop(self._key, None)
            self._around.meters.forget(self._key)

    async def give_back(self, document: Object) -> None:
        """Gives everything back that this ENTCapacity holds; raises ``ClusterError`` where that cannot be done yet."""
        async with self._lock:
            self._gone = True
            try:
                await given_back(self._around, document, heirs=True)
            except ClusterError as error:
                await self._say_not_gone(document, error)
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
            log.warning("%s: %s; tried again in %d s", self._name, error, _RETRY_SECONDS)
            self._failures += 1
            self._around.meters.failed(self._key, self._around.clock.now())
            self._around.pulse.beat(self._name)  # it is not the loop that fails
            return _RETRY_SECONDS
        except Exception as error:
            log.exception("%s: a pass failed; tried again in %d s", self._name, _RETRY_SECONDS)
            self._failures += 1
            self._around.meters.failed(self._key, self._around.clock.now())
            self._around.pulse.beat(self._name)  # nor that it is dead: one bad platform must not end all others
            await self._say_failure(error)
            return _RETRY_SECONDS
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
            again = await self._say(document, [reason("Invalid", problem=str(error))], now, {})
            return min([_IDLE_SECONDS, *again])
        await self._around.almanac.look()
        objects = await all_objects(self._around, self._key[0], document)
        self._remember(document, spec, objects)
        scaled = {each.name: targets.target_of(each, self._key[0]) for each in spec.workloads}
        uids = {_uid(each, objects) for each in scaled.values()}
        self._formers = {uid: former for uid, former in self._formers.items() if uid in uids}
        seen = {each.name: self._look(each.name, document, spec, objects) for each in spec.workloads}
        # of what is another's for now, what we wrote counts no more; of what is unclear, it does
        taken = {scaled[name] for name, each in seen.items() if isinstance(each, Reason) and each.code == "TargetTaken"}
        ours = {*scaled.values()} - taken
        self._deciders = {target: each for target, each in self._deciders.items() if target in ours}
        self._floors = {
            name: each.minimum
            for name, each in seen.items()
            if isinstance(each, Seen) and each.former is not None and each.former.by == self._key[1]
        }
        found = [each for each in seen.values() if isinstance(each, Reason)]
        about_calendars, incomplete = self._around.almanac.calendars.concerning(spec)
        unread = self._around.almanac.unread(spec)
        found += [*about_calendars, *unread]
        incomplete = incomplete or bool(unread)
        if incomplete:
            found.append(reason("Holding"))
        made = await self._plan(document, spec, seen, objects, now, found)
        if made is None:
            if spec.mode == "Observe":
                await self._let_go(document, targets.held_by(self._key[1], objects), found)
            self._limit_by_last_plan(objects, now)
            await self._say(document, found, now, {})
            return _RETRY_SECONDS
        found += made.found
        back = self._went_back(now)
        if back:
            found.append(reason("ClockWentBack"))
        look = self._observer.look(spec.observed, now)
        look = replace(look, hold=look.hold or back or incomplete)
        found += [*look.found, *_compared(made.plan, look, now)]
        self._around.meters.saw(self._key, look.observation)
        self._look_at_due(made.plan, seen, now)
        retry = await self._act(document, spec, seen, objects, made.plan, now, found, look)
        self._around.pulse.beat(self._name)  # each write may wait for a webhook that has died: the loop lives
        await self._measure(seen, objects)
        retry += await self._look_at_late(seen, objects, found)
        self._meter(made, seen, now)
        state = summary.State(made.plan, made.later, made.cost, made.longest_wait, seen, self._floors, self._startups)
        status = summary.status(state, now, self._around.language)
        self._limit(status["admission"].get("sessions"))
        again = await self._say(document, found, now, status)
        self._around.pulse.beat(self._name)
        self._publish_in_turn(document, made, now)
        self._needed = self._next(made.plan, now)
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

    def _limit(self, sessions: int | None) -> None:
        """Tells what the Ready replicas carry; where no workload says what it carries, there is no limit to tell."""
        if sessions is not None:
            self._around.limits[self._key] = sessions
        else:
            self._around.limits.pop(self._key, None)

    def _limit_by_last_plan(self, objects: targets.Objects, now: datetime) -> None:
        """Tells it while there is no plan to follow: a gate goes on asking, and what is Ready changes all the same."""
        planned = self._made.plan if self._made else None
        if planned is None or not 0 <= (index := planned.grid.index(now)) < planned.grid.length:
            return
        there = (targets.seen(each, self._key[0], objects) for each in planned.spec.workloads)
        ready = {each.name: each.ready for each in there if isinstance(each, Seen)}
        self._limit(summary.carried(planned, ready, index).sessions)

    def _went_back(self, now: datetime) -> bool:
        """Whether the clock stands before what it showed already; after half a day that is believed."""
        if self._last is None or now >= self._last - MINUTE:
            self._last = now if self._last is None else max(now, self._last)
            self._back_since = None
            return False
        self._back_since = self._back_since or time.monotonic()
        if time.monotonic() - self._back_since > _BACK_SECONDS:
            self._last, self._back_since = now, None
            return False
        return True

    async def _say_failure(self, error: Exception) -> None:
        """Says in a condition that a pass failed, if that can be said."""
        document = self._around.world.get(CAPACITY, self._key)
        if document is not None and "deletionTimestamp" not in document["metadata"]:
            why = reason("PassFailed", problem=f"{type(error).__name__}: {error}")
            try:
                await self._say(document, [why], self._around.clock.now(), {})
            except Exception as other:
                log.warning("%s: nor could it be said: %s", self._name, other)

    async def _say_not_gone(self, document: Object, error: ClusterError) -> None:
        """Says why a deletion waits: its conditions are those of what was there before."""
        why = reason("NotGivenBack", problem=str(error)).text(self._around.language)
        if why != self._not_gone:
            self._not_gone = why
            await self._event(document, {"status": "False", "reason": "NotGivenBack", "message": why})

    def _remember(self, document: Object, spec: ENTCapacitySpec, objects: targets.Objects) -> None:
        """Takes from the status of an operator that was here before what nothing else tells: start-up times, what
        autoscalers had that may be gone by now, the floors that held, and since when Prometheus has not answered."""
        if self._remembered:
            return
        self._remembered = True
        self._startups |= remembered(document, spec)
        status, known = document.get("status", {}), {each.name: each for each in spec.workloads}
        self._observer.remember(unseen_since(status.get("conditions")))
        if status.get("observedGeneration") != document["metadata"].get("generation"):
            return
        for each in status.get("workloads", []):
            if each["name"] not in known:
                continue
            target = targets.target_of(known[each["name"]], self._key[0])
            self._deciders[target] = Decider(self._key[1], each.get("floor", 0))
            if each.get("driver", "Scale") != "Scale" and "former" in each:
                self._formers[_uid(target, objects)] = each["former"].get("minimum")

    def _look(self, name: str, document: Object, spec: ENTCapacitySpec, objects: targets.Objects) -> Seen | Reason:
        workload = next(each for each in spec.workloads if each.name == name)
        found = seen_for(self._around.world, document, workload, objects)
        if isinstance(found, Reason):
            return found
        uid = _uid(found.target, objects)
        if found.former is not None and found.former.by:
            self._formers[uid] = found.former.minimum
            return found
        return targets.inherited(found, self._formers[uid]) if uid in self._formers else found

    async def _plan(
        self,
        document: Object,
        spec: ENTCapacitySpec,
        seen: Mapping[str, Seen | Reason],
        objects: targets.Objects,
        now: datetime,
        found: list[Reason],
    ) -> Made | None:
        """The plan that holds now; made anew when something it is made from changed, or a floor was moved upward."""
        around = self._around
        spec = around.almanac.calendars.without_missing(spec)
        there = {name: each for name, each in seen.items() if isinstance(each, Seen)}
        facts = facts_of(spec, around.almanac.calendars.days, around.almanac.announcements, there, self._startups)
        known = sum(each <= now for each in news(spec, facts))
        suspended = spec.suspend_until is not None and now < spec.suspend_until
        key = (
            suspended,  # what comes after starts from what was there all the while
            document["metadata"]["uid"],
            document["metadata"].get("generation"),
            around.almanac.calendars.days,
            around.almanac.announcements,
            known,
            tuple(sorted(facts.startups.items())),
            tuple((name, each.min, each.max) for name, each in sorted(facts.bounds.items())),
            facts.in_order,
        )
        old = self._made
        begun = old.plan.facts.floors if old else {}
        above = not suspended and any(
            moved_up(each, self._asked.get(name), begun.get(name, 0)) for name, each in there.items()
        )
        roomy = self._without_room and self._room is not None
        if (
            old
            and old.key == key
            and not above
            and not roomy
            and now - old.plan.as_of < REPLAN_EVERY
            and now >= old.plan.as_of
        ):
            return old
        minute = now.replace(second=0, microsecond=0)
        # the rates of this minute count from its beginning, however often it is planned anew within it
        floors = {name: self._decider(each.target).began(each, now) for name, each in there.items()}
        facts = replace(facts, floors=floors, since=minute - MINUTE)
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
            self._made = await asyncio.get_running_loop().run_in_executor(self._around.planning, make)
        except Exception as error:  # whatever it is, what is there is held
            log.exception("%s: the plan failed", self._name)
            found.append(reason("PlanFailed", problem=f"{type(error).__name__}: {error}"))
            return old if old and {each.name for each in old.plan.workloads} == seen.keys() else None
        return self._made

    def _decider(self, target: Ref) -> Decider:
        """Who decides for what is scaled."""
        return self._deciders.setdefault(target, Decider(self._key[1]))

    async def _last_room(self, spec: ENTCapacitySpec) -> room.Room:
        """What bounds our pods, as it is or was last known: no floor waits for an answer that does not come. Nothing
        where we may not ask. Where it was never known, it is planned anew once it is."""
        if self._looking_at_room is None or self._looking_at_room.done():
            self._looking_at_room = asyncio.create_task(self._look_at_room(spec))
        await asyncio.wait({self._looking_at_room}, timeout=_ROOM_SECONDS)
        self._without_room = self._room is None
        return self._room or room.Room()

    async def _look_at_room(self, spec: ENTCapacitySpec) -> None:
        try:
            quotas = await self._around.kube.quotas(self._key[0])
            nodes = await self._around.kube.nodes() if spec.nodes.max is None and not spec.nodes.startup else []
            self._room = room.Room(quotas, nodes)
        except ClusterError as error:
            log.info("%s: no look at quotas and nodes: %s", self._name, error)
            if error.status:
                self._room = room.Room()
        if self._without_room:
            self._woken.set()

    # --- acting -------------------------------------------------------------------------------------------------------

    async def _act(
        self,
        document: Object,
        spec: ENTCapacitySpec,
        seen: Mapping[str, Seen | Reason],
        objects: targets.Objects,
        planned: Plan,
        now: datetime,
        found: list[Reason],
        look: Look,
    ) -> list[float]:
        """Writes what differs, each workload for itself; answers with the seconds after which to try again."""
        there = [each for each in seen.values() if isinstance(each, Seen)]
        found += [why for each in there for why in _gitops(each)]
        found += [why for each in there for why in obstacles(each, bool(planned.workload(each.name).workload.min))]
        if spec.mode == "Observe":
            found.append(reason("Observing"))
            self._asked.clear()
            self._floors.clear()
            self._deciders.clear()
            self._formers.clear()
            return await self._let_go(document, targets.held_by(self._key[1], objects), found)
        if spec.suspend_until is not None and now < spec.suspend_until:
            found.append(reason("Suspended", until=summary.iso(spec.suspend_until)))
            self._deciders.clear()  # whatever we wrote before: what comes after starts from what is there
            return [self._around.clock.seconds_until(spec.suspend_until)]
        index = planned.grid.index(now)
        answers = await asyncio.gather(*(self._hold(planned, each, index, now, found, look) for each in there))
        again = await self._let_go(document, self._left(spec, seen, objects), found)
        return [*again, *(seconds for seconds in answers if seconds is not None)]

    def _left(
        self, spec: ENTCapacitySpec, seen: Mapping[str, Seen | Reason], objects: targets.Objects
    ) -> Iterator[Seen]:
        """What we hold and no workload is scaled by any more; not where that is unclear just now."""
        kept = {each.at for each in seen.values() if isinstance(each, Seen)}
        unclear = {
            targets.target_of(each, self._key[0])
            for each in spec.workloads
            if isinstance(why := seen[each.name], Reason) and why.code != "TargetTaken"
        }
        for each in targets.held_by(self._key[1], objects):
            if each.at not in kept and each.target not in unclear:
                yield each

    async def _let_go(self, document: Object, held: Iterable[Seen], found: list[Reason]) -> list[float]:
        """Gives back, or hands over to whoever scales it, too; answers with the seconds after which to try again."""
        wait = self._let_go_again - time.monotonic()
        if wait > 0:  # whatever woke us, it is not tried again so soon
            found += self._not_let_go
            return [wait]
        self._not_let_go = await let_go(self._around, document, held, heirs=True)
        found += self._not_let_go
        if not self._not_let_go:
            return []
        self._let_go_again = time.monotonic() + _RETRY_SECONDS
        return [_RETRY_SECONDS]

    async def _hold(
        self, planned: Plan, each: Seen, index: int, now: datetime, found: list[Reason], look: Look
    ) -> float | None:
        """Brings one workload to what is wanted of it."""
        decider = self._decider(each.target)
        needed = _needed(planned.workload(each.name), look.observation)
        decision = decider.decide(planned, each, now, needed, look.hold)
        if decision.reset:
            by, field = decider.rival
            there = f"{each.minimum} to {each.maximum}, {each.replicas} replicas"
            log.warning("%s: %s of %s was changed by %s: now %s", self._name, field, each.at, by or "?", there)
        if decision.contested:
            by, field = decider.rival
            where = each.target if field == "replicas" else each.at
            found.append(reason("Contested", workload=each.name, object=str(where), field=field, by=by or "?"))
        again = self._around.clock.seconds_until(decision.again) if decision.again is not None else None
        if decision.rests:
            return again
        self._asked[each.name] = decision.asked
        waiting = (look.observation.waiting or 0) if look.observation is not None else 0
        if waiting >= 1 and decision.asked.floor > planned.workload(each.name).floor[index]:
            found.append(reason("StillWaiting", waiting=round(waiting)))
        if not decision.writes:
            found += not_ready(each, self._due[each.name].by(planned, each.name, index, LATE_MINUTES))
            return again
        refused = self._refused.get(each.name)
        if refused is not None and refused.asked == decision.asked and time.monotonic() < refused.until:
            found.append(refused.why)  # whatever woke us, it is not asked for again so soon
            return refused.until - time.monotonic()
        problem = await write(self._around, each, decision.writes)
        if problem is not None:
            found.append(problem)
            self._refused[each.name] = _Refused(decision.asked, problem, time.monotonic() + _RETRY_SECONDS)
            self._around.meters.wrote(self._key, each.name, each.driver, failed=True)
            return _RETRY_SECONDS
        self._refused.pop(each.name, None)
        self._floors[each.name] = decision.asked.floor
        decider.wrote(decision, each, now)
        self._wrote(planned, each, decision, now)
        return again

    def _wrote(self, planned: Plan, each: Seen, decision: Decision, now: datetime) -> None:
        asked, before = decision.asked, each.minimum
        self._around.meters.wrote(self._key, each.name, each.driver, failed=False)
        self._raised.setdefault(each.name, Raises()).wrote(asked.floor, each.replicas, datetime.now(UTC))
        if asked.floor == before:
            log.info("%s: %s is held at %d", self._name, each.at, before)
            return
        (because,) = why(planned, planned.workload(each.name), [planned.grid.index(now)])
        log.info("%s: %s %d → %d: %s", self._name, each.at, before, asked.floor, because.text(self._around.language))

    def _look_at_due(self, planned: Plan, seen: Mapping[str, Seen | Reason], now: datetime) -> None:
        """Remembers what is asked for, from which follows how many should be Ready later."""
        self._due = {each.name: self._due.get(each.name, Due()) for each in planned.workloads}
        for name, due in self._due.items():
            there = seen[name]
            due.look(planned, name, planned.grid.index(now), there.ready if isinstance(there, Seen) else 0)

    async def _look_at_late(
        self, seen: Mapping[str, Seen | Reason], objects: targets.Objects, found: Iterable[Reason]
    ) -> list[float]:
        """Looks itself at workloads that are late, now and then: a watch that went silent would leave them so."""
        late = {dict(each.args)["workload"] for each in found if each.code == "NotReady"}
        wait = self._looked_at_late + _LATE_SECONDS - time.monotonic()
        if late and wait <= 0:
            self._looked_at_late, wait = time.monotonic(), _LATE_SECONDS
            there = (each.target for each in seen.values() if isinstance(each, Seen) and each.name in late)
            uids = {each: objects.workloads[each.key]["metadata"]["uid"] for each in there if each.watched}
            await asyncio.gather(*(look_at(self._around, at, uid) for at, uid in uids.items()))
        return [wait] if late else []

    async def _measure(self, seen: Mapping[str, Seen | Reason], objects: targets.Objects) -> None:
        """Tells how long raises took, and looks at the pods that they brought, once they are all Ready."""
        for name, raises in list(self._raised.items()):
            each = seen.get(name)
            if not isinstance(each, Seen) or name not in self._asked:
                continue
            took = raises.look(each.ready, self._asked[name].floor, datetime.now(UTC))
            if took is not None:
                self._around.meters.raised(self._key, name, took * self._around.clock.speed)
            since = raises.since
            # an HPA takes a moment to follow its minimum
            if since is None or each.ready < max(each.replicas, self._asked[name].floor):
                continue
            del self._raised[name]
            target = objects.workloads[each.target.key]
            labels = target.get("spec", {}).get("selector", {}).get("matchLabels", {})
            if not labels or raises.interrupted:
                continue
            try:
                pods = await self._around.kube.pods(self._key[0], ",".join(f"{k}={v}" for k, v in labels.items()))
                theirs = {each["spec"]["nodeName"] for each in pods if "nodeName" in each["spec"]}
                nodes = await self._around.kube.nodes(theirs)
            except ClusterError as error:
                log.info("%s: start-up of %s not measured: %s", self._name, name, error)
                continue
            created = {
                node["metadata"]["name"]: datetime.fromisoformat(node["metadata"]["creationTimestamp"])
                for node in nodes
            }
            begun = since.replace(microsecond=0)
            known = self._startups.get(name, Startups())
            self._startups[name] = known.with_pods(pods, created, begun, self._around.clock.speed)

    # --- saying -------------------------------------------------------------------------------------------------------

    def _meter(self, made: Made, seen: Mapping[str, Seen | Reason], now: datetime) -> None:
        index = made.plan.grid.index(now)
        due = {name: each.by(made.plan, name, index) for name, each in self._due.items()}
        change = summary.next_change(made.plan, index) or made.later
        self._around.meters.planned(self._key, made.plan, seen, due, index, change)
        for each in made.plan.workloads:  # also what an operator before us measured
            self._around.meters.started(self._key, each.name, self._startups.get(each.name, Startups()))

    async def _say(self, document: Object, found: list[Reason], now: datetime, shown: Mapping[str, Any]) -> list[float]:
        """Writes the status where it says something new; figures alone are refreshed now and then."""
        metadata, language = document["metadata"], self._around.language
        generation = metadata.get("generation", 0)
        made = conditions(found, bool(shown))
        before = document.get("status", {})
        shown_conditions = as_status(made, before.get("conditions"), summary.iso(now), generation, language)
        # without a plan what was said of it stays: it is still what people know
        kept = {name: value for name, value in before.items() if name not in ("conditions", "observedGeneration")}
        if "admission" in kept and self._key in self._around.limits:  # but programs act on this one
            kept["admission"] = {**kept["admission"], "sessions": self._around.limits[self._key]}
        status = {"observedGeneration": generation, "conditions": shown_conditions, **(shown or kept)}
        self._around.meters.conditions(self._key, made)
        if status == before:
            return []
        weighty = _weighty(status) != _weighty(before)
        wait = self._said_at + (_STATUS_SECONDS if weighty else STATUS_EVERY.total_seconds()) - time.monotonic()
        if wait > 0:
            return [wait]
        self._said_at = time.monotonic()
        self._around.world.put(await self._around.kube.apply_status(Ref.of(document), status))
        turned = _turned(before.get("conditions", []), shown_conditions)
        for each in turned:
            log.info("%s: %s=%s, %s: %s", self._name, each["type"], each["status"], each["reason"], each["message"])
        await asyncio.gather(*(self._event(document, each) for each in turned))
        return []

    async def _event(self, document: Object, turned: Mapping[str, Any]) -> None:
        kind = (
            "Warning"
            if turned["status"] == "False" and turned["reason"] not in ("Observing", "Suspended")
            else "Normal"
        )
        try:
            await self._around.kube.event(
                Ref.of(document), document["metadata"]["uid"], kind, turned["reason"], turned["message"]
            )
        except ClusterError as error:
            log.info("%s: no Event written: %s", self._name, error)

    def _publish_in_turn(self, document: Object, made: Made, now: datetime) -> None:
        """Has the plan published where it is new, and every six hours, once nobody waits to act: its reasons take
        longer than the plan itself."""
        tried, _ = self._not_published  # what is somebody else's is tried again with the next plan
        if self._published == _edition(made, now) or tried is made:
            return
        if self._publishing is None or self._publishing.done():
            self._publishing = asyncio.create_task(self._publish_last(document))

    async def _publish_last(self, document: Object) -> None:
        try:
            async with self._around.turns.turn(_LAST):
                if self._made is not None and not self._gone:
                    await self._publish(document, self._made, self._around.clock.now())
        except Exception:  # tried again with the next pass
            log.exception("%s: the plan was not published", self._name)

    async def _publish(self, document: Object, made: Made, now: datetime) -> None:
        """Writes the plan of the next 48 hours for other programs."""
        _, said = self._not_published
        namespace, name = self._key
        text = await asyncio.get_running_loop().run_in_executor(
            self._around.planning, summary.published, made.plan, name, now, self._around.language
        )
        owner = {
            "apiVersion": document["apiVersion"],
            "kind": document["kind"],
            "name": name,
            "uid": document["metadata"]["uid"],
        }
        called = f"{name}-plan"
        body = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": called, "namespace": namespace, "ownerReferences": [owner]},
            "data": {"plan.json": text},
        }
        try:
            await self._around.kube.apply_config_map(namespace, called, body)
        except ClusterError as error:
            why = reason("PlanNotPublished", problem=str(error)).text(self._around.language)
            if error.status != HTTPStatus.CONFLICT or why != said:
                log.warning("%s: %s", self._name, why)
            if error.status == HTTPStatus.CONFLICT:
                self._not_published = made, why
                if why != said:
                    await self._event(document, {"status": "False", "reason": "PlanNotPublished", "message": why})
            return
        self._published, self._not_published = _edition(made, now), (None, "")

    def _next(self, planned: Plan, now: datetime) -> datetime:
        """When something changes by itself: a step, a maximum, or news that were prepared."""
        step = summary.next_step(planned, planned.grid.index(now))
        prepared = (each for each in news(planned.spec, planned.facts) if each > now)
        return min((*prepared, *((step,) if step else ())), default=now + REPLAN_EVERY)


def _edition(made: Made, now: datetime) -> tuple[Any, ...]:
    """What is published: a plan, as of a quarter of a day."""
    return made.key, now.timestamp() // (6 * 3600)


def _uid(target: Ref, objects: targets.Objects) -> str:
    """Of what is scaled; empty where it is not there."""
    found = objects.workloads.get(target.key)
    return str(found["metadata"]["uid"]) if found is not None else ""


def _needed(workload: WorkloadPlan, observation: Observation | None) -> int:
    """Replicas that the observed load needs; a pooler follows its clients."""
    if observation is None or workload.clients:
        return 0
    sessions, logins = (np.array([each or 0.0]) for each in (observation.sessions, observation.logins_per_minute))
    return int(workload.sizing.need(sessions, logins)[0])


def _compared(planned: Plan, look: Look, now: datetime) -> list[Reason]:
    """Whether as many are seen as were to be expected."""
    if look.observation is None or look.observation.sessions is None:
        return []
    seen, high = round(look.observation.sessions), ceil(planned.demand.load.sessions.high[planned.grid.index(now)])
    return [reason("DemandAbovePlan" if seen > high else "AsPlanned", sessions=seen, high=high)]


def _gitops(seen: Seen) -> Iterator[Reason]:
    """Who will reset which field, and the lines that keep them from it."""
    group = targets.group_of(seen.at.api_version)
    for field, who in seen.gitops:
        code = "ArgoSnippet" if who == "Argo CD" else "GitSnippet"
        way = reason(code, group=group, kind=seen.at.kind, name=seen.at.name, field=field)
        yield reason("GitOpsOwned", object=str(seen.at), field=field, who=who, way=way)


def _weighty(status: Mapping[str, Any]) -> Any:
    """What of a status is worth writing at once: everything but figures that follow the clock."""
    conditions_of = [
        {name: each.get(name) for name in ("type", "status", "reason", "observedGeneration")}
        for each in status.get("conditions", [])
    ]
    workloads = [
        {name: value for name, value in each.items() if name != "need"} for each in status.get("workloads", [])
    ]
    rest = {
        name: value
        for name, value in status.items()
        if name not in ("conditions", "workloads", "sessions", "cost", "admission")
    }
    return conditions_of, workloads, rest


def _turned(before: list[Mapping[str, Any]], after: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Conditions whose status or reason is new."""
    known = {each["type"]: (each["status"], each["reason"]) for each in before}
    return [each for each in after if known.get(each["type"]) != (each["status"], each["reason"])]


async def _first(stopped: asyncio.Event, woken: asyncio.Event, seconds: float) -> None:
    """Sleeps until one of the two is set, or so long."""
    waiting = [asyncio.create_task(each.wait()) for each in (stopped, woken)]
    try:
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waiting:
            each.cancel()
