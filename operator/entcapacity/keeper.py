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
from datetime import UTC, datetime
from math import ceil, inf
from typing import Final

import numpy as np

from entcapacity import summary, targets
from entcapacity.clock import Latest
from entcapacity.conditions import unseen_since
from entcapacity.facts import Facts
from entcapacity.gathering import facts_of, remembered
from entcapacity.kube import ClusterError
from entcapacity.observing import EVERY_SECONDS, Look, Observation, Observer
from entcapacity.ownership import all_objects, given_back, let_go, look_at, seen_for, write
from entcapacity.parse import InvalidResource
from entcapacity.plan import Plan, WorkloadPlan
from entcapacity.planner import Made, Planner, next_step
from entcapacity.publisher import Publisher
from entcapacity.reasons import Reason, reason
from entcapacity.reconcile import LATE_MINUTES, Asked, Decider, Decision, Due, not_ready, obstacles
from entcapacity.speaker import Speaker
from entcapacity.spec import ENTCapacitySpec, Workload
from entcapacity.startups import Startups
from entcapacity.steps import why
from entcapacity.stopwatch import Stopwatch
from entcapacity.surroundings import Surroundings
from entcapacity.targets import Object, Ref, Seen
from entcapacity.world import CAPACITY, Key

_RETRY_SECONDS: Final = 5.0
_PAUSE_SECONDS: Final = 1.0
"""Least real seconds between two passes of which the first failed."""
_POLL_SECONDS: Final = 5.0
"""How often kinds are looked at that no watch brings."""
_IDLE_SECONDS: Final = 60.0
"""How often it is looked though nothing seems to have changed."""
_LATE_SECONDS: Final = 15.0
"""How often what is late is looked at itself."""
_TOGETHER_SECONDS: Final = 0.05
"""Changes that come together are looked at together."""

log = logging.getLogger("entcapacity")


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
        self._deciders: dict[Ref, Decider] = {}
        self._due: dict[str, Due] = {}
        self._needed = datetime.min.replace(tzinfo=UTC)
        self._asked: dict[str, Asked] = {}
        self._floors: dict[str, int] = {}
        """What is written as of this pass, where it is ours."""
        self._refused: dict[str, _Refused] = {}
        self._not_let_go: list[Reason] = []
        self._let_go_again = -inf
        self._failures = 0
        self._formers: dict[str, int | None] = {}
        """What minimum there was before us, by the uid of the workload."""
        self._remembered = False
        self._looked_at_late = -inf
        self._gone = False
        self._latest = Latest()
        self._observer = Observer(around.prometheus, self._woken.set)
        self._planner = Planner(key, around, self._woken.set)
        self._stopwatch = Stopwatch(key, around)
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
            await self._speaker.say_failure(error)
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
            again = await self._speaker.say(document, [reason("Invalid", problem=str(error))], now, {})
            return min([_IDLE_SECONDS, *again])
        await self._around.almanac.look()
        objects = await all_objects(self._around, self._key[0], document)
        self._remember(document, spec, objects)
        scaled = {each.name: targets.target_of(each, self._key[0]) for each in spec.workloads}
        uids = {_uid(each, objects) for each in scaled.values()}
        self._formers = {uid: former for uid, former in self._formers.items() if uid in uids}
        seen = {each.name: self._look(each, document, objects) for each in spec.workloads}
        there = {name: each for name, each in seen.items() if isinstance(each, Seen)}
        # of what is another's for now, what we wrote counts no more; of what is unclear, it does
        taken = {scaled[name] for name, each in seen.items() if isinstance(each, Reason) and each.code == "TargetTaken"}
        ours = {*scaled.values()} - taken
        self._deciders = {target: each for target, each in self._deciders.items() if target in ours}
        self._floors = {
            name: each.minimum
            for name, each in there.items()
            if each.former is not None and each.former.by == self._key[1]
        }
        found = [each for each in seen.values() if isinstance(each, Reason)]
        about_calendars, incomplete = self._around.almanac.calendars.concerning(spec)
        unread = self._around.almanac.unread(spec)
        found += [*about_calendars, *unread]
        incomplete = incomplete or bool(unread)
        if incomplete:
            found.append(reason("Holding"))
        known = self._around.almanac.calendars.without_missing(spec)
        facts = self._facts(known, there, now)
        made = await self._planner.plan(document, known, facts, there, self._asked, objects, now, found)
        if made is None:
            if spec.mode == "Observe":
                await self._let_go(document, targets.held_by(self._key[1], objects), found)
            self._limit_by_last_plan(objects, now)
            await self._speaker.say(document, found, now, {})
            return _RETRY_SECONDS
        found += made.found
        back = self._latest.went_back(now, time.monotonic())
        if back:
            found.append(reason("ClockWentBack"))
        look = self._observer.look(spec.observed, now)
        look = replace(look, hold=look.hold or back or incomplete)
        found += [*look.found, *_compared(made.plan, look, now)]
        self._around.meters.saw(self._key, look.observation)
        self._look_at_due(made.plan, there, now)
        retry = await self._act(document, spec, seen, objects, made.plan, now, found, look)
        self._around.pulse.beat(self._name)  # each write may wait for a webhook that has died: the loop lives
        await self._stopwatch.look(there, self._asked, objects)
        retry += await self._look_at_late(there, objects, found)
        self._meter(made, seen, now)
        startups = self._stopwatch.startups
        state = summary.State(made.plan, made.later, made.cost, made.longest_wait, seen, self._floors, startups)
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
        due = {name: each.by(made.plan, name, index) for name, each in self._due.items()}
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
        there = (targets.seen(each, self._key[0], objects) for each in planned.spec.workloads)
        ready = {each.name: each.ready for each in there if isinstance(each, Seen)}
        self._limit(summary.carried(planned, ready, index).sessions)

    def _remember(self, document: Object, spec: ENTCapacitySpec, objects: targets.Objects) -> None:
        """Takes from the status of an operator that was here before what nothing else tells: start-up times, what
        autoscalers had that may be gone by now, the floors that held, and since when Prometheus has not answered."""
        if self._remembered:
            return
        self._remembered = True
        self._stopwatch.startups |= remembered(document, spec)
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

    def _look(self, workload: Workload, document: Object, objects: targets.Objects) -> Seen | Reason:
        found = seen_for(self._around.world, document, workload, objects)
        if isinstance(found, Reason):
            return found
        uid = _uid(found.target, objects)
        if found.former is not None and found.former.by:
            self._formers[uid] = found.former.minimum
            return found
        return targets.inherited(found, self._formers[uid]) if uid in self._formers else found

    def _facts(self, spec: ENTCapacitySpec, there: Mapping[str, Seen], now: datetime) -> Facts:
        """What to plan from, with the floors that there were at the beginning of this minute."""
        almanac = self._around.almanac
        floors = {name: self._decider(each.target).began(each, now) for name, each in there.items()}
        facts = facts_of(spec, almanac.calendars.days, almanac.announcements, there, self._stopwatch.startups)
        return replace(facts, floors=floors)

    def _decider(self, target: Ref) -> Decider:
        """Who decides for what is scaled."""
        return self._deciders.setdefault(target, Decider(self._key[1]))

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
        self._stopwatch.wrote(each.name, asked.floor, each.replicas)
        if asked.floor == before:
            log.info("%s: %s is held at %d", self._name, each.at, before)
            return
        (because,) = why(planned, planned.workload(each.name), [planned.grid.index(now)])
        log.info("%s: %s %d → %d: %s", self._name, each.at, before, asked.floor, because.text(self._around.language))

    def _look_at_due(self, planned: Plan, there: Mapping[str, Seen], now: datetime) -> None:
        """Remembers what is asked for, from which follows how many should be Ready later."""
        self._due = {each.name: self._due.get(each.name, Due()) for each in planned.workloads}
        for name, due in self._due.items():
            due.look(planned, name, planned.grid.index(now), there[name].ready if name in there else 0)

    async def _look_at_late(
        self, there: Mapping[str, Seen], objects: targets.Objects, found: Iterable[Reason]
    ) -> list[float]:
        """Looks itself at workloads that are late, now and then: a watch that went silent would leave them so."""
        late = {dict(each.args)["workload"] for each in found if each.code == "NotReady"}
        wait = self._looked_at_late + _LATE_SECONDS - time.monotonic()
        if late and wait <= 0:
            self._looked_at_late, wait = time.monotonic(), _LATE_SECONDS
            theirs = (each.target for name, each in there.items() if name in late)
            uids = {each: objects.workloads[each.key]["metadata"]["uid"] for each in theirs if each.watched}
            await asyncio.gather(*(look_at(self._around, at, uid) for at, uid in uids.items()))
        return [wait] if late else []


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


async def _first(stopped: asyncio.Event, woken: asyncio.Event, seconds: float) -> None:
    """Sleeps until one of the two is set, or so long."""
    waiting = [asyncio.create_task(each.wait()) for each in (stopped, woken)]
    try:
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waiting:
            each.cancel()
