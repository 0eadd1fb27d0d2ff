"""Where a school lies decides its calendar, its public holidays and its clock."""

import re
from collections.abc import Callable
from zoneinfo import ZoneInfo

import holidays
import pytest

from entcapacity.territories import (
    ACADEMIES,
    PLACES,
    ZONES,
    check_academie,
    check_departement,
    check_zone,
    places_in,
)


def codes(**names: list[str]) -> list[str]:
    return [place.departement for place in places_in(**names)]


def test_france_is_96_departements_and_11_overseas_territories() -> None:
    assert len([place for place in PLACES.values() if place.timezone == "Europe/Paris"]) == 96
    assert len(PLACES) == 107


def test_there_are_thirteen_zones() -> None:
    assert set(ZONES[:4]) == {"A", "B", "C", "Corse"}
    assert len(ZONES) == 13


def test_every_place_has_a_clock_and_public_holidays() -> None:
    for place in PLACES.values():
        ZoneInfo(place.timezone)
        assert place.holidays in {"", *holidays.country_holidays("FR").subdivisions}


@pytest.mark.parametrize(
    ("academie", "zone", "departements"),
    [
        ("Toulouse", "C", ["09", "12", "31", "32", "46", "65", "81", "82"]),
        ("Normandie", "B", ["14", "27", "50", "61", "76"]),
        ("Lyon", "A", ["01", "42", "69"]),
        ("Strasbourg", "B", ["67", "68"]),
        ("Corse", "Corse", ["2A", "2B"]),
        ("La Réunion", "Réunion", ["974"]),
        ("Guadeloupe", "Guadeloupe", ["971", "977", "978"]),
    ],
)
def test_an_academie_lies_in_one_zone(academie: str, zone: str, departements: list[str]) -> None:
    assert codes(academies=[academie]) == departements
    assert {PLACES[code].zone for code in departements} == {zone}


def test_mainland_zones_share_the_mainland_academies() -> None:
    in_zone = {zone: {place.academie for place in places_in(zones=[zone])} for zone in "ABC"}
    assert [len(in_zone[zone]) for zone in "ABC"] == [8, 11, 5]
    assert len(ACADEMIES) == 8 + 11 + 5 + 10


def test_names_of_several_kinds_add_up() -> None:
    assert codes(zones=["Corse"], academies=["Paris"], departements=["31", "75"]) == ["2A", "2B", "31", "75"]


def test_no_name_is_no_restriction() -> None:
    assert places_in() == tuple(PLACES.values())


@pytest.mark.parametrize(
    ("check", "name", "message"),
    [
        (check_academie, "Creteil", "unknown académie 'Creteil': did you mean 'Créteil'?"),
        (check_academie, "orleans tours", "unknown académie 'orleans tours': did you mean 'Orléans-Tours'?"),
        (check_academie, "Caen", "unknown académie 'Caen': did you mean 'Normandie'?"),
        (check_academie, "Réunion", "unknown académie 'Réunion': did you mean 'La Réunion'?"),
        (check_zone, "Zone B", "unknown zone 'Zone B': did you mean 'B'?"),
        (check_zone, "Nouvelle Caledonie", "unknown zone 'Nouvelle Caledonie': did you mean 'Nouvelle-Calédonie'?"),
        (check_departement, "1", "unknown département '1': did you mean '01'?"),
        (check_departement, "2a", "unknown département '2a': did you mean '2A'?"),
        (check_departement, "Haute Garonne", "unknown département 'Haute Garonne': did you mean '31'?"),
        (check_zone, "Bavaria", f"unknown zone 'Bavaria': one of {', '.join(ZONES)}"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest_one(check: Callable[[str], str], name: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        check(name)


def test_places_in_takes_no_unknown_name() -> None:
    with pytest.raises(ValueError, match="did you mean 'Toulouse'"):
        places_in(academies=["Tolouse"])
