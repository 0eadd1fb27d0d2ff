"""The command ``replay``: who would have done how well, as a table and for machines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from entcapacity.cli import options
from entcapacity.cli.commands import cli, example
from entcapacity.cli.inputs import capacity_of, loaded, refuse

if TYPE_CHECKING:
    from entcapacity.grid import Grid
    from entcapacity.reasons import Reason
    from entcapacity.replay import Measured, Replay
    from entcapacity.report import Text


def _rivals(value: str) -> tuple[str, ...]:
    from entcapacity.replay import RIVALS

    names = tuple(each.strip() for each in value.split(","))
    for name in names:
        if name not in RIVALS:
            raise click.BadParameter(f"no rival {name!r}: there is {', '.join(RIVALS)}")
    return names


@cli.command(
    epilog=example(
        "replay 2021-04-06",
        "replay -f platform.yaml -f announcements.yaml \\\n--from 2021-04-06 --until 2021-04-10 --deviation 15",
    ),
    short_help="Replay a time, with our plan and the usual autoscalers.",
)
@click.argument("scenario", required=False)
@options.files("-f", "--file", "files", required=False)
@click.option("--from", "since", type=options.instant_or_day, metavar="INSTANT", help="Where it begins, with -f.")
@click.option("--until", type=options.instant_or_day, metavar="INSTANT", help="Where it ends, with -f. Dates do, too.")
@options.NAME
@click.option(
    "--deviation",
    type=click.IntRange(0, 300),
    metavar="PERCENT",
    help="Up to so much more than expected; default what the scenario says, with -f 0.",
)
@click.option(
    "--early",
    type=click.IntRange(0, 120),
    metavar="MINUTES",
    help="Up to so much earlier than expected; default what the scenario says, with -f 0.",
)
@click.option("--seed", type=click.IntRange(0), help="Of the deviation; default 0.")
@click.option(
    "--demand", metavar="FILE", help="CSV of who came, time,sessions or time,sessions,logins; no deviation then."
)
@click.option("--plan-on", type=click.Choice(["expected", "high"]), help="Default what the spec says.")
@click.option("--rivals", type=_rivals, metavar="NAME,…", help="Whom to compare with besides the optimum; default all.")
@options.REPORT
@options.output()
@options.LANGUAGE
def replay(
    scenario: str | None,
    files: tuple[str, ...],
    since: date | None,
    until: date | None,
    name: str | None,
    deviation: int | None,
    early: int | None,
    seed: int | None,
    demand: str | None,
    plan_on: str | None,
    rivals: tuple[str, ...] | None,
    report: Path | None,
    output: str,
    lang: str,
) -> None:
    """Replay a time: our plan and the usual autoscalers under the same load, which is not the planned one.

    SCENARIO is one that is built in; without any, they are listed. With -f, --from and --until, your own platform.
    """
    from entcapacity.cli import machine
    from entcapacity.facts import Facts
    from entcapacity.grid import Grid
    from entcapacity.reasons import LANGUAGES, reason
    from entcapacity.replay import RIVALS, Deviation, replay
    from entcapacity.scenarios import built_in
    from entcapacity.schooldays import embedded

    about_files = {"--from": since, "--until": until, "--name": name}
    if scenario is None and not files:
        asked = {**about_files, "--demand": demand, "--report": report, "--deviation": deviation, "--early": early}
        for option, value in asked.items():
            if value is not None:
                raise options.wrong(option, "needs a scenario, or files with -f")
        for each in built_in().values():
            click.echo(f"{each.name:24} {each.title[lang]}")
        return
    if scenario is not None and files:
        raise click.UsageError("Name a scenario, or files with -f, not both.")
    if scenario is not None:
        for option, value in about_files.items():
            if value is not None:
                raise options.wrong(option, "goes with -f only: a scenario has its own window and platform")
    if scenario is None:
        if since is None or until is None:
            raise click.UsageError("With -f say the window: --from and a later --until.")
        found = loaded(files)
        capacity = capacity_of(found, name)
        spec, title = capacity.spec, capacity.name
        begin, end = (options.begun(each, spec) for each in (since, until))
        if not timedelta(0) < end - begin <= timedelta(days=options.MOST_DAYS):
            raise options.wrong("--until", f"write a later --until, at most {options.MOST_DAYS} days after --from")
        facts, window = Facts(found.school_days(), found.announcements), Grid.between(begin, end)
        usual, trouble = Deviation(), None
        heading = dict.fromkeys(LANGUAGES, title)
        inputs: list[tuple[Reason, str | Text]] = [(reason("InputFiles"), ", ".join(files))]
    elif scenario in built_in():
        chosen = built_in()[scenario]
        spec, title, window = chosen.capacity.spec, scenario, chosen.window
        usual, trouble = chosen.deviation, chosen.trouble
        heading = {language: f"{scenario}, {said}" for language, said in chosen.title.items()}
        sources = {
            language: reason("Semicolon").text(language).join(each[language] for each in chosen.sources)
            for language in LANGUAGES
        }
        inputs = [(reason("InputScenario"), scenario), (reason("InputSources"), sources)]
        facts = Facts(embedded(), chosen.announcements)
    else:
        raise click.BadParameter(f"no such scenario {scenario!r}: there is {', '.join(built_in())}")
    differs: Deviation | Measured = Deviation(
        usual.percent if deviation is None else deviation,
        usual.early if early is None else timedelta(minutes=early),
        seed or 0,
    )
    if demand is not None:
        if (deviation, early, seed) != (None, None, None):
            raise options.wrong("--demand", "says who came: leave out --deviation, --early and --seed")
        differs = _measured(demand, window)
    on, shown = (plan_on or spec.demand.plan_on).capitalize(), RIVALS if rivals is None else rivals
    made = replay(spec, facts, window, differs, on, _progress, trouble=trouble, rivals=shown)
    document = _document(title, made)
    if output == "text":
        _show(title, made, lang)
    else:
        click.echo(machine.written(document, output, "results"), nl=False)
    if report is not None:
        from entcapacity.cli import pictures
        from entcapacity.report import of_replay

        pictures.write(of_replay(made, heading, inputs, trouble), report, lang)


def _measured(name: str, window: Grid) -> Measured:
    from entcapacity.measured import read_measured

    found = read_measured(name, window)
    if isinstance(found, list):
        refuse(found)
    return found


def _progress(minutes: Sequence[int]) -> Iterable[int]:
    """The minutes one by one, with a bar on the terminal of whoever waits."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    return track(minutes, description="", console=console, transient=True, disable=not console.is_terminal)


def _document(title: str, made: Replay) -> dict[str, Any]:
    from entcapacity.cli.documents import VERSION, utc
    from entcapacity.replay import Deviation

    return {
        "version": VERSION,
        "scenario": title,
        "planOn": made.plan_on,
        "deviation": {
            "percent": made.deviation.percent,
            "earlyMinutes": made.deviation.early // timedelta(minutes=1),
            "seed": made.deviation.seed,
        }
        if isinstance(made.deviation, Deviation)
        else None,
        "demand": None if isinstance(made.deviation, Deviation) else made.deviation.name,
        "highOverActual": round(made.high_over_actual, 3),
        "results": [
            {
                "name": each.name,
                "saturatedMinutes": each.saturated_minutes,
                "refusedUserMinutes": round(each.refused_user_minutes),
                "longestWaitSeconds": None if each.longest_wait is None else round(each.longest_wait.total_seconds()),
                "outsideFrom": None if each.outside_from is None else utc(each.outside_from),
                "limitedBy": each.limited_by,
                "replicaHours": round(each.replica_hours, 1),
                "peakReplicas": each.peak_replicas,
                "aboveFloor": each.above_floor,
            }
            for each in made.scores
        ],
    }


def _show(title: str, made: Replay, language: str) -> None:
    from rich.markup import escape
    from rich.table import Table

    from entcapacity.cli import terminal
    from entcapacity.reasons import number

    out, words = terminal.console(), terminal.Words(language, made.plans[0].timezone)
    out.print(words("ReplayHead", title=title, planOn=made.plan_on))
    out.print(terminal.indented(escape(made.deviation.said.text(language))))
    limited = any(each.outside_from for each in made.scores)
    table, legend = Table(box=None, pad_edge=False), Table(box=None, pad_edge=False, show_header=limited)
    for heading in ("", "", words("LimitedColumn")):
        legend.add_column(heading)
    table.add_column("", no_wrap=True)
    for code in ("SaturatedColumn", "RefusedColumn", "WaitColumn", "ReplicaHoursColumn", "PeakColumn"):
        title_in_two = "\n".join(words(code).rsplit(" ", 1))
        table.add_column(title_in_two, justify="right", no_wrap=code != "WaitColumn")  # a wait may be a sentence
    ours = made.scores[0]
    for each in made.scores:
        wait = words("NeverIn") if each.longest_wait is None else f"{each.longest_wait // timedelta(minutes=1)} min"
        table.add_row(
            each.name,
            number(each.saturated_minutes, language),
            number(each.refused_user_minutes, language),
            wait,
            number(each.replica_hours, language),
            number(each.peak_replicas, language),
            style="bold" if each is ours else None,
        )
        by = f"{each.limited_by}, {words.moment(each.outside_from)}" if each.outside_from else ""
        legend.add_row(f"  {each.name}", each.who.text(language), by)
    out.print(table)
    out.print()
    out.print(legend)
    as_well = [each.name for each in made.scores if each.as_well_as(ours)]
    if as_well:
        out.print(words("AsWell", names=", ".join(as_well)))
