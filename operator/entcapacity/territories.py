"""Where pupils live: département → académie → school zone, with the local time and the public holidays of each.

The table is Code de l'éducation R222-2 with the overseas collectivities, in ``data/territories.csv``. Overseas
collectivities without an académie (vice-rectorats) stand under the territory's own name.
"""

from __future__ import annotations

import csv
import difflib
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Place:
    """A département or overseas collectivity."""

    departement: str
    """Code: ``31``, ``2A``, ``974``."""
    name: str
    academie: str
    zone: str
    """Zone of the school calendar: A, B, C, Corse or an overseas zone."""
    timezone: str
    """IANA name of the local time."""
    holidays: str
    """Subdivision of ``FR`` in the ``holidays`` package; empty where the national days hold."""


def _read() -> Mapping[str, Place]:
    text = resources.files(__package__).joinpath("data", "territories.csv").read_text(encoding="utf-8")
    return MappingProxyType({row["departement"]: Place(**row) for row in csv.DictReader(text.splitlines())})


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


PLACES: Final = _read()
"""Département code → place, in the order of the codes."""

ZONES: Final = ("A", "B", "C", *_distinct(place.zone for place in PLACES.values() if len(place.zone) > 1))
ACADEMIES: Final = _distinct(place.academie for place in PLACES.values())

# What people write and the table does not: only ever suggested, never taken silently.
_ALSO_CALLED: Final = {"Caen": "Normandie", "Rouen": "Normandie", "Réunion": "La Réunion"}


def check_zone(name: str) -> str:
    """``name``, if it is one of ``ZONES``; else ``ValueError`` with the nearest one."""
    return _check("zone", name, ZONES, {f"Zone {zone}": zone for zone in ZONES})


def check_academie(name: str) -> str:
    """``name``, if it is one of ``ACADEMIES``; else ``ValueError`` with the nearest one."""
    return _check("académie", name, ACADEMIES, _ALSO_CALLED)


def check_departement(code: str) -> str:
    """``code``, if it is a key of ``PLACES``; else ``ValueError`` with the nearest one, also for a name."""
    return _check("département", code, PLACES, {place.name: place.departement for place in PLACES.values()})


def places_in(
    zones: Collection[str] = (), academies: Collection[str] = (), departements: Collection[str] = ()
) -> tuple[Place, ...]:
    """Every place that one of the names holds, in the order of the codes; without any name, all of France.

    Raises ``ValueError`` on an unknown name.
    """
    wanted_zones = {check_zone(name) for name in zones}
    wanted_academies = {check_academie(name) for name in academies}
    wanted_departements = {check_departement(code) for code in departements}
    if not (wanted_zones or wanted_academies or wanted_departements):
        return tuple(PLACES.values())
    return tuple(
        place
        for place in PLACES.values()
        if place.zone in wanted_zones or place.academie in wanted_academies or place.departement in wanted_departements
    )


def _check(kind: str, name: str, known: Collection[str], also_called: Mapping[str, str]) -> str:
    if name in known:
        return name
    by_folded = {_fold(alias): meant for alias, meant in also_called.items()} | {_fold(each): each for each in known}
    near = difflib.get_close_matches(_fold(name), by_folded, n=1)
    if near:
        raise ValueError(f"unknown {kind} {name!r}: did you mean {by_folded[near[0]]!r}?")
    raise ValueError(f"unknown {kind} {name!r}: one of {', '.join(known)}")


def _fold(name: str) -> str:
    """Without case, accents, punctuation and leading zeros: what two spellings of one name share."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(each for each in letters if each.isalnum()).lstrip("0")
