"""The local calendars of a cluster, with the last good version of each file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache

from entcapacity import calendar_files
from entcapacity.calendar_files import CalendarError
from entcapacity.fields import Scope
from entcapacity.reasons import Reason, reason
from entcapacity.school import SchoolAnnouncement, SchoolCalendar
from entcapacity.schooldays import SchoolDays, embedded
from entcapacity.spec import ENTCapacitySpec
from entcapacity.streams import places_of
from entcapacity.targets import Object
from entcapacity.terms import Terms


@dataclass(frozen=True, slots=True)
class Calendars:
    """What is known of local calendars. A new version is made only where something differs."""

    resources: tuple[SchoolCalendar, ...] = ()
    files: Mapping[str, Terms] = field(default_factory=dict)
    """By calendar, what its file said when it was last readable."""
    problems: Mapping[str, Reason] = field(default_factory=dict)
    """By calendar, why its file cannot be read."""
    days: SchoolDays = field(default_factory=embedded, compare=False)

    def with_texts(self, resources: tuple[SchoolCalendar, ...], texts: Mapping[str, str | Reason]) -> Calendars:
        """The same with what the ConfigMaps hold now; a text is a reason where there is none.

        A file that became unreadable keeps its last good version, as long as its calendar is there.
        """
        files, problems = {}, {}
        for each in resources:
            if each.spec.from_config_map is None:
                continue
            found = texts[each.name]
            if not isinstance(found, Reason):
                terms = _read(each.spec.from_config_map.key, found)
                if isinstance(terms, Terms):
                    files[each.name] = terms
                    continue
                found = reason("CalendarUnreadable", calendar=each.name, problem=str(terms))
            problems[each.name] = found
            if each.name in self.files:
                files[each.name] = self.files[each.name]
        if (resources, files, problems) == (self.resources, self.files, self.problems):
            return self
        return Calendars(resources, files, problems, self.days.with_calendars(resources, files))

    def extent(self, calendar: SchoolCalendar) -> tuple[int, date | None]:
        """How many days a calendar holds, and the last of them; ``None`` where it holds none."""
        days = {
            each.from_ + timedelta(days=number)
            for each in calendar.spec.days
            for number in range(((each.until or each.from_) - each.from_).days + 1)
        }
        for run in self.files[calendar.name].days_off if calendar.name in self.files else ():
            days |= {
                run.first + timedelta(days=number) for number in range(((run.last or run.first) - run.first).days + 1)
            }
        return len(days), max(days, default=None)

    def concerning(self, spec: ENTCapacitySpec) -> tuple[list[Reason], bool]:
        """What a platform should know of its calendars, and whether it is planned without one of them: what was never
        readable may have said that fewer come."""
        named = {each.calendar for each in spec.audience if each.calendar}
        known = {each.name: each for each in self.resources}
        found = [reason("CalendarMissing", calendar=each) for each in sorted(named - set(known))]
        unreadable = [name for name in self.problems if name in named or means(known[name].spec.scope, spec)]
        found += [self.problems[each] for each in unreadable]
        return found, bool(named - set(known)) or any(each not in self.files for each in unreadable)

    def without_missing(self, spec: ENTCapacitySpec) -> ENTCapacitySpec:
        """The same without the calendars that it names and that are not there: what can be planned until they are."""
        known = {"", *(each.name for each in self.resources)}
        if all((each.calendar or "") in known for each in spec.audience):
            return spec
        audience = (
            each if (each.calendar or "") in known else each.model_copy(update={"calendar": None})
            for each in spec.audience
        )
        return spec.model_copy(update={"audience": tuple(audience)})


@lru_cache(maxsize=64)
def _read(name: str, text: str) -> Terms | CalendarError:
    """What a file says, or what is wrong with it; each text is read once, since a large one takes a while."""
    try:
        return calendar_files.read(name, text)
    except CalendarError as error:
        return error


def means(scope: Scope | None, spec: ENTCapacitySpec) -> bool:
    """Whether a scope means any users of a platform; ``None`` means nobody."""
    return scope is not None and any(
        scope.covers(place, level)
        for segment in spec.audience
        for place in places_of(segment)
        for level in segment.levels
    )


def concerns(announcement: SchoolAnnouncement, spec: ENTCapacitySpec) -> bool:
    """Whether a platform heeds an announcement and has users that it means."""
    return spec.announcement_selector.selects(announcement.metadata.labels) and means(announcement.spec.scope, spec)


def text_in(config_map: Object | None, calendar: SchoolCalendar) -> str | Reason:
    """The text that a calendar's ConfigMap holds for it, or why there is none."""
    wanted = calendar.spec.from_config_map
    assert wanted is not None
    data = (config_map or {}).get("data") or {}
    if wanted.key in data:
        return str(data[wanted.key])
    what = f"ConfigMap {wanted.name}" if config_map is None else f"key {wanted.key} in ConfigMap {wanted.name}"
    return reason("CalendarUnreadable", calendar=calendar.name, problem=f"there is no {what}")
