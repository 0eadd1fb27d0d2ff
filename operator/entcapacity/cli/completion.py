"""The command ``completion``, names that the Tab key finds, and the words that kubectl asks for.

What takes a cluster is asked with a time limit, and whatever goes wrong completes nothing: nobody wants to read errors
in the middle of a line.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any, Final

import click
from click.shell_completion import CompletionItem, ShellComplete, get_completion_class

from entcapacity.cli.commands import cli, example

CLUSTER_SECONDS: Final = 2.0
_PROGRAM: Final = "entcapacity"
_VARIABLE: Final = "_ENTCAPACITY_COMPLETE"
_FILES: Final = 0
"""What cobra, which kubectl is made with, calls a directive: that the shell may go on with names of files."""
_NO_FILES: Final = 4

_PLACES: Final = {
    "bash": "~/.local/share/bash-completion/completions/entcapacity",
    "zsh": '"${fpath[1]}/_entcapacity"',
    "fish": "~/.config/fish/completions/entcapacity.fish",
}

Complete = Callable[[click.Context, str], Iterable[str]]


@cli.command(
    epilog="\n\n".join(
        [
            "Where it goes, once and for all:",
            "\b\n" + "\n".join(f"  {shell:6}{place}" for shell, place in _PLACES.items()),
            'For this shell only: eval "$(entcapacity completion bash)". For kubectl entcap, kubectl\'s own completion '
            "finds kubectl_complete-entcap, which is installed beside it.",
            example("completion bash \\\n> ~/.local/share/bash-completion/completions/entcapacity"),
        ]
    )
)
@click.argument("shell", type=click.Choice([*_PLACES]))
def completion(shell: str) -> None:
    """Print the script with which a shell completes all of this."""
    made = get_completion_class(shell)
    assert made is not None
    click.echo(made(cli, {}, _PROGRAM, _VARIABLE).source())


def for_kubectl() -> None:
    """``kubectl_complete-entcap``: what may follow the words of ``kubectl entcap``, as kubectl wants to be told."""
    *words, incomplete = sys.argv[1:] or [""]
    found = ShellComplete(cli, {}, _PROGRAM, _VARIABLE).get_completions(words, incomplete)
    for each in found:
        if each.type == "plain":
            click.echo(f"{each.value}\t{each.help}" if each.help else each.value)
    click.echo(f":{_FILES if any(each.type != 'plain' for each in found) else _NO_FILES}")


# --- names ------------------------------------------------------------------------------------------------------------


class _Completing(click.ParamType[Any]):
    """A type whose values the Tab key finds: those of ``complete``, or without it files."""

    def __init__(self, inner: click.ParamType[Any], complete: Complete | None) -> None:
        self.name, self._inner, self._complete = inner.name, inner, complete

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return self._inner.convert(value, param, ctx)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str | None:
        return self._inner.get_metavar(param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002 -- click's
        if self._complete is None:
            return [CompletionItem(incomplete, type="file")]
        return [CompletionItem(each) for each in sorted(self._complete(ctx, incomplete)) if each.startswith(incomplete)]


def know_names(group: click.Group) -> None:
    """Has the Tab key find names of files, of places, and of what the cluster holds, in every command of a group."""
    for command in group.commands.values():
        for each in command.params:
            if (each.metavar or "").startswith("FILE"):
                each.type = _Completing(each.type, None)
            elif (complete := _complete_for(command, each)) is not None:
                each.type = _Completing(each.type, complete)


def _complete_for(command: click.Command, parameter: click.Parameter) -> Complete | None:
    if isinstance(parameter, click.Argument):
        named = {("withdraw", "name"): _announcements, ("boost", "name"): _platforms}
        return _platforms if parameter.name == "platform" else named.get((command.name or "", parameter.name or ""))
    by_option: dict[str, Complete] = {
        "--context": _contexts,
        "-n": _namespaces,
        "--zone": _zones,
        "--academie": _academies,
        "--departement": _departements,
    }
    return next((by_option[each] for each in parameter.opts if each in by_option), None)


def _zones(_: click.Context, __: str) -> Iterable[str]:
    from entcapacity.territories import ZONES

    return ZONES


def _academies(_: click.Context, __: str) -> Iterable[str]:
    from entcapacity.territories import ACADEMIES

    return ACADEMIES


def _departements(_: click.Context, __: str) -> Iterable[str]:
    from entcapacity.territories import PLACES

    return PLACES


def _contexts(_: click.Context, __: str) -> Iterable[str]:
    """Those of the kubeconfig."""
    try:
        from kubernetes.config import list_kube_config_contexts

        contexts, _current = list_kube_config_contexts()  # type: ignore[no-untyped-call]
        return [str(each["name"]) for each in contexts]
    except Exception:
        return []


def _platforms(ctx: click.Context, _: str) -> Iterable[str]:
    """ENTCapacities of the namespace that is meant."""
    if ctx.params.get("files"):
        return []
    return (name for _namespace, name in _held(ctx, "ENTCapacity", ctx.params.get("namespace")))


def _namespaces(ctx: click.Context, _: str) -> Iterable[str]:
    """Those that hold an ENTCapacity."""
    return {namespace for namespace, _name in _held(ctx, "ENTCapacity", "")}


def _announcements(ctx: click.Context, _: str) -> Iterable[str]:
    return (name for _namespace, name in _held(ctx, "SchoolAnnouncement", ""))


def _held(ctx: click.Context, kind: str, namespace: str | None) -> list[tuple[str, str]]:
    """Namespaces and names of a kind, in one namespace, with ``""`` in all, with ``None`` in the kubeconfig's."""
    import asyncio

    try:  # before the clock runs: on a busy machine this takes longer than the cluster
        from entcapacity.fields import API_VERSION
        from entcapacity.kubeconfig import connect_user
    except ImportError:
        return []

    async def ask() -> list[tuple[str, str]]:
        async with asyncio.timeout(CLUSTER_SECONDS):
            kube, usual = await connect_user(context)
            try:
                found = await kube.every(API_VERSION, kind, usual if namespace is None else namespace)
            finally:
                await kube.close()
        return [(each["metadata"].get("namespace", ""), each["metadata"]["name"]) for each in found]

    contexts = ctx.params.get("contexts")
    context = ctx.params.get("context") or (contexts[0] if contexts else None)
    try:
        return asyncio.run(ask())
    except Exception:
        return []
