"""What a change would do, for people: to each platform, the days, peaks, and what to worry about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from entcapacity.cli.documents import dates, days_of, peak
from entcapacity.cli.terminal import WEEKDAYS
from entcapacity.cost import cost
from entcapacity.effects import Effect, ready_by
from entcapacity.grid import on_clock
from entcapacity.notices import lateness, notices, shortfalls
from entcapacity.plan import Plan, WorkloadPlan, most_users_live_in
from entcapacity.reasons import Argument, Reason, reason
from entcapacity.spec import ENTCapacity, ENTCapacitySpec

_LONG_WEEKEND: Final = timedelta(days=4)
"""Days that change in the same way are one run across what lies between them."""


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """What a change would do in one cluster."""

    effects: Sequence[tuple[ENTCapacity, Effect]]
    """On the platforms that it concerns."""
    others: int
    """How many platforms it does not concern."""
    notes: Sequence[Reason]


def unmoved(platform: str, spec: ENTCapacitySpec, now: datetime) -> Iterator[Reason]:
    """Why none of this raises a replica of a platform."""
    if spec.mode == "Observe":
        yield reason("Observes", platform=platform)
    elif spec.suspend_until is not None and now < spec.suspend_until:
        until = on_clock(spec.suspend_until, most_users_live_in(spec))
        yield reason("IsSuspended", platform=platform, until=until)


def show(out: Console, proposal: Proposal, language: str) -> None:
    """Prints a proposal."""
    for capacity, effect in proposal.effects:
        _show_effect(out, capacity, effect, language)
    if not proposal.effects:
        out.print(escape(reason("ConcernsNobody").text(language)))
    if proposal.others:
        out.print(f"[dim]{escape(reason('NotConcerned', count=proposal.others).text(language))}[/dim]")


def _show_effect(out: Console, capacity: ENTCapacity, effect: Effect, language: str) -> None:
    old, new = effect.old, effect.new

    def text(code: str, **args: Argument) -> str:
        return escape(reason(code, **args).text(language))

    out.print(f"[bold]{escape(f'{capacity.metadata.namespace}/{capacity.name}')}[/bold]  {capacity.spec.mode}")
    for line in _days(old, new, language):
        out.print(f"  {escape(line)}")
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("  " + text("Workload"), overflow="fold")
    for code in ("PeakNeed", "Shortfall"):
        table.add_column(text(code), justify="right", no_wrap=True)
    table.add_column(text("ReadyBy"), no_wrap=True)
    same = True
    for was, becomes in zip(old.workloads, new.workloads, strict=True):
        cells = [_arrow(*each) for each in zip(_figures(old, was), _figures(new, becomes), strict=True)]
        same = same and bool((was.floor[old.inner] == becomes.floor[new.inner]).all())
        table.add_row(f"  {escape(becomes.name)}", *cells, _ready(new, becomes, language))
    if same:
        last = new.window.instant(new.window.length - 1).astimezone(ZoneInfo(new.timezone)).date()
        out.print(f"  {text('ChangesNothing', until=_date(last, language))}")
        return
    out.print(table)
    before, after = (list(notices(made, cost(made))) for made in (old, new))
    codes = {each.code for each in after}
    found = Table(box=None, show_header=False, pad_edge=False)
    for each in after:
        if each not in before:
            found.add_row("[bold yellow]  ![/bold yellow]", escape(each.text(language)))
    for each in before:
        if each.code not in codes:
            found.add_row("", f"[dim]{text('NoLonger', what=each)}[/dim]")
    out.print(found)


def _figures(made: Plan, workload: WorkloadPlan) -> tuple[int, int]:
    """Peak need and shortfall."""
    _, need, _ = peak(made, workload)
    return need, max((each.replicas for each in shortfalls(made, workload)), default=0)


def _arrow(old: int, new: int) -> str:
    return str(new) if old == new else f"{old} → {new}"


def _ready(made: Plan, workload: WorkloadPlan, language: str) -> str:
    """When the greatest need is Ready, and where it is too late, when it will be."""
    late, ready = lateness(made, workload), ready_by(made, workload)
    if late is not None:
        mark = escape(reason("TooLateMark").text(language))
        return f"[bold red]{_moment(late.ready_at, made, language)} {mark}[/bold red]"
    return "–" if ready is None else _moment(ready, made, language)


def _moment(instant: datetime, made: Plan, language: str) -> str:
    there = instant.astimezone(ZoneInfo(made.timezone))
    return f"{_date(there.date(), language)} {there:%H:%M}"


def _date(on: date, language: str) -> str:
    return f"{WEEKDAYS[language][on.weekday()]} {on.isoformat()}"


def _days(old: Plan, new: Plan, language: str) -> Iterator[str]:
    """The days that become others, equal ones in one line."""
    run: list[date] = []
    shown = ""
    for on in dates(new):
        became = _became(old, new, on, language)
        if not became:
            continue
        if run and (became != shown or on - run[-1] > _LONG_WEEKEND):
            yield _run(run, shown, language)
            run = []
        shown = became
        run.append(on)
    if run:
        yield _run(run, shown, language)


def _run(run: Sequence[date], shown: str, language: str) -> str:
    first, last = (_date(each, language) for each in (run[0], run[-1]))
    return f"{first}: {shown}" if first == last else f"{first} – {last}: {shown}"


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
