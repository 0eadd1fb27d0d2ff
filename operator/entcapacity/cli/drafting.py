"""The command ``init``: a first ENTCapacity from what a namespace holds."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from entcapacity.cli import options
from entcapacity.cli.commands import cli, example
from entcapacity.cli.connection import CONTEXT, NAMESPACE, asked
from entcapacity.vocabulary import Level

if TYPE_CHECKING:
    from entcapacity.draft import Found
    from entcapacity.kube import Kube
    from entcapacity.spec import Segment
    from entcapacity.targets import Object

USERS = click.IntRange(min=0)


def levels_of(value: str | tuple[Level, ...]) -> tuple[Level, ...]:
    """School levels, ``College,Lycee``; a usage error that says which there are."""
    if not isinstance(value, str):
        return value
    known = {str(each).lower(): each for each in Level}
    names = [each.strip().lower() for each in value.split(",")]
    for each in names:
        if each not in known:
            raise click.BadParameter(f"{each!r} is no level: write one or more of {','.join(Level)}")
    return tuple(level for name, level in known.items() if name in names)


@cli.command(
    epilog=example("init -n ent --academie Toulouse \\\n--levels College,Lycee --pupils 120000"),
    short_help="Write a first ENTCapacity from what a namespace holds.",
)
@NAMESPACE
@CONTEXT
@click.option("--name", default="ent", help="Name of the ENTCapacity; default ent.")
@click.option("--pupils", type=USERS, required=True, metavar="N", help="Accounts of pupils.")
@click.option(
    "--teachers", type=USERS, metavar="N", help="Accounts of teachers; default: the national ratio to pupils."
)
@click.option("--parents", type=USERS, metavar="N", help="Accounts of parents; default: the national ratio to pupils.")
@options.ZONES
@options.ACADEMIES
@options.DEPARTEMENTS
@click.option(
    "--levels", type=levels_of, default=tuple(Level), metavar="LIST", help="As in College,Lycee; default all."
)
@click.option("--output-file", type=click.Path(path_type=Path), metavar="FILE", help="Write it there; default stdout.")
@options.LANGUAGE
def init(
    namespace: str | None,
    context: str | None,
    name: str,
    pupils: int,
    teachers: int | None,
    parents: int | None,
    zones: tuple[str, ...],
    academies: tuple[str, ...],
    departements: tuple[str, ...],
    levels: tuple[Level, ...],
    output_file: Path | None,
    lang: str,
) -> None:
    """Write a first ENTCapacity from what runs in a namespace, with comments that say why. It changes nothing there.

    It looks at Deployments, StatefulSets, HPAs, ScaledObjects and, where a metrics API answers, the CPU that pods use.
    """
    if not (zones or academies or departements):
        raise click.UsageError("Say where the users live: --zone, --academie or --departement.")
    if output_file is not None and output_file.exists():
        raise options.wrong("--output-file", f"{str(output_file)!r} exists: choose another name, or take it away")
    audience = {"zones": zones, "academies": academies, "departements": [{"code": each} for each in departements]}
    users = {"pupils": pupils, "teachers": teachers, "parents": parents}
    given = {name: value for name, value in users.items() if value is not None}
    segment = _segment(name, {**audience, "levels": levels, **given})

    async def ask(kube: Kube, where: str) -> tuple[Found, str]:
        return await found_in(kube, where), where

    found, where = asked(ask, context, namespace)
    from entcapacity.draft import draft
    from entcapacity.reasons import reason

    made = draft(name, where, segment, found, datetime.now(UTC), lang)
    if not made.taken:
        why = "; ".join(each.text(lang) for each in made.left_out)
        nothing = reason("DraftNothing", namespace=where, why=why) if why else reason("DraftEmpty", namespace=where)
        raise click.ClickException(nothing.text(lang))
    if output_file is None:
        click.echo(made.text, nl=False)
        return
    try:
        output_file.write_text(made.text, encoding="utf-8")
    except OSError as error:
        raise options.wrong("--output-file", f"{str(output_file)!r}: {error.strerror}") from None
    left = len(made.left_out)
    click.echo(reason("DraftWritten", file=str(output_file), taken=len(made.taken), left=left).text(lang), err=True)


def _segment(name: str, audience: dict[str, Any]) -> Segment:
    """The audience that the options say; a usage error where they say what there is not."""
    from entcapacity.fields import API_VERSION
    from entcapacity.parse import InvalidResource, parse
    from entcapacity.spec import ENTCapacity

    spec = {"audience": [audience], "workloads": [{"name": "x", "ordinaryPeak": {"replicas": 1}}]}
    try:
        made = parse({"apiVersion": API_VERSION, "kind": "ENTCapacity", "metadata": {"name": name}, "spec": spec})
    except InvalidResource as error:
        raise click.UsageError(str(error)) from None
    assert isinstance(made, ENTCapacity)
    return made.spec.audience[0]


async def found_in(kube: Kube, namespace: str) -> Found:
    """What a namespace holds; what may not be read is told, but for Deployments, without which there is no answer."""
    from entcapacity.draft import Found
    from entcapacity.fields import API_VERSION
    from entcapacity.kube import ClusterError
    from entcapacity.targets import HPA_API, KEDA_API

    unread: dict[str, str] = {}

    async def every(api_version: str, kind: str) -> list[Object]:
        try:
            return await kube.every(api_version, kind, namespace)
        except ClusterError as error:
            if error.status != HTTPStatus.NOT_FOUND:  # a kind that is not installed holds nothing
                unread[kind] = str(error)
            return []

    async def usage() -> list[Object] | None:
        try:
            return await kube.every("metrics.k8s.io/v1beta1", "PodMetrics", namespace)
        except ClusterError:
            return None

    async def pods() -> list[Object]:
        try:
            return await kube.pods(namespace, "")
        except ClusterError as error:
            unread["Pod"] = str(error)
            return []

    deployments = await kube.every("apps/v1", "Deployment", namespace)
    measured = await usage()
    return Found(
        deployments=deployments,
        stateful_sets=await every("apps/v1", "StatefulSet"),
        daemon_sets=await every("apps/v1", "DaemonSet"),
        hpas=await every(HPA_API, "HorizontalPodAutoscaler"),
        scaled_objects=await every(KEDA_API, "ScaledObject"),
        capacities=await every(API_VERSION, "ENTCapacity"),
        pods=await pods() if measured else [],
        usage=measured,
        unread=unread,
    )
