"""What the commands answer, for people: tables, colours on a terminal, and plain text elsewhere."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import IO, Any, Final, cast

from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from entcapacity.admission import waits
from entcapacity.agenda import AgendaDay, runs
from entcapacity.cli import charts
from entcapacity.cli.documents import dates, days_of, most_of, peak
from entcapacity.cost import Cost, cost
from entcapacity.explain import PARTS, explain
from entcapacity.grid import local_time, on_clock
from entcapacity.notices import gravest, nothing_found, notices, shortfalls, waiting
from entcapacity.plan import Plan, WorkloadPlan
from entcapacity.reasons import Argument, Reason, reason
from entcapacity.spec import ENTCapacity
from entcapacity.steps import Step, steps
from entcapacity.vocabulary import DayKind

_PLAIN_WIDTH: Final = 120
"""Columns where nobody says how wide the terminal is."""
_STYLES: Final = {
    DayKind.ON_SITE: "",
    DayKind.HYBRID: "magenta",
    DayKind.REMOTE: "bold magenta",
    DayKind.CLOSED: "red",
    DayKind.HOLIDAY: "green",
    DayKind.PUBLIC_HOLIDAY: "cyan",
    DayKind.WEEKEND: "dim",
    DayKind.UNKNOWN: "yellow",
}
_LETTERS: Final = {
    DayKind.ON_SITE: "·",
    DayKind.HYBRID: "Y",
    DayKind.REMOTE: "R",
    DayKind.CLOSED: "X",
    DayKind.HOLIDAY: "H",
    DayKind.PUBLIC_HOLIDAY: "P",
    DayKind.WEEKEND: "-",
    DayKind.UNKNOWN: "?",
}
WEEKDAYS: Final = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "fr": ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."),
}
_TWO_TEXTS: Final = 100
"""Columns from which on a term's formula and its meaning stand side by side; in fewer, one above the other."""
_SHORT_SPAN: Final = 10
"""Days up to which a list says all that a picture would."""


def console() -> Console:
    """Where people read; as wide as their terminal, or wide enough for a log."""
    found = Console(highlight=False)
    if found.is_terminal:
        return found
    width = None if "COLUMNS" in os.environ else _PLAIN_WIDTH
    return Console(file=cast(IO[str], _Trimmed(sys.stdout)), highlight=False, width=width)


class _Trimmed:
    """A file whose lines end where their last word does: tables fill them up with spaces."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> int:
        """Write text that ends with a line, as everything that is printed does."""
        return self._file.write(re.sub(r" +$", "", text, flags=re.MULTILINE))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


@dataclass(frozen=True, slots=True)
class Words:
    """Texts in one language, and instants on one clock."""

    language: str
    timezone: str = "UTC"

    def __call__(self, code: str, **args: Argument) -> str:
        return escape(reason(code, **args).text(self.language))

    def date(self, on: date) -> str:
        return f"{WEEKDAYS[self.language][on.weekday()]} {on.isoformat()}"

    def moment(self, instant: datetime) -> str:
        return on_clock(instant, self.timezone)

    def local(self, instant: datetime) -> datetime:
        return local_time(instant, self.timezone)


# --- validate ---------------------------------------------------------------------------------------------------------


def show_resources(out: Console, resources: Sequence[tuple[str, str, str]]) -> None:
    """What was read: where, which kind, which name; a line each, however narrow the terminal is."""
    *widths, _ = (max(map(cell_len, column)) for column in zip(*resources, strict=True)) if resources else (0,)
    for where, kind, name in resources:
        out.print(f"{where:{widths[0]}}  {kind:{widths[1]}}  {name}", markup=False, soft_wrap=True)


# --- calendar ---------------------------------------------------------------------------------------------------------


def show_calendar(out: Console, head: str, days: Sequence[AgendaDay], language: str) -> None:
    """A picture of the months, and the days in runs."""
    words = Words(language)
    out.print(f"[bold]{escape(head)}[/bold]")
    out.print()
    if len(days) > _SHORT_SPAN:
        for line in _months(days, words):
            out.print(line)
        out.print()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("Date", "Kind", "Why"):
        table.add_column(words(title), overflow="fold")
    for run in runs(days):
        style, kind = _STYLES[run.what.day.kind], words(f"Kind{run.what.day.kind}")
        span = words.date(run.first) + ("" if run.first == run.last else f" – {words.date(run.last)}")
        table.add_row(span, f"[{style}]{kind}[/{style}]" if style else kind, escape(run.what.text(language)))
    out.print(table)
    if len(days) > _SHORT_SPAN:
        out.print(f"[dim]{words('CalendarFolded')}[/dim]")


def _months(days: Sequence[AgendaDay], words: Words) -> Iterator[str]:
    """A line for each month, a letter for each day."""
    yield " " * 9 + "1        10        20        30"
    for month, inside in groupby(days, key=lambda each: f"{each.on:%Y-%m}"):
        letters = [" "] * 31
        for each in inside:
            kind = each.day.kind
            letter, style = _LETTERS[kind], _STYLES[kind]
            letters[each.on.day - 1] = f"[{style}]{letter}[/{style}]" if style else letter
        yield f"{month}  {''.join(letters)}"
    seen = {each.day.kind for each in days}
    yield "         " + "  ".join(
        f"{letter} {words(f'Kind{kind}')}" for kind, letter in _LETTERS.items() if kind in seen
    )


# --- plan -------------------------------------------------------------------------------------------------------------


def show_plan(out: Console, made: Plan, capacity: ENTCapacity, names: Sequence[str], language: str) -> None:
    """The steps of the workloads of these names, or without any of all, who waits, the cost, charts, and last, above
    the prompt, what to worry about."""
    words = Words(language, made.timezone)
    spent = cost(made)
    since, until = (words.moment(made.window.instant(each)) for each in (0, made.window.length))
    head = {"name": capacity.name, "since": since, "until": until, "timezone": made.timezone}
    out.print(f"[bold]{words('PlanHead', **head)}[/bold]")
    out.print(indented(words("DiffKnown", asOf=words.moment(made.as_of))))
    days = Table(box=None, show_header=False, pad_edge=False)
    for on in dates(made):
        for stream, kind, why in days_of(made.demand.streams, on, language):
            style, shown = _STYLES[DayKind(kind)], words(f"Kind{kind}")
            shown = f"[{style}]{shown}[/{style}]" if style else shown
            days.add_row(f"  {words.date(on)}", shown, words("TermDay", segment=stream.segment, why=why))
    out.print(days)
    shown_ones = [each for each in made.workloads if not names or each.name in names]
    for workload in shown_ones:
        _show_workload(out, made, workload, words)
    _show_waits(out, made, words)
    _show_cost(out, spent, words)
    out.print()
    chart = gravest(made, shown_ones)
    for line in charts.plan_charts(made, chart, language, out.width, colors=out.is_terminal and not out.no_color):
        out.out(line, highlight=False)
    found = [escape(each.text(language)) for each in notices(made, spent)]
    if not found:
        out.print(escape(nothing_found(made).text(language)))
        return
    out.print(f"[bold]{words('Notices')}[/bold]")
    table = Table(box=None, show_header=False, pad_edge=False)
    for each in found:
        table.add_row("[bold yellow]  ![/bold yellow]", each)
    out.print(table)


def indented(line: str) -> Padding:
    """A line that stays indented where it goes on."""
    return Padding(line, (0, 0, 0, 2), expand=False)


def _show_workload(out: Console, made: Plan, workload: WorkloadPlan, words: Words) -> None:
    out.print()
    most = most_of(made, workload)
    line = words(
        "RangeLine",
        min=workload.minimum,
        max=words("NoMaximum") if most is None else most,
        ordinary=workload.lead.ordinary,
        exceptional=workload.lead.exceptional,
    )
    out.print(f"[bold]{escape(workload.name)}[/bold]  [dim]{line}[/dim]")
    _show_steps(out, list(folded(list(steps(made, workload)))), words)
    at, need, floor = peak(made, workload)
    out.print(indented(words("PeakLine", need=need, at=words.moment(at), floor=floor)))
    for each in shortfalls(made, workload):
        line = words(
            "ShortLine", replicas=each.replicas, since=words.moment(each.since), until=words.moment(each.until)
        )
        out.print(indented(f"[red]{line}[/red]"))


def _show_steps(out: Console, rows: Sequence[Row], words: Words) -> None:
    """A table for each date, its columns as wide as those of the others; the date and its day stand above it."""
    spans = max((cell_len(each.span(words)) for each in rows), default=0)
    changes = max((cell_len(each.change) for each in rows), default=0)

    def table(*, show_header: bool) -> Table:
        made = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0), show_header=show_header)
        made.add_column(words("Time"), no_wrap=True, min_width=max(spans, cell_len(words("Time"))))
        made.add_column(words("Floor"), justify="right", no_wrap=True, min_width=max(changes, cell_len(words("Floor"))))
        made.add_column(words("Why"), overflow="fold")
        return made

    out.print(table(show_header=True))
    for on, inside in groupby(rows, key=lambda each: words.local(each.first.time).date()):
        out.print(f"[bold]{words.date(on)}[/bold]")
        part, shown = table(show_header=False), ""
        for row in inside:
            above, why = _split(row.last.reason, words.language)
            if above not in ("", shown):
                part.add_row("", "", f"[bold]{escape(above)}[/bold]")
                shown = above
            part.add_row(row.span(words), row.change, escape(why))
        out.print(part)


def _split(why: Reason, language: str) -> tuple[str, str]:
    """A step's reason as what it shares with its neighbours, the day, and what is its own."""
    args = dict(why.args)
    match why.code:
        case "Driven" | "Held":
            day = args["day"]
            return (
                day.text(language) if isinstance(day, Reason) else str(day),
                Reason(f"{why.code}Row", why.args).text(language),
            )
        case "Clients":
            head = reason("ClientsHead", clients=args["clients"])
            return head.text(language), Reason("DrivenRow", why.args).text(language)
        case _:
            return "", why.text(language)


@dataclass(frozen=True, slots=True)
class Row:
    """Steps shown as one: a ramp, or a single step."""

    first: Step
    last: Step
    before: int
    """The floor before the first."""

    def span(self, words: Words) -> str:
        """From when to when, on the local clock."""
        begin, end = (f"{words.local(each.time):%H:%M}" for each in (self.first, self.last))
        return f"  {begin}" if self.first is self.last else f"  {begin}–{end}"

    @property
    def change(self) -> str:
        """``20 → 214`` for a ramp, ``214`` for a step."""
        return str(self.last.floor) if self.first is self.last else f"{self.before} → {self.last.floor}"


def folded(every: Sequence[Step]) -> Iterator[Row]:
    """Steps with ramps folded: those a minute apart that go the same way."""
    row: list[Step] = []
    before = every[0].floor if every else 0
    for position, step in enumerate(every):
        up = step.floor > (every[position - 1].floor if position else step.floor)
        follows = (
            len(row) > 0
            and position > 1
            and step.time - row[-1].time == timedelta(minutes=1)
            and up == (row[-1].floor > before if len(row) == 1 else row[-1].floor > row[-2].floor)
        )
        if row and not follows:
            yield Row(row[0], row[-1], before)
            before, row = row[-1].floor, []
        row.append(step)
    if row:
        yield Row(row[0], row[-1], before)


def _show_waits(out: Console, made: Plan, words: Words) -> None:
    found = list(waits(made))
    if len(found) > 1:  # one alone is said by the notices
        out.print(f"\n[bold]{words('Waits')}[/bold]")
        for each in found:
            out.print(indented(escape(waiting(made, [each]).text(words.language))))
    starts = [each for each in made.demand.starts if each.on in dates(made)]
    if starts:
        out.print(f"\n[bold]{words('Slots')}[/bold]")
    for slot in starts:
        shifts = [
            words("SlotLater", segment=segment, minutes=minutes) if minutes else words("SlotFirst", segment=segment)
            for segment, minutes in slot.shifts
        ]
        spread, most = round(slot.spread_peak), round(slot.peak)
        line = words("SlotLine", on=words.date(slot.on), starts=", ".join(shifts), spread=spread, peak=most)
        out.print(indented(line))


def _show_cost(out: Console, spent: Cost, words: Words) -> None:
    factor = f"{spent.replica_hours / spent.usual_replica_hours:.1f}" if spent.usual_replica_hours else "–"
    line = words(
        "CostLine",
        hours=round(spent.replica_hours),
        usual=round(spent.usual_replica_hours),
        factor=factor.replace(".", ",") if words.language == "fr" else factor,
        peak=spent.peak_replicas,
    )
    out.print(f"\n[bold]{words('Cost')}[/bold]")
    out.print(indented(line))
    if spent.peak_nodes is not None:
        out.print(indented(words("CostNodes", nodes=spent.peak_nodes)))
    if spent.cpu_hours or spent.memory_gib_hours:
        cpu, memory = round(spent.cpu_hours), round(spent.memory_gib_hours)
        out.print(indented(words("CostRequests", cpu=cpu, memory=memory)))


# --- explain ----------------------------------------------------------------------------------------------------------


def show_explanation(out: Console, made: Plan, capacity: ENTCapacity, names: Sequence[str], language: str) -> None:
    """The reckoning of each workload's floor at the window's first minute."""
    words, index, wide = Words(language, made.timezone), made.inner.start, out.width >= _TWO_TEXTS
    for workload in made.workloads:
        if names and workload.name not in names:
            continue
        head = words(
            "ExplainHead",
            name=capacity.name,
            workload=workload.name,
            floor=int(workload.floor[index]),
            at=words.moment(made.grid.instant(index)),
        )
        out.print(f"[bold]{head}[/bold]")
        out.print(indented(words("DiffKnown", asOf=words.moment(made.as_of))))
        out.print(indented(escape(next(steps(made, workload)).reason.text(language))))
        terms = explain(made, workload, index)
        for part in PARTS:
            out.print(f"\n[bold]{words(f'Part{part}')}[/bold]")
            table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
            table.add_column(words("Term"), no_wrap=True)
            table.add_column(words("Value"), no_wrap=True, justify="right")
            for title in ("Formula", "Meaning") if wide else ("Meaning",):
                table.add_column(words(title), overflow="fold")
            for term in terms:
                if term.part == part:
                    formula, meaning = f"= {term.formula}" if term.formula else "", term.meaning.text(language)
                    said = (formula, meaning) if wide else ("\n".join(filter(None, (formula, meaning))),)
                    table.add_row(*map(escape, (term.symbol, term.shown, *said)))
            out.print(table)
        out.print()
