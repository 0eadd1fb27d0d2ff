"""What a change would do, for people: to each platform, the days, peaks, and what to worry about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from entcapacity.cli.changes import arrow, between
from entcapacity.cli.documents import Document, dates, days_of
from entcapacity.cli.terminal import Words
from entcapacity.effects import Effect, ready_by
from entcapacity.notices import lateness
from entcapacity.plan import Plan, WorkloadPlan
from entcapacity.reasons import Reason, reason
from entcapacity.spec import ENTCapacity

_LONG_WEEKEND: Final = timedelta(days=4)
"""Days that change in the same way are one run across what lies between them."""
_SHOWN: Final = ("peakNeed", "shortfall")


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """What a change would do in one cluster."""

    effects: Sequence[tuple[ENTCapacity, Effect]]
    """On the platforms that it concerns."""
    others: int
    """How many platforms it does not concern."""
    notes: Sequence[Reason]


def show(out: Console, proposal: Proposal, language: str) -> None:
    """Prints a proposal."""
    for capacity, effect in proposal.effects:
        _show_effect(out, capacity, effect, language)
    if not proposal.effects:
        out.print(escape(reason("ConcernsNobody").text(language)))
    if proposal.others:
        out.print(f"[dim]{escape(reason('NotConcerned', count=proposal.others).text(language))}[/dim]")


def _show_effect(out: Console, capacity: ENTCapacity, effect: Effect, language: str) -> None:
    old, new, words = effect.old, effect.new, Words(language, effect.new.timezone)
    found = between(old, new, language)
    out.print(f"[bold]{escape(f'{capacity.metadata.namespace}/{capacity.name}')}[/bold]  {capacity.spec.mode}")
    for line in _days(old, new, words):
        out.print(f"  {escape(line)}")
    if not any(each["firstDifference"] for each in found["workloads"]):
        last = words.local(new.window.instant(new.window.length - 1)).date()
        out.print(f"  {words('ChangesNothing', until=words.date(last))}")
        return
    if any(each["old"][it] != each["new"][it] for each in found["workloads"] for it in _SHOWN):
        out.print(_peaks(new, found["workloads"], words))
    else:
        hours = arrow(found["replicaHours"].values(), language)
        out.print(f"  {words('PeaksStay', hours=hours)}")
    notices = Table(box=None, show_header=False, pad_edge=False)
    for each in found["notices"]["added"]:
        notices.add_row("[bold yellow]  ![/bold yellow]", escape(each["text"]))
    codes = {each["code"] for each in found["notices"]["added"]}
    for each in found["notices"]["gone"]:
        if each["code"] not in codes:
            notices.add_row("   ", f"[dim]{words('NoLonger', what=each['text'])}[/dim]")
    if notices.row_count:
        out.print(notices)


def _peaks(made: Plan, workloads: Sequence[Document], words: Words) -> Table:
    """Each workload's greatest need, what is short of it, and since when what it takes is Ready."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("  " + words("Workload"), overflow="fold")
    for code in ("PeakNeed", "Shortfall"):
        table.add_column(words(code), justify="right", no_wrap=True)
    table.add_column(words("ReadyBy"), no_wrap=True)
    for each in workloads:
        numbers = [arrow((each["old"][it], each["new"][it]), words.language) for it in _SHOWN]
        table.add_row(f"  {escape(each['name'])}", *numbers, _ready(made, made.workload(each["name"]), words))
    return table


def _ready(made: Plan, workload: WorkloadPlan, words: Words) -> str:
    """When the greatest need is Ready, and where it is too late, when it will be."""
    late, ready = lateness(made, workload), ready_by(made, workload)
    if late is not None:
        return f"[bold red]{_moment(late.ready_at, words)} {words('TooLateMark')}[/bold red]"
    return "–" if ready is None else _moment(ready, words)


def _moment(instant: datetime, words: Words) -> str:
    there = words.local(instant)
    return f"{words.date(there.date())} {there:%H:%M}"


def _days(old: Plan, new: Plan, words: Words) -> Iterator[str]:
    """The days that become others, equal ones in one line."""
    run: list[date] = []
    shown = ""
    for on in dates(new):
        became = _became(old, new, on, words.language)
        if not became:
            continue
        if run and (became != shown or on - run[-1] > _LONG_WEEKEND):
            yield _run(run, shown, words)
            run = []
        shown = became
        run.append(on)
    if run:
        yield _run(run, shown, words)


def _run(run: Sequence[date], shown: str, words: Words) -> str:
    first, last = (words.date(each) for each in (run[0], run[-1]))
    return words("ChangeAt", at=first if first == last else f"{first} – {last}", change=shown)


def _became(old: Plan, new: Plan, on: date, language: str) -> str:
    """``OnSite → Remote``, with the segments that it concerns where others stay; empty where nothing differs."""
    changes: dict[str, list[str]] = {}
    segments = []
    for before, after in zip(old.demand.streams, new.demand.streams, strict=True):
        if after.segment in segments:
            continue
        segments.append(after.segment)
        kinds = [
            "/".join(dict.fromkeys(_kind(kind, language) for stream, kind, _ in days_of([each], on, language)))
            for each in (before, after)
        ]
        if kinds[0] != kinds[1]:
            changes.setdefault(" → ".join(kinds), []).append(after.segment)
    return ", ".join(
        change if len(concerned) == len(segments) else f"{change} ({', '.join(concerned)})"
        for change, concerned in changes.items()
    )


def _kind(kind: str, language: str) -> str:
    return Reason(f"Kind{kind}").text(language)
