"""The command ``replay``: who would have done how well, as a table and for machines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from entcapacity.cli import options
from entcapacity.cli.commands import capacity_of, cli, example, loaded

if TYPE_CHECKING:
    from entcapacity.replay import Replay, Score


@cli.command(epilog=example("replay"))
@click.argument("scenario", required=False)
@options.files("-f", "--file", "files", required=False)
@options.FROM
@click.option("--until", type=options.instant, metavar="INSTANT", help="Where the window ends, with -f.")
@options.NAME
@click.option("--deviation", type=click.IntRange(0, 300), metavar="PERCENT", help="Up to so much more than expected.")
@click.option("--early", type=click.IntRange(0, 120), metavar="MINUTES", help="Up to so much earlier than expected.")
@click.option("--seed", type=click.IntRange(0), default=0, help="Of the deviation; default 0.")
@click.option("--plan-on", type=click.Choice(["expected", "high"]), default="high", help="Default high.")
@options.output()
@options.LANGUAGE
def replay(
    scenario: str | None,
    files: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    name: str | None,
    deviation: int | None,
    early: int | None,
    seed: int,
    plan_on: str,
    output: str,
    lang: str,
) -> None:
    """Replay a time: our plan and the usual autoscalers under the same load, which is not the planned one.

    SCENARIO is one that is built in; without any, they are listed. With -f, --from and --until, your own platform.
    """
    from entcapacity.cli import machine
    from entcapacity.facts import Facts
    from entcapacity.grid import Grid
    from entcapacity.replay import Deviation, replay
    from entcapacity.scenarios import built_in
    from entcapacity.schooldays import embedded

    if scenario is None and not files:
        for each in built_in().values():
            click.echo(f"{each.name:24} {each.title[lang]}")
        return
    if scenario is not None and files:
        raise click.UsageError("Name a scenario, or files with -f, not both.")
    if scenario is None:
        if since is None or until is None or until <= since:
            raise click.UsageError("With -f say the window: --from and a later --until.")
        if until - since > timedelta(days=options.MOST_DAYS):
            raise options.wrong("--until", f"more than {options.MOST_DAYS} days after --from")
        found = loaded(files)
        spec, title = capacity_of(found, name).spec, capacity_of(found, name).name
        facts, window = Facts(found.school_days(), found.announcements), Grid.between(since, until)
        usual = Deviation()
    elif scenario in built_in():
        chosen = built_in()[scenario]
        spec, title, window, usual = chosen.capacity.spec, scenario, chosen.window, chosen.deviation
        facts = Facts(embedded(), chosen.announcements)
    else:
        raise click.BadParameter(f"no such scenario {scenario!r}: there is {', '.join(built_in())}")
    differs = Deviation(
        usual.percent if deviation is None else deviation,
        usual.early if early is None else timedelta(minutes=early),
        seed,
    )
    made = replay(spec, facts, window, differs, plan_on.capitalize(), _progress)
    document = _document(title, made)
    if output == "text":
        _show(title, made, lang)
    else:
        click.echo(machine.written(document, output, "results"), nl=False)


def _progress(minutes: Sequence[int]) -> Iterable[int]:
    """The minutes one by one, with a bar on the terminal of whoever waits."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    return track(minutes, description="", console=console, transient=True, disable=not console.is_terminal)


def _document(title: str, made: Replay) -> dict[str, Any]:
    return {
        "version": 1,
        "scenario": title,
        "planOn": made.plan_on,
        "deviation": {
            "percent": made.deviation.percent,
            "earlyMinutes": made.deviation.early // timedelta(minutes=1),
            "seed": made.deviation.seed,
        },
        "highOverActual": round(made.high_over_actual, 3),
        "results": [
            {
                "name": each.name,
                "saturatedMinutes": each.saturated_minutes,
                "refusedUserMinutes": round(each.refused_user_minutes),
                "longestWaitSeconds": None if each.longest_wait is None else round(each.longest_wait.total_seconds()),
                "replicaHours": round(each.replica_hours, 1),
                "peakReplicas": each.peak_replicas,
                "aboveFloor": each.above_floor,
            }
            for each in made.scores
        ],
    }


def _show(title: str, made: Replay, language: str) -> None:
    from rich.table import Table

    from entcapacity.cli import terminal
    from entcapacity.reasons import number, reason

    def text(code: str, **args: Any) -> str:
        return reason(code, **args).text(language)

    out = terminal.console()
    early = made.deviation.early // timedelta(minutes=1)
    out.print(text("ReplayHead", title=title, planOn=made.plan_on, percent=made.deviation.percent, early=early))
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for code in ("SaturatedColumn", "RefusedColumn", "WaitColumn", "ReplicaHoursColumn", "PeakColumn"):
        table.add_column(text(code), justify="right")
    table.add_column("")
    ours = made.scores[0]
    for each in made.scores:
        wait = text("NeverIn") if each.longest_wait is None else f"{each.longest_wait // timedelta(minutes=1)} min"
        table.add_row(
            each.name,
            number(each.saturated_minutes, language),
            number(each.refused_user_minutes, language),
            wait,
            number(each.replica_hours, language),
            number(each.peak_replicas, language),
            text(f"Contender{''.join(part.capitalize() for part in each.name.split('-'))}"),
            style="bold" if each is ours else None,
        )
    out.print(table)
    as_well = [each.name for each in made.scores if _as_well(each, ours)]
    if as_well:
        out.print(text("AsWell", names=", ".join(as_well)))


def _as_well(rival: Score, ours: Score) -> bool:
    """Whether an autoscaler serves as well as we do for no more replica-hours."""
    return (
        rival.above_floor
        and rival.refused_user_minutes <= ours.refused_user_minutes
        and rival.saturated_minutes <= ours.saturated_minutes
        and rival.replica_hours <= ours.replica_hours
    )
