"""What a change would do to a platform: the plan without it and the plan with it, of the days that matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np

from entcapacity.facts import Facts
from entcapacity.grid import MINUTE, Grid, midnight
from entcapacity.plan import Plan, WorkloadPlan, floors_in_effect, most_users_live_in, plan
from entcapacity.school import SchoolAnnouncement
from entcapacity.spec import ENTCapacitySpec

WEEK: Final = timedelta(days=7)
"""How long before the first day that changes it is looked."""
_AFTER: Final = timedelta(days=24)
"""How long after the last period began: holidays of two weeks and their weekends, and a week of school."""
_MOST: Final = timedelta(days=60)
"""But no longer than this in all."""


@dataclass(frozen=True, slots=True, eq=False)
class Effect:
    """Two plans of the same window, as of the same instant."""

    old: Plan
    new: Plan


def of_announcement(spec: ENTCapacitySpec, facts: Facts, changed: SchoolAnnouncement, now: datetime) -> Effect:
    """That of an announcement that comes, or is withdrawn; ``facts`` hold the floors in effect ``now``.

    What becomes known later is planned as of then, as if the plan had been followed until then.
    """
    known = tuple(each for each in facts.announcements if each.name != changed.name)
    as_of = max(now, changed.spec.withdrawn_at or changed.spec.announced_at)
    begin, end = _around([each.from_ for each in changed.spec.periods], most_users_live_in(spec), as_of)
    after = replace(facts, announcements=(*known, changed))
    return _compared((spec, facts), (spec, after), as_of, now, Grid.between(begin, end))


def of_spec(old: ENTCapacitySpec, new: ENTCapacitySpec, facts: Facts, now: datetime, until: datetime) -> Effect:
    """That of another spec, until an instant; ``facts`` hold the floors in effect ``now``."""
    return _compared((old, facts), (new, facts), now, now, Grid.between(now, max(until, now + MINUTE)))


def _around(days: Sequence[date], timezone: str, as_of: datetime) -> tuple[datetime, datetime]:
    """The window in which periods that begin on these days tell what they do."""
    first, last = (max(as_of, midnight(each, timezone)) for each in (min(days), max(days)))
    begin = max(as_of, first - WEEK)
    return begin, min(last + _AFTER, begin + _MOST)


def _compared(
    old: tuple[ENTCapacitySpec, Facts], new: tuple[ENTCapacitySpec, Facts], as_of: datetime, now: datetime, window: Grid
) -> Effect:
    """Both plans from the floors before the change: those found, or where nobody could look, those of the plan."""
    spec, facts = old
    found = facts.floors if as_of == now else {}
    complete = all(each.name in found for each in spec.workloads)
    floors = {**({} if complete else floors_in_effect(spec, facts, as_of)), **found}
    return Effect(*(plan(spec, replace(facts, floors=floors), as_of, window) for spec, facts in (old, new)))


def ready_by(made: Plan, workload: WorkloadPlan) -> datetime | None:
    """Since when what the greatest need takes, as far as it may be met, is Ready then; ``None`` where it is not."""
    peak = made.ahead.start + int(np.argmax(workload.need[made.ahead]))
    enough = workload.ready[made.ahead.start : peak + 1] >= workload.served[peak]
    if not enough[-1]:
        return None
    since = int(np.flatnonzero(~enough)[-1]) + 1 if not enough.all() else 0
    return made.grid.instant(made.ahead.start + since)
