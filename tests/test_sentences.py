"""Sentences that everybody hears, as SchoolAnnouncements."""

from datetime import date
from typing import Any, get_args

import pytest

from entcapacity.cli.announcing import _CAUSES
from entcapacity.fields import Scope
from entcapacity.parse import parse
from entcapacity.school import SchoolAnnouncement, SchoolAnnouncementSpec
from entcapacity.sentences import Sentence, renamed, today_in, unlike, wholly_past, written
from entcapacity.vocabulary import Level, Schooling
from specs import APRIL_2021, announcement, instant

ON_TELEVISION = instant("2021-03-31T20:00:00+02:00")
NEXT_DAY = date(2021, 4, 6)


def said(schooling: Schooling, **more: Any) -> SchoolAnnouncement:
    found = parse(written(Sentence(schooling, NEXT_DAY, ON_TELEVISION, **more)))
    assert isinstance(found, SchoolAnnouncement)
    return found


def test_all_remote_from_a_day_holds_until_superseded_and_for_everyone() -> None:
    made = said(Schooling.REMOTE)
    (period,) = made.spec.periods
    assert (made.name, made.spec.scope, made.spec.announced_at) == ("remote-2021-04-06", Scope(), ON_TELEVISION)
    assert (period.from_, period.until, period.schooling) == (NEXT_DAY, None, Schooling.REMOTE)


def test_lycees_half_on_site_is_hybrid_with_half_of_the_pupils() -> None:
    made = said(Schooling.HYBRID, levels=[Level.LYCEE], until=date(2021, 4, 9))
    (period,) = made.spec.periods
    assert (made.name, made.spec.scope.levels) == ("hybrid-2021-04-06-lycee", (Level.LYCEE,))
    assert (period.on_site_percent, period.until) == (50, date(2021, 4, 9))


def test_closed_in_some_departements_ends_with_its_day_where_nobody_says_until_when() -> None:
    made = said(Schooling.CLOSED, departements=["31", "2A"], cause="Storm")
    (period,) = made.spec.periods
    assert (made.name, made.spec.cause) == ("closed-2021-04-06-31-2a", "Storm")
    assert made.spec.scope.departements == ("31", "2A")
    assert period.until == NEXT_DAY


def test_everything_that_can_be_said_is_kept() -> None:
    made = said(
        Schooling.ON_SITE,
        zones=["A"],
        academies=["Orléans-Tours"],
        into_terms=True,
        name="rentree",
        labels={"test": "x"},
    )
    assert (made.name, made.metadata.labels) == ("rentree", {"test": "x"})
    assert (made.spec.scope.zones, made.spec.scope.academies) == (("A",), ("Orléans-Tours",))
    assert made.spec.periods[0].terms == "Replace"


def test_a_name_is_one_that_kubernetes_takes_however_many_places_there_are() -> None:
    assert said(Schooling.CLOSED, academies=["Orléans-Tours"]).name == "closed-2021-04-06-orleans-tours"
    many = said(Schooling.CLOSED, departements=[f"{number:02}" for number in range(21, 60)])
    assert len(many.name) <= 63


@pytest.mark.parametrize(("now", "past"), [("2021-05-09T12:00:00+02:00", False), ("2021-05-11T00:00:00+02:00", True)])
def test_what_has_ended_everywhere_is_past(now: str, past: bool) -> None:
    assert wholly_past(APRIL_2021, instant(now)) is past


def test_it_is_not_past_while_the_day_lasts_in_polynesia() -> None:
    assert not wholly_past(APRIL_2021, instant("2021-05-10T08:00:00+02:00"))  # there it is still 9 May
    assert not wholly_past(said(Schooling.REMOTE), instant("2027-01-01T00:00:00Z"))


def test_today_is_that_of_the_places_meant() -> None:
    night = instant("2021-04-05T23:00:00+02:00")
    assert today_in(Scope(departements=("974",)), night) == [date(2021, 4, 6)]
    assert today_in(Scope(), night)[0] == date(2021, 4, 5)


def test_every_cause_can_be_said() -> None:
    assert get_args(SchoolAnnouncementSpec.model_fields["cause"].annotation) == _CAUSES


LATER = {"from": "2021-04-06", "schooling": "OnSite"}


@pytest.mark.parametrize(
    ("there", "more", "found"),
    [
        ({}, [], ""),
        ({}, [announcement("now", "2021-03-31T20:00:00+02:00", LATER)], ""),
        ({"levels": [Level.LYCEE]}, [], "says something else: withdraw it and give this one another --name"),
        ({"labels": {"test": "x"}}, [], "says the same with other labels: give this one another --name"),
        ({}, [announcement("on-site", "2021-04-01T20:00:00+02:00", LATER)], "something later was said since"),
        ({}, [announcement("not-yet", "2021-04-09T20:00:00+02:00", LATER)], ""),
        (
            {},
            [announcement("gone", "2021-04-01T20:00:00+02:00", LATER, withdrawnAt="2021-04-02T08:00:00+02:00")],
            "",
        ),
    ],
)
def test_one_of_the_same_name_is_as_good_only_while_it_says_what_holds(there: Any, more: Any, found: str) -> None:
    before, again = said(Schooling.REMOTE, **there), said(Schooling.REMOTE)
    spec = again.spec.model_copy(update={"announced_at": instant("2021-04-03T20:00:00+02:00")})
    later = again.model_copy(update={"spec": spec})
    problem = unlike(later, before, [before, *more])
    assert found in problem
    assert bool(found) is bool(problem)


def test_one_that_was_withdrawn_or_comes_only_later_is_not_as_good() -> None:
    made = said(Schooling.REMOTE)

    def at(**changed: Any) -> SchoolAnnouncement:
        return made.model_copy(update={"spec": made.spec.model_copy(update=changed)})

    gone = at(withdrawn_at=instant("2021-04-01T08:00:00Z"))
    assert unlike(made, gone, [gone]) == "was withdrawn at 2021-04-01T08:00:00+00:00: give this one another --name"
    to_come = at(announced_at=instant("2021-04-05T20:00:00Z"))
    assert unlike(made, to_come, [to_come]).startswith("says the same, but only at 2021-04-05T20:00:00+00:00: ")


def test_the_next_of_a_name_fits_too() -> None:
    assert renamed("remote-2021-04-06", 2) == "remote-2021-04-06-2"
    assert len(renamed("x" * 63, 10)) == 63
