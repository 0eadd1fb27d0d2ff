"""From a sentence that everybody hears, such as "all lycées half on site from Monday", to a SchoolAnnouncement."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from entcapacity.fields import API_VERSION, Scope
from entcapacity.grid import local_date
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


def renamed(name: str, count: int) -> str:
    """The name of the ``count``-th announcement of the same words: ``remote-2026-11-30-2``."""
    ending = f"-{count}"
    return name[: _LONGEST_NAME - len(ending)].rstrip("-") + ending


def unlike(new: SchoolAnnouncement, there: SchoolAnnouncement, every: Iterable[SchoolAnnouncement]) -> str:
    """Why the one of the same name that is there cannot stand for a new one, and the way out; empty where it can.

    ``every`` is all that was announced: what is said again after something else means that it holds again.
    """
    said, before = new.spec, there.spec
    another = "give this one another --name"
    if before.withdrawn_at is not None and said.withdrawn_at is None:
        return f"was withdrawn at {before.withdrawn_at.isoformat()}: {another}"
    if before.model_copy(update={"announced_at": said.announced_at}) != said:
        return f"says something else: withdraw it and {another}"
    at = before.announced_at.isoformat()
    if before.announced_at > said.announced_at:
        return f"says the same, but only at {at}: {another}"
    if new.metadata.labels != there.metadata.labels:
        return f"says the same with other labels: {another}"
    if any(_overtakes(each, there, until=said.announced_at) for each in every):
        return f"said the same at {at}, and something later was said since: {another}"
    return ""


def _overtakes(later: SchoolAnnouncement, earlier: SchoolAnnouncement, until: datetime) -> bool:
    """Whether it was announced later, by ``until``, still holds, and speaks of some of the same people."""
    if not earlier.spec.announced_at < later.spec.announced_at <= until or later.spec.withdrawn_at is not None:
        return False
    scopes = (later.spec.scope, earlier.spec.scope)
    return any(all(scope.covers(place, level) for scope in scopes) for place in PLACES.values() for level in Level)


def wholly_past(announcement: SchoolAnnouncement, now: datetime) -> bool:
    """Whether every day that it speaks of has ended for everyone whom it means."""
    today = min(today_in(announcement.spec.scope, now))
    return all(each.until is not None and each.until < today for each in announcement.spec.periods)


def today_in(scope: Scope, now: datetime) -> list[date]:
    """The dates that it is for those in a scope, the one of most places first."""
    zones = [each.timezone for each in PLACES.values() if scope.reaches(each)]
    ordered = sorted(dict.fromkeys(zones), key=zones.count, reverse=True)
    return list(dict.fromkeys(local_date(now, each) for each in ordered))
