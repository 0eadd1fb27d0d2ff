"""What ``status`` answers: how each platform stands, as its operator last said it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from rich.markup import escape
from rich.table import Table

from entcapacity.cli.documents import VERSION, Document
from entcapacity.cli.terminal import WEEKDAYS
from entcapacity.reasons import Argument, Reason, number, reason
from entcapacity.targets import Object

_LATE: Final = timedelta(minutes=3)
"""How long after its instant a change that has not come tells that nobody acts."""


def statuses(documents: Sequence[Object], now: datetime, language: str) -> Document:
    """One entry for each ENTCapacity, in the order given."""
    return {"version": VERSION, "platforms": [_platform(each, now, language) for each in documents]}


def _platform(document: Object, now: datetime, language: str) -> Document:
    metadata, status = document["metadata"], document.get("status", {})
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
        "nextChange": change and {name: change.get(name) for name in ("at", "workload", "from", "to")},
        "condition": {"status": "Unknown", "reason": "NoOperator", "message": reason("NoOperator").text(language)},
    }
    if condition is not None:
        shown["condition"] = {name: condition.get(name, "") for name in ("status", "reason", "message")}
    if change and datetime.fromisoformat(change["at"]) < now - _LATE:
        late = reason("ChangeOverdue", at=change["at"])
        shown["condition"] = {"status": "Unknown", "reason": late.code, "message": late.text(language)}
    return shown


def as_table(document: Document, now: datetime, language: str, namespaces: bool) -> Table:
    """The same for people: a line each, in 80 columns, and what is not as it should be below."""

    def text(code: str, **args: Argument) -> str:
        return escape(reason(code, **args).text(language))

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column(text("Platform"), overflow="fold")
    for code in ("Mode", "Today"):
        table.add_column(text(code), no_wrap=True)
    for code in ("Sessions", "Ready"):
        table.add_column(text(code), justify="right", no_wrap=True)
    for code in ("NextChange", "State"):
        table.add_column(text(code), overflow="fold")
    for each in document["platforms"]:
        today, sessions = each["today"], each["sessions"]
        table.add_row(
            escape(_name(each, namespaces)),
            each["mode"],
            Reason(f"Kind{today}").text(language) if today else "–",
            "–" if sessions is None else number(sessions, language),
            "–" if each["ready"] is None else f"{each['ready']}/{each['planned']}",
            escape(_change(each["nextChange"], now, language)),
            _state(each["condition"]),
        )
    return table


def troubles(document: Document, namespaces: bool) -> Iterator[str]:
    """What is not as it should be, a line for each platform."""
    for each in document["platforms"]:
        if each["condition"]["status"] != "True":
            yield f"{_name(each, namespaces)}: {each['condition']['message']}"


def _name(each: Document, namespaces: bool) -> str:
    return f"{each['namespace']}/{each['name']}" if namespaces else str(each["name"])


def _state(condition: Document) -> str:
    styles = {"True": "green", "False": "bold red"}
    style = styles.get(condition["status"], "yellow")
    return f"[{style}]{escape(condition['reason'])}[/{style}]"


def _change(change: Any, now: datetime, language: str) -> str:
    """``12:40 auth 6 → 20``, on the clock of whoever reads."""
    if not change:
        return "–"
    here = now.astimezone()
    at = datetime.fromisoformat(change["at"]).astimezone(here.tzinfo)
    return f"{_day(at.date(), here.date(), language)}{at:%H:%M} {change['workload']} {change['from']} → {change['to']}"


def _day(on: date, today: date, language: str) -> str:
    """Nothing for today, the weekday within a week, else the date."""
    if on == today:
        return ""
    soon = timedelta(0) < on - today < timedelta(days=7)
    return f"{WEEKDAYS[language][on.weekday()]} " if soon else f"{on.isoformat()} "
