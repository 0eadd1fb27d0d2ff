"""The command line: options in, answers out.

What takes long to import is imported where it is used, so that ``--help`` answers at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import click

from entcapacity import __version__
from entcapacity.cli import connection, options
from entcapacity.vocabulary import Level, Role

if TYPE_CHECKING:
    from entcapacity.facts import Facts
    from entcapacity.files import FileProblem, Files
    from entcapacity.kube import Kube
    from entcapacity.plan import Plan
    from entcapacity.platforms import Platform
    from entcapacity.reasons import Reason
    from entcapacity.spec import ENTCapacity
    from entcapacity.territories import Place

FILES_ARE_WRONG: Final = 1
MOST_CALENDAR_DAYS: Final = 3660
_PLUGIN: Final = "kubectl-entcap"
"""Under this name kubectl finds it."""

_EXAMPLES: Final = {
    "validate": "entcapacity validate platform.yaml announcements/",
    "calendar": "entcapacity calendar --academie Toulouse --from 2021-04-01 --until 2021-05-10 -f announcements.yaml",
    "plan": "entcapacity plan occitanie -n ent --days 3\n  "
    "entcapacity plan -f platform.yaml -f announcements.yaml --from 2021-04-06T00:00:00+02:00 --days 1",
    "explain": "entcapacity explain occitanie -n ent\n  "
    "entcapacity explain -f platform.yaml --at 2021-04-06T08:30:00+02:00 --workload auth",
    "init": "entcapacity init -n ent --academie Toulouse --levels College,Lycee --pupils 120000",
    "rehearse": "entcapacity rehearse occitanie -n ent --for 30m",
    "completion": "entcapacity completion bash > ~/.local/share/bash-completion/completions/entcapacity",
    "replay": "entcapacity replay 2021-04-06",
    "run": "entcapacity run --namespace ent-capacity --watch-namespace ent",
    "release": "entcapacity release --namespace ent-capacity",
    "announce": "entcapacity announce remote --from 2026-11-30\n  "
    "entcapacity announce hybrid --level Lycee --from 2026-11-30 --until 2026-12-18\n  "
    "entcapacity announce closed --departement 31 --departement 81 --cause Storm",
    "withdraw": "entcapacity withdraw remote-2026-11-30",
    "boost": "entcapacity boost occitanie -n ent --percent 50 --for 3h",
    "status": "entcapacity status -A --watch",
    "diff": "entcapacity diff --old main/platform.yaml --new platform.yaml --days 7",
}


def example(command: str) -> str:
    return f"Example:\n\n\b\n  {_EXAMPLES[command]}"


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Example:\n\n\b\n  " + _EXAMPLES["plan"],
)
@click.version_option(__version__, prog_name="entcapacity")
def cli() -> None:
    """Replicas Ready before the pupils come: plans ENT capacity from the school calendar and announcements.

    Exit code 0: answered; 1: files are missing or hold errors, or the cluster refuses; 2: wrong usage.
    """


def main() -> None:
    """The entry point: UTF-8 whatever the terminal says, and one line when the answer cannot be written.

    When the reader goes away, or someone interrupts, click ends the command without a traceback.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        cli(prog_name=_called())
    except OSError as error:
        # what is left in the buffer must not fail once more when Python ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        _fail(f"the answer cannot be written: {error.strerror or error}")


def _called() -> str:
    """What people type: as a plugin of kubectl, ``kubectl entcap``, in examples, too."""
    if Path(sys.argv[0]).stem != _PLUGIN:
        return "entcapacity"
    called = _PLUGIN.replace("-", " ")
    for each in (cli, *cli.commands.values()):
        each.epilog = (each.epilog or "").replace("entcapacity ", f"{called} ")
    return called


# --- commands ---------------------------------------------------------------------------------------------------------


@cli.command(epilog=example("validate"))
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@options.output()
def validate(files: tuple[str, ...], output: str) -> None:
    """Check files: every error with file, field path, value, and the way out.

    FILE is YAML or JSON, a directory, a calendar (.csv, .json, .ics), or - for stdin.
    """
    from entcapacity.cli import documents, machine
    from entcapacity.files import load

    found = load(files)
    if output == "text":
        from entcapacity.cli import terminal

        entries = [(each.at, each.kind, f"{each.namespace}/{each.name}".lstrip("/")) for each in found.entries]
        terminal.show_resources(terminal.console(), entries)
        _complain(found.problems)
        click.echo(f"resources: {len(entries)}, errors: {len(found.problems)}")
    else:
        document = documents.validation(found)
        click.echo(machine.written(document, output, "problems"), nl=False)
    if found.problems:
        sys.exit(FILES_ARE_WRONG)


@cli.command(epilog=example("calendar"))
@click.option("--zone", help="School zone: A, B, C, Corse, Guadeloupe …")
@click.option("--academie", help="Académie, for example Toulouse.")
@click.option("--departement", help="Code of a département, for example 31 or 2A.")
@click.option("--from", "since", type=options.day, required=True, metavar="DATE", help="First date.")
@click.option("--until", type=options.day, required=True, metavar="DATE", help="Last date.")
@options.files("-f", "--file", "files", required=False)
@click.option("--level", type=options.one_of(Level), help="School level; default all of them.")
@click.option("--role", type=options.one_of(Role), default="Pupil", help="Who; default Pupil.")
@click.option(
    "--as-of", type=options.instant, metavar="INSTANT", help="Use only what was known then; default everything."
)
@options.output("ics")
@options.LANGUAGE
def calendar(
    zone: str | None,
    academie: str | None,
    departement: str | None,
    since: date,
    until: date,
    files: tuple[str, ...],
    level: str | None,
    role: str,
    as_of: datetime | None,
    output: str,
    lang: str,
) -> None:
    """Say what each day is in a zone, an académie or a département, and why.

    Where places or levels disagree, the kind that most of them have is shown, and the reason says who differs.
    """
    if until < since:
        raise options.wrong("--until", f"{until} is before --from {since}")
    if (until - since).days >= MOST_CALENDAR_DAYS:
        raise options.wrong("--until", f"more than {MOST_CALENDAR_DAYS} days: ask for fewer")
    where = _where(zone, academie, departement)
    from entcapacity import announcements
    from entcapacity.agenda import agenda, known_until
    from entcapacity.cli import documents, machine

    places = _places(where)
    found = loaded(files)
    levels = [Level(level)] if level else list(Level)
    known = found.school_days(places).known_at(as_of)
    made = announcements.known_at(found.announcements, as_of)
    dates = range(since.toordinal(), until.toordinal() + 1)
    days = list(agenda(known, made, places, levels, Role(role), dates))
    end = known_until(known, places, levels)
    (kind, name), *_ = where.items()
    title = f"{ {'zone': 'Zone', 'academie': 'Académie', 'departement': 'Département'}[kind] } {name}"
    if output == "ics":
        from entcapacity.cli.ics import to_ics

        click.echo(to_ics(days, title, f"{level or 'all'}-{role}", as_of or options.now(), lang), nl=False)
    elif output == "text":
        from entcapacity.cli import terminal
        from entcapacity.reasons import Argument, reason

        said: dict[str, Argument] = {"where": title, "role": reason(f"Role{role}"), "known": end.isoformat()}
        said |= {"since": since.isoformat(), "until": until.isoformat()}
        head = (
            reason("CalendarHeadAsOf", **said, asOf=f"{as_of:%Y-%m-%d %H:%M%z}")
            if as_of
            else reason("CalendarHead", **said)
        )
        terminal.show_calendar(terminal.console(), head.text(lang), days, lang)
    else:
        document = documents.calendar(where, levels, Role(role), as_of, end, days, lang)
        click.echo(machine.written(document, output, "days"), nl=False)


@cli.command(epilog=example("plan"))
@click.argument("platform", required=False)
@options.files("-f", "--file", "files", required=False)
@connection.CONTEXT
@connection.NAMESPACE
@connection.HOME
@options.FROM
@options.DAYS
@options.AS_OF
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
    since: datetime | None,
    days: int,
    as_of: datetime | None,
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

    begin, known = _window(since, days, as_of)
    capacity, facts = _meant(files, platform, name, connection.Where(context, namespace, home), lang)
    made = _planned(capacity, facts, begin, timedelta(days=days), known, floors)
    if output == "text":
        from entcapacity.cli import terminal

        terminal.show_plan(terminal.console(), made, capacity, lang)
    else:
        document = documents.plan(made, capacity, lang, every)
        click.echo(machine.written(document, output, "workloads.steps"), nl=False)
    if report is not None:
        from entcapacity.cli import pictures
        from entcapacity.reasons import reason
        from entcapacity.report import of_plan

        where = f"{capacity.metadata.namespace}/{capacity.name}"
        inputs = [(reason("InputFiles"), ", ".join(files)) if files else (reason("InputCluster"), where)]
        pictures.write(of_plan(made, capacity.name, inputs), report, lang)


@cli.command(epilog=example("explain"))
@click.argument("platform", required=False)
@options.files("-f", "--file", "files", required=False)
@connection.CONTEXT
@connection.NAMESPACE
@connection.HOME
@click.option(
    "--at", type=options.instant, default="now", metavar="INSTANT", help="The instant to explain; default now."
)
@options.AS_OF
@click.option("--workload", "workloads", multiple=True, metavar="NAME", help="Only this workload; may be repeated.")
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
    capacity, facts = _meant(files, platform, name, connection.Where(context, namespace, home), lang)
    names = [each.name for each in capacity.spec.workloads]
    for each in workloads:
        if each not in names:
            raise options.wrong("--workload", f"no workload {each!r}: there is {', '.join(names)}")
    made = _planned(capacity, facts, at, timedelta(minutes=1), known, floors)
    if output == "text":
        from entcapacity.cli import terminal

        terminal.show_explanation(terminal.console(), made, capacity, workloads, lang)
        return
    document = documents.explanation(made, capacity, workloads, lang)
    click.echo(machine.written(document, output, "workloads.terms"), nl=False)


@cli.command(epilog=example("diff"))
@options.files("--old")
@options.files("--new")
@options.FROM
@options.DAYS
@options.AS_OF
@options.NAME
@options.output()
@options.LANGUAGE
def diff(
    old: tuple[str, ...],
    new: tuple[str, ...],
    since: datetime | None,
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

    begin, known = _window(since, days, as_of)
    if "-" in old and "-" in new:
        raise options.wrong("--new", "the standard input can be read once: give - on one side only")
    sides = []
    for found in _each_loaded(old, new):
        capacity = capacity_of(found, name)
        made = _planned(capacity, facts_in(found), begin, timedelta(days=days), known, ())
        sides.append(changes.Side(made, capacity, found.announcements))
    document = changes.difference(sides[0], sides[1], lang)
    if output == "text":
        click.echo("\n".join(changes.markdown(document, lang)))
        return
    click.echo(machine.written(document, output, "workloads"), nl=False)


# --- between options and the core -------------------------------------------------------------------------------------


def _window(since: datetime | None, days: int, as_of: datetime | None) -> tuple[datetime, datetime]:
    """Where the window begins, and as of when it is planned."""
    begin = (since or options.now()).replace(second=0, microsecond=0)
    if as_of is not None and as_of > begin + timedelta(days=days) - timedelta(minutes=1):
        raise options.wrong("--as-of", "lies after the window: a plan asks for nothing in the past")
    return begin, as_of or min(options.now(), begin)


def _where(zone: str | None, academie: str | None, departement: str | None) -> dict[str, str]:
    said = {"zone": zone, "academie": academie, "departement": departement}
    where = {kind: name for kind, name in said.items() if name is not None}
    if len(where) != 1:
        raise click.UsageError("Say where: exactly one of --zone, --academie and --departement.")
    return where


def _places(where: dict[str, str]) -> Sequence[Place]:
    from entcapacity.territories import places_in

    ((kind, name),) = where.items()
    fields = {"zone": "zones", "academie": "academies", "departement": "departements"}
    try:
        return places_in(**{fields[kind]: [name]})
    except ValueError as error:
        raise options.wrong(f"--{kind}", str(error)) from None


def loaded(names: Sequence[str]) -> Files:
    """What stands in files; errors in them are told, all of them, and end the command."""
    (found,) = _each_loaded(names)
    return found


def _each_loaded(*sets: Sequence[str]) -> list[Files]:
    """The same for several sets of files; an error in a file that two of them name is told once."""
    from entcapacity.files import load

    found = [load(names) for names in sets]
    problems = list(dict.fromkeys(each for files in found for each in files.problems))
    if problems:
        refuse(problems)
    return found


def refuse(problems: Sequence[FileProblem]) -> NoReturn:
    """Ends the command, for what is wrong in files."""
    _complain(problems)
    sys.exit(FILES_ARE_WRONG)


def _complain(problems: Sequence[FileProblem]) -> None:
    for each in problems:
        click.echo(f"error: {each}", err=True)


def _fail(message: str) -> NoReturn:
    click.echo(f"error: {message}", err=True)
    sys.exit(FILES_ARE_WRONG)


def capacity_of(found: Files, name: str | None) -> ENTCapacity:
    from entcapacity.files import one_capacity

    for file in found.without_zone():
        _fail(f"{file}: names no zone: put it into a ConfigMap, which a SchoolCalendar names in fromConfigMap")
    try:
        return one_capacity(found, name)
    except ValueError as error:
        _fail(str(error))


def facts_in(found: Files) -> Facts:
    """What files say, besides the spec; no floors in effect."""
    from entcapacity.facts import Facts

    return Facts(found.school_days(), found.announcements)


def _meant(
    files: Sequence[str], platform: str | None, name: str | None, where: connection.Where, language: str
) -> tuple[ENTCapacity, Facts]:
    """The platform meant, in files or, where none are given, in the cluster, and what is known besides its spec."""
    if platform is not None and name is not None:
        raise options.wrong("--name", f"goes without {platform!r}: name one ENTCapacity")
    if files:
        for option, value in (("--context", where.context), ("--namespace", where.namespace)):
            if value is not None:
                raise options.wrong(option, "goes without -f: files need no cluster")
        found = loaded(files)
        return capacity_of(found, platform or name), facts_in(found)

    async def read(kube: Kube, namespace: str) -> Platform:
        from entcapacity.platforms import Platforms

        return await Platforms(kube, where.home).one(namespace, platform or name)

    there = connection.asked(read, where.context, where.namespace, ", or give files with -f")
    note(there.found, language)
    return there.capacity, there.facts


def note(found: Sequence[Reason], language: str) -> None:
    """Says beside the answer what it does not know."""
    for each in found:
        click.echo(f"note: {each.text(language)}", err=True)


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

    names = [each.name for each in capacity.spec.workloads]
    for workload, _ in floors:
        if workload not in names:
            raise options.wrong("--floor", f"no workload {workload!r}: there is {', '.join(names)}")
    known = facts.floors if abs(options.now() - as_of) <= timedelta(minutes=1) else {}
    in_effect = {**(known or floors_in_effect(capacity.spec, facts, as_of)), **dict(floors)}
    return planned(capacity.spec, replace(facts, floors=in_effect), as_of, Grid.between(begin, begin + span))
