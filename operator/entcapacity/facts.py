"""What a plan is made from, besides the spec."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from entcapacity.school import SchoolAnnouncement
from entcapacity.schooldays import SchoolDays


@dataclass(frozen=True, slots=True)
class Bounds:
    """What an HPA or a workload was found with."""

    min: int | None = None
    max: int | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything known of the world; ``as_of`` says since when."""

    schooldays: SchoolDays
    announcements: tuple[SchoolAnnouncement, ...] = ()
    floors: Mapping[str, int] = field(default_factory=dict)
    """Floors in effect at ``as_of``, by workload; where one is missing, the plan is taken to have been followed."""
    since: datetime | None = None
    """When the floors in effect last moved: their rates count from then; default ``as_of``."""
    startups: Mapping[str, timedelta] = field(default_factory=dict)
    """Measured times from asking to Ready, by workload."""
    bounds: Mapping[str, Bounds] = field(default_factory=dict)
    """What each workload was found with."""
    in_order: frozenset[str] = frozenset()
    """Workloads whose pods come one after the other, each once the one before is Ready."""
