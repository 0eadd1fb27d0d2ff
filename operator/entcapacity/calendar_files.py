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
from typing import Any, Final
from zoneinfo import ZoneInfo

import icalendar

from entcapacity.terms import Covered, DaysOff, Terms
from entcapacity.territories import ZONES, check_zone
from entcapacity.vocabulary import Level, Role

PARIS: Final = ZoneInfo("Europe/Paris")
COLUMNS: Final = ("description", "population", "start_date", "end_date", "zones", "annee_scolaire")
LONGEST_TERM: Final = timedelta(days=100)
"""Days of class without a single one off; where a zone shows more, its dates are missing (the longest real one: 82)."""

_DAY: Final = timedelta(days=1)
_LONGEST_HOLIDAY: Final = timedelta(days=200)
_SATURDAY: Final = 5
_ZONES: Final = {written: zone for zone in ZONES for written in (zone, f"Zone {zone}", zone.replace("-", " "))}
_ZONE_LETTERS: Final = re.compile(r"\b[Zz]ones?\s+((?:[A-Z]\b(?:\s*[,/&]\s*|\s+et\s+)?)+)")


def read(name: str, text: str) -> Terms:
    """The days off in a file, and the dates for which the file holds them all.

    ``name`` says the format by its ending (``.csv``, ``.json``, ``.ics``) and stands in every message. Raises
    ``ValueError`` with the place, the value and the way out for whatever cannot be read without guessing.
    """
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise ValueError(f"{name}: the file is empty; leave the calendar out, or give it a file with days off")
    match name.rpartition(".")[2].lower():
        case "csv":
            runs = _runs(_csv_rows(name, text))
        case "json":
            runs = _runs(_json_rows(name, text))
        case "ics":
            runs = _events(name, text)
        case _:
            raise ValueError(f"{name}: the format is unknown; name the file .csv, .json or .ics")
    if not runs:
        raise ValueError(f"{name}: there are no days off in it; leave the calendar out, or give it a file with some")
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

    at: str
    description: str
    population: str
    start: date
    end: date
    zone: str
    year: str


def _csv_rows(name: str, text: str) -> Iterator[_Row]:
    rows = csv.DictReader(text.splitlines(), delimiter=";")
    header = list(rows.fieldnames or ())
    if len(header) == 1 and any(other in header[0] for other in ",\t|"):
        raise ValueError(f"{name}, line 1: columns are not separated by ';' in {header[0]!r}; export it with ';'")
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        raise ValueError(f"{name}, line 1: no column {', '.join(missing)}; the columns are {';'.join(COLUMNS)}")
    for record in rows:
        at = f"{name}, line {rows.line_num}"
        if None in record or None in record.values():
            raise ValueError(f"{at}: has not {len(header)} values as the header has; restore the row")
        yield _row(at, record)


def _json_rows(name: str, text: str) -> Iterator[_Row]:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{name}, line {error.lineno}: not JSON: {error.msg}; export it again") from None
    if isinstance(document, dict):
        document = document.get("results", document.get("records"))
    if not isinstance(document, list):
        raise ValueError(f'{name}: no list of records; give a list, or an object with "results" or "records"')
    for number, entry in enumerate(document, start=1):
        at = f"{name}, record {number}"
        record = entry.get("fields", entry) if isinstance(entry, dict) else entry
        if not isinstance(record, dict):
            raise ValueError(f"{at}: {record!r} is no record; give an object with {', '.join(COLUMNS)}")
        # A field without a value is left out or null: nothing is said of the population, so everybody is meant.
        missing = [column for column in COLUMNS if record.get(column) is None and column != "population"]
        if missing:
            raise ValueError(f"{at}: no field {', '.join(missing)}; the fields are {', '.join(COLUMNS)}")
        yield _row(at, record)


def _row(at: str, record: Mapping[str, Any]) -> _Row:
    row = _Row(
        at=at,
        description=str(record["description"]),
        population=str(record.get("population") or "-"),
        start=_paris_date(f"{at}, start_date", str(record["start_date"])),
        end=_paris_date(f"{at}, end_date", str(record["end_date"])),
        zone=_zone(f"{at}, zones", str(record["zones"])),
        year=str(record["annee_scolaire"]),
    )
    _check_span(at, row.start, row.end)
    return row


def _zone(at: str, written: str) -> str:
    try:
        return _ZONES.get(written) or check_zone(written)
    except ValueError as error:
        raise ValueError(f"{at}: {error}") from None


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


def _paris_date(at: str, written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        pass
    try:
        instant = datetime.fromisoformat(written)
    except ValueError:
        raise ValueError(f"{at}: {written!r} is not a date; write 2021-04-09T22:00:00+00:00 or 2021-04-10") from None
    if instant.utcoffset() is None:
        raise ValueError(f"{at}: {written!r} has no offset, so its day is unsure; write {written}+00:00 for UTC")
    return instant.astimezone(PARIS).date()


def _check_span(at: str, start: date, end: date) -> None:
    if end < start:
        raise ValueError(f"{at}: ends on {end}, before it starts on {start}; correct one of them")
    if end - start > _LONGEST_HOLIDAY:
        raise ValueError(f"{at}: {start} to {end} is longer than any school holiday; correct one of them")


def _who(at: str, population: str) -> tuple[tuple[str, ...], tuple[Level, ...], Role | None]:
    """Départements, levels and role; the empty value of each means everybody."""
    said = _plain(population)
    role = Role.TEACHER if "enseignant" in said else Role.PUPIL if "eleve" in said else None
    levels = {level: None for words, meant in _LEVELS.items() if words in said for level in meant}
    places, _, without = said.partition("sauf")
    departements = tuple(code for words, code in _GUADELOUPE.items() if words in places)
    if without:
        departements = tuple(code for words, code in _GUADELOUPE.items() if words not in without)
    if said != "-" and role is None and not levels and not departements:
        raise ValueError(
            f"{at}, population: {population!r} is unknown; write Élèves, Enseignants, a level, or - for all"
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


def _events(name: str, text: str) -> tuple[DaysOff, ...]:
    try:
        calendar = icalendar.Calendar.from_ical(text)
    except (ValueError, IndexError) as error:
        raise ValueError(f"{name}: not an ICS file: {error}; export it again") from None
    events = calendar.walk("VEVENT")
    if not events:
        raise ValueError(f"{name}: there are no events in it; leave the calendar out, or export it again")
    of_all = _zones_in(name, str(calendar.get("X-WR-CALNAME", "")))
    found: dict[DaysOff, None] = {}
    for number, event in enumerate(events, start=1):
        summary = str(event.get("SUMMARY", ""))
        at = f"{name}, event {number} {summary!r}"
        # The ministry's files tell returns as events, too.
        if not any(word in _plain(summary) for word in ("rentree", "reprise")):
            found[_event(at, event, summary, _zones_in(at, summary) or of_all)] = None
    return tuple(found)


def _event(at: str, event: Any, summary: str, zones: tuple[str, ...]) -> DaysOff:
    if "RRULE" in event or "RDATE" in event:
        raise ValueError(f"{at}: repeats, and repeated days off are not read; write one event for each")
    if "DTSTART" not in event:
        raise ValueError(f"{at}: has no DTSTART; give it a first day")
    start = _midnight(at, "DTSTART", _value(at, event, "DTSTART"))
    if "DTEND" in event:
        end = _midnight(at, "DTEND", _value(at, event, "DTEND"))
    elif "DURATION" in event:
        duration = _value(at, event, "DURATION")
        if not isinstance(duration, timedelta) or duration % _DAY:
            raise ValueError(f"{at}, DURATION: {duration} is no number of days; days off need an event of whole days")
        end = start + duration
    else:
        end = start + _DAY
    _check_span(at, start, end)
    if summary.startswith(_BEGINNING) and end - start <= _DAY:
        return DaysOff(summary.removeprefix(_BEGINNING), start, None, zones)
    return DaysOff(summary, start, max(start, end - _DAY), zones)


def _value(at: str, event: Any, field: str) -> object:
    try:
        return event[field].dt
    except (ValueError, AttributeError):
        raise ValueError(f"{at}, {field}: cannot be read; write {field};VALUE=DATE:20210410, once") from None


def _midnight(at: str, field: str, value: object) -> date:
    if isinstance(value, datetime):
        local = value.astimezone(PARIS) if value.utcoffset() is not None else value
        if (local.hour, local.minute, local.second) == (0, 0, 0):
            return local.date()
    elif isinstance(value, date):
        return value
    raise ValueError(f"{at}, {field}: {value} is no midnight in Paris; days off need an event of whole days")


def _zones_in(at: str, text: str) -> tuple[str, ...]:
    """The zones that a title names, as in "Vacances de Noël - Zone A" or "… - Corse"."""
    letters = _ZONE_LETTERS.search(text)
    if letters:
        return tuple(_zone(at, letter) for letter in re.findall(r"[A-Z]", letters[1]))
    zone = _ZONES.get(text.rpartition(" - ")[2])
    return (zone,) if zone else ()
