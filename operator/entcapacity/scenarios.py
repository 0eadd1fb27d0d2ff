"""Days to replay that come with the package, each with its sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from pydantic import TypeAdapter

from entcapacity.fields import Duration
from entcapacity.grid import Grid
from entcapacity.parse import parse
from entcapacity.replay import Deviation, Trouble
from entcapacity.school import SchoolAnnouncement
from entcapacity.spec import ENTCapacity
from entcapacity.yamlfiles import yaml_documents


@dataclass(frozen=True, slots=True)
class Scenario:
    """A platform, a time, and what was announced for it."""

    name: str
    title: Mapping[str, str]
    """By language."""
    capacity: ENTCapacity
    announcements: tuple[SchoolAnnouncement, ...]
    window: Grid
    deviation: Deviation
    """How what happens differs from what is expected, unless one asks for another."""
    trouble: Trouble | None
    sources: tuple[Mapping[str, str], ...]
    """Each by language."""


@lru_cache(maxsize=1)
def built_in() -> Mapping[str, Scenario]:
    """The scenarios by name."""
    text = resources.files(__package__).joinpath("data", "scenarios.yaml").read_text(encoding="utf-8")
    data = next(yaml_documents(text)).value
    platform = data["platform"]
    made = map(parse, data["announcements"])
    announcements = {each.name: each for each in made if isinstance(each, SchoolAnnouncement)}
    found = {}
    for name, entry in data["scenarios"].items():
        start = datetime.fromisoformat(entry["from"])
        deviation = entry["deviation"]
        capacity = parse(platform | {"spec": platform["spec"] | entry.get("spec", {})})
        assert isinstance(capacity, ENTCapacity)
        found[name] = Scenario(
            name,
            MappingProxyType(entry["title"]),
            capacity,
            tuple(announcements[each] for each in entry["announcements"]),
            Grid.between(start, start + timedelta(days=entry["days"])),
            Deviation(deviation["percent"], TypeAdapter(Duration).validate_python(deviation["early"])),
            _trouble(entry["trouble"]) if "trouble" in entry else None,
            tuple(map(MappingProxyType, entry["sources"])),
        )
    return MappingProxyType(found)


def _trouble(entry: Mapping[str, Any]) -> Trouble:
    begin, end = (datetime.fromisoformat(entry[name]) for name in ("from", "until"))
    return Trouble(begin, end, entry.get("lostPercent", 0), entry.get("floodTimes", 0), entry.get("failingPercent", 0))
