"""What the commands answer, as plain data for machines: mappings, lists, numbers and text.

docs/cli.md describes every field. Instants are ISO 8601 in UTC, dates are local. A change that breaks a reader raises
``VERSION``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import numpy as np

from entcapacity.admission import waits
from entcapacity.agenda import AgendaDay
from entcapacity.cost import Cost, cost
from entcapacity.demand import Band, Stream
from entcapacity.explain import Term, explain
from entcapacity.files import Files
from entcapacity.grid import local_date
from entcapacity.notices import lateness, notices, shortfalls
from entcapacity.plan import Plan, WorkloadPlan
from entcapacity.spec import MAX_REPLICAS, ENTCapacity
from entcapacity.steps import driver, steps
from entcapacity.targets import target_of
from entcapacity.vocabulary import Level, Role

VERSION: Final = 1
Document = dict[str, Any]


def utc(instant: datetime) -> str:
    """An instant as machines read it, ``2021-03-31T18:00:00Z``."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


# --- validate ---------------------------------------------------------------------------------------------------------


def validation(files: Files) -> Document:
    """What ``validate`` found."""
    return {
        "version": VERSION,
        "valid": not files.problems,
        "resources": [
            {"file": each.file, "line": each.line, "kind": each.kind, "name": each.name, "namespace": each.namespace}
            for each in files.entries
        ],
        "problems": [
            {
                "file": each.file,
                "line": each.line or None,
                "path": each.path,
                "value": each.value,
                "message": each.message,
            }
            for each in files.problems
        ],
    }


# --- calendar ---------------------------------------------------------------------------------------------------------


def calendar(
    where: Mapping[str, str],
    levels: Sequence[Level],
    role: Role,
    as_of: datetime | None,
    known_until: date,
    days: Iterable[AgendaDay],
    language: str,
) -> Document:
    """The days of a place; ``where`` names it, as ``{"zone": "A"}``."""
    return {
        "version": VERSION,
        **where,
        "levels": [str(each) for each in levels],
        "role": str(role),
        "asOf": utc(as_of) if as_of else None,
        "knownUntil": known_until.isoformat(),
        "days": [_agenda_day(each, language) for each in days],
    }


def _agenda_day(each: AgendaDay, language: str) -> Document:
    shown: Document = {"date": each.on.isoformat(), "kind": str(each.day.kind), "reason": each.text(language)}
    if each.day.announced:
        shown["announcement"] = each.day.announced
    if each.day.on_site_percent != 100:
        shown["onSitePercent"] = each.day.on_site_percent
    if each.others:
        shown["others"] = [{"kind": str(kind), "who": whom.text(language)} for kind, whom in each.others]
    return shown


# --- plan -------------------------------------------------------------------------------------------------------------


def plan(made: Plan, capacity: ENTCapacity, language: str, every: int = 1, workloads: Sequence[str] = ()) -> Document:
    """A plan of some workloads, or without names of all; ``every`` minutes make one entry of demand, of which no peak
    is lost."""
    spent, shown = cost(made), [each for each in made.workloads if not workloads or each.name in workloads]
    return {
        "version": VERSION,
        "name": capacity.name,
        "namespace": capacity.metadata.namespace,
        "asOf": utc(made.as_of),
        "from": utc(made.window.instant(0)),
        "until": utc(made.window.instant(made.window.length)),
        "timezone": made.timezone,
        "workloads": [_workload(made, each, language) for each in shown],
        "demand": list(_demand(made, every)),
        "admission": [
            {
                "from": utc(each.since),
                "until": utc(each.until),
                "mostWaiting": each.most,
                "longestWaitSeconds": None if each.longest is None else round(each.longest.total_seconds()),
                "limitedBy": each.limited_by,
            }
            for each in waits(made)
        ],
        "slots": [
            {
                "date": each.on.isoformat(),
                "starts": [{"segment": segment, "laterMinutes": minutes} for segment, minutes in each.shifts],
                "peakSessions": round(each.peak),
                "spreadPeakSessions": round(each.spread_peak),
            }
            for each in made.demand.starts
            if each.on in dates(made)
        ],
        "notices": [{"code": each.code, "text": each.text(language)} for each in notices(made, spent)],
        "cost": _cost(spent),
        "calendar": {"knownUntil": made.known_until.isoformat(), "days": list(_plan_days(made, language))},
    }


def peak(made: Plan, workload: WorkloadPlan) -> tuple[datetime, int, int]:
    """When a workload's need is greatest in the window, from ``as_of`` on, with that need and the floor then."""
    at = made.ahead.start + int(np.argmax(workload.need[made.ahead]))
    return made.grid.instant(at), int(workload.need[at]), int(workload.floor[at])


def most_of(made: Plan, workload: WorkloadPlan) -> int | None:
    """The most that may be asked for in the window; ``None`` where no maximum is known."""
    most = int(workload.limit[made.inner].max())
    return None if most >= MAX_REPLICAS and workload.workload.max is None else most


def replica_hours(made: Plan, workload: WorkloadPlan) -> float:
    """Replica-hours of one workload's floors in the window, from ``as_of`` on."""
    return float(workload.floor[made.ahead].sum()) / 60


def dates(made: Plan) -> list[date]:
    """The platform's local dates that the window touches."""
    first, last = (local_date(made.window.instant(each), made.timezone) for each in (0, made.window.length - 1))
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _workload(made: Plan, workload: WorkloadPlan, language: str) -> Document:
    target, (at, need, floor) = target_of(workload.workload, namespace=""), peak(made, workload)
    late = lateness(made, workload)
    return {
        "name": workload.name,
        "target": {"apiVersion": target.api_version, "kind": target.kind, "name": target.name},
        "min": workload.minimum,
        "max": most_of(made, workload),
        "lead": {"ordinaryMinutes": workload.lead.ordinary, "exceptionalMinutes": workload.lead.exceptional},
        "steps": [
            {
                "time": utc(each.time),
                "floor": each.floor,
                "reason": each.reason.text(language),
                "code": each.reason.code,
            }
            for each in steps(made, workload)
        ],
        "peak": {"time": utc(at), "need": need, "floor": floor},
        "shortfall": [
            {"from": utc(each.since), "until": utc(each.until), "replicas": each.replicas}
            for each in shortfalls(made, workload)
        ],
        "tooLate": late and {"since": utc(late.since), "readyAt": utc(late.ready_at), "missedMinutes": late.missed},
        "replicaHours": round(replica_hours(made, workload), 1),
    }


def _demand(made: Plan, every: int) -> Iterator[Document]:
    load = made.demand.load
    starts = np.arange(0, made.window.length, every)
    sessions, logins = (list(_thinned(each, made.inner, starts)) for each in (load.sessions, load.logins))
    for position, start in enumerate(starts):
        yield {
            "time": utc(made.window.instant(int(start))),
            "sessions": sessions[position],
            "logins": logins[position],
        }


def _thinned(band: Band, inner: slice, starts: Any) -> Iterator[Document]:
    low = np.minimum.reduceat(band.low[inner], starts)
    expected, high = (np.maximum.reduceat(each[inner], starts) for each in (band.expected, band.high))
    for values in zip(low, expected, high, strict=True):
        yield dict(zip(("low", "expected", "high"), (round(float(each), 1) for each in values), strict=True))


def _cost(spent: Cost) -> Document:
    return {
        "replicaHours": round(spent.replica_hours, 1),
        "usualReplicaHours": round(spent.usual_replica_hours, 1),
        "peakReplicas": spent.peak_replicas,
        "cpuHours": round(spent.cpu_hours, 1),
        "peakCpu": round(spent.peak_cpu, 2),
        "memoryGiBHours": round(spent.memory_gib_hours, 1),
        "peakMemoryGiB": round(spent.peak_memory_gib, 2),
        "peakNodes": spent.peak_nodes,
    }


def _plan_days(made: Plan, language: str) -> Iterator[Document]:
    for on in dates(made):
        for stream, kind, why in days_of(made.demand.streams, on, language):
            yield {"date": on.isoformat(), "segment": stream.segment, "kind": kind, "reason": why}


def days_of(streams: Sequence[Stream], on: date, language: str) -> Iterator[tuple[Stream, str, str]]:
    """What a date is for each stream and each calendar in it; what several agree on stands there once."""
    for stream in streams:
        seen = dict.fromkeys(
            (str(days[on].day.kind), days[on].day.reason.text(language)) for days in stream.days if on in days
        )
        for kind, why in seen:
            yield stream, kind, why


# --- explain ----------------------------------------------------------------------------------------------------------


def explanation(made: Plan, capacity: ENTCapacity, names: Sequence[str], language: str) -> Document:
    """Why each workload has its floor at the window's first minute; all of them, or those named."""
    index = made.inner.start
    return {
        "version": VERSION,
        "name": capacity.name,
        "namespace": capacity.metadata.namespace,
        "asOf": utc(made.as_of),
        "at": utc(made.grid.instant(index)),
        "timezone": made.timezone,
        "workloads": [
            {
                "name": each.name,
                "floor": int(each.floor[index]),
                "reason": next(steps(made, each)).reason.text(language),
                "drivenBy": utc(made.grid.instant(driver(made, each, index).index)),
                "terms": [_term(term, language) for term in explain(made, each, index)],
            }
            for each in made.workloads
            if not names or each.name in names
        ],
    }


def _term(term: Term, language: str) -> Document:
    return {
        "part": term.part,
        "symbol": term.symbol,
        "meaning": term.meaning.text(language),
        # without the last digits, which tell how computers reckon
        "value": float(f"{term.value:.12g}") if isinstance(term.value, float) else term.value,
        "formula": term.formula,
    }
