"""The commands ``announce`` and ``withdraw``: how school is held, in the words that everybody hears."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import click

from entcapacity.cli import applying, asking, connection, options
from entcapacity.cli.commands import cli, example
from entcapacity.cli.inputs import loaded, note
from entcapacity.vocabulary import Level, Schooling

if TYPE_CHECKING:
    from entcapacity.cli.proposals import Proposal
    from entcapacity.fields import Scope
    from entcapacity.kube import Kube
    from entcapacity.platforms import Platforms
    from entcapacity.reasons import Reason
    from entcapacity.school import SchoolAnnouncement

_LONG_AGO: Final = timedelta(days=7)
"""How late it is announced how school is held already, at most."""
_CAUSES: Final = ("Confinement", "Heatwave", "Storm", "Transport", "Strike", "Exam", "Other")


def _on(value: str | date) -> date | str:
    """A date, ``today`` or ``tomorrow``; whose today that is, is known only with the scope."""
    return value if isinstance(value, str) and value in ("today", "tomorrow") else options.day(value)


def _schooling(value: str) -> Schooling:
    found = next((each for each in Schooling if each.lower() == value.lower()), None)
    if found is None:
        raise click.BadParameter(f"{value!r}: write one of {', '.join(each.lower() for each in Schooling)}")
    return found


def _label(value: str) -> tuple[str, str]:
    name, equals, label = value.partition("=")
    if not name or not equals:
        raise click.BadParameter(f"{value!r} is no label: write platform=occitanie")
    return name, label


@cli.command(
    epilog=example(
        "announce remote --from 2026-11-30",
        "announce hybrid --level Lycee \\\n--from 2026-11-30 --until 2026-12-18",
        "announce closed --departement 31 --departement 81 \\\n--cause Storm",
    ),
    short_help="Announce how school is held; shows first what it does.",
)
@click.argument("schooling", type=_schooling, required=False, metavar="[remote|hybrid|onsite|closed|holiday]")
@options.files("-f", "--file", "files", required=False)
@click.option("--from", "since", type=_on, metavar="DATE", help="First date, today or tomorrow; default tomorrow.")
@click.option(
    "--until", type=_on, metavar="DATE", help="Last date; default until superseded, of closed and holiday one day."
)
@options.ZONES
@options.ACADEMIES
@options.DEPARTEMENTS
@click.option("--level", "levels", multiple=True, type=options.one_of(Level), help="Repeatable.")
@click.option(
    "--on-site-percent", type=click.IntRange(0, 100), metavar="N", help="Of pupils, with hybrid; default half of them."
)
@click.option("--into-holidays", is_flag=True, help="Also makes the calendar's holidays class days (terms: Replace).")
@click.option("--cause", type=options.one_of(_CAUSES), default="Other", help="Why, for people; default Other.")
@click.option("--announced-at", type=options.instant, default="now", metavar="INSTANT", help="Default now.")
@click.option("--name", metavar="NAME", default="", help="Of the SchoolAnnouncement; default from what it says.")
@click.option("--label", "labels", type=_label, multiple=True, metavar="KEY=VALUE", help="May be repeated.")
@connection.CONTEXTS
@connection.HOME
@asking.YES
@asking.DRY_RUN
@applying.FOR_GIT
@options.LANGUAGE
def announce(
    schooling: Schooling | None,
    files: tuple[str, ...],
    since: date | str | None,
    until: date | str | None,
    zones: tuple[str, ...],
    academies: tuple[str, ...],
    departements: tuple[str, ...],
    levels: tuple[str, ...],
    on_site_percent: int | None,
    into_holidays: bool,
    cause: str,
    announced_at: datetime,
    name: str,
    labels: tuple[tuple[str, str], ...],
    contexts: tuple[str, ...],
    home: str,
    yes: bool,
    dry_run: bool,
    output: str,
    lang: str,
) -> None:
    """Announce how school is held: shows what that does to every platform it concerns, asks, and applies it.

    \b
    remote   class at home
    hybrid   half of the pupils on site
    onsite   class as usual
    closed   no class; by default for one day
    holiday  no class; by default for one day

    Without place and level it is for everyone. With -f, a SchoolAnnouncement from a file instead.
    """
    from entcapacity.sentences import Sentence, today_in, wholly_past, written

    now = options.now()
    if output != "text":
        applying.only_for_git()
    if files:
        _alone("--file", "contexts", "home", "yes", "dry_run", "output", "lang")
        document = _in_file(files)
    else:
        if schooling is None:
            raise click.UsageError("Say what is announced: remote, hybrid, onsite, closed, holiday, or a file with -f.")
        if on_site_percent is not None and schooling is not Schooling.HYBRID:
            raise options.wrong("--on-site-percent", "goes with hybrid")
        today, *_ = today_in(_scope(zones, academies, departements), now)
        first, last = _date_of(since or "tomorrow", today), _date_of(until, today) if until else None
        if last is not None and last < first:
            raise options.wrong("--until", f"{last} is before {first}, its first day")
        said = Sentence(
            schooling=schooling,
            from_=first,
            announced_at=announced_at,
            until=last,
            zones=zones,
            academies=academies,
            departements=departements,
            levels=[Level(each) for each in levels],
            on_site_percent=on_site_percent,
            into_terms=into_holidays,
            cause=cause,
            name=name,
            labels=dict(labels),
        )
        document = written(said)
    announcement = _valid(document)
    if wholly_past(announcement, now):
        option = "--file" if files else "--until" if until else "--from"
        raise options.wrong(option, "every day of it has passed: say days to come")
    doubts = list(_doubts(announcement))
    if output != "text":
        applying.printed(document, output)
        note(doubts, lang)
        return

    may_rename = not (files or name)

    async def prepare(kube: Kube, usual: str) -> Proposal:
        from entcapacity.cli.proposing import of_announcement
        from entcapacity.platforms import Platforms

        platforms = Platforms(kube, home)
        made, _ = await _create(kube, platforms, document, may_rename, only_checked=True)
        proposal = await of_announcement(platforms, usual, made, now)
        return replace(proposal, notes=[*doubts, *proposal.notes])

    async def act(kube: Kube, _: str, only_checked: bool) -> Reason:
        from entcapacity.platforms import Platforms

        _made, done = await _create(kube, Platforms(kube, home), document, may_rename, only_checked)
        return done

    applying.propose(prepare, act, contexts, None, yes, dry_run, lang)


@cli.command(epilog=example("withdraw remote-2026-11-30"), short_help="Take a SchoolAnnouncement back.")
@click.argument("name")
@click.option(
    "--at", type=options.instant, default="now", metavar="INSTANT", help="When it is taken back; default now."
)
@connection.CONTEXTS
@connection.HOME
@asking.YES
@asking.DRY_RUN
@options.LANGUAGE
def withdraw(
    name: str,
    at: datetime,
    contexts: tuple[str, ...],
    home: str,
    yes: bool,
    dry_run: bool,
    lang: str,
) -> None:
    """Take a SchoolAnnouncement back: days that have begun stay as they were announced, later ones do not.

    NAME is the SchoolAnnouncement. It stays, with the instant in withdrawnAt, so that the past can be told.
    """
    from entcapacity.cli.documents import utc
    from entcapacity.fields import API_VERSION
    from entcapacity.targets import Ref

    now, patch = options.now(), {"spec": {"withdrawnAt": utc(at)}}
    ref = Ref(API_VERSION, "SchoolAnnouncement", "", name)

    async def prepare(kube: Kube, usual: str) -> Proposal:
        from entcapacity.cli.proposing import of_announcement
        from entcapacity.kube import ClusterError
        from entcapacity.platforms import Platforms

        platforms = Platforms(kube, home)
        announcement = await platforms.announcement(name)
        spec = announcement.spec
        if spec.withdrawn_at is not None:
            raise ClusterError(0, f"{name} was withdrawn already, at {spec.withdrawn_at.isoformat()}")
        if at < spec.announced_at:
            way = f"delete it (kubectl delete schoolannouncement {name}), or say a later --at"
            raise ClusterError(0, f"{name} is announced only at {spec.announced_at.isoformat()}: {way}")
        await kube.change(ref, patch, dry_run=True)
        gone = announcement.model_copy(update={"spec": spec.model_copy(update={"withdrawn_at": at})})
        return await of_announcement(platforms, usual, gone, now)

    async def act(kube: Kube, _: str, only_checked: bool) -> Reason:
        from entcapacity.reasons import reason

        await kube.change(ref, patch, only_checked)
        return reason("Applied", object=str(ref), what=reason("WouldBeWithdrawn" if only_checked else "WasWithdrawn"))

    applying.propose(prepare, act, contexts, None, yes, dry_run, lang)


def _alone(option: str, *others: str) -> None:
    """A usage error where an option stands with any that would say something else."""
    for each in options.said():
        if option not in each.opts and each.name not in others:
            raise options.wrong(option, f"goes without {each.opts[-1]}: what the file says is announced")


def _date_of(value: date | str, today: date) -> date:
    if isinstance(value, date):
        return value
    return today + timedelta(days=1) if value == "tomorrow" else today


def _scope(zones: Sequence[str], academies: Sequence[str], departements: Sequence[str]) -> Scope:
    """The places meant; a usage error with the nearest name where one is unknown."""
    from entcapacity.fields import Scope
    from entcapacity.territories import check_academie, check_departement, check_zone

    for option, check, names in (
        ("--zone", check_zone, zones),
        ("--academie", check_academie, academies),
        ("--departement", check_departement, departements),
    ):
        for each in names:
            try:
                check(each)
            except ValueError as error:
                raise options.wrong(option, str(error)) from None
    return Scope(zones=tuple(zones), academies=tuple(academies), departements=tuple(departements))


def _in_file(files: Sequence[str]) -> dict[str, Any]:
    """The one announcement of the files as a document."""
    found = loaded(files).announcements
    if len(found) != 1:
        names = ", ".join(each.name for each in found) or "none"
        raise options.wrong("--file", f"give one SchoolAnnouncement: there is {names}")
    (one,) = found
    return one.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude={"status"})


def _valid(document: dict[str, Any]) -> SchoolAnnouncement:
    from entcapacity.parse import InvalidResource, parse
    from entcapacity.school import SchoolAnnouncement

    try:
        announcement = parse(document)
    except InvalidResource as error:
        raise click.UsageError(str(error)) from None
    assert isinstance(announcement, SchoolAnnouncement)
    return announcement


def _doubts(announcement: SchoolAnnouncement) -> Iterator[Reason]:
    """What may be a slip of the pen: a year that is over is accepted, and plans less."""
    from entcapacity.reasons import reason

    first, said = min(each.from_ for each in announcement.spec.periods), announcement.spec.announced_at.date()
    if said - first > _LONG_AGO:
        yield reason("BeginsLongAgo", first=first.isoformat(), days=(said - first).days)


async def _create(
    kube: Kube, platforms: Platforms, document: dict[str, Any], may_rename: bool, only_checked: bool
) -> tuple[SchoolAnnouncement, Reason]:
    """Creates it, and answers with it; one of the same name that says the same, and nothing since, is as good.

    With ``may_rename`` it takes another name where the one of that name was withdrawn.
    """
    from entcapacity.kube import ClusterError
    from entcapacity.reasons import reason
    from entcapacity.sentences import renamed, unlike

    made, count = document, 1
    while True:
        announcement = _valid(made)
        called = f"SchoolAnnouncement {announcement.name}"
        try:
            await kube.create(made, only_checked)
        except ClusterError as error:
            if error.status != HTTPStatus.CONFLICT:
                raise
        else:
            what = reason("WouldBeCreated" if only_checked else "WasCreated")
            return announcement, reason("Applied", object=called, what=what)
        there = await platforms.announcement(announcement.name)
        if may_rename and there.spec.withdrawn_at is not None:
            count += 1
            name = renamed(document["metadata"]["name"], count)
            made = {**document, "metadata": {**document["metadata"], "name": name}}
            continue
        if problem := unlike(announcement, there, await platforms.announcements()):
            raise ClusterError(HTTPStatus.CONFLICT, f"{called} {problem}")
        return announcement, reason("Applied", object=called, what=reason("IsThereAlready"))
