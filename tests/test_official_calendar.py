"""Every local date of every zone, as the ministry's data set has it; ``ministry.py`` reads it independently."""

import hashlib
import os
from collections.abc import Iterator
from datetime import date
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from entcapacity.calendar_files import read
from entcapacity.schooldays import Calendar, SchoolDays, embedded
from entcapacity.terms import embedded_terms
from entcapacity.territories import ZONES
from entcapacity.vocabulary import DayKind, Level
from ministry import COPIED, DAY, ROLES, VARIABLE, Official, digests, golden, one_place_of_each_calendar, provenance

if not os.environ.get(VARIABLE):
    pytest.skip(
        f"set {VARIABLE} to the ministry's fr-en-calendrier-scolaire.csv to compare every date", allow_module_level=True
    )

OFFICIAL = Official(Path(os.environ[VARIABLE]))


@cache
def read_as_users_do() -> Calendar:
    """The same file by the reader of users' files."""
    return SchoolDays(read("official.csv", OFFICIAL.text)).known_at(None)


# Guadeloupe's rows of 2018-19 lack Carnaval and the spring holidays.
HOLES = {"Guadeloupe": (date(2019, 1, 8), date(2019, 7, 5))}


def differences(calendar: Calendar, zone: str) -> Iterator[str]:
    first, last = OFFICIAL.span[zone]
    hole_from, hole_until = HOLES.get(zone, (date.max, date.max))
    dates = [first + DAY * n for n in range((last - first).days + 1)]
    for place, level, role in product(one_place_of_each_calendar(zone), Level, ROLES):
        off = OFFICIAL.off[place.departement, level, role]
        for on in dates:
            day = calendar.day(on, place, level, role)
            if on.weekday() >= 5:
                expected = DayKind.WEEKEND
            elif hole_from <= on <= hole_until:
                expected = DayKind.UNKNOWN
            else:
                expected = DayKind.HOLIDAY if on in off else DayKind.ON_SITE
            if day.kind not in (expected, DayKind.PUBLIC_HOLIDAY) or day.in_holiday != (on in off):
                yield f"{on} {place.name} {level} {role}: {day.kind}, official: {expected}"


@pytest.mark.parametrize("zone", ZONES)
def test_every_date_of_a_zone_is_as_the_ministry_says(zone: str) -> None:
    assert list(differences(embedded().known_at(COPIED), zone)) == []


@pytest.mark.parametrize("zone", ZONES)
def test_the_reader_of_users_files_reads_the_official_file_alike(zone: str) -> None:
    from_file, known = read_as_users_do(), embedded().known_at(COPIED)
    errors = [error for error in provenance()["source_error"] if error["zone"] == zone]
    first, last = OFFICIAL.span[zone]
    for place, level, role in product(one_place_of_each_calendar(zone), Level, ROLES):
        for on in (first + DAY * n for n in range((last - first).days + 1)):
            ours, theirs = known.day(on, place, level, role), from_file.day(on, place, level, role)
            if theirs.kind is DayKind.UNKNOWN and ours.kind is not DayKind.UNKNOWN:
                assert on <= min(run.first for run in embedded_terms().days_off if zone in run.zones)
            elif not any(error["first"] <= on <= error["last"] for error in errors):
                assert (ours.kind, ours.in_holiday) == (theirs.kind, theirs.in_holiday), (on, place.name, level, role)


def test_the_file_compared_is_the_one_the_table_was_made_from() -> None:
    assert hashlib.sha256(OFFICIAL.text.encode()).hexdigest() == provenance()["source"][0]["sha256"]


def test_the_digests_are_those_of_the_official_file() -> None:
    assert golden() == (OFFICIAL.span, digests(OFFICIAL.off, OFFICIAL.span))
