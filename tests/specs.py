"""Specs and announcements for tests, through the parser that users meet."""

from datetime import UTC, datetime, timedelta

from entcapacity.facts import Facts
from entcapacity.fields import API_VERSION
from entcapacity.grid import Grid
from entcapacity.parse import parse
from entcapacity.school import SchoolAnnouncement
from entcapacity.schooldays import embedded
from entcapacity.spec import ENTCapacity, ENTCapacitySpec

AUDIENCE = [{"academies": ["Toulouse", "Montpellier"], "levels": ["College", "Lycee"], "pupils": 300_000}]
WORKLOADS = [{"name": "portal", "ordinaryPeak": {"replicas": 12}}]


def occitanie(**spec) -> ENTCapacity:
    """A regional ENT, with what is given in place of the usual."""
    document = {
        "apiVersion": API_VERSION,
        "kind": "ENTCapacity",
        "metadata": {"name": "occitanie", "namespace": "ent"},
        "spec": {"audience": AUDIENCE, "workloads": WORKLOADS, **spec},
    }
    return parse(document)


def capacity(**spec) -> ENTCapacitySpec:
    """Its spec."""
    return occitanie(**spec).spec


def announcement(name, announced_at, *periods, **spec) -> SchoolAnnouncement:
    """An announcement of periods, each a mapping as in YAML."""
    document = {
        "apiVersion": API_VERSION,
        "kind": "SchoolAnnouncement",
        "metadata": {"name": name},
        "spec": {"announcedAt": announced_at, "periods": list(periods), **spec},
    }
    return parse(document)


APRIL_2021 = announcement(
    "confinement-2021-04",
    "2021-03-31T20:00:00+02:00",
    {"from": "2021-04-06", "until": "2021-04-09", "schooling": "Remote"},
    {"from": "2021-04-10", "until": "2021-04-25", "schooling": "Holiday"},
    {
        "from": "2021-04-26",
        "until": "2021-04-30",
        "schooling": "Remote",
        "levels": ["College", "Lycee"],
        "terms": "Replace",
    },
    {"from": "2021-04-26", "until": "2021-05-09", "schooling": "OnSite", "terms": "Replace"},
)


def facts(*announcements, **more) -> Facts:
    """The embedded calendar and some announcements."""
    return Facts(embedded(), announcements, **more)


def instant(text: str) -> datetime:
    """An instant from ISO 8601."""
    return datetime.fromisoformat(text)


def window(start: str, days: float = 1) -> Grid:
    """A window of days from an instant."""
    begin = instant(start).astimezone(UTC)
    return Grid.between(begin, begin + timedelta(days=days))
