"""The command ``rehearse``: tonight, tomorrow's floors, to see what becomes Ready."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import click

from entcapacity.cli import asking, connection, options
from entcapacity.cli.commands import cli, example, note

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

    from entcapacity.cli.documents import Document
    from entcapacity.kube import Kube
    from entcapacity.platforms import Platform
    from entcapacity.reasons import Argument, Reason
    from entcapacity.rehearsal import Course
    from entcapacity.spec import Rehearsal
    from entcapacity.targets import Object, Ref, Seen

LOOK_SECONDS: Final = 5.0
TAKEN_UP_SECONDS: Final = 60
"""How long an operator may take to see the spec."""
SHORTEST: Final = timedelta(minutes=1)


def span_of(value: str | timedelta) -> timedelta:
    """How long to hold, ``30m``; a usage error that says how to write it."""
    from entcapacity.spec import MOST_REHEARSED

    found = options.duration(value)
    if not SHORTEST <= found <= MOST_REHEARSED:
        raise click.BadParameter(f"{value!r}: write 1m to 12h")
    return found


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the options said."""

    platform: str | None
    home: str
    span: timedelta
    on: date | None
    yes: bool
    dry_run: bool
    text: bool
    language: str

    def say(self, code: str, **args: Argument) -> str:
        """A text in the language asked for."""
        from entcapacity.reasons import reason

        return reason(code, **args).text(self.language)


@cli.command(epilog=example("rehearse"))
@click.argument("platform", required=False)
@connection.CONTEXT
@connection.NAMESPACE
@connection.HOME
@click.option("--for", "span", type=span_of, default="30m", metavar="DURATION", help="1m to 12h; default 30m.")
@click.option("--day", "on", type=options.day, metavar="DATE", help="Whose floors; default the next school day.")
@asking.YES
@asking.DRY_RUN
@click.option("-o", "--output", type=click.Choice(["text", "json", "yaml"]), default="text", help="Default text.")
@options.LANGUAGE
def rehearse(
    platform: str | None,
    context: str | None,
    namespace: str | None,
    home: str,
    span: timedelta,
    on: date | None,
    yes: bool,
    dry_run: bool,
    output: str,
    lang: str,
) -> None:
    """Hold the next school day's highest floors for a while: what becomes Ready, how soon, and what does not, and why.

    PLATFORM is an ENTCapacity, by default the only one of the namespace. The operator holds the floors, as
    spec.rehearsal says, until an instant: whatever happens to this command, they come down again. Ctrl-C ends it at
    once. Exit code 1 where something was not Ready.
    """
    wishes = Wishes(platform, home, span, on, yes, dry_run, output == "text", lang)

    async def prepare(kube: Kube, usual: str) -> Prepared:
        return await _prepared(kube, usual, wishes)

    prepared = connection.asked(prepare, context, namespace)
    show = _Show(prepared, wishes)
    hours = show.beforehand()
    ended = None
    if not dry_run:
        if not yes:
            asking.ask(wishes.say("RehearseAsk"), lang)

        async def hold(kube: Kube, _: str) -> bool:
            return await _held(kube, prepared, show, wishes)

        stopped = connection.asked(hold, context, namespace)
        ended = Ended(datetime.now(UTC), stopped)
    document = _document(prepared, hours, ended)
    if output != "text":
        from entcapacity.cli import machine

        click.echo(machine.written(document, output, "workloads"), nl=False)
    if document["ready"] is False:
        raise click.exceptions.Exit(1)


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


async def _prepared(kube: Kube, namespace: str, wishes: Wishes) -> Prepared:
    from entcapacity.platforms import Platforms
    from entcapacity.rehearsal import Course

    platform = await Platforms(kube, wishes.home).one(namespace, wishes.platform)
    note(platform.found, wishes.language)
    on, rehearsal = _meant(platform, wishes)
    there = await _look(kube, platform)
    courses = [
        Course(each.name, each.replicas, seen.ready if (seen := there.seen.get(each.name)) else 0)
        for each in rehearsal.floors
    ]
    return Prepared(platform, on, rehearsal, courses)


async def _held(kube: Kube, prepared: Prepared, show: _Show, wishes: Wishes) -> bool:
    """Holds what was prepared, from now on, and looks on; answers whether it was stopped before its time."""
    from entcapacity.kube import ClusterError

    platform, stop = prepared.platform, _stopped_by_signals()
    begin = datetime.now(UTC).replace(microsecond=0)
    prepared.rehearsal = prepared.rehearsal.model_copy(update={"from_": begin, "until": begin + wishes.span})
    given_back = False
    try:
        generation = await _apply(kube, prepared, wishes)
        if not await _taken_up(kube, platform, generation, stop) and not stop.is_set():
            raise click.ClickException(wishes.say("RehearseNoOperator", seconds=TAKEN_UP_SECONDS))
        await _follow(kube, prepared, stop, show)
    except ClusterError as error:
        given_back = 400 <= error.status < 500  # refused, it was not written; else nobody knows
        raise
    finally:
        given_back = given_back or await _given_back(kube, prepared, wishes)
    show.afterwards(stop.is_set(), given_back)
    return stop.is_set()


# --- what to hold -----------------------------------------------------------------------------------------------------


def _meant(platform: Platform, wishes: Wishes) -> tuple[date, Rehearsal]:
    """The day whose floors are held, and which these are; refused where nothing would come of it."""
    from entcapacity import rehearsal

    spec, facts, now = platform.capacity.spec, platform.facts, datetime.now(UTC).replace(microsecond=0)

    def refuse(code: str, **args: Argument) -> click.ClickException:
        return click.ClickException(wishes.say(code, name=platform.capacity.name, **args))

    if spec.mode == "Observe":
        raise refuse("RehearseObserves")
    if spec.suspend_until is not None and now < spec.suspend_until:
        raise refuse("RehearseSuspended", until=_clock(spec.suspend_until, platform))
    if spec.rehearsal is not None and now < spec.rehearsal.until:
        raise refuse("RehearseRunning", until=_clock(spec.rehearsal.until, platform))
    if wishes.on is not None and wishes.on < now.astimezone(ZoneInfo(_timezone(platform))).date():
        raise options.wrong("--day", f"{wishes.on} is over: choose today or a later one")
    on = wishes.on or rehearsal.next_school_day(spec, facts, now)
    if on is None:
        raise refuse("RehearseNoDay", weeks=2 * rehearsal.SEARCHED)
    floors = rehearsal.floors_on(spec, facts, now, on)
    if not floors:
        raise refuse("RehearseNothing", day=on.isoformat())
    return on, rehearsal.rehearsal_of(floors, now, now + wishes.span)


def _timezone(platform: Platform) -> str:
    from entcapacity.plan import most_users_live_in

    return most_users_live_in(platform.capacity.spec)


def _clock(instant: datetime, platform: Platform) -> str:
    from entcapacity.grid import on_clock

    return on_clock(instant, _timezone(platform))


# --- asking the operator, and taking it back --------------------------------------------------------------------------


def _ref(platform: Platform) -> Ref:
    from entcapacity.targets import Ref

    return Ref.of(platform.document)


def _body(platform: Platform) -> dict[str, Any]:
    ref = _ref(platform)
    metadata = {"name": ref.name, "namespace": ref.namespace}
    return {"apiVersion": ref.api_version, "kind": ref.kind, "metadata": metadata}


async def _apply(kube: Kube, prepared: Prepared, wishes: Wishes) -> int:
    """Writes the rehearsal into the spec; answers with the generation that has it."""
    from entcapacity.drivers import Write
    from entcapacity.rehearsal import MANAGER

    platform, spec = prepared.platform, {"rehearsal": prepared.rehearsal.model_dump(mode="json", by_alias=True)}
    written = await kube.write(Write(_ref(platform), "Apply", {**_body(platform), "spec": spec}, MANAGER))
    if "rehearsal" not in written["spec"]:
        raise click.ClickException(wishes.say("RehearseOldKinds"))
    return int(written["metadata"]["generation"])


async def _given_back(kube: Kube, prepared: Prepared, wishes: Wishes) -> bool:
    """Takes the rehearsal out of the spec; where that cannot be done, says when it ends by itself."""
    from entcapacity.drivers import Write
    from entcapacity.kube import ClusterError
    from entcapacity.rehearsal import MANAGER

    platform = prepared.platform
    try:
        if await kube.get(_ref(platform)) is not None:  # else an apply would make it anew
            await kube.write(Write(_ref(platform), "Apply", _body(platform), MANAGER))
    except ClusterError as error:
        until = _clock(prepared.rehearsal.until, platform)
        problem = wishes.say("RehearseNotGivenBack", until=until, problem=connection.said(error))
        click.echo(f"note: {problem}", err=True)
        return False
    return True


async def _taken_up(kube: Kube, platform: Platform, generation: int, stop: asyncio.Event) -> bool:
    """Whether an operator has looked at a generation of the spec, as soon as it has."""
    from entcapacity.kube import ClusterError

    until = time.monotonic() + TAKEN_UP_SECONDS
    while time.monotonic() < until and not stop.is_set():
        with contextlib.suppress(ClusterError):  # an outage may end
            found = await kube.get(_ref(platform)) or {}
            if found.get("status", {}).get("observedGeneration", 0) >= generation:
                return True
        await _rest(stop)
    return False


def _stopped_by_signals() -> asyncio.Event:
    """Set as soon as somebody wants it to end: by Ctrl-C, by closing the terminal, or by ``kill``."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        with contextlib.suppress(NotImplementedError, AttributeError):  # Windows has not all of them
            loop.add_signal_handler(getattr(signal, name), stop.set)
    return stop


async def _rest(stop: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), LOOK_SECONDS)


# --- looking on -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _There:
    """The cluster at one moment; mappings are by workload."""

    seen: Mapping[str, Seen]
    targets: Mapping[str, Object]
    pods: Sequence[Object]
    events: Sequence[Object]


async def _look(kube: Kube, platform: Platform) -> _There:
    """How the workloads stand, and what may tell why they stand so."""
    from entcapacity.kube import ClusterError
    from entcapacity.targets import HPA_API, KEDA_API, WATCHED, Objects, Ref, Seen, seen, target_of, with_scale

    namespace = _ref(platform).namespace

    async def allowed(asked: Awaitable[list[Object]]) -> tuple[Object, ...]:
        try:
            return tuple(await asked)
        except ClusterError as error:  # then nobody knows why, but still how many; KEDA may not be there
            if error.status in (HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN):
                return ()
            raise

    known = {Ref.of(each).key: each for kind in WATCHED for each in await kube.every("apps/v1", kind, namespace)}
    for workload in platform.capacity.spec.workloads:
        ref = target_of(workload, namespace)
        if not ref.watched and (found := await kube.get(ref)) is not None:
            known[ref.key] = with_scale(found, await kube.scale(ref))
    objects = Objects(
        known,
        await allowed(kube.every(HPA_API, "HorizontalPodAutoscaler", namespace)),
        await allowed(kube.every(KEDA_API, "ScaledObject", namespace)),
    )
    looked = {each.name: seen(each, namespace, objects) for each in platform.capacity.spec.workloads}
    there = {name: each for name, each in looked.items() if isinstance(each, Seen)}
    targets = {name: known[each.target.key] for name, each in there.items()}
    return _There(there, targets, await allowed(kube.pods(namespace, "")), await allowed(kube.events(namespace)))


async def _follow(kube: Kube, prepared: Prepared, stop: asyncio.Event, show: _Show) -> None:
    """Looks on until the end, or until it is stopped."""
    from entcapacity.kube import ClusterError
    from entcapacity.rehearsal import why_not_ready

    rehearsal = prepared.rehearsal
    with show.live() as live:
        while not stop.is_set() and datetime.now(UTC) < rehearsal.until:
            problem = ""
            try:
                there = await _look(kube, prepared.platform)
            except ClusterError as error:  # the operator goes on without us
                problem = connection.said(error)
            else:
                seconds = round((datetime.now(UTC) - rehearsal.from_).total_seconds())
                for each in prepared.courses:
                    if (seen := there.seen.get(each.name)) is not None:
                        why = why_not_ready(there.targets[each.name], there.pods, there.events, rehearsal.from_)
                        each.look(seconds, seen, why)
            show.progress(live, problem)
            await _rest(stop)


class _Show:
    """What people see of it; beside the answer where that is for programs."""

    def __init__(self, prepared: Prepared, wishes: Wishes) -> None:
        from rich.console import Console

        from entcapacity.cli import terminal

        self._out = terminal.console() if wishes.text else Console(stderr=True, highlight=False)
        self._prepared, self._wishes = prepared, wishes
        self._shown: list[str] = []
        self._platform, self._courses = prepared.platform, prepared.courses

    def beforehand(self) -> float:
        """What will be held, and the replica-hours that it adds."""
        from rich.markup import escape
        from rich.table import Table

        from entcapacity.rehearsal import extra_replica_hours

        rehearsal, spec, say = self._prepared.rehearsal, self._platform.capacity.spec, self._wishes.say
        hours = extra_replica_hours(spec, self._platform.facts, rehearsal)
        until, day = _clock(rehearsal.until, self._platform), self._prepared.on.isoformat()
        self._out.print(say("RehearseHead", name=self._platform.name, day=day, until=until), markup=False)
        table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
        table.add_column(say("Workload"), overflow="fold")
        for code in ("RehearseBefore", "RehearseFloor"):
            table.add_column(say(code), justify="right")
        for each in self._courses:
            table.add_row(escape(each.name), str(each.before), str(each.floor))
        self._out.print(table)
        self._out.print(say("RehearseCost", hours=round(hours)), markup=False)
        return hours

    @contextlib.contextmanager
    def live(self) -> Iterator[Live | None]:
        """A place that is drawn anew with each look, on a terminal."""
        from rich.live import Live

        if not self._out.is_terminal:
            yield None
            return
        with Live(console=self._out, auto_refresh=False, transient=True) as live:
            yield live

    def progress(self, live: Live | None, problem: str) -> None:
        """How it stands: in place on a terminal, else lines that tell what is new."""
        if live is not None:
            from rich.console import Group
            from rich.text import Text

            left = max(timedelta(0), self._prepared.rehearsal.until - datetime.now(UTC))
            live.update(
                Group(
                    self._table(),
                    Text(problem),
                    Text(self._wishes.say("RehearseLeft", left=_lasted(left, self._wishes))),
                ),
                refresh=True,
            )
            return
        shown = [problem or ", ".join(f"{each.name} {each.ready}/{each.floor}" for each in self._courses)]
        shown += [
            f"  {each.name}: {why.text(self._wishes.language)}" for each in self._courses for why in self._whys(each)
        ]
        for position, line in enumerate(shown):
            if line not in self._shown:
                begin = "" if position else f"{datetime.now(ZoneInfo(_timezone(self._platform))):%H:%M:%S} "
                self._out.print(begin + line, markup=False, soft_wrap=True)
        self._shown = shown

    def _table(self) -> Table:
        from rich.markup import escape
        from rich.table import Table

        say = self._wishes.say
        table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
        table.add_column(say("Workload"), overflow="fold")
        for code in ("RehearseHeld", "RehearseReady", "RehearseAfter"):
            table.add_column(say(code), justify="right", no_wrap=True)
        table.add_column(say("RehearseWhyNot"), overflow="fold")
        for each in self._courses:
            style = "green" if each.reached else "bold red"
            after = "–" if each.ready_after is None else _lasted(timedelta(seconds=each.ready_after), self._wishes)
            why = "; ".join(one.text(self._wishes.language) for one in self._whys(each))
            ready = f"[{style}]{each.ready}/{each.floor}[/{style}]"
            table.add_row(escape(each.name), str(each.held), ready, after, escape(why))
        return table

    def _whys(self, each: Course) -> Iterator[Reason]:
        from entcapacity.rehearsal import whys

        after = None if each.ready_after is None else _lasted(timedelta(seconds=each.ready_after), self._wishes)
        return whys(each, self._platform.capacity.name, after)

    def afterwards(self, stopped: bool, given_back: bool) -> None:
        """What became of it."""
        from entcapacity.rehearsal import ready_after

        say, seconds = self._wishes.say, ready_after(self._courses)
        self._out.print()
        self._out.print(self._table())
        if seconds is not None and all(each.reached for each in self._courses):
            after = _lasted(timedelta(seconds=seconds), self._wishes)
            self._out.print(say("RehearseOver", after=after), markup=False)
        else:
            self._out.print(say("RehearseStopped" if stopped else "RehearseFailed"), markup=False)
        if given_back:
            down = self._platform.capacity.spec.ramp.down_per_minute
            self._out.print(say("RehearseGivenBack", down=down), markup=False)


def _lasted(span: timedelta, wishes: Wishes) -> str:
    minutes, seconds = divmod(round(span.total_seconds()), 60)
    return wishes.say("RehearseSeconds", minutes=minutes, seconds=seconds)


def _document(prepared: Prepared, hours: float, ended: Ended | None) -> Document:
    """The same for programs; what is not known before it began is null."""
    from entcapacity.cli.documents import VERSION, utc
    from entcapacity.rehearsal import ready_after

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
