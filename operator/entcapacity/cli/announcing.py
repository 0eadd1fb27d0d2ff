"""The commands ``announce``, ``withdraw`` and ``boost``: each shows what it would do, asks, and applies it."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import date, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import click
from click.core import ParameterSource

from entcapacity.cli import asking, connection, options
from entcapacity.cli.commands import cli, example, loaded, note
from entcapacity.vocabulary import Level, Schooling

if TYPE_CHECKING:
    from entcapacity.cli.proposals import Proposal
    from entcapacity.fields import Scope
    from entcapacity.kube import Kube
    from entcapacity.platforms import Platforms
    from entcapacity.reasons import Reason
    from entcapacity.school import SchoolAnnouncement
    from entcapacity.targets import Object, Ref

    Prepare = Callable[[Kube, str], Awaitable[Proposal]]
    Act = Callable[[Kube, str, bool], Awaitable[Reason]]

_CAUSES: Final = ("Confinement", "Heatwave", "Storm", "Transport", "Strike", "Exam", "Other")
_MANY: Final = 5
"""Platforms from which on a bar shows how far it is."""
_LOOKS_ON: Final = timedelta(days=1)
"""How long after its end a boost is looked at."""
_LOOKS_AHEAD: Final = timedelta(days=14)
"""But no longer than this from now."""


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


FOR_GIT: Final = click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "yaml", "json"]),
    default="text",
    help="yaml or json: print what would be applied, for Git, and ask no cluster. Default text.",
)


@cli.command(epilog=example("announce"))
@click.argument("schooling", type=_schooling, required=False, metavar="[remote|hybrid|onsite|closed|holiday]")
@options.files("-f", "--file", "files", required=False)
@click.option("--from", "since", type=_on, metavar="DATE", help="First date, today or tomorrow; default tomorrow.")
@click.option(
    "--until", type=_on, metavar="DATE", help="Last date; default until superseded, of closed and holiday one day."
)
@click.option("--zone", "zones", multiple=True, metavar="ZONE", help="School zone: A, B, C, Corse …; may be repeated.")
@click.option("--academie", "academies", multiple=True, metavar="NAME", help="Académie; may be repeated.")
@click.option("--departement", "departements", multiple=True, metavar="CODE", help="Département; may be repeated.")
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
@FOR_GIT
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
    remote   class at home                     closed    no class; by default for one day
    hybrid   half of the pupils on site        holiday   no class; by default for one day
    onsite   class as usual

    Without place and level it is for everyone. With -f, a SchoolAnnouncement from a file instead.
    """
    from entcapacity.sentences import Sentence, today_in, wholly_past, written

    now = options.now()
    if output != "text":
        _for_git()
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
    if output != "text":
        _print(document, output)
        return

    may_rename = not (files or name)

    async def prepare(kube: Kube, usual: str) -> Proposal:
        from entcapacity.platforms import Platforms

        platforms = Platforms(kube, home)
        made, _ = await _create(kube, platforms, document, may_rename, only_checked=True)
        return await _effects(platforms, usual, made, now)

    async def act(kube: Kube, _: str, only_checked: bool) -> Reason:
        from entcapacity.platforms import Platforms

        _made, done = await _create(kube, Platforms(kube, home), document, may_rename, only_checked)
        return done

    _propose(prepare, act, contexts, None, yes, dry_run, lang)


@cli.command(epilog=example("withdraw"))
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

    now, patch = options.now(), {"spec": {"withdrawnAt": utc(at)}}

    async def prepare(kube: Kube, usual: str) -> Proposal:
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
        await kube.change(_ref("SchoolAnnouncement", "", name), patch, dry_run=True)
        gone = announcement.model_copy(update={"spec": spec.model_copy(update={"withdrawn_at": at})})
        return await _effects(platforms, usual, gone, now)

    async def act(kube: Kube, _: str, only_checked: bool) -> Reason:
        from entcapacity.reasons import reason

        await kube.change(_ref("SchoolAnnouncement", "", name), patch, only_checked)
        return reason("Applied", object=f"SchoolAnnouncement {name}", what=reason("WasWithdrawn"))

    _propose(prepare, act, contexts, None, yes, dry_run, lang)


@cli.command(epilog=example("boost"))
@click.argument("name")
@click.option("--percent", type=click.IntRange(1, 1000), metavar="N", help="Demand added: 50 is half as much again.")
@click.option("--until", type=options.instant, metavar="INSTANT", help="When it ends.")
@click.option("--for", "span", type=options.duration, metavar="DURATION", help="Or how long from now: 90m, 3h.")
@click.option("--off", is_flag=True, help="Takes a boost away.")
@connection.CONTEXT
@connection.NAMESPACE
@connection.HOME
@asking.YES
@asking.DRY_RUN
@FOR_GIT
@options.LANGUAGE
def boost(
    name: str,
    percent: int | None,
    until: datetime | None,
    span: timedelta | None,
    off: bool,
    context: str | None,
    namespace: str | None,
    home: str,
    yes: bool,
    dry_run: bool,
    output: str,
    lang: str,
) -> None:
    """Plan a platform for more than is expected, until an instant: the hand on the wheel.

    NAME is the ENTCapacity, of which spec.boost is set; shows what that does, and asks.
    """
    from entcapacity.cli.documents import utc
    from entcapacity.fields import API_VERSION

    now = options.now()
    if off and (percent, until, span) != (None, None, None):
        raise options.wrong("--off", "goes without --percent, --until and --for")
    if not off and percent is None:
        raise options.wrong("--percent", "is missing: how much more, or --off")
    if not off and (until is None) == (span is None):
        raise options.wrong("--until", "say until when, or with --for how long")
    if off and output != "text":
        raise options.wrong("--off", "goes without -o: take spec.boost out of Git")
    end = until or (now + span if span else now)
    if not off and end <= now:
        raise options.wrong("--until", f"{end.isoformat()} has passed")
    wanted = None if off else {"percent": percent, "until": utc(end)}
    if output != "text":
        _for_git()
        metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
        patch = {"apiVersion": API_VERSION, "kind": "ENTCapacity", "metadata": metadata, "spec": {"boost": wanted}}
        _check_boost(metadata, wanted)
        _print(patch, output)
        return

    async def prepare(kube: Kube, usual: str) -> Proposal:
        from entcapacity.cli.proposals import Proposal, unmoved
        from entcapacity.effects import of_spec
        from entcapacity.parse import parse
        from entcapacity.platforms import Platforms
        from entcapacity.reasons import reason
        from entcapacity.spec import ENTCapacity
        from entcapacity.targets import kept_in_git

        platform = await Platforms(kube, home).one(usual, name)
        changed = parse(await kube.change(_ref("ENTCapacity", usual, name), {"spec": {"boost": wanted}}, dry_run=True))
        assert isinstance(changed, ENTCapacity)
        before = platform.capacity.spec
        ends = [each.until for each in (before.boost, changed.spec.boost) if each is not None]
        until = min(max(ends, default=now) + _LOOKS_ON, now + _LOOKS_AHEAD)
        notes, who = list(platform.found), kept_in_git(platform.document)
        if who:
            notes.append(reason("BoostInGit", platform=platform.name, who=who))
        notes += unmoved(platform.name, changed.spec, now)
        if before.boost is not None and now < before.boost.until and not off:
            end = before.boost.until.isoformat()
            notes.append(reason("BoostReplaced", percent=before.boost.percent, until=end))
        if before.boost is None and off:
            notes.append(reason("NoBoost", platform=platform.name))
        effect = of_spec(before, changed.spec, platform.facts, now, until)
        return Proposal([(changed, effect)], 0, notes)

    async def act(kube: Kube, usual: str, only_checked: bool) -> Reason:
        from entcapacity.reasons import reason

        await kube.change(_ref("ENTCapacity", usual, name), {"spec": {"boost": wanted}}, only_checked)
        what = reason("WasReset" if off else "WasBoosted")
        return reason("Applied", object=f"ENTCapacity {usual}/{name}", what=what)

    _propose(prepare, act, (context,) if context else (), namespace, yes, dry_run, lang)


# --- what they share --------------------------------------------------------------------------------------------------


def _ref(kind: str, namespace: str, name: str) -> Ref:
    from entcapacity.fields import API_VERSION
    from entcapacity.targets import Ref

    return Ref(API_VERSION, kind, namespace, name)


def _alone(option: str, *others: str) -> None:
    """A usage error where an option stands with any that would say something else."""
    context = click.get_current_context()
    for each in context.command.params:
        name = each.name or ""
        said = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if said and option not in each.opts and name not in others:
            raise options.wrong(option, f"goes without {each.opts[-1]}: what the file says is announced")


def _for_git() -> None:
    """A usage error where what is only printed stands with what speaks of a cluster."""
    context = click.get_current_context()
    for each in context.command.params:
        said = context.get_parameter_source(each.name or "") is ParameterSource.COMMANDLINE
        if said and each.name in ("yes", "dry_run", "context", "contexts"):
            raise options.wrong("--output", f"prints for Git and applies nothing: goes without {each.opts[-1]}")


def _check_boost(metadata: dict[str, Any], boost: dict[str, Any] | None) -> None:
    """A usage error where no API server would take it."""
    from pydantic import ValidationError

    from entcapacity.fields import Metadata
    from entcapacity.spec import Boost

    try:
        Metadata.model_validate(metadata)
        Boost.model_validate(boost)
    except ValidationError as error:
        problems = (f"{each['loc'][0]}: {each['msg'].removeprefix('Value error, ')}" for each in error.errors())
        raise click.UsageError("; ".join(problems)) from None


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


def _print(document: dict[str, Any], form: str) -> None:
    from entcapacity.cli import machine

    click.echo(machine.written(document, form, ""), nl=False)


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
            return announcement, reason("Applied", object=called, what=reason("WasCreated"))
        there = await platforms.announcement(announcement.name)
        if may_rename and there.spec.withdrawn_at is not None:
            count += 1
            name = renamed(document["metadata"]["name"], count)
            made = {**document, "metadata": {**document["metadata"], "name": name}}
            continue
        if problem := unlike(announcement, there, await platforms.announcements()):
            raise ClusterError(HTTPStatus.CONFLICT, f"{called} {problem}")
        return announcement, reason("Applied", object=called, what=reason("IsThereAlready"))


async def _effects(platforms: Platforms, namespace: str, changed: SchoolAnnouncement, now: datetime) -> Proposal:
    """What an announcement does to each platform that it concerns, of those that may be read."""
    from entcapacity.calendars import concerns
    from entcapacity.cli.proposals import Proposal, unmoved
    from entcapacity.effects import of_announcement
    from entcapacity.kube import ClusterError
    from entcapacity.platforms import parsed
    from entcapacity.reasons import reason

    notes, effects, others = [], [], 0
    try:
        documents = await platforms.documents("")
    except ClusterError as error:
        if error.status != HTTPStatus.FORBIDDEN:
            raise
        notes.append(reason("NotEverywhere"))
        documents = await _readable(platforms, namespace)
    with _shown_while(documents) as every:
        for document in every:
            try:
                capacity = parsed(document)
                if not concerns(changed, capacity.spec):
                    others += 1
                    continue
                platform = await platforms.of(document)
            except ClusterError as error:
                name = f"{document['metadata']['namespace']}/{document['metadata']['name']}"
                notes.append(reason("NotShown", platform=name, problem=connection.said(error)))
                continue
            for each in platform.found:
                of_all = each.code == "AnnouncementNotRead"
                notes.append(each if of_all else reason("Says", name=platform.name, what=each))
            notes += unmoved(platform.name, capacity.spec, now)
            effects.append((capacity, of_announcement(capacity.spec, platform.facts, changed, now)))
    return Proposal(effects, others, list(dict.fromkeys(notes)))


async def _readable(platforms: Platforms, namespace: str) -> list[Object]:
    from entcapacity.kube import ClusterError

    try:
        return await platforms.documents(namespace)
    except ClusterError as error:
        if error.status != HTTPStatus.FORBIDDEN:
            raise
        return []


def _shown_while(documents: Sequence[Object]) -> AbstractContextManager[Iterable[Object]]:
    """The same, with a bar that shows how far it is, where that takes long enough to wonder."""
    if len(documents) < _MANY or not sys.stderr.isatty():
        return nullcontext(documents)
    return click.progressbar(documents, file=sys.stderr)


def _propose(
    prepare: Prepare,
    act: Act,
    contexts: Sequence[str],
    namespace: str | None,
    yes: bool,
    dry_run: bool,
    language: str,
) -> None:
    """Shows what would come of it in each context, asks once, and does it; the exit code is 1 where one failed."""
    from entcapacity.cli import proposals, terminal
    from entcapacity.reasons import listed, reason

    meant: list[str | None] = list(dict.fromkeys(contexts)) or [None]
    out, ready, failed = terminal.console(), [], False
    for context in meant:
        if len(meant) > 1:
            out.rule(context or "", align="left")
        try:
            proposal = connection.asked(prepare, context, namespace)
        except click.ClickException as error:
            failed = _told(context, error, len(meant))
            continue
        proposals.show(out, proposal, language)
        note(proposal.notes, language)
        ready.append(context)
    if ready and not yes and not dry_run:
        names = listed([each for each in ready if each]) if len(meant) > 1 else ""
        question = reason("AskingIn", contexts=names) if names else reason("Asking")
        asking.ask(question.text(language), language)
    for context in ready:
        try:
            done = connection.asked(lambda kube, usual: act(kube, usual, dry_run), context, namespace)
        except click.ClickException as error:
            failed = _told(context, error, len(meant))
            continue
        shown = reason("Checked", what=done) if dry_run else done
        click.echo((f"{context}: " if len(meant) > 1 else "") + shown.text(language))
    if failed:
        raise click.exceptions.Exit(1)


def _told(context: str | None, error: click.ClickException, contexts: int) -> bool:
    """Says what failed where; of one context only, that ends the command."""
    if contexts == 1:
        raise error
    click.echo(f"Error: {context}: {error.message}", err=True)
    return True
