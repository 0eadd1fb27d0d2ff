"""The options that say which cluster is meant, and errors of it in one line that tells the way out."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, TypeVar

import click

if TYPE_CHECKING:
    from entcapacity.kube import ClusterError, Kube

Found = TypeVar("Found")

MISSING: Final = "This command needs the operator's packages: pip install 'ent-capacity[operator]'"

CONTEXT: Final = click.option("--context", metavar="NAME", help="Context of the kubeconfig; default the current one.")
CONTEXTS: Final = click.option(
    "--context",
    "contexts",
    multiple=True,
    metavar="NAME",
    help="Context of the kubeconfig; default the current one; may be repeated.",
)
NAMESPACE: Final = click.option("-n", "--namespace", metavar="NS", help="Default that of the kubeconfig's context.")
HOME: Final = click.option(
    "--operator-namespace",
    "home",
    default="ent-capacity",
    metavar="NS",
    help="Where the ConfigMaps of SchoolCalendars are; default ent-capacity.",
)

_FORBIDDEN = re.compile(
    r'User "(?P<user>[^"]*)" cannot (?P<verb>\w+) resource "(?P<resource>[^"]*)" in API group "(?P<group>[^"]*)"'
    r'(?: in the namespace "(?P<namespace>[^"]*)")?'
)


@dataclass(frozen=True, slots=True)
class Where:
    """What the options said."""

    context: str | None
    namespace: str | None
    home: str


def asked(
    ask: Callable[[Kube, str], Awaitable[Found]],
    context: str | None = None,
    namespace: str | None = None,
    otherwise: str = "",
) -> Found:
    """What ``ask`` answers, called with the cluster of the user's kubeconfig and the namespace meant.

    An error of the cluster ends the command with exit code 1 and one line; ``otherwise`` is what to do without one.
    """
    try:
        from entcapacity.kube import ClusterError
        from entcapacity.kubeconfig import connect_user
    except ImportError as error:
        raise click.ClickException(f"{MISSING} ({error})") from None

    async def run() -> Found:
        try:
            kube, usual = await connect_user(context)
        except ClusterError as error:
            raise ClusterError(error.status, f"{error}{otherwise}") from None
        try:
            return await ask(kube, namespace or usual)
        finally:
            await kube.close()

    return ran(run())


def ran(work: Coroutine[None, None, Found]) -> Found:
    """What ``work`` comes to; an error of the cluster ends the command with exit code 1 and one line."""
    import asyncio

    from entcapacity.kube import ClusterError

    try:
        return asyncio.run(work)
    except ClusterError as error:
        raise click.ClickException(said(error)) from None


def said(error: ClusterError) -> str:
    """An error of the cluster in one line that tells the way out."""
    text = " ".join(str(error).split())
    if error.status == HTTPStatus.FORBIDDEN and (found := _FORBIDDEN.search(text)):
        where = f"in namespace {found['namespace']}" if found["namespace"] else "in the whole cluster"
        resource = f"{found['resource']}.{found['group']}" if found["group"] else found["resource"]
        return (
            f"{found['user']} may not {found['verb']} {resource} {where}: ask for that right"
            f" (to see it: kubectl auth can-i {found['verb']} {resource}"
            + (f" -n {found['namespace']})" if found["namespace"] else " -A)")
        )
    if error.status == HTTPStatus.UNAUTHORIZED:
        return "the API server does not know the kubeconfig's user: log in anew, or choose another --context"
    if error.status == HTTPStatus.NOT_FOUND and text == HTTPStatus.NOT_FOUND.phrase:  # of an object, its name is told
        return "the cluster has no ENTCapacity, SchoolAnnouncement or SchoolCalendar: install the chart, with its CRDs"
    return text
