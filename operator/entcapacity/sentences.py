"""From a sentence that everybody hears, such as "all lycées half on site from Monday", to a SchoolAnnouncement."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from entcapacity.fields import API_VERSION, Scope
from entcapacity.school import SchoolAnnouncement
from entcapacity.territories import PLACES
from entcapacity.vocabulary import Level, Schooling

HALF: Final = 50
"""Percent of pupils on site where a sentence only says "in part"."""
_LONGEST_NAME: Final = 63
_ONE_DAY: Final = (Schooling.CLOSED, Schooling.HOLIDAY)
"""What ends with its day where nobody says until when; how school is held stays until superseded."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """What was said: how school is held, for whom, from when to when, and when it was said."""

    schooling: Schooling
    from_: date
    announced_at: datetime
    until: date | None = None
    zones: Sequence[str] = ()
    academies: Sequence[str] = ()
    departements: Sequence[str] = ()
    levels: Sequence[Level] = ()
    on_site_percent: int | None = None
    """With Hybrid; default half."""
    into_terms: bool = False
    """Whether holidays of the calendar become class days."""
    cause: str = "Other"
    name: str = ""
    """Default: from what is said."""
    labels: Mapping[str, str] = field(default_factory=dict)


def written(said: Sentence) -> dict[str, Any]:
    """The SchoolAnnouncement as a document; ``parse`` says what is wrong with it."""
    until = said.until or (said.from_ if said.schooling in _ONE_DAY else None)
    percent = HALF if said.on_site_percent is None and said.schooling is Schooling.HYBRID else said.on_site_percent
    where = {"zones": said.zones, "academies": said.academies, "departements": said.departements, "levels": said.levels}
    scope = {name: [str(each) for each in several] for name, several in where.items() if several}
    period: dict[str, Any] = {"from": said.from_.isoformat()}
    period |= {"until": until.isoformat()} if until else {}
    period |= {"schooling": str(said.schooling)}
    period |= {"onSitePercent": percent} if percent is not None else {}
    period |= {"terms": "Replace"} if said.into_terms else {}
    metadata = {"name": said.name or _name(said)} | ({"labels": dict(said.labels)} if said.labels else {})
    spec: dict[str, Any] = {"cause": said.cause, "announcedAt": said.announced_at.isoformat().replace("+00:00", "Z")}
    spec |= {"scope": scope} if scope else {}
    return {
        "apiVersion": API_VERSION,
        "kind": "SchoolAnnouncement",
        "metadata": metadata,
        "spec": spec | {"periods": [period]},
    }


def _name(said: Sentence) -> str:
    """``closed-2026-11-30-31-81``: what a list of announcements can be read by."""
    zones = [f"zone {each}" for each in said.zones]
    words = (said.schooling, said.from_.isoformat(), *zones, *said.academies, *said.departements, *said.levels)
    plain = unicodedata.normalize("NFKD", " ".join(map(str, words)).lower()).encode("ascii", "ignore").decode()
    return re.sub("[^a-z0-9]+", "-", plain)[:_LONGEST_NAME].strip("-")


def wholly_past(announcement: SchoolAnnouncement, now: datetime) -> bool:
    """Whether every day that it speaks of has ended for everyone whom it means."""
    today = min(today_in(announcement.spec.scope, now))
    return all(each.until is not None and each.until < today for each in announcement.spec.periods)


def today_in(scope: Scope, now: datetime) -> list[date]:
    """The dates that it is for those in a scope, the one of most places first."""
    zones = [each.timezone for each in PLACES.values() if scope.reaches(each)]
    ordered = sorted(dict.fromkeys(zones), key=zones.count, reverse=True)
    return list(dict.fromkeys(now.astimezone(ZoneInfo(each)).date() for each in ordered))
