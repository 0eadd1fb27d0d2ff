"""Local calendars from files: the last good version stays, and only who uses one is held up by it."""

from typing import Any

import pytest

from entcapacity import calendar_files
from entcapacity.calendars import Calendars, text_in
from entcapacity.parse import parse
from entcapacity.reasons import Reason, reason
from entcapacity.school import SchoolCalendar
from entcapacity.terms import Terms
from specs import capacity

HOLIDAY = """BEGIN:VCALENDAR
BEGIN:VEVENT
SUMMARY:Pont
DTSTART;VALUE=DATE:{day}
DTEND;VALUE=DATE:{day}
END:VEVENT
END:VCALENDAR
"""
GOOD, BETTER = HOLIDAY.format(day="20260907"), HOLIDAY.format(day="20260908")
RUBBISH = "<html>503 Service Unavailable</html>"


def calendar(name: str = "pont", **spec: Any) -> SchoolCalendar:
    document = {
        "apiVersion": "entcapacity.io/v1alpha1",
        "kind": "SchoolCalendar",
        "metadata": {"name": name},
        "spec": {"fromConfigMap": {"name": "files", "key": f"{name}.ics"}, **spec},
    }
    made = parse(document)
    assert isinstance(made, SchoolCalendar)
    return made


def platform(**segment: Any) -> Any:
    return capacity(audience=[{"zones": ["B"], "levels": ["Lycee"], "pupils": 1000, **segment}])


def read(text: str | Reason, known: Calendars | None = None, **spec: Any) -> Calendars:
    return (known or Calendars()).with_texts((calendar(**spec),), {"pont": text})


def codes(calendars: Calendars, **segment: Any) -> tuple[list[str], bool]:
    found, never_read = calendars.concerning(platform(**segment))
    return [each.code for each in found], never_read


def test_a_good_file_is_used_and_nothing_is_said() -> None:
    found = read(GOOD)
    assert found.files["pont"].days_off[0].name == "Pont"
    assert codes(found, calendar="pont") == ([], False)


@pytest.mark.parametrize(
    "rubbish",
    [
        "",
        RUBBISH,
        "\x00\x01\x02",
        GOOD[:60],
        GOOD.replace("20260907", "tomorrow"),
        "BEGIN:VCALENDAR\nEND:VCALENDAR\n",
        "{}",
        reason("CalendarUnreadable", calendar="pont", problem="there is no ConfigMap files"),
    ],
)
def test_of_a_file_that_became_unreadable_the_last_good_version_stays_and_it_is_said(rubbish: str | Reason) -> None:
    before = read(GOOD)
    found = read(rubbish, before)
    assert found.files == before.files
    assert codes(found, calendar="pont") == (["CalendarUnreadable"], False)
    assert read(BETTER, found).problems == {}
    assert read(BETTER, found).files != before.files


def test_a_file_that_was_never_readable_concerns_who_uses_it() -> None:
    assert codes(read(RUBBISH), calendar="pont") == (["CalendarUnreadable"], True)


def test_a_calendar_that_is_not_there_concerns_who_names_it_and_is_left_out_of_the_plan() -> None:
    assert codes(Calendars(), calendar="pont") == (["CalendarMissing"], True)
    assert Calendars().without_missing(platform(calendar="pont")) == platform()
    there = read(RUBBISH)
    assert there.without_missing(platform(calendar="pont")) == platform(calendar="pont")


def test_a_bad_file_is_nothing_to_who_does_not_use_it() -> None:
    assert codes(read(RUBBISH)) == ([], False)


@pytest.mark.parametrize(
    ("scope", "concerned"),
    [
        ({}, True),
        ({"zones": ["B"]}, True),
        ({"zones": ["A"]}, False),
        ({"levels": ["Lycee"]}, True),
        ({"levels": ["Ecole"]}, False),
        ({"zones": ["B"], "levels": ["Ecole"]}, False),
    ],
)
def test_a_bad_file_concerns_those_that_its_scope_means(scope: dict[str, Any], concerned: bool) -> None:
    assert codes(read(RUBBISH, scope=scope)) == ((["CalendarUnreadable"], True) if concerned else ([], False))


def test_the_same_again_is_no_new_version() -> None:
    """A new one would have every platform planned anew."""
    found = read(GOOD)
    assert read(GOOD, found) is found
    assert read(BETTER, found) is not found
    broken = read(RUBBISH, found)
    assert read(RUBBISH, broken) is broken


def test_a_text_is_read_once_however_often_it_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A large file takes a tenth of a second, in which nobody else does anything."""
    read_again, begun = calendar_files.read, []

    def counted(name: str, text: str) -> Terms:
        begun.append(text)
        return read_again(name, text)

    monkeypatch.setattr(calendar_files, "read", counted)
    good, bad = GOOD.replace("Pont", "Pont du lundi"), f"{RUBBISH} again"
    found = read(good)
    for _ in range(5):
        found = read(good, found)
    broken = read(bad, found)
    for _ in range(5):
        assert read(bad, broken).problems == broken.problems != {}
    assert begun == [good, bad]


def test_a_calendar_that_is_deleted_takes_its_file_along() -> None:
    found = read(GOOD).with_texts((), {})
    assert (found.files, found.problems) == ({}, {})
    assert codes(read(RUBBISH, found), calendar="pont") == (["CalendarUnreadable"], True)


def test_a_missing_config_map_and_a_missing_key_are_told_apart() -> None:
    assert text_in({"data": {"pont.ics": GOOD}}, calendar()) == GOOD
    no_map, no_key = text_in(None, calendar()), text_in({"data": {"other.ics": GOOD}}, calendar())
    assert isinstance(no_map, Reason)
    assert isinstance(no_key, Reason)
    assert "there is no ConfigMap files" in no_map.text()
    assert "there is no key pont.ics in ConfigMap files" in no_key.text()
    assert isinstance(text_in({}, calendar()), Reason)


def test_no_text_whatever_ends_the_reading_with_anything_but_a_word_on_it() -> None:
    for key in ("x.csv", "x.json", "x.ics"):
        made = calendar(fromConfigMap={"name": "files", "key": key})
        for text in (
            str(__doc__),
            "[]",
            "[1]",
            '{"results": 3}',
            ";;;\n;;;",
            "\ufeff",
            "BEGIN:",
        ):
            found = Calendars().with_texts((made,), {"pont": text})
            assert found.problems["pont"].code == "CalendarUnreadable", (key, text[:20])
