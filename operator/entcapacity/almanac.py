"""What a cluster says about school: its announcements and local calendars, with a word on each in its status."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from math import inf
from typing import Any, Final

from entcapacity.calendars import Calendars, concerns, text_in
from entcapacity.clock import Clock
from entcapacity.conditions import Condition, Truth, as_status
from entcapacity.kube import ClusterError, Kube
from entcapacity.parse import InvalidResource, parse
from entcapacity.reasons import Reason, reason
from entcapacity.school import SchoolAnnouncement, SchoolCalendar
from entcapacity.summary import iso
from entcapacity.targets import Object, Ref
from entcapacity.world import ANNOUNCEMENT, CALENDAR, CAPACITY, World

_LOOK_SECONDS: Final = 10.0
"""How often ConfigMaps are looked at."""

log = logging.getLogger("entcapacity")


class Almanac:
    """Announcements and calendars; a mistake in one leaves the others, and keeps the last good file."""

    def __init__(
        self, world: World, kube: Kube, clock: Clock, namespace: str, language: str, speaks: bool = True
    ) -> None:
        """``namespace`` holds the ConfigMaps; without ``speaks``, no status is written."""
        self._world, self._kube, self._clock = world, kube, clock
        self._namespace, self._language, self._speaks = namespace, language, speaks
        self._lock = asyncio.Lock()
        self._looked = float("-inf")
        self._seen: tuple[Any, ...] = ()
        self.announcements: tuple[SchoolAnnouncement, ...] = ()
        self.unreadable: dict[str, str] = {}
        """By name, what is wrong with announcements that are invalid, for this version at least."""
        self.calendars = Calendars()

    async def look(self) -> None:
        """Takes what the watches brought, and now and then what the ConfigMaps hold."""
        async with self._lock:
            seen = tuple(
                (each["kind"], each["metadata"]["name"], each["metadata"]["uid"], each["metadata"].get("generation"))
                for kind in (ANNOUNCEMENT, CALENDAR)
                for each in self._world.every(kind)
            )
            if seen == self._seen and time.monotonic() < self._looked + _LOOK_SECONDS:
                return
            made, problems = [], {}
            for document in (*self._world.every(ANNOUNCEMENT), *self._world.every(CALENDAR)):
                try:
                    made.append(parse(document))
                except InvalidResource as error:
                    problems[document["metadata"]["uid"]] = reason("Invalid", problem=str(error))
            calendars = tuple(each for each in made if isinstance(each, SchoolCalendar))
            texts = {each.name: await self._text(each) for each in calendars if each.spec.from_config_map}
            self.announcements = tuple(each for each in made if isinstance(each, SchoolAnnouncement))
            self.calendars = self.calendars.with_texts(calendars, texts)
            self.unreadable = {
                each["metadata"]["name"]: str(dict(problems[each["metadata"]["uid"]].args)["problem"])
                for each in self._world.every(ANNOUNCEMENT)
                if each["metadata"]["uid"] in problems
            }
            self._seen, self._looked = seen, time.monotonic()
            if self._speaks:
                await self._say(problems)

    def rest(self) -> float:
        """Real seconds after which ConfigMaps are to be looked at again; endless where no calendar has one."""
        files = any(each.spec.from_config_map for each in self.calendars.resources)
        return max(1.0, self._looked + _LOOK_SECONDS - time.monotonic()) if files else inf

    async def _text(self, calendar: SchoolCalendar) -> str | Reason:
        wanted = calendar.spec.from_config_map
        assert wanted is not None
        try:
            return text_in(await self._kube.config_map(self._namespace, wanted.name), calendar)
        except ClusterError as error:
            return reason("CalendarUnreadable", calendar=calendar.name, problem=str(error))

    async def _say(self, problems: dict[str, Reason]) -> None:
        """Writes the status of each announcement and calendar where it differs."""
        for document, status in self._statuses(problems):
            if status != document.get("status", {}):
                try:
                    self._world.put(await self._kube.apply_status(Ref.of(document), status))
                except ClusterError as error:
                    log.warning("%s: status not written: %s", Ref.of(document), error)

    def _statuses(self, problems: dict[str, Reason]) -> Iterator[tuple[Object, dict[str, Any]]]:
        for kind in (ANNOUNCEMENT, CALENDAR):
            for document in self._world.every(kind):
                name = document["metadata"]["name"]
                problem = problems.get(document["metadata"]["uid"])
                if problem is None and kind == CALENDAR:
                    problem = self.calendars.problems.get(name)
                shown = (reason("Valid"),) if problem is None else (problem,)
                truth: Truth = "True" if problem is None else "False"
                made = [Condition("Accepted", truth, shown), Condition("Ready", truth, shown)]
                generation = document["metadata"].get("generation", 0)
                before = document.get("status", {}).get("conditions")
                status: dict[str, Any] = {
                    "observedGeneration": generation,
                    "conditions": as_status(made, before, iso(self._clock.now()), generation, self._language),
                }
                if kind == ANNOUNCEMENT:
                    status["concerned"] = self._concerned(name)
                elif (
                    calendar := next((each for each in self.calendars.resources if each.name == name), None)
                ) is not None:
                    count, last = self.calendars.extent(calendar)
                    status |= {"days": count} | ({"until": last.isoformat()} if last else {})
                yield document, status

    def _concerned(self, name: str) -> int:
        """How many ENTCapacities heed an announcement and have users that it concerns."""
        announcement = next((each for each in self.announcements if each.name == name), None)
        if announcement is None:
            return 0
        count = 0
        for document in self._world.every(CAPACITY):
            try:
                count += concerns(announcement, self._world.parsed(document).spec)
            except InvalidResource:
                continue
        return count
