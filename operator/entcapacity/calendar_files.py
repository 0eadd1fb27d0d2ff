"""Reads calendar files unchanged: the ministry's open data set as CSV or JSON, and ICS.

How the data set (``fr-en-calendrier-scolaire``) is read:

- instants are midnights of Paris written in UTC, overseas too, so that only their date in Paris counts;
- ``start_date`` means "after class": off from that day on a weekend, else from the next day;
- ``end_date`` is the morning of return, not off any more;
- where that leaves no weekday at all, as with a bridge written Friday to Friday, Saturday or Monday, the start itself
  is off: such a row would say nothing else;
- "Début des …" without a later end says that the end is not published yet;
- where a zone has no row of its own for teachers, they follow the pupils.

An ICS file is read as calendars show it: from the first day of an event to its last, both off.
"""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import chain, repeat
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from entcapacity.fields import show
from entcapacity.terms import Covered, DaysOff, Terms
from entcapacity.territories import ZONES, check_zone
from entcapacity.vocabulary import Level, Role

PARIS: Final = ZoneInfo("Europe/Paris")
COLUMNS: Final = ("description", "population", "start_date", "end_date", "zones", "annee_scolaire")
LONGEST_TERM: Final = timedelta(days=100)
"""Days of class without a single one off; where a zone shows more, its dates are missing (the longest real one: 82)."""

_DAY: Final = timedelta(days=1)
_YEARS: Final = (1970, 2199)
_LONGEST_HOLIDAY: Final = timedelta(days=200)
_SATURDAY: Final = 5
_ZONES: Final = {written: zone for zone in ZONES for written in (zone, f"Zone {zone}", zone.replace("-", " "))}
_ZONE_LETTERS: Final = re.compile(r"\b[Zz]ones?\s+((?:[A-Z]\b(?:\s*[,/&]\s*|\s+et\s+)?)+)")


class CalendarError(ValueError):
    """Something in a calendar file that cannot be read without guessing: the value, and the way out."""

    def __init__(self, message: str, line: int = 0, field: str = "") -> None:
        where = ", ".join(filter(None, (f"line {line}" if line else "", field)))
        super().__init__(f"{where}: {message}" if where else message)
        self.message = message
        self.line = line
        """From 1; 0 where no line is meant, or in JSON, where the field tells."""
        self.field = field
        """The column or property, in JSON the path of the field; empty where none is meant."""


@dataclass(frozen=True, slots=True)
class _At:
    """A place in a calendar file."""

    line: int = 0
    field: str = ""

    def within(self, field: str) -> _At:
        """One of its fields."""
        return _At(self.line, f"{self.field}.{field}".lstrip("."))

    def error(self, message: str) -> CalendarError:
        """What is wrong there."""
        return CalendarError(message, self.line, self.field)


def read(name: str, text: str) -> Terms:
    """The days off in a file, and the dates for which the file holds them all.

    ``name`` says the format by its ending (``.csv``, ``.json``, ``.ics``). Raises ``CalendarError`` for whatever
    cannot be read without guessing.
    """
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise CalendarError("the file is empty; leave the calendar out, or give it a file with days off")
    match name.rpartition(".")[2].lower():
        case "csv":
            runs = _runs(_csv_rows(text))
        case "json":
            runs = _runs(_json_rows(text))
        case "ics":
            runs = _events(text)
        case _:
            raise CalendarError("the format is unknown; name the file .csv, .json or .ics")
    if not runs:
        raise CalendarError("there are no days off in it; leave the calendar out, or give it a file with some")
    return Terms(runs, _covered(runs))


def _covered(runs: Iterable[DaysOff]) -> tuple[Covered, ...]:
    """From a zone's first day off to its last return, without stretches in which days off must be missing."""
    by_zones: dict[tuple[str, ...], list[tuple[date, date]]] = defaultdict(list)
    for run in runs:
        by_zones[run.zones].append((run.first, run.last + _DAY if run.last else run.first))
    found = []
    for zones, spans in by_zones.items():
        spans.sort()
        first, back = spans[0]
        for off, then_back in spans[1:]:
            if off - back > LONGEST_TERM:
                found.append(Covered(first, back, zones))
                first = off
            back = max(back, then_back)
        found.append(Covered(first, back, zones))
    return tuple(found)


# --- the official data set --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the data set, as far as it says something of days."""

    at: _At
    description: str
    population: str
    start: date
    end: date
    zone: str
    year: str


def _csv_rows(text: str) -> Iterator[_Row]:
    rows = csv.DictReader(text.splitlines(), delimiter=";")
    try:
        header = list(rows.fieldnames or ())
        if len(header) == 1 and any(other in header[0] for other in ",\t|"):
            raise CalendarError(f"columns are not separated by ';' in {header[0]!r}; export it with ';'", 1)
        missing = [column for column in COLUMNS if column not in header]
        if missing:
            raise CalendarError(f"no column {', '.join(missing)}; the columns are {';'.join(COLUMNS)}", 1)
        for record in rows:
            at = _At(rows.line_num)
            if None in record or None in record.values():
                raise at.error(f"has not {len(header)} values as the header has; restore the row")
            yield _row(at, record)
    except csv.Error as error:
        raise CalendarError(f"not CSV: {error}; export it again", rows.line_num + 1) from None


def _json_rows(text: str) -> Iterator[_Row]:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise CalendarError(f"not JSON: {error.msg}; export it again", error.lineno) from None
    except (ValueError, RecursionError) as error:
        raise CalendarError(f"not the official calendar: {error}; export it again") from None
    whole = ""
    if isinstance(document, dict):
        whole = "results" if "results" in document else "records"
        document = document.get(whole)
    if not isinstance(document, list):
        raise CalendarError('no list of records; give a list, or an object with "results" or "records"')
    for position, entry in enumerate(document):
        at, record = _At(field=f"{whole}[{position}]"), entry
        if isinstance(entry, dict) and "fields" in entry:
            at, record = at.within("fields"), entry["fields"]
        if not isinstance(record, dict):
            raise at.error(f"{show(record)} is no record; give an object with {', '.join(COLUMNS)}")
        # A field without a value is left out or null: nothing is said of the population, so everybody is meant.
        missing = [column for column in COLUMNS if record.get(column) is None and column != "population"]
        if missing:
            raise at.error(f"no field {', '.join(missing)}; the fields are {', '.join(COLUMNS)}")
        yield _row(at, record)


def _row(at: _At, record: Mapping[str, Any]) -> _Row:
    row = _Row(
        at=at,
        description=str(record["description"]),
        population=str(record.get("population") or "-"),
        start=_paris_date(at.within("start_date"), str(record["start_date"])),
        end=_paris_date(at.within("end_date"), str(record["end_date"])),
        zone=_zone(at.within("zones"), str(record["zones"])),
        year=str(record["annee_scolaire"]),
    )
    _check_span(at, row.start, row.end)
    return row


def _zone(at: _At, written: str) -> str:
    try:
        return _ZONES.get(written) or check_zone(written)
    except ValueError as error:
        raise at.error(str(error)) from None


def _runs(rows: Iterable[_Row]) -> tuple[DaysOff, ...]:
    found = {_run(row): row.year for row in rows}  # one row per académie: the same run comes many times
    teachers = {(run.zones, run.name, year) for run, year in found.items() if run.role is Role.TEACHER}
    return tuple(
        replace(run, role=None) if run.role is Role.PUPIL and (run.zones, run.name, year) not in teachers else run
        for run, year in found.items()
    )


def _run(row: _Row) -> DaysOff:
    name, first, last = _days(row.description, row.start, row.end)
    departements, levels, role = _who(row.at, row.population)
    return DaysOff(name, first, last, (row.zone,), departements, levels, role)


def _days(description: str, start: date, end: date) -> tuple[str, date, date | None]:
    """Name, first and last day off of a row; without a last day, its end is not published."""
    after_class = start if start.weekday() >= _SATURDAY else start + _DAY
    if start == end and description.startswith(_BEGINNING):
        return description.removeprefix(_BEGINNING), after_class, None
    last = max(start, end - _DAY)
    weekdays_left = any(
        date.fromordinal(day).weekday() < _SATURDAY for day in range(after_class.toordinal(), end.toordinal())
    )
    return description, after_class if weekdays_left else start, last


_BEGINNING: Final = "Début des "


def _paris_date(at: _At, written: str) -> date:
    try:
        on = date.fromisoformat(written)
    except ValueError:
        on = None
    if on is not None:
        return _likely(at, on)
    try:
        instant = datetime.fromisoformat(written)
    except ValueError:
        raise at.error(f"{written!r} is not a date; write 2021-04-09T22:00:00+00:00 or 2021-04-10") from None
    if instant.utcoffset() is None:
        raise at.error(f"{written!r} has no offset, so its day is unsure; write {written}+00:00 for UTC")
    return _likely(at, instant).astimezone(PARIS).date()


_Date = TypeVar("_Date", bound=date)


def _likely(at: _At, found: _Date) -> _Date:
    """The date, or the instant, if its year is one of which calendars tell."""
    if not _YEARS[0] <= found.year <= _YEARS[1]:
        raise at.error(f"{found}: write a year from {_YEARS[0]} to {_YEARS[1]}")
    return found


def _check_span(at: _At, start: date, end: date) -> None:
    if end < start:
        raise at.error(f"ends on {end}, before it starts on {start}; correct one of them")
    if end - start > _LONGEST_HOLIDAY:
        raise at.error(f"{start} to {end} is longer than any school holiday; correct one of them")


def _who(at: _At, population: str) -> tuple[tuple[str, ...], tuple[Level, ...], Role | None]:
    """Départements, levels and role; the empty value of each means everybody."""
    said = _plain(population)
    role = Role.TEACHER if "enseignant" in said else Role.PUPIL if "eleve" in said else None
    levels = {level: None for words, meant in _LEVELS.items() if words in said for level in meant}
    places, _, without = said.partition("sauf")
    departements = tuple(code for words, code in _GUADELOUPE.items() if words in places)
    if without:
        departements = tuple(code for words, code in _GUADELOUPE.items() if words not in without)
    if said != "-" and role is None and not levels and not departements:
        raise at.within("population").error(
            f"{population!r} is unknown; write Élèves, Enseignants, a level, or - for all"
        )
    return departements if len(departements) < len(_GUADELOUPE) else (), tuple(levels), role


# Classes after the baccalauréat are held in lycées, and follow their dates.
_LEVELS: Final = {
    "premier degre": (Level.ECOLE,),
    "second degre": (Level.COLLEGE, Level.LYCEE, Level.POST_BAC),
    "college": (Level.COLLEGE,),
    "lycee": (Level.LYCEE, Level.POST_BAC),
}
_GUADELOUPE: Final = {"guadeloupe": "971", "saint barthelemy": "977", "saint martin": "978"}


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(each for each in letters if not unicodedata.combining(each))
    return plain if plain == "-" else plain.replace("-", " ")


# --- ICS --------------------------------------------------------------------------------------------------------------


def _events(text: str) -> tuple[DaysOff, ...]:
    import icalendar  # here, since hardly any plan has an ICS file

    try:
        calendar = icalendar.Calendar.from_ical(text)
    except (ValueError, LookupError, AttributeError, TypeError) as error:  # the parser expects what should be there
        raise CalendarError(_unlike_ics(text, error)) from None
    events = calendar.walk("VEVENT")
    if not events:
        raise CalendarError("there are no events in it; leave the calendar out, or export it again")
    of_all = _zones_in(_At(field="X-WR-CALNAME"), str(calendar.get("X-WR-CALNAME", "")))
    begins = [number for number, line in enumerate(text.splitlines(), start=1) if _BEGIN_EVENT.fullmatch(line)]
    found: dict[DaysOff, None] = {}
    for at, event in zip(map(_At, chain(begins, repeat(0))), events, strict=False):
        summary = str(event.get("SUMMARY", ""))
        # The ministry's files tell returns as events, too.
        if not any(word in _plain(summary) for word in ("rentree", "reprise")):
            found[_event(at, event, summary, _zones_in(at.within("SUMMARY"), summary) or of_all)] = None
    return tuple(found)


def _unlike_ics(text: str, error: Exception) -> str:
    """What is wrong with a file that the library does not read, in one line."""
    begins, ends = (len(re.findall(rf"(?im)^{each}:VCALENDAR\s*$", text)) for each in ("BEGIN", "END"))
    if not begins:
        return "not an ICS file: no line says BEGIN:VCALENDAR; export it again"
    if ends < begins:
        return "the file is cut off: no END:VCALENDAR follows its BEGIN:VCALENDAR; export it again"
    if begins > 1:
        return f"there are {begins} calendars in it; give each a file of its own"
    return f"not an ICS file: {' '.join(str(error).split())}; export it again"


_BEGIN_EVENT: Final = re.compile(r"BEGIN:VEVENT\s*", re.IGNORECASE)


def _event(at: _At, event: Any, summary: str, zones: tuple[str, ...]) -> DaysOff:
    if "RRULE" in event or "RDATE" in event:
        raise at.error(f"{summary!r} repeats, and repeated days off are not read; write one event for each")
    if "DTSTART" not in event:
        raise at.error(f"{summary!r} has no DTSTART; give it a first day")
    start = _midnight(at, event, "DTSTART")
    if "DTEND" in event:
        end = _midnight(at, event, "DTEND")
    elif "DURATION" in event:
        end = _after(at.within("DURATION"), start, _value(at, event, "DURATION"))
    else:
        end = start + _DAY
    _check_span(at, start, end)
    if summary.startswith(_BEGINNING) and end - start <= _DAY:
        return DaysOff(summary.removeprefix(_BEGINNING), start, None, zones)
    return DaysOff(summary, start, max(start, end - _DAY), zones)


def _after(at: _At, start: date, duration: object) -> date:
    if not isinstance(duration, timedelta) or duration % _DAY:
        raise at.error(f"{duration} is no number of days; days off need an event of whole days")
    try:
        return start + duration
    except OverflowError:
        raise at.error(f"{duration} is longer than any school holiday; correct it") from None


def _value(at: _At, event: Any, field: str) -> object:
    try:
        return event[field].dt
    except (ValueError, AttributeError, OverflowError):
        raise at.within(field).error(f"cannot be read; write {field};VALUE=DATE:20210410, once") from None


def _midnight(at: _At, event: Any, field: str) -> date:
    value, at = _value(at, event, field), at.within(field)
    if isinstance(value, datetime):
        value = _likely(at, value)
        local = value.astimezone(PARIS) if value.utcoffset() is not None else value
        if (local.hour, local.minute, local.second) == (0, 0, 0):
            return local.date()
    elif isinstance(value, date):
        return _likely(at, value)
    raise at.error(f"{value} is no midnight in Paris; days off need an event of whole days")


def _zones_in(at: _At, text: str) -> tuple[str, ...]:
    """The zones that a title names, as in "Vacances de Noël - Zone A" or "… - Corse"."""
    letters = _ZONE_LETTERS.search(text)
    if letters:
        return tuple(_zone(at, letter) for letter in re.findall(r"[A-Z]", letters[1]))
    zone = _ZONES.get(text.rpartition(" - ")[2])
    return (zone,) if zone else ()
