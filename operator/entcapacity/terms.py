"""Facts of the school calendar: days off, since when each was the published version, and what is covered.

The embedded facts stand in ``data/terms.csv``; their provenance, what they cover and the errors of their source in
``data/terms.toml``.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import resources

from entcapacity.territories import Place, check_departement, check_zone
from entcapacity.vocabulary import Level, Role


@dataclass(frozen=True, slots=True)
class DaysOff:
    """A run of days off: one fact of the school calendar."""

    name: str
    first: date
    last: date | None
    """Last day off; ``None`` while the end is not published: then nothing is known past ``first``."""
    zones: tuple[str, ...] = ()
    """Empty: whoever uses the calendar."""
    departements: tuple[str, ...] = ()
    """Codes of the départements concerned; empty: all of the zones."""
    levels: tuple[Level, ...] = ()
    """Empty: all."""
    role: Role | None = None
    """``Pupil`` (parents follow) or ``Teacher`` where they differ; ``None``: everybody."""
    known_from: datetime | None = None
    """The instant from which this was the published version; ``None``: not recorded, taken as always."""
    known_until: datetime | None = None
    """The instant at which another version replaced it; ``None``: it still stands."""

    def concerns(self, place: Place, level: Level, role: Role) -> bool:
        """Whether pupils (or teachers) of ``level`` in ``place`` are off."""
        return (
            (not self.zones or place.zone in self.zones)
            and (not self.departements or place.departement in self.departements)
            and (not self.levels or level in self.levels)
            and self.role in (None, role)
        )


@dataclass(frozen=True, slots=True)
class Covered:
    """Dates, both included, on which all days off are known."""

    first: date
    last: date
    zones: tuple[str, ...] = ()
    """Empty: whoever uses the calendar."""
    known_from: datetime | None = None

    def holds(self, place: Place) -> bool:
        """Whether this is said of ``place``."""
        return not self.zones or place.zone in self.zones


@dataclass(frozen=True, slots=True)
class Terms:
    """Days off, and the dates for which they are complete: the embedded table, or one calendar file."""

    days_off: tuple[DaysOff, ...]
    covered: tuple[Covered, ...]

    def known_at(self, then: datetime) -> Terms:
        """The versions that were published at ``then``."""
        return Terms(
            days_off=tuple(
                run
                for run in self.days_off
                if (run.known_from is None or run.known_from <= then)
                and (run.known_until is None or then < run.known_until)
            ),
            covered=tuple(each for each in self.covered if each.known_from is None or each.known_from <= then),
        )


@cache
def embedded_terms() -> Terms:
    """The embedded facts as they stand in the table."""
    rows = csv.DictReader(_data("terms.csv").splitlines())
    covered = tomllib.loads(_data("terms.toml"))["covered"]
    return Terms(
        days_off=tuple(_run(row) for row in rows),
        covered=tuple(Covered(**{**each, "zones": tuple(map(check_zone, each["zones"]))}) for each in covered),
    )


@cache
def provenance() -> str:
    """What the embedded facts come from, as of when, and by which content."""
    source = tomllib.loads(_data("terms.toml"))["source"][0]
    return f"{source['url'].rstrip('/').rpartition('/')[2]}, {source['retrieved']}, SHA-256 {source['sha256'][:12]}"


def _data(name: str) -> str:
    return resources.files(__package__).joinpath("data", name).read_text(encoding="utf-8")


def _run(row: Mapping[str, str]) -> DaysOff:
    who = row["who"].split()
    roles = [Role(word) for word in who if word in list(Role)]
    return DaysOff(
        name=row["name"],
        first=date.fromisoformat(row["first"]),
        last=date.fromisoformat(row["last"]) if row["last"] else None,
        zones=tuple(map(check_zone, row["zones"].split())),
        departements=tuple(map(check_departement, row["departements"].split())),
        levels=tuple(Level(word) for word in who if word not in list(Role)),
        role=roles[0] if roles else None,
        known_from=datetime.fromisoformat(row["known_from"]) if row["known_from"] else None,
        known_until=datetime.fromisoformat(row["known_until"]) if row["known_until"] else None,
    )
