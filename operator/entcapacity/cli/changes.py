"""What differs between two plans of the same window: fit for a pull request's comment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from entcapacity.cli.documents import VERSION, Document, peak, replica_hours, utc
from entcapacity.cost import cost
from entcapacity.grid import on_clock
from entcapacity.notices import notices, shortfalls
from entcapacity.plan import Plan, WorkloadPlan
from entcapacity.reasons import Argument, number, reason
from entcapacity.school import SchoolAnnouncement
from entcapacity.spec import ENTCapacity


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """The old or the new: a plan and what it was made from."""

    plan: Plan
    capacity: ENTCapacity
    announcements: tuple[SchoolAnnouncement, ...]


def difference(old: Side, new: Side, language: str) -> Document:
    """What is new, gone or otherwise in ``new``; both plans have the same window and ``as_of``."""
    return {
        "version": VERSION,
        "asOf": utc(new.plan.as_of),
        "from": utc(new.plan.window.instant(0)),
        "until": utc(new.plan.window.instant(new.plan.window.length)),
        "timezone": new.plan.timezone,
        "old": old.capacity.name,
        "new": new.capacity.name,
        **between(old.plan, new.plan, language),
        "announcements": _announcements(old.announcements, new.announcements, new.plan.as_of),
    }


def between(old: Plan, new: Plan, language: str) -> Document:
    """The part of it that plans tell: workloads, replica-hours and notices."""
    workloads = [_workload(name, old, new) for name in _names(old, new)]
    before, after = (
        [{"code": each.code, "text": each.text(language)} for each in notices(made, cost(made))] for made in (old, new)
    )
    return {
        "changed": any(each["change"] != "None" for each in workloads),
        "workloads": workloads,
        "replicaHours": {
            side: round(sum(replica_hours(made, each) for each in made.workloads), 1)
            for side, made in (("old", old), ("new", new))
        },
        "notices": {
            "added": [each for each in after if each not in before],
            "gone": [each for each in before if each not in after],
        },
    }


def _names(old: Plan, new: Plan) -> list[str]:
    """Workloads of the new plan in its order, then those that are gone."""
    return list(dict.fromkeys(each.name for each in (*new.workloads, *old.workloads)))


def _workload(name: str, old: Plan, new: Plan) -> Document:
    before, after = ({each.name: each for each in made.workloads}.get(name) for made in (old, new))
    one, other = before and _numbers(old, before), after and _numbers(new, after)
    first = None
    if before is None or after is None:
        change = "Added" if before is None else "Removed"
    else:
        was, becomes = before.floor[old.inner], after.floor[new.inner]
        skipped = new.ahead.start - new.inner.start
        differing = skipped + np.flatnonzero(was[skipped:] != becomes[skipped:])
        if differing.size:
            at = int(differing[0])
            first = {"time": utc(new.window.instant(at)), "old": int(was[at]), "new": int(becomes[at])}
        change = "Changed" if first or one != other else "None"
    return {"name": name, "change": change, "old": one, "new": other, "firstDifference": first}


def _numbers(made: Plan, workload: WorkloadPlan) -> Document:
    _, need, _ = peak(made, workload)
    return {
        "peakNeed": need,
        "peakFloor": int(workload.floor[made.ahead].max()),
        "shortfall": max((each.replicas for each in shortfalls(made, workload)), default=0),
        "replicaHours": round(replica_hours(made, workload), 1),
    }


def _announcements(
    old: Sequence[SchoolAnnouncement], new: Sequence[SchoolAnnouncement], as_of: datetime
) -> Mapping[str, list[str]]:
    before, after = ({each.name: each.spec for each in some} for some in (old, new))
    added = [name for name in after if name not in before]
    changed = [name for name, spec in after.items() if name in before and before[name] != spec]
    return {
        "added": added,
        "removed": [name for name in before if name not in after],
        "changed": changed,
        "notYetKnown": [name for name in (*added, *changed) if after[name].announced_at > as_of],
    }


# --- as Markdown ------------------------------------------------------------------------------------------------------


def markdown(document: Document, language: str) -> Iterator[str]:
    """A difference as Markdown, line by line."""

    def text(code: str, **args: Argument) -> str:
        return reason(code, **args).text(language)

    def moment(instant: str) -> str:
        return on_clock(datetime.fromisoformat(instant), document["timezone"])

    as_of = moment(document["asOf"])
    yield f"### {_title(document)}"
    yield ""
    yield f"{text('DiffHead', since=moment(document['from']), until=moment(document['until']))}, " + text(
        "DiffKnown", asOf=as_of
    )
    yield ""
    announced = document["announcements"]
    said = [
        text(code, names=", ".join(announced[field]))
        for field, code in (
            ("added", "AddedAnnouncements"),
            ("removed", "RemovedAnnouncements"),
            ("changed", "ChangedAnnouncements"),
        )
        if announced[field]
    ]
    if announced["notYetKnown"]:
        said.append(text("NotYetKnown", asOf=as_of, names=", ".join(announced["notYetKnown"])))
    yield from (f"- {each}" for each in said)
    if said:
        yield ""
    if document["changed"]:
        titles = ("Workload", "PeakNeed", "PeakFloor", "Shortfall", "ReplicaHours", "FirstChange")
        yield _row([text(each) for each in titles])
        yield _row(["---", *["---:"] * 4, "---"])
        for each in document["workloads"]:
            yield _row([each["name"], *_cells(each, language), _first(each, moment, text)])
        hours = arrow(document["replicaHours"].values(), language)
        yield _row([f"**{text('InAll')}**", "", "", "", hours, ""])
    else:
        yield text("NoChange")
    for field, code in (("added", "NewNotices"), ("gone", "GoneNotices")):
        if document["notices"][field]:
            yield ""
            yield f"**{text(code)}**"
            yield ""
            yield from (f"- {each['text']}" for each in document["notices"][field])


def _title(document: Document) -> str:
    old, new = document["old"], document["new"]
    return f"`{new}`" if old == new else f"`{old}` → `{new}`"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(each: Document, language: str) -> Iterator[str]:
    for field in ("peakNeed", "peakFloor", "shortfall", "replicaHours"):
        yield arrow([side and side[field] for side in (each["old"], each["new"])], language)


def arrow(numbers: Iterable[float | None], language: str) -> str:
    """``6 → 14`` where the old number and the new one differ, with a dash where there is none."""
    old, new = ("–" if each is None else number(each, language) for each in numbers)
    return old if old == new else f"{old} → {new}"


def _first(each: Document, moment: Callable[[str], str], text: Callable[..., str]) -> str:
    if each["change"] in ("Added", "Removed"):
        return text(f"Workload{each['change']}")
    first = each["firstDifference"]
    if not first:
        return text("Unchanged")
    return text("ChangeAt", at=moment(first["time"]), change=f"{first['old']} → {first['new']}")
