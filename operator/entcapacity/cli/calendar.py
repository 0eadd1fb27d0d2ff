"""The command ``calendar``: what each day is in a place, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

import click

from entcapacity.cli import inputs, options
from entcapacity.cli.commands import cli, example
from entcapacity.vocabulary import Level, Role

if TYPE_CHECKING:
    from entcapacity.territories import Place

MOST_CALENDAR_DAYS: Final = 3660


@cli.command(
    epilog=example("calendar --academie Toulouse \\\n--from 2021-04-01 --until 2021-05-10 -f announcements.yaml"),
    short_help="Say what each day is, and why.",
)
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
    found = inputs.loaded(files)
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
