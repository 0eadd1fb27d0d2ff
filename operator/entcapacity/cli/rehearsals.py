"""What is seen of a rehearsal, by people while it lasts and by programs when it is over."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from entcapacity.cli.documents import VERSION, Document, utc
from entcapacity.cli.terminal import Words, console
from entcapacity.platforms import Platform
from entcapacity.rehearsal import Course, extra_replica_hours, ready_after, whys
from entcapacity.spec import Rehearsal


@dataclass(slots=True)
class Prepared:
    """What will be held, and what becomes of it."""

    platform: Platform
    on: date
    rehearsal: Rehearsal
    courses: list[Course]


@dataclass(frozen=True, slots=True)
class Ended:
    """When it ended, and whether before its time."""

    at: datetime
    stopped: bool


class Show:
    """What people see of it."""

    def __init__(self, prepared: Prepared, words: Words, beside: bool) -> None:
        """With ``beside`` they see it on the error output, since the answer is for programs."""
        self._out = Console(stderr=True, highlight=False) if beside else console()
        self._prepared, self._words = prepared, words
        self._shown: list[str] = []

    def beforehand(self) -> float:
        """What will be held, and the replica-hours that it adds."""
        rehearsal, platform, words = self._prepared.rehearsal, self._prepared.platform, self._words
        hours = extra_replica_hours(platform.capacity.spec, platform.facts, rehearsal)
        day, until = self._prepared.on.isoformat(), words.moment(rehearsal.until)
        self._out.print(words("RehearseHead", name=platform.name, day=day, until=until))
        table = self._table("RehearseBefore", "RehearseFloor")
        for each in self._prepared.courses:
            table.add_row(escape(each.name), str(each.before), str(each.floor))
        self._out.print(table)
        self._out.print(words("RehearseCost", hours=round(hours)))
        return hours

    @contextlib.contextmanager
    def live(self) -> Iterator[Live | None]:
        """A place that is drawn anew with each look, on a terminal."""
        if not self._out.is_terminal:
            yield None
            return
        with Live(console=self._out, auto_refresh=False, transient=True) as live:
            yield live

    def progress(self, live: Live | None, problem: str) -> None:
        """How it stands: in place on a terminal, else lines that tell what is new."""
        if live is not None:
            left = (self._prepared.rehearsal.until - datetime.now(UTC)).total_seconds()
            last = self._words("RehearseLeft", left=self._lasted(max(0, left)))
            live.update(Group(self._standing(), escape(problem), last), refresh=True)
            return
        courses = self._prepared.courses
        shown = [problem or ", ".join(f"{each.name} {each.ready}/{each.floor}" for each in courses)]
        shown += [f"  {each.name}: {why}" for each in courses for why in self._whys(each)]
        for position, line in enumerate(shown):
            if line not in self._shown:
                begin = "" if position else f"{self._words.local(datetime.now(UTC)):%H:%M:%S} "
                self._out.print(begin + line, markup=False, soft_wrap=True)
        self._shown = shown

    def afterwards(self, stopped: bool, given_back: bool) -> None:
        """What became of it."""
        words, courses = self._words, self._prepared.courses
        seconds = ready_after(courses)
        self._out.print()
        self._out.print(self._standing())
        if seconds is not None and all(each.reached for each in courses):
            self._out.print(words("RehearseOver", after=self._lasted(seconds)))
        else:
            self._out.print(words("RehearseStopped" if stopped else "RehearseFailed"))
        if given_back:
            down = self._prepared.platform.capacity.spec.ramp.down_per_minute
            self._out.print(words("RehearseGivenBack", down=down))

    def _standing(self) -> Table:
        """How each workload stands."""
        table = self._table("RehearseHeld", "RehearseReady", "RehearseAfter")
        table.add_column(self._words("RehearseWhyNot"), overflow="fold")
        for each in self._prepared.courses:
            style = "green" if each.reached else "bold red"
            ready = f"[{style}]{each.ready}/{each.floor}[/{style}]"
            why = escape("; ".join(self._whys(each)))
            table.add_row(escape(each.name), str(each.held), ready, self._after(each) or "–", why)
        return table

    def _table(self, *numbers: str) -> Table:
        table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
        table.add_column(self._words("Workload"), overflow="fold")
        for code in numbers:
            table.add_column(self._words(code), justify="right", no_wrap=True)
        return table

    def _whys(self, each: Course) -> Iterator[str]:
        found = whys(each, self._prepared.platform.capacity.name, self._after(each))
        return (why.text(self._words.language) for why in found)

    def _after(self, each: Course) -> str | None:
        return None if each.ready_after is None else self._lasted(each.ready_after)

    def _lasted(self, seconds: float) -> str:
        minutes, seconds = divmod(round(seconds), 60)
        return self._words("RehearseSeconds", minutes=minutes, seconds=seconds)


def document(prepared: Prepared, hours: float, ended: Ended | None) -> Document:
    """The same for programs; what is not known before it began is null."""
    platform, rehearsal, courses = prepared.platform, prepared.rehearsal, prepared.courses
    return {
        "version": VERSION,
        "name": platform.capacity.name,
        "namespace": platform.capacity.metadata.namespace,
        "day": prepared.on.isoformat(),
        "from": utc(rehearsal.from_) if ended else None,
        "until": utc(min(rehearsal.until, ended.at.replace(microsecond=0))) if ended else None,
        "stopped": ended.stopped if ended else None,
        "extraReplicaHours": round(hours, 1),
        "ready": all(each.reached for each in courses) if ended else None,
        "readyAfterSeconds": ready_after(courses) if ended else None,
        "workloads": [
            {
                "name": each.name,
                "floor": each.floor,
                "before": each.before,
                "held": each.held if ended else None,
                "atTheEnd": each.ready if ended else None,
                "readyAfterSeconds": each.ready_after,
                "course": [{"seconds": seconds, "ready": ready} for seconds, ready in each.looks],
                "pending": [{"reason": one.reason, "pods": one.pods, "message": one.message} for one in each.stuck],
            }
            for each in courses
        ],
    }
