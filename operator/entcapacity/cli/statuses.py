"""What ``status`` answers: how each platform stands, as its operator last said it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from rich.markup import escape
from rich.table import Table

from entcapacity.cli.documents import VERSION, Document
from entcapacity.cli.terminal import WEEKDAYS
from entcapacity.grid import local_date, local_time, on_clock
from entcapacity.kube import ClusterError
from entcapacity.plan import most_users_live_in
from entcapacity.platforms import parsed
from entcapacity.reasons import number, reason
from entcapacity.targets import Object

_LATE: Final = timedelta(minutes=3)
"""How long after its instant a change that has not come tells that nobody acts."""
_COLUMNS: Final = ("Platform", "Mode", "Today", "Sessions", "Ready", "NextChange", "State")
_STYLES: Final = {"True": "green", "False": "bold red"}


def statuses(documents: Sequence[Object], namespace: str | None, now: datetime, language: str) -> Document:
    """One entry for each ENTCapacity of a namespace, or with ``None`` of all of them, in the order given."""
    platforms = [_platform(each, now, language) for each in documents]
    return {"version": VERSION, "namespace": namespace, "platforms": platforms}


def _platform(document: Object, now: datetime, language: str) -> Document:
    metadata, status, timezone = document["metadata"], document.get("status", {}), _timezone(document)
    ready, _, planned = str(status.get("ready", "")).partition("/")
    condition = next((each for each in status.get("conditions", []) if each["type"] == "Ready"), None)
    change = status.get("nextChange")
    shown: Document = {
        "namespace": metadata["namespace"],
        "name": metadata["name"],
        "mode": document["spec"].get("mode", "Observe"),
        "today": status.get("today"),
        "sessions": status.get("sessions"),
        "ready": int(ready) if ready else None,
        "planned": int(planned) if planned else None,
        "timezone": timezone,
        "nextChange": change and {name: change.get(name) for name in ("at", "workload", "from", "to")},
        "condition": {"status": "Unknown", "reason": "NoOperator", "message": reason("NoOperator").text(language)},
    }
    if condition is not None:
        shown["condition"] = {name: condition.get(name, "") for name in ("status", "reason", "message")}
    if change and datetime.fromisoformat(change["at"]) < now - _LATE:
        late = reason("ChangeOverdue", at=on_clock(datetime.fromisoformat(change["at"]), timezone))
        shown["condition"] = {"status": "Unknown", "reason": late.code, "message": late.text(language)}
    return shown


def _timezone(document: Object) -> str:
    """The platform's local time, which its plan and its conditions speak in; UTC of one that cannot be read."""
    try:
        return most_users_live_in(parsed(document).spec)
    except ClusterError:
        return "UTC"


def nothing_there(document: Document, language: str) -> str:
    """Where it was looked, which may be the wrong place."""
    namespace = document["namespace"]
    code = "NoPlatform" if namespace is None else "NoPlatformHere"
    return reason(code, namespace=namespace or "").text(language)


def as_table(document: Document, now: datetime, language: str, namespaces: bool) -> Table:
    """The same for people, in 80 columns."""
    rows = [_row(each, now, language, namespaces) for each in document["platforms"]]
    titles = [reason(each).text(language) for each in _COLUMNS]
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    for position, (code, title) in enumerate(zip(_COLUMNS, titles, strict=True)):
        folds = code in ("Platform", "Today", "NextChange", "State")
        # in a narrow terminal a change is told in two lines, when and what
        parts = [each[position].rpartition("\n")[2] for each in rows] if code in ("NextChange", "State") else []
        table.add_column(
            escape(title),
            justify="right" if code in ("Sessions", "Ready") else "left",
            no_wrap=not folds,
            overflow="fold",
            min_width=max(map(len, [title, *parts])),
        )
    for each, cells in zip(document["platforms"], rows, strict=True):
        *others, state = (escape(cell.replace("\n", " ")) for cell in cells)
        style = _STYLES.get(each["condition"]["status"], "yellow")
        table.add_row(*others, f"[{style}]{state}[/{style}]")
    return table


def _row(each: Document, now: datetime, language: str, namespaces: bool) -> list[str]:
    today, sessions, change = each["today"], each["sessions"], each["nextChange"]
    return [
        _name(each, namespaces),
        each["mode"],
        reason(f"Kind{today}").text(language) if today else "–",
        "–" if sessions is None else number(sessions, language),
        "–" if each["ready"] is None else f"{each['ready']}/{each['planned']}",
        _change(change, now, each["timezone"], language) if change else "–",
        each["condition"]["reason"],
    ]


def troubles(document: Document, namespaces: bool) -> Iterator[str]:
    """What is not as it should be, a line for each platform."""
    for each in document["platforms"]:
        if each["condition"]["status"] != "True":
            yield f"{_name(each, namespaces)}: {each['condition']['message']}"


def _name(each: Document, namespaces: bool) -> str:
    return f"{each['namespace']}/{each['name']}" if namespaces else str(each["name"])


def _change(change: Document, now: datetime, timezone: str, language: str) -> str:
    """When, on the platform's clock, and what: ``12:40`` and ``auth 6 → 20``."""
    at, today = local_time(datetime.fromisoformat(change["at"]), timezone), local_date(now, timezone)
    what = f"{change['workload']} {change['from']} → {change['to']}"
    return f"{_day(at.date(), today, language)}{at:%H:%M}\n{what}"


def _day(on: date, today: date, language: str) -> str:
    """Nothing for today, the weekday within a week, else the date."""
    if on == today:
        return ""
    soon = timedelta(0) < on - today < timedelta(days=7)
    return f"{WEEKDAYS[language][on.weekday()]} " if soon else f"{on.isoformat()} "
