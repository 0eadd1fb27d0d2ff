"""Users bring their own calendar file, unchanged; what cannot be read without guessing is an error with a way out."""

import json
import re
from datetime import date

import pytest

from entcapacity.calendar_files import CalendarError, read
from entcapacity.schooldays import SchoolDays, embedded
from entcapacity.terms import Covered, DaysOff
from entcapacity.territories import PLACES
from entcapacity.vocabulary import DayKind, Level, Role

HEADER = "description;population;start_date;end_date;location;zones;annee_scolaire"
TOUSSAINT = "Vacances de la Toussaint;-;2028-10-20T22:00:00+00:00;2028-11-05T23:00:00+00:00;Lyon;Zone A;2028-2029"


def official(*rows: str) -> str:
    return "\n".join(["\ufeff" + HEADER, *rows]) + "\n"


def row(start: str, end: str, *, population: str = "-", zone: str = "Zone A", what: str = "Vacances d'Été") -> str:
    return f"{what};{population};{start};{end};Ici;{zone};2028-2029"


def runs(*rows: str) -> tuple[DaysOff, ...]:
    return read("plus.csv", official(*rows)).days_off


def span(start: str, end: str, what: str = "Vacances d'Été") -> tuple[str, str | None]:
    (run,) = runs(row(start, end, what=what))
    return str(run.first), str(run.last) if run.last else None


# --- the official CSV -------------------------------------------------------------------------------------------------


def test_midnights_of_paris_written_in_utc_are_dates_of_paris() -> None:
    assert runs(TOUSSAINT) == (
        DaysOff("Vacances de la Toussaint", date(2028, 10, 21), date(2028, 11, 5), zones=("A",)),
    )


def test_one_row_per_academie_is_one_fact() -> None:
    assert len(runs(TOUSSAINT, TOUSSAINT.replace("Lyon", "Dijon"))) == 1


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2028-10-21", "2028-11-06", ("2028-10-21", "2028-11-05")),  # a Saturday is off
        ("2029-07-06", "2029-09-03", ("2029-07-07", "2029-09-02")),  # a Friday is "after class"
        ("2029-05-11", "2029-05-11", ("2029-05-11", "2029-05-11")),  # a single day
        ("2029-05-11", "2029-05-12", ("2029-05-11", "2029-05-11")),  # one night
        ("2029-05-11", "2029-05-14", ("2029-05-11", "2029-05-13")),  # a bridge to Monday
        ("2029-05-10", "2029-05-14", ("2029-05-11", "2029-05-13")),  # a bridge from Ascension itself
    ],
)
def test_a_start_is_after_class_and_an_end_is_the_morning_of_return(
    start: str, end: str, expected: tuple[str, str]
) -> None:
    assert span(start, end) == expected


def test_the_beginning_of_a_summer_whose_end_is_unpublished() -> None:
    assert span("2029-07-07", "2029-07-07", "Début des Vacances d'Été") == ("2029-07-07", None)
    (run,) = runs(row("2029-07-07", "2029-07-07", what="Début des Vacances d'Été"))
    assert run.name == "Vacances d'Été"


@pytest.mark.parametrize(
    ("population", "zone", "levels", "departements"),
    [
        ("Premier degré et collèges", "Polynésie", (Level.ECOLE, Level.COLLEGE), ()),
        ("Second degré", "Polynésie", (Level.COLLEGE, Level.LYCEE, Level.POST_BAC), ()),
        ("Guadeloupe sauf Saint-Martin", "Guadeloupe", (), ("971", "977")),
        ("Guadeloupe & Saint-Barthélémy", "Guadeloupe", (), ("971", "977")),
        ("Saint Martin", "Guadeloupe", (), ("978",)),
        ("Guadeloupe, Saint-Martin & Saint-Barthélémy", "Guadeloupe", (), ()),
    ],
)
def test_a_population_names_levels_or_islands(
    population: str, zone: str, levels: tuple[Level, ...], departements: tuple[str, ...]
) -> None:
    (run,) = runs(row("2028-10-21", "2028-11-06", population=population, zone=zone))
    assert (run.levels, run.departements, run.role) == (levels, departements, None)


def test_teachers_follow_the_pupils_where_they_have_no_row_of_their_own() -> None:
    pupils = row("2029-07-07", "2029-09-03", population="Élèves")
    teachers = row("2029-07-07", "2029-08-31", population="Enseignants")
    assert [run.role for run in runs(pupils)] == [None]
    assert [run.role for run in runs(pupils, teachers)] == [Role.PUPIL, Role.TEACHER]


@pytest.mark.parametrize(
    ("written", "zone"),
    [("Zone B", "B"), ("Saint Pierre et Miquelon", "Saint-Pierre-et-Miquelon"), ("Corse", "Corse")],
)
def test_zones_are_known_as_the_ministry_writes_them(written: str, zone: str) -> None:
    (run,) = runs(row("2028-10-21", "2028-11-06", zone=written))
    assert run.zones == (zone,)


def test_a_file_covers_from_the_first_day_off_to_the_last_return() -> None:
    terms = read("plus.csv", official(TOUSSAINT, row("2028-12-23", "2029-01-08")))
    assert terms.covered == (Covered(date(2028, 10, 21), date(2029, 1, 8), ("A",)),)


def test_where_holidays_are_missing_a_file_covers_nothing() -> None:
    terms = read("plus.csv", official(TOUSSAINT, row("2029-07-07", "2029-09-03")))
    assert [(str(each.first), str(each.last)) for each in terms.covered] == [
        ("2028-10-21", "2028-11-06"),
        ("2029-07-07", "2029-09-03"),
    ]


def test_a_newer_file_answers_where_the_embedded_calendar_ends() -> None:
    newer = SchoolDays(read("plus.csv", official(TOUSSAINT, row("2028-12-23", "2029-01-08")))).known_at(None)
    lyon = (PLACES["69"], Level.LYCEE, Role.PUPIL)
    assert embedded().known_at(None).day(date(2028, 10, 23), *lyon).kind is DayKind.UNKNOWN
    assert newer.day(date(2028, 10, 23), *lyon).kind is DayKind.HOLIDAY
    assert newer.day(date(2028, 11, 6), *lyon).kind is DayKind.ON_SITE


# --- the same fields as JSON ------------------------------------------------------------------------------------------

RECORD = dict(zip(HEADER.split(";"), TOUSSAINT.split(";"), strict=True))


@pytest.mark.parametrize(
    "document",
    [
        [RECORD],
        {"total_count": 1, "results": [RECORD]},
        [{"datasetid": "fr-en-calendrier-scolaire", "fields": RECORD}],
        {"records": [{"fields": RECORD}]},
        [{**RECORD, "population": None}],
    ],
    ids=["export", "api", "old export", "old api", "no population"],
)
def test_json_says_the_same_as_csv(document: object) -> None:
    assert read("plus.json", json.dumps(document)) == read("plus.csv", official(TOUSSAINT))


# --- ICS --------------------------------------------------------------------------------------------------------------


def ics(*events: str, name: str = "") -> str:
    title = [f"X-WR-CALNAME:{name}"] if name else []
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//example//FR", *title]
    for number, event in enumerate(events):
        lines += [
            "BEGIN:VEVENT",
            f"UID:{number}@example.org",
            "DTSTAMP:20280101T000000Z",
            *event.split("|"),
            "END:VEVENT",
        ]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


NOEL = "DTSTART;VALUE=DATE:20281223|DTEND;VALUE=DATE:20290108|SUMMARY:Vacances de Noël - Zone A"


def test_whole_days_end_before_their_end() -> None:
    (run,) = read("plus.ics", ics(NOEL)).days_off
    assert run == DaysOff("Vacances de Noël - Zone A", date(2028, 12, 23), date(2029, 1, 7), zones=("A",))


def test_midnights_in_utc_are_dates_of_paris() -> None:
    (run,) = read("plus.ics", ics("DTSTART:20290406T220000Z|DTEND:20290422T220000Z|SUMMARY:Printemps")).days_off
    assert (run.first, run.last, run.zones) == (date(2029, 4, 7), date(2029, 4, 22), ())


@pytest.mark.parametrize(
    ("event", "last"),
    [
        ("DTSTART;VALUE=DATE:20290511|SUMMARY:Pont", date(2029, 5, 11)),
        ("DTSTART;VALUE=DATE:20290511|DURATION:P3D|SUMMARY:Pont", date(2029, 5, 13)),
        ("DTSTART;VALUE=DATE:20290707|SUMMARY:Début des Vacances d'Été", None),
    ],
)
def test_an_event_may_leave_out_its_end(event: str, last: date | None) -> None:
    (run,) = read("plus.ics", ics(event)).days_off
    assert run.last == last


def test_returns_are_no_days_off() -> None:
    returns = [
        "DTSTART;VALUE=DATE:20280904|SUMMARY:Rentrée scolaire des élèves - Zone A",
        "DTSTART;VALUE=DATE:20280901|SUMMARY:Prérentrée des enseignants",
    ]
    assert [run.name for run in read("plus.ics", ics(*returns, NOEL)).days_off] == ["Vacances de Noël - Zone A"]


@pytest.mark.parametrize(
    ("summary", "calendar", "zones"),
    [
        ("Vacances d'Hiver - Zones A, B et C", "", ("A", "B", "C")),
        ("Vacances d'Hiver - Corse", "", ("Corse",)),
        ("Vacances d'Hiver", "Calendrier scolaire - Zone B", ("B",)),
        ("Vacances d'Hiver", "Lycée français", ()),
    ],
)
def test_zones_come_from_the_title_or_from_the_calendar(summary: str, calendar: str, zones: tuple[str, ...]) -> None:
    event = f"DTSTART;VALUE=DATE:20290210|DTEND;VALUE=DATE:20290226|SUMMARY:{summary}"
    (run,) = read("plus.ics", ics(event, name=calendar)).days_off
    assert run.zones == zones


# --- bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("c.csv", "", "the file is empty; leave the calendar out, or give it a file with days off"),
        ("c.txt", "x", "the format is unknown; name the file .csv, .json or .ics"),
        ("c.csv", official(), "there are no days off in it"),
        ("c.csv", official(TOUSSAINT).replace(";", ","), "line 1: columns are not separated by ';'"),
        ("c.csv", official(TOUSSAINT).replace(";", "\t"), "line 1: columns are not separated by ';'"),
        ("c.csv", official(TOUSSAINT).replace("end_date", "fin"), "line 1: no column end_date; the columns are"),
        ("c.csv", official(TOUSSAINT + ";x"), "line 2: has not 7 values as the header has; restore the row"),
        ("c.csv", official("Vacances;-"), "line 2: has not 7 values as the header has; restore the row"),
        ("c.csv", official(row("20/10/2028", "2028-11-06")), "line 2, start_date: '20/10/2028' is not a date"),
        (
            "c.csv",
            official(row("2028-10-20T22:00:00", "2028-11-06")),
            "line 2, start_date: '2028-10-20T22:00:00' has no offset, so its day is unsure",
        ),
        ("c.csv", official(row("2028-11-06", "2028-10-21")), "line 2: ends on 2028-10-21, before it starts"),
        ("c.csv", official(row("2028-10-21", "2038-11-06")), "line 2: 2028-10-21 to 2038-11-06 is longer than"),
        (
            "c.csv",
            official(TOUSSAINT, row("2028-10-21", "2028-11-06", zone="Zone D")),
            "line 3, zones: unknown zone 'Zone D': did you mean",
        ),
        (
            "c.csv",
            official(row("2028-10-21", "2028-11-06", population="Chefs")),
            "line 2, population: 'Chefs' is unknown",
        ),
        ("c.json", "{", "line 1: not JSON"),
        ("c.json", "{}", "no list of records"),
        ("c.json", "[1]", "[0]: 1 is no record"),
        ("c.json", json.dumps([{**RECORD, "zones": None}]), "[0]: no field zones; the fields are"),
        ("c.ics", "nothing", "not an ICS file: no line says BEGIN:VCALENDAR; export it again"),
        ("c.ics", ics(NOEL)[:90], "the file is cut off: no END:VCALENDAR follows"),
        ("c.ics", ics(NOEL).partition("END:VCAL")[0], "the file is cut off: no END:VCALENDAR follows"),
        ("c.ics", 2 * ics(NOEL), "there are 2 calendars in it; give each a file of its own"),
        ("c.ics", ics(NOEL).replace("VERSION", "VER\nVERSION"), "not an ICS file: Content line could not be parsed"),
        ("c.ics", ics(), "there are no events in it"),
        ("c.ics", ics("DTSTART;VALUE=DATE:20280904|SUMMARY:Rentrée"), "there are no days off in it"),
        ("c.ics", ics("SUMMARY:Noël"), "line 4: 'Noël' has no DTSTART; give it a first day"),
        ("c.ics", ics(f"{NOEL}|RRULE:FREQ=YEARLY"), "line 4: 'Vacances de Noël - Zone A' repeats"),
        (
            "c.ics",
            ics(NOEL.replace("Zone A", "Zone D")),
            "line 4, SUMMARY: unknown zone 'D'",
        ),
        (
            "c.ics",
            ics("DTSTART:20290511T170000Z|DTEND:20290511T190000Z|SUMMARY:Réunion"),
            "line 4, DTSTART: 2029-05-11 17:00:00+00:00 is no midnight",
        ),
        (
            "c.ics",
            ics("DTSTART;VALUE=DATE:20290511|DURATION:PT2H|SUMMARY:Noël"),
            "line 4, DURATION: 2:00:00",
        ),
        ("c.ics", ics("DTSTART:garbage|SUMMARY:Noël"), "line 4, DTSTART: cannot be read"),
        ("c.ics", ics("DTSTART;VALUE=DATE,DATE:20290511|SUMMARY:Pont"), "not an ICS file: "),
        ("c.ics", ics(NOEL, "SUMMARY:Pont"), "line 11: 'Pont' has no DTSTART"),
        # beyond what dates can hold, or nearly
        ("c.csv", official(row("0001-01-01T00:00:00+14:00", "2028-11-06")), "line 2, start_date: 0001-01-01 00:00:00"),
        ("c.csv", official(row("2028-10-21", "9999-12-31")), "line 2, end_date: 9999-12-31: write a year from 1970 to"),
        ("c.json", json.dumps([{**RECORD, "start_date": "1969-12-31"}]), "[0].start_date: 1969-12-31: write a year"),
        ("c.ics", ics("DTSTART;VALUE=DATE:99991231|SUMMARY:Noël"), "line 4, DTSTART: 9999-12-31: write a year from"),
        ("c.ics", ics("DTSTART:00010101T000000Z|SUMMARY:Noël"), "line 4, DTSTART: 0001-01-01 00:00:00+00:00: write"),
        (
            "c.ics",
            ics("DTSTART;VALUE=DATE:20290511|DURATION:P99999999D|SUMMARY:Noël"),
            "line 4, DURATION: 99999999 days, 0:00:00 is longer than any school holiday",
        ),
        (
            "c.ics",
            ics("DTSTART;VALUE=DATE:20290511|DURATION:P9999999999D|SUMMARY:Noël"),
            "line 4, DURATION: cannot be read",
        ),
        # beyond what the parsers hold
        ("c.csv", official(row("2028-10-21", "2028-11-06", what="x" * 140_000)), "line 2: not CSV: field larger than"),
        ("c.csv", "x" * 140_000, "line 1: not CSV: field larger than"),
        ("c.json", "[" * 100_000, "not the official calendar: "),
        ("c.json", "[" + "9" * 5000 + "]", "not the official calendar: "),
    ],
)
def test_what_cannot_be_read_without_guessing_is_an_error(name: str, text: str, message: str) -> None:
    with pytest.raises(CalendarError, match=f"^{re.escape(message)}"):
        read(name, text)


def test_an_error_holds_its_line_and_field_apart_from_what_is_wrong() -> None:
    with pytest.raises(CalendarError, match=r".") as refused:
        read("c.csv", official(TOUSSAINT, row("2028-10-21", "2028-11-06", zone="Zone D")))
    assert (refused.value.line, refused.value.field) == (3, "zones")
    assert refused.value.message.startswith("unknown zone 'Zone D': did you mean")
