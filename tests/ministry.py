"""The ministry's data set, read in a way of its own, and digests that stand in for it where it is not at hand.

The data set is no part of the repository: ENTCAPACITY_OFFICIAL_CALENDAR names its CSV, and with it set
``python tests/ministry.py`` writes the digests anew.
"""

import csv
import hashlib
import json
import os
import tomllib
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from itertools import product
from pathlib import Path
from typing import Any

from entcapacity.schooldays import Calendar
from entcapacity.territories import PLACES, ZONES, Place, places_in
from entcapacity.vocabulary import Level, Role

VARIABLE = "ENTCAPACITY_OFFICIAL_CALENDAR"
GOLDEN = Path(__file__).parent / "golden" / "calendar.json"
COPIED = datetime(2025, 12, 31, tzinfo=UTC)
DAY = timedelta(days=1)
ROLES = (Role.PUPIL, Role.TEACHER)

SECOND_DEGRE = {Level.COLLEGE, Level.LYCEE, Level.POST_BAC}
LYCEES = {Level.LYCEE, Level.POST_BAC}
POPULATIONS: Mapping[str, tuple[set[Level], tuple[Role, ...], set[str]]] = {
    "-": (set(Level), ROLES, set(PLACES)),
    "Élèves": (set(Level), (Role.PUPIL,), set(PLACES)),
    "Élèves du premier degré": ({Level.ECOLE}, (Role.PUPIL,), set(PLACES)),
    "Élèves du second degré": (SECOND_DEGRE, (Role.PUPIL,), set(PLACES)),
    "Élèves des collèges": ({Level.COLLEGE}, (Role.PUPIL,), set(PLACES)),
    "Élèves des lycées": (LYCEES, (Role.PUPIL,), set(PLACES)),
    "Enseignants": (set(Level), (Role.TEACHER,), set(PLACES)),
    "Enseignants du premier degré": ({Level.ECOLE}, (Role.TEACHER,), set(PLACES)),
    "Enseignants du second degré": (SECOND_DEGRE, (Role.TEACHER,), set(PLACES)),
    "Enseignants des collèges": ({Level.COLLEGE}, (Role.TEACHER,), set(PLACES)),
    "Enseignants des lycées": (LYCEES, (Role.TEACHER,), set(PLACES)),
    "Premier degré": ({Level.ECOLE}, ROLES, set(PLACES)),
    "Second degré": (SECOND_DEGRE, ROLES, set(PLACES)),
    "Premier degré et collèges": ({Level.ECOLE, Level.COLLEGE}, ROLES, set(PLACES)),
    "Guadeloupe & Saint-Barthélémy": (set(Level), ROLES, {"971", "977"}),
    "Guadeloupe & Saint-Martin": (set(Level), ROLES, {"971", "978"}),
    "Guadeloupe sauf Saint-Martin": (set(Level), ROLES, {"971", "977"}),
    "Guadeloupe, Saint-Martin & Saint-Barthélémy": (set(Level), ROLES, {"971", "977", "978"}),
    "Saint Martin": (set(Level), ROLES, {"978"}),
    "Saint-Martin": (set(Level), ROLES, {"978"}),
    "Saint-Barthélémy": (set(Level), ROLES, {"977"}),
}

Who = tuple[str, Level, Role]  # département, level, role


def paris_date(stamp: str) -> date:
    """Paris midnight in UTC is 22:00 or 23:00 on the day before."""
    return (datetime.fromisoformat(stamp) + timedelta(hours=2)).date()


def dates_off(description: str, start: date, end: date) -> set[date]:
    """Off are the nights slept between ``start``, after class, and ``end``, the morning of return."""
    off = {start + DAY * night for night in range((end - start).days)}
    if start.weekday() < 5:
        off.discard(start)
    if start == end and description.startswith("Début") and start.weekday() < 5:
        return {start + DAY}
    return off if any(day.weekday() < 5 for day in off) else off | {start}


class Official:
    """The data set: who is off when, with its named errors put right."""

    def __init__(self, path: Path) -> None:
        self.text = path.read_text(encoding="utf-8")
        self.off: dict[Who, set[date]] = defaultdict(set)
        self.span: dict[str, tuple[date, date]] = {}
        for row in csv.DictReader(self.text.removeprefix("\ufeff").splitlines(), delimiter=";"):
            zone = zone_of(row["zones"])
            levels, roles, departements = POPULATIONS[row["population"]]
            start, end = paris_date(row["start_date"]), paris_date(row["end_date"])
            first, last = self.span.get(zone, (start, end))
            self.span[zone] = (min(first, start), max(last, end))
            places = {place.departement for place in one_place_of_each_calendar(zone)}
            off = dates_off(row["description"], start, end)
            for who in product(places & departements, levels, roles):
                self.off[who] |= off
        for error in provenance()["source_error"]:
            wrong = {error["first"] + DAY * n for n in range((error["last"] - error["first"]).days + 1)}
            for who, off in self.off.items():
                if PLACES[who[0]].zone == error["zone"] and error.get("role", who[2]) == who[2]:
                    corrected = off - wrong if error["off"] else off | wrong
                    # It may be right for some levels, but where it says nothing wrong it is no error.
                    assert corrected != off, error["row"]
                    self.off[who] = corrected


def zone_of(written: str) -> str:
    return next(zone for zone in ZONES if written in (f"Zone {zone}", zone, zone.replace("-", " ")))


def provenance() -> dict[str, Any]:
    return tomllib.loads(resources.files("entcapacity").joinpath("data", "terms.toml").read_text(encoding="utf-8"))


def one_place_of_each_calendar(zone: str) -> tuple[Place, ...]:
    """Within a zone only Guadeloupe's islands differ; public holidays do not count here."""
    return places_in(zones=[zone]) if zone == "Guadeloupe" else places_in(zones=[zone])[:1]


def school_year(on: date, zone: str) -> str:
    """For the digests only: from August, in the zones whose year is the calendar year from February."""
    if zone in ("Nouvelle-Calédonie", "Wallis-et-Futuna"):
        return str(on.year if on.month >= 2 else on.year - 1)
    begin = on.year if on.month >= 8 else on.year - 1
    return f"{begin}-{begin + 1}"


Digests = dict[str, dict[str, dict[str, str]]]


def digests(off: Mapping[Who, set[date]], spans: Mapping[str, tuple[date, date]]) -> Digests:
    """Zone → school year → "level role" → digest of the dates off, weekends aside."""
    found: Digests = {}
    for zone, (first, last) in spans.items():
        years: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        weekdays = [on for n in range((last - first).days + 1) if (on := first + DAY * n).weekday() < 5]
        for place, level, role in product(one_place_of_each_calendar(zone), Level, ROLES):
            for on in weekdays:
                in_year = years[school_year(on, zone)][f"{level} {role}"]
                if on in off[place.departement, level, role]:
                    in_year.append(f"{place.departement} {on}")
        found[zone] = {
            year: {who: hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12] for who, lines in each.items()}
            for year, each in years.items()
        }
    return found


def our_answers(calendar: Calendar, spans: Mapping[str, tuple[date, date]]) -> Mapping[Who, set[date]]:
    return {
        (place.departement, level, role): {
            on
            for n in range((last - first).days + 1)
            if calendar.day(on := first + DAY * n, place, level, role).in_holiday
        }
        for zone, (first, last) in spans.items()
        for place, level, role in product(one_place_of_each_calendar(zone), Level, ROLES)
    }


def golden() -> tuple[dict[str, tuple[date, date]], Digests]:
    document = json.loads(GOLDEN.read_text(encoding="utf-8"))
    spans = {
        zone: (date.fromisoformat(first), date.fromisoformat(last)) for zone, (first, last) in document["spans"].items()
    }
    return spans, document["digests"]


if __name__ == "__main__":
    source = Official(Path(os.environ[VARIABLE]))
    lines = [
        '{"spans": {',
        ",\n".join(f'  "{zone}": ["{first}", "{last}"]' for zone, (first, last) in source.span.items()),
        '}, "digests": {',
        ",\n".join(
            f'"{zone}": {{\n' + ",\n".join(f'  "{year}": {json.dumps(each)}' for year, each in years.items()) + "}"
            for zone, years in digests(source.off, source.span).items()
        ),
        "}}\n",
    ]
    GOLDEN.write_text("\n".join(lines), encoding="utf-8")
