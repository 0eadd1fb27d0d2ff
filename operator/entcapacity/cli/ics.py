"""Days as an iCalendar file (RFC 5545): one all-day event for each run of days that are not ordinary."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import quote

import icalendar

from entcapacity.agenda import AgendaDay, runs
from entcapacity.vocabulary import DayKind

_OFF = frozenset({DayKind.HOLIDAY, DayKind.PUBLIC_HOLIDAY, DayKind.WEEKEND})


def to_ics(days: Sequence[AgendaDay], where: str, whom: str, stamp: datetime, language: str) -> str:
    """The file's text. ``where`` names the place, ``whom`` levels and role; ``stamp`` is when the file was made."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//entcapacity//school calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("x-wr-calname", where)
    for run in runs(days):
        if run.what.ordinary:
            continue
        kind, why = run.what.day.kind, run.what.text(language)
        event = icalendar.Event()
        # the same days have the same UID in every export, so that a calendar updates them
        event.add("uid", f"{run.first.isoformat()}-{kind}-{quote(f'{where}-{whom}')}@entcapacity.io".lower())
        event.add("dtstamp", stamp)
        event.add("dtstart", run.first)
        event.add("dtend", run.last + timedelta(days=1))
        # an announcement's text begins with the kind
        event.add("summary", why if kind in _OFF or run.what.day.announced else f"{kind}: {why}")
        event.add("categories", [str(kind)])
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical()).decode("utf-8")
