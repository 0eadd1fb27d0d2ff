"""Options that commands share, and how their values are read."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from entcapacity.spec import ENTCapacitySpec

MOST_DAYS: Final = 60
REPORTS: Final = (".html", ".png", ".svg")
YEARS: Final = (1970, 2199)

Option = Callable[[Callable[..., Any]], Callable[..., Any]]


def wrong(option: str, message: str) -> click.BadParameter:
    """A usage error that names its option as click does."""
    return click.BadParameter(message, param_hint=f"'{option}'")


def said() -> list[click.Parameter]:
    """What stands on the command line of the command that runs."""
    context = click.get_current_context()
    sources = {each: context.get_parameter_source(each.name or "") for each in context.command.params}
    return [each for each, source in sources.items() if source is ParameterSource.COMMANDLINE]


def now() -> datetime:
    """The minute that runs."""
    return datetime.now(UTC).replace(second=0, microsecond=0)


def instant(
    value: str | datetime, otherwise: str = "is not an instant: write 2021-03-31T20:00:00+02:00, or now"
) -> datetime:
    """An instant with an offset, or ``now``; a usage error that says how to write it."""
    if isinstance(value, datetime):
        return value
    if value == "now":
        return now()
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} {otherwise}") from None
    _check_year(found.year, value)
    if found.utcoffset() is None:
        example = found.replace(tzinfo=ZoneInfo("Europe/Paris")).isoformat()
        raise click.BadParameter(f"{value!r} has no offset: write {example} for Paris, or Z for UTC")
    return found


def instant_or_day(value: str | date) -> date:
    """An instant, or a date, of which it is known only with the platform when it begins: ``begun``."""
    if isinstance(value, date):
        return value
    try:
        return day(str(date.fromisoformat(value)))
    except ValueError:
        return instant(value, "is neither a date nor an instant: write 2021-04-06, 2021-04-06T08:00:00+02:00, or now")


def begun(value: date, spec: ENTCapacitySpec) -> datetime:
    """The minute of an instant, or that in which a date begins where most users live."""
    from entcapacity.grid import midnight
    from entcapacity.plan import most_users_live_in

    if not isinstance(value, datetime):
        return midnight(value, most_users_live_in(spec))
    return value.replace(second=0, microsecond=0)


def day(value: str | date) -> date:
    """A local date; a usage error that says how to write it."""
    if isinstance(value, date):
        return value
    try:
        found = date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is not a date: write 2021-04-06") from None
    _check_year(found.year, value)
    return found


def duration(value: str | timedelta) -> timedelta:
    """How long, ``90m`` or ``3h``; a usage error that says how to write it."""
    from entcapacity.fields import duration

    try:
        found = duration(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r}: {error}") from None
    if not found:
        raise click.BadParameter(f"{value!r} is no time at all")
    return found


def floor(value: str | tuple[str, int]) -> tuple[str, int]:
    """A workload and the replicas it is asked for now, ``auth=6``."""
    if isinstance(value, tuple):
        return value
    workload, _, replicas = value.partition("=")
    if not workload or not (replicas.isascii() and replicas.isdigit()) or len(replicas) > 6:
        raise click.BadParameter(f"{value!r} is no floor: write auth=6")
    return workload, int(replicas)


def report(value: str | Path) -> Path:
    """A file that a report can be written to; a usage error before anything is reckoned in vain."""
    path = Path(value)
    if path.suffix.lower() not in REPORTS:
        raise click.BadParameter(f"{str(value)!r}: write a name that ends in {', '.join(REPORTS)}")
    try:
        wrong_place = "is a directory" if path.is_dir() else "" if path.parent.is_dir() else "no such directory"
    except OSError as error:  # a name that is too long, for one
        wrong_place = str(error.strerror)
    if wrong_place:
        raise click.BadParameter(f"{str(value)!r}: {wrong_place}")
    if find_spec("vl_convert") is None:
        raise click.BadParameter("needs vl-convert-python: pip install vl-convert-python")
    return path


def one_of(names: Iterable[str]) -> click.Choice[str]:
    """One of some names, however it is capitalised."""
    return click.Choice([str(each) for each in names], case_sensitive=False)


def output(*more: str) -> Option:
    """What to print."""
    names = ["text", "json", "yaml", "csv", *more]
    return click.option("-o", "--output", type=click.Choice(names), default="text", help="What to print; default text.")


def files(*names: str, required: bool = True) -> Option:
    """Files to read, under one or more names of the option."""
    return click.option(
        *names,
        multiple=True,
        required=required,
        metavar="FILE",
        help="YAML or JSON, a directory, a calendar (.csv, .json, .ics), or - for stdin; may be repeated.",
    )


def as_of(beginning: str) -> Option:
    """What was known when; ``beginning`` is the option that says from when on replicas are asked for."""
    return click.option(
        "--as-of",
        type=instant,
        metavar="INSTANT",
        help=f"Use only what was known then; default now, or {beginning} if that is earlier.",
    )


def language() -> str:
    """``fr`` where the environment asks for French, else ``en``."""
    spoken = next((found for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (found := os.environ.get(name))), "")
    return "fr" if spoken.lower().startswith("fr") else "en"


def _check_year(year: int, value: str) -> None:
    if not YEARS[0] <= year <= YEARS[1]:
        raise click.BadParameter(f"{value!r}: write a year from {YEARS[0]} to {YEARS[1]}")


LANGUAGE: Final = click.option(
    "--lang", type=click.Choice(["en", "fr"]), default=language, help="Language of texts; default by LANG."
)
NAME: Final = click.option("--name", help="The ENTCapacity meant, NAME or NAMESPACE/NAME, where files hold several.")
ZONES: Final = click.option(
    "--zone", "zones", multiple=True, metavar="ZONE", help="School zone: A, B, C, Corse …; may be repeated."
)
ACADEMIES: Final = click.option(
    "--academie", "academies", multiple=True, metavar="NAME", help="Académie, for example Toulouse; may be repeated."
)
DEPARTEMENTS: Final = click.option(
    "--departement", "departements", multiple=True, metavar="CODE", help="Département, 31 or 2A; may be repeated."
)
FLOORS: Final = click.option(
    "--floor",
    "floors",
    type=floor,
    multiple=True,
    metavar="NAME=N",
    help="Floor in effect at --as-of; default as if the plan had been followed. May be repeated.",
)
DAYS: Final = click.option(
    "--days",
    type=click.IntRange(1, MOST_DAYS),
    default=2,
    metavar="N",
    help=f"Days of 24 hours, 1 to {MOST_DAYS}; default 2.",
)
REPORT: Final = click.option(
    "--report",
    type=report,
    metavar="FILE",
    help="Also write a page that people look at (.html), or a picture of it (.png, .svg).",
)
FROM: Final = click.option(
    "--from",
    "since",
    type=instant_or_day,
    metavar="INSTANT",
    help="Where the window begins, or a date for its local midnight; default now.",
)
