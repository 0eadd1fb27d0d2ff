"""The commands ``plan``, ``explain`` and ``diff``: how many replicas, when, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from entcapacity.cli import connection, inputs, options
from entcapacity.cli.commands import cli, example

if TYPE_CHECKING:
    from entcapacity.facts import Facts
    from entcapacity.plan import Plan
    from entcapacity.spec import ENTCapacity

_WORKLOADS: Final = click.option(
    "--workload", "workloads", multiple=True, metavar="NAME", help="Only this workload; may be repeated."
)


@cli.command(
    epilog=example(
        "plan occitanie -n ent --days 3",
        "plan -f platform.yaml -f announcements.yaml \\\n--from 2021-04-06 --days 1",
    ),
    short_help="Say how many replicas when, why, and whether they will do.",
)
@click.argument("platform", required=False)
@options.files("-f", "--file", "files", required=False)
@connection.CONTEXT
@connection.NAMESPACE
@connection.HOME
@options.FROM
@options.DAYS
@options.as_of("--from")
@_WORKLOADS
@options.NAME
@options.FLOORS
@click.option(
    "--every",
    type=click.IntRange(1, 1440),
    default=1,
    metavar="MINUTES",
    help="Minutes in one entry of demand, in JSON and YAML; default 1. No peak is lost.",
)
@options.REPORT
@options.output()
@options.LANGUAGE
def plan(
    platform: str | None,
    files: tuple[str, ...],
    context: str | None,
    namespace: str | None,
    home: str,
    since: date | None,
    days: int,
    as_of: datetime | None,
    workloads: tuple[str, ...],
    name: str | None,
    floors: tuple[tuple[str, int], ...],
    every: int,
    report: Path | None,
    output: str,
    lang: str,
) -> None:
    """Plan a platform: each workload's steps with their reasons, peaks, shortfalls, waits, cost, and a chart.

    PLATFORM is an ENTCapacity of the cluster, by default the only one of the namespace: what its operator plans. With
    -f it is one of those in the files, and no cluster is asked.
    """
    from entcapacity.cli import documents, machine

    capacity, facts = inputs.meant(files, platform, name, connection.Where(context, namespace, home), lang)
    _check_workloads(capacity, workloads, "--workload")
    begin, known = _window(since, days, as_of, capacity)
    made = _planned(capacity, facts, begin, timedelta(days=days), known, floors)
    if output == "text":
        from entcapacity.cli import terminal

        terminal.show_plan(terminal.console(), made, capacity, workloads, lang)
    else:
        document = documents.plan(made, capacity, lang, every, workloads)
        click.echo(machine.written(document, output, "workloads.steps"), nl=False)
    if report is not None:
        from entcapacity.cli import pictures
        from entcapacity.reasons import reason
        from entcapacity.report import of_plan

        where = f"{capacity.metadata.namespace}/{capacity.name}"
        sources = [(reason("InputFiles"), ", ".join(files)) if files else (reason("InputCluster"), where)]
        pictures.write(of_plan(made, capacity.name, sources), report, lang)


@cli.command(
    epilog=example(
        "explain occitanie -n ent",
        "explain -f platform.yaml --workload auth \\\n--at 2021-04-06T08:30:00+02:00",
    ),
    short_help="Explain why so many replicas, term by term.",
)
@click.argument("platform", required=False)
@options.files("-f", "--file", "files", required=False)
@connection.CONTEXT
@connection.NAMESPACE
@connection.HOME
@click.option(
    "--at", type=options.instant, default="now", metavar="INSTANT", help="The instant to explain; default now."
)
@options.as_of("--at")
@_WORKLOADS
@options.NAME
@options.FLOORS
@options.output()
@options.LANGUAGE
def explain(
    platform: str | None,
    files: tuple[str, ...],
    context: str | None,
    namespace: str | None,
    home: str,
    at: datetime,
    as_of: datetime | None,
    workloads: tuple[str, ...],
    name: str | None,
    floors: tuple[tuple[str, int], ...],
    output: str,
    lang: str,
) -> None:
    """Explain why so many replicas, term by term, so that it can be recomputed by hand.

    PLATFORM and -f are as for plan.
    """
    from entcapacity.cli import documents, machine

    at = at.replace(second=0, microsecond=0)
    if as_of is not None and as_of > at:
        raise options.wrong("--as-of", f"lies after --at {at.isoformat()}: a plan asks for nothing in the past")
    known = as_of or min(options.now(), at)
    capacity, facts = inputs.meant(files, platform, name, connection.Where(context, namespace, home), lang)
    _check_workloads(capacity, workloads, "--workload")
    made = _planned(capacity, facts, at, timedelta(minutes=1), known, floors)
    if output == "text":
        from entcapacity.cli import terminal

        terminal.show_explanation(terminal.console(), made, capacity, workloads, lang)
        return
    document = documents.explanation(made, capacity, workloads, lang)
    click.echo(machine.written(document, output, "workloads.terms"), nl=False)


@cli.command(
    epilog=example("diff --old main/platform.yaml --new platform.yaml --days 7"),
    short_help="Compare two sets of files: what a change changes.",
)
@options.files("--old")
@options.files("--new")
@options.FROM
@options.DAYS
@options.as_of("--from")
@options.NAME
@options.output()
@options.LANGUAGE
def diff(
    old: tuple[str, ...],
    new: tuple[str, ...],
    since: date | None,
    days: int,
    as_of: datetime | None,
    name: str | None,
    output: str,
    lang: str,
) -> None:
    """Compare two sets of files: what a new spec or announcement changes. Text is Markdown, for a pull request.

    The exit code is 0 also where they differ.
    """
    from entcapacity.cli import changes, machine

    if "-" in old and "-" in new:
        raise options.wrong("--new", "the standard input can be read once: give - on one side only")
    both = [(inputs.capacity_of(found, name), found) for found in inputs.each_loaded(old, new)]
    begin, known = _window(since, days, as_of, both[1][0])
    sides = []
    for capacity, found in both:
        made = _planned(capacity, inputs.facts_in(found), begin, timedelta(days=days), known, ())
        sides.append(changes.Side(made, capacity, found.announcements))
    document = changes.difference(sides[0], sides[1], lang)
    if output == "text":
        click.echo("\n".join(changes.markdown(document, lang)))
        return
    click.echo(machine.written(document, output, "workloads"), nl=False)


def _check_workloads(capacity: ENTCapacity, meant: Sequence[str], option: str) -> None:
    """A usage error where a platform has no workload of a name that an option gives."""
    names = [each.name for each in capacity.spec.workloads]
    for each in meant:
        if each not in names:
            raise options.wrong(option, f"no workload {each!r}: there is {', '.join(names)}")


def _window(since: date | None, days: int, as_of: datetime | None, capacity: ENTCapacity) -> tuple[datetime, datetime]:
    """Where the window begins, and as of when it is planned."""
    begin = options.begun(since or options.now(), capacity.spec)
    if as_of is not None and as_of > begin + timedelta(days=days) - timedelta(minutes=1):
        raise options.wrong("--as-of", "lies after the window: a plan asks for nothing in the past")
    return begin, as_of or min(options.now(), begin)


def _planned(
    capacity: ENTCapacity,
    facts: Facts,
    begin: datetime,
    span: timedelta,
    as_of: datetime,
    floors: Sequence[tuple[str, int]],
) -> Plan:
    """The plan, from the floors given, those that were found where it is planned as of now, or else those in effect if
    it had been followed until ``as_of``."""
    from dataclasses import replace

    from entcapacity.grid import Grid
    from entcapacity.plan import floors_in_effect
    from entcapacity.plan import plan as planned

    _check_workloads(capacity, [name for name, _ in floors], "--floor")
    known = facts.floors if abs(options.now() - as_of) <= timedelta(minutes=1) else {}
    in_effect = {**(known or floors_in_effect(capacity.spec, facts, as_of)), **dict(floors)}
    return planned(capacity.spec, replace(facts, floors=in_effect), as_of, Grid.between(begin, begin + span))
