"""What one ENTCapacity holds: floors written as the plan asks for them, and given back where they are held no more."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import Final

import numpy as np

from entcapacity import targets
from entcapacity.observing import Look, Observation
from entcapacity.ownership import let_go, look_at, seen_for, write
from entcapacity.plan import Plan, WorkloadPlan
from entcapacity.reasons import Reason, reason
from entcapacity.reconcile import LATE_MINUTES, Asked, Decider, Decision, Due, not_ready, obstacles
from entcapacity.spec import ENTCapacitySpec, Workload
from entcapacity.steps import why
from entcapacity.stopwatch import Stopwatch
from entcapacity.summary import iso
from entcapacity.surroundings import RETRY_SECONDS, Surroundings
from entcapacity.targets import Object, Objects, Ref, Seen
from entcapacity.world import Key

_LATE_SECONDS: Final = 15.0
"""How often what is late is looked at itself."""

log = logging.getLogger("entcapacity")


@dataclass(frozen=True, slots=True)
class _Refused:
    """A write that failed, why, and until when (monotonic) it is not tried again."""

    asked: Asked
    why: Reason
    until: float


class Enforcer:
    """Acts on the workloads of one ENTCapacity."""

    def __init__(self, key: Key, around: Surroundings, stopwatch: Stopwatch) -> None:
        self._key, self._around, self._stopwatch = key, around, stopwatch
        self._name = "/".join(key)
        self._deciders: dict[Ref, Decider] = {}
        self._due: dict[str, Due] = {}
        self._refused: dict[str, _Refused] = {}
        self._not_let_go: list[Reason] = []
        self._let_go_again = -inf
        self._formers: dict[str, int | None] = {}
        """What minimum there was before us, by the uid of the workload."""
        self._looked_at_late = -inf
        self.asked: dict[str, Asked] = {}
        """By workload, what was asked for last."""
        self.floors: dict[str, int] = {}
        """By workload, what is written as of this pass, where it is ours."""

    def remember(self, document: Object, spec: ENTCapacitySpec, objects: Objects) -> None:
        """Takes from the status of an operator that was here before the floors that held, and what autoscalers had that
        may be gone by now."""
        status, known = document.get("status", {}), {each.name: each for each in spec.workloads}
        if status.get("observedGeneration") != document["metadata"].get("generation"):
            return
        for each in status.get("workloads", []):
            if each["name"] not in known:
                continue
            target = targets.target_of(known[each["name"]], self._key[0])
            self._deciders[target] = Decider(self._key[1], each.get("floor", 0))
            if each.get("driver", "Scale") != "Scale" and "former" in each:
                self._formers[_uid(target, objects)] = each["former"].get("minimum")

    def look(self, document: Object, spec: ENTCapacitySpec, objects: Objects) -> dict[str, Seen | Reason]:
        """By workload, how it is, or why it is not ours to scale; what is ours no more is forgotten."""
        scaled = {each.name: targets.target_of(each, self._key[0]) for each in spec.workloads}
        uids = {_uid(each, objects) for each in scaled.values()}
        self._formers = {uid: former for uid, former in self._formers.items() if uid in uids}
        seen = {each.name: self._seen(each, document, objects) for each in spec.workloads}
        # of what is another's for now, what we wrote counts no more; of what is unclear, it does
        taken = {scaled[name] for name, each in seen.items() if isinstance(each, Reason) and each.code == "TargetTaken"}
        ours = {*scaled.values()} - taken
        self._deciders = {target: each for target, each in self._deciders.items() if target in ours}
        self.floors = {
            name: each.minimum
            for name, each in seen.items()
            if isinstance(each, Seen) and each.former is not None and each.former.by == self._key[1]
        }
        return seen

    def _seen(self, workload: Workload, document: Object, objects: Objects) -> Seen | Reason:
        found = seen_for(self._around.world, document, workload, objects)
        if isinstance(found, Reason):
            return found
        uid = _uid(found.target, objects)
        if found.former is not None and found.former.by:
            self._formers[uid] = found.former.minimum
            return found
        return targets.inherited(found, self._formers[uid]) if uid in self._formers else found

    def began(self, there: Mapping[str, Seen], now: datetime) -> dict[str, int]:
        """By workload, the floor at the beginning of this minute."""
        return {name: self._decider(each.target).began(each, now) for name, each in there.items()}

    def due(self, planned: Plan, index: int) -> dict[str, int]:
        """By workload, how many should be Ready at a minute of a plan that is followed."""
        return {name: each.by(planned, name, index) for name, each in self._due.items()}

    def _decider(self, target: Ref) -> Decider:
        """Who decides for what is scaled."""
        return self._deciders.setdefault(target, Decider(self._key[1]))

    async def act(
        self,
        document: Object,
        spec: ENTCapacitySpec,
        seen: Mapping[str, Seen | Reason],
        objects: Objects,
        planned: Plan,
        now: datetime,
        found: list[Reason],
        look: Look,
    ) -> list[float]:
        """Writes what differs, each workload for itself; answers with the seconds after which to try again."""
        index = planned.grid.index(now)
        self._look_at_due(planned, seen, index)
        there = [each for each in seen.values() if isinstance(each, Seen)]
        found += [why for each in there for why in _gitops(each)]
        found += [why for each in there for why in obstacles(each, bool(planned.workload(each.name).workload.min))]
        if spec.mode == "Observe":
            found.append(reason("Observing"))
            self.asked.clear()
            self.floors.clear()
            self._deciders.clear()
            self._formers.clear()
            return await self.let_go(document, targets.held_by(self._key[1], objects), found)
        if (until := spec.suspended_until(now)) is not None:
            found.append(reason("Suspended", until=iso(until)))
            self._deciders.clear()  # whatever we wrote before: what comes after starts from what is there
            return [self._around.clock.seconds_until(until)]
        answers = await asyncio.gather(*(self._hold(planned, each, index, now, found, look) for each in there))
        again = await self.let_go(document, self._left(spec, seen, objects), found)
        return [*again, *(seconds for seconds in answers if seconds is not None)]

    def _left(self, spec: ENTCapacitySpec, seen: Mapping[str, Seen | Reason], objects: Objects) -> Iterator[Seen]:
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

    async def let_go(self, document: Object, held: Iterable[Seen], found: list[Reason]) -> list[float]:
        """Gives back, or hands over to whoever scales it, too; answers with the seconds after which to try again."""
        wait = self._let_go_again - time.monotonic()
        if wait > 0:  # whatever woke us, it is not tried again so soon
            found += self._not_let_go
            return [wait]
        self._around.pulse.beat(self._name)  # what was written before may have waited long
        self._not_let_go = await let_go(self._around, document, held, heirs=True)
        found += self._not_let_go
        if not self._not_let_go:
            return []
        self._let_go_again = time.monotonic() + RETRY_SECONDS
        return [RETRY_SECONDS]

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
        self.asked[each.name] = decision.asked
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
            self._refused[each.name] = _Refused(decision.asked, problem, time.monotonic() + RETRY_SECONDS)
            self._around.meters.wrote(self._key, each.name, each.driver, failed=True)
            return RETRY_SECONDS
        self._refused.pop(each.name, None)
        self.floors[each.name] = decision.asked.floor
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

    def _look_at_due(self, planned: Plan, seen: Mapping[str, Seen | Reason], index: int) -> None:
        """Remembers what is asked for, from which follows how many should be Ready later."""
        self._due = {each.name: self._due.get(each.name, Due()) for each in planned.workloads}
        for name, due in self._due.items():
            there = seen[name]
            due.look(planned, name, index, there.ready if isinstance(there, Seen) else 0)

    async def look_at_late(self, there: Mapping[str, Seen], objects: Objects, found: Iterable[Reason]) -> list[float]:
        """Looks itself at workloads that are late, now and then: a watch that went silent would leave them so."""
        late = {dict(each.args)["workload"] for each in found if each.code == "NotReady"}
        wait = self._looked_at_late + _LATE_SECONDS - time.monotonic()
        if late and wait <= 0:
            self._looked_at_late, wait = time.monotonic(), _LATE_SECONDS
            theirs = (each.target for name, each in there.items() if name in late)
            uids = {each: objects.workloads[each.key]["metadata"]["uid"] for each in theirs if each.watched}
            await asyncio.gather(*(look_at(self._around, at, uid) for at, uid in uids.items()))
        return [wait] if late else []


def _uid(target: Ref, objects: Objects) -> str:
    """Of what is scaled; empty where it is not there."""
    found = objects.workloads.get(target.key)
    return str(found["metadata"]["uid"]) if found is not None else ""


def _needed(workload: WorkloadPlan, observation: Observation | None) -> int:
    """Replicas that the observed load needs; a pooler follows its clients."""
    if observation is None or workload.clients:
        return 0
    sessions, logins = (np.array([each or 0.0]) for each in (observation.sessions, observation.logins_per_minute))
    return int(workload.sizing.need(sessions, logins)[0])


def _gitops(seen: Seen) -> Iterator[Reason]:
    """Who will reset which field, and the lines that keep them from it; or who will not get past us."""
    group = targets.group_of(seen.at.api_version)
    for field, who in seen.gitops:
        if who in targets.ON_THE_SERVER.values():
            yield reason("ApplyConflicts", object=str(seen.at), field=field, who=who)
            continue
        code = "ArgoSnippet" if who == "Argo CD" else "GitSnippet"
        way = reason(code, group=group, kind=seen.at.kind, name=seen.at.name, field=field)
        yield reason("GitOpsOwned", object=str(seen.at), field=field, who=who, way=way)
