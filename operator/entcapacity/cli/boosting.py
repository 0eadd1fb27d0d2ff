"""The command ``boost``: more of everything for a while, for one platform."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from entcapacity.cli import applying, asking, connection, options
from entcapacity.cli.commands import cli, example

if TYPE_CHECKING:
    from entcapacity.cli.proposals import Proposal
    from entcapacity.kube import Kube
    from entcapacity.reasons import Reason


@cli.command(
    epilog=example("boost occitanie -n ent --percent 50 --for 3h"),
    short_help="Plan a platform for more than is expected, for a while.",
)
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
@applying.FOR_GIT
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
    from entcapacity.targets import Ref

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
        applying.only_for_git()
        metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
        patch = {"apiVersion": API_VERSION, "kind": "ENTCapacity", "metadata": metadata, "spec": {"boost": wanted}}
        _check_boost(metadata, wanted)
        applying.printed(patch, output)
        return

    async def prepare(kube: Kube, usual: str) -> Proposal:
        from entcapacity.cli.proposing import of_boost

        return await of_boost(kube, home, Ref(API_VERSION, "ENTCapacity", usual, name), wanted, now)

    async def act(kube: Kube, usual: str, only_checked: bool) -> Reason:
        from entcapacity.reasons import reason

        ref = Ref(API_VERSION, "ENTCapacity", usual, name)
        await kube.change(ref, {"spec": {"boost": wanted}}, only_checked)
        done = "WouldBe" if only_checked else "Was"
        what = reason(f"{done}Reset" if off else f"{done}Boosted")
        return reason("Applied", object=f"ENTCapacity {usual}/{name}", what=what)

    applying.propose(prepare, act, (context,) if context else (), namespace, yes, dry_run, lang)


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
