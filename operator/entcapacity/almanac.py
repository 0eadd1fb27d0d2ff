"""What a cluster says about school: its announcements and local calendars, with a word on each in its status."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator, Mapping
from math import inf
from typing import Any, Final

from entcapacity.calendars import Calendars, concerns, text_in
from entcapacity.clock import Clock
from entcapacity.conditions import Condition, Truth, as_status
from entcapacity.kube import ClusterError, Kube
from entcapacity.parse import InvalidResource, parse
from entcapacity.reasons import Reason, reason
from entcapacity.school import SchoolAnnouncement, SchoolCalendar
from entcapacity.spec import ENTCapacitySpec
from entcapacity.summary import iso
from entcapacity.targets import Object, Ref
from entcapacity.world import ANNOUNCEMENT, CALENDAR, CAPACITY, World

_LOOK_SECONDS: Final = 10.0
"""How often ConfigMaps are looked at."""

_File = tuple[str, str, str]
"""Of a calendar: its name, and the name and key of its ConfigMap."""

log = logging.getLogger("entcapacity")


class Almanac:
    """Announcements and calendars; a mistake in one leaves the others, and keeps the last good file.

    Files are read and statuses written in the background: whoever looks waits for no answer, but once for a file that
    was never looked for.
    """

    def __init__(
        self, world: World, kube: Kube, clock: Clock, namespace: str, language: str, speaks: bool = True
    ) -> None:
        """``namespace`` holds the ConfigMaps; without ``speaks``, no status is written."""
        self._world, self._kube, self._clock = world, kube, clock
        self._namespace, self._language, self._speaks = namespace, language, speaks
        self._seen: tuple[Any, ...] = ()
        self._problems: dict[str, Reason] = {}
        """By uid, what is wrong with a resource."""
        self._resources: tuple[SchoolCalendar, ...] = ()
        self._texts: dict[_File, str | Reason] = {}
        self._reading: asyncio.Task[None] | None = None
        self._read_at = -inf
        self._saying: asyncio.Task[None] | None = None
        self._said_at = -inf
        self._unsaid = False
        self._specs: tuple[ENTCapacitySpec, ...] = ()
        self._counts: dict[str, tuple[SchoolAnnouncement, int]] = {}
        self.announcements: tuple[SchoolAnnouncement, ...] = ()
        self.unreadable: dict[str, str] = {}
        """By name, what is wrong with announcements that are invalid, for this version at least."""
        self.calendars = Calendars()

    async def look(self) -> None:
        """Takes what the watches brought, and what the ConfigMaps held last."""
        new = self._take()
        while not self._texts.keys() >= (files := self._files()).keys():
            await asyncio.shield(self._read(files))
        if files and time.monotonic() >= self._read_at + _LOOK_SECONDS:
            self._read(files)
        texts = {calendar.name: self._texts[file] for file, calendar in files.items()}
        self.calendars = self.calendars.with_texts(self._resources, texts)
        if self._speaks and (new or time.monotonic() >= self._said_at + _LOOK_SECONDS):
            self._say()

    def unread(self, spec: ENTCapacitySpec) -> list[Reason]:
        """The announcements that a platform heeds, as their labels say, and that cannot be read."""
        return [
            reason("AnnouncementNotRead", announcement=name, problem=self.unreadable[name])
            for each in self._world.every(ANNOUNCEMENT)
            if (name := each["metadata"]["name"]) in self.unreadable
            and spec.announcement_selector.selects(each["metadata"].get("labels") or {})
        ]

    def rest(self) -> float:
        """Real seconds after which ConfigMaps are to be looked at again; endless where no calendar has one."""
        return max(1.0, self._read_at + _LOOK_SECONDS - time.monotonic()) if self._files() else inf

    def stop(self) -> None:
        """Leaves alone what is still being read and written."""
        for each in (self._reading, self._saying):
            if each is not None:
                each.cancel()

    def _take(self) -> bool:
        """Takes what the watches brought; answers whether it is new."""
        documents = [*self._world.every(ANNOUNCEMENT), *self._world.every(CALENDAR)]
        seen = tuple(_version(each["metadata"]) for each in documents)
        if seen == self._seen:
            return False
        made, self._problems, self.unreadable = [], {}, {}
        for document in documents:
            try:
                made.append(parse({name: each for name, each in document.items() if name != "status"}))  # our own word
            except InvalidResource as error:
                self._problems[document["metadata"]["uid"]] = reason("Invalid", problem=str(error))
                if document["kind"] == ANNOUNCEMENT:
                    self.unreadable[document["metadata"]["name"]] = str(error)
        self.announcements = tuple(each for each in made if isinstance(each, SchoolAnnouncement))
        self._resources = tuple(each for each in made if isinstance(each, SchoolCalendar))
        self._seen = seen
        return True

    # --- files --------------------------------------------------------------------------------------------------------

    def _files(self) -> dict[_File, SchoolCalendar]:
        return {
            (each.name, wanted.name, wanted.key): each
            for each in self._resources
            if (wanted := each.spec.from_config_map) is not None
        }

    def _read(self, files: Mapping[_File, SchoolCalendar]) -> asyncio.Task[None]:
        """Begins to read them, unless some are being read."""

        async def read() -> None:
            texts = dict(zip(files, await asyncio.gather(*map(self._text, files.values())), strict=True))
            if texts != self._texts:
                self._texts = texts
                self._world.wake()

        if self._reading is None or self._reading.done():
            self._read_at = time.monotonic()
            self._reading = asyncio.create_task(read())
        return self._reading

    async def _text(self, calendar: SchoolCalendar) -> str | Reason:
        wanted = calendar.spec.from_config_map
        assert wanted is not None
        try:
            return text_in(await self._kube.config_map(self._namespace, wanted.name), calendar)
        except ClusterError as error:
            return reason("CalendarUnreadable", calendar=calendar.name, problem=str(error))

    # --- statuses -----------------------------------------------------------------------------------------------------

    def _say(self) -> None:
        """Has statuses written that differ, after those that are being written."""

        async def say() -> None:
            while self._unsaid:
                self._unsaid = False
                concerned = await self._concerned()
                for document, status in list(self._statuses(concerned)):
                    if status != document.get("status", {}):
                        try:
                            self._world.put(await self._kube.apply_status(Ref.of(document), status))
                        except ClusterError as error:
                            log.warning("%s: status not written: %s", Ref.of(document), error)

        self._unsaid, self._said_at = True, time.monotonic()
        if self._saying is None or self._saying.done():
            self._saying = asyncio.create_task(say())

    def _statuses(self, concerned: Mapping[str, int]) -> Iterator[tuple[Object, dict[str, Any]]]:
        for kind in (ANNOUNCEMENT, CALENDAR):
            for document in self._world.every(kind):
                name = document["metadata"]["name"]
                problem = self._problems.get(document["metadata"]["uid"])
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
                    status["concerned"] = concerned.get(name, 0)
                elif (
                    calendar := next((each for each in self.calendars.resources if each.name == name), None)
                ) is not None:
                    count, last = self.calendars.extent(calendar)
                    status |= {"days": count} | ({"until": last.isoformat()} if last else {})
                yield document, status

    async def _concerned(self) -> dict[str, int]:
        """By announcement, how many ENTCapacities heed it and have users that it concerns; counted again only where it
        may have changed, and beside what has to be on time."""
        specs = tuple(self._every_spec())
        if specs != self._specs:
            self._specs, self._counts = specs, {}
        counts = {}
        for each in self.announcements:
            known = self._counts.get(each.name)
            if known is None or known[0] != each:
                known = each, await asyncio.to_thread(sum, (concerns(each, spec) for spec in specs))
            counts[each.name] = known
        self._counts = counts
        return {name: count for name, (_, count) in counts.items()}

    def _every_spec(self) -> Iterator[ENTCapacitySpec]:
        for document in self._world.every(CAPACITY):
            try:
                yield self._world.parsed(document).spec
            except InvalidResource:
                continue


def _version(metadata: Mapping[str, Any]) -> tuple[Any, ...]:
    """What differs where a resource is to be read again; labels are what selectors look at."""
    labels = metadata.get("labels") or {}
    return metadata["uid"], metadata.get("generation"), tuple(sorted(labels.items()))
