"""The API server meant: that of the pod, or that the user's kubeconfig names, found as kubectl finds it."""

from __future__ import annotations

import contextlib
import os
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import yaml
from kubernetes.aio import client, config
from kubernetes.aio.config.kube_config import KubeConfigMerger

from entcapacity.kube import ClusterError, Kube

_USUAL: Final = "~/.kube/config"
_OWN_NAMESPACE: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


async def connect(context: str | None = None) -> Kube:
    """The API server of the pod that this runs in; elsewhere, or with a context, that of the user's kubeconfig."""
    settings = client.Configuration()
    if context is None:
        with contextlib.suppress(config.ConfigException):
            config.load_incluster_config(client_configuration=settings)  # type: ignore[no-untyped-call]
            return Kube(client.ApiClient(settings))
    kube, _ = await connect_user(context)
    return kube


async def connect_user(context: str | None = None) -> tuple[Kube, str]:
    """The API server of a context, by default the current one, and the namespace that it names.

    Without a kubeconfig, that of the pod that this runs in. Raises ``ClusterError`` where there is neither.
    """
    settings, paths = client.Configuration(), os.environ.get("KUBECONFIG") or _USUAL
    there = any(Path(each).expanduser().exists() for each in paths.split(os.pathsep) if each)
    try:
        if not there and context is None and "KUBERNETES_SERVICE_HOST" in os.environ:
            config.load_incluster_config(client_configuration=settings)  # type: ignore[no-untyped-call]
            return Kube(client.ApiClient(settings)), _OWN_NAMESPACE.read_text(encoding="utf-8").strip() or "default"
        if not there:
            raise ClusterError(0, f"there is no kubeconfig at {paths}: set KUBECONFIG to its file")
        merged: Any = KubeConfigMerger(paths).config  # type: ignore[no-untyped-call]
        meant = _context(merged.value, context, paths)
        await config.load_kube_config(  # type: ignore[no-untyped-call]
            config_file=paths, context=meant["name"], client_configuration=settings, persist_config=False
        )
        namespace = str(meant["context"].get("namespace") or "default")
        return Kube(client.ApiClient(settings)), namespace  # which reads the certificates
    except (config.ConfigException, OSError, yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise ClusterError(0, f"the kubeconfig {paths} cannot be used: {_flat(error)}") from None


def _context(merged: Any, wanted: str | None, paths: str) -> Any:
    """The context of that name, or the current one, as the kubeconfig has it."""
    contexts = {each.value["name"]: each.value for each in merged["contexts"]}
    name = wanted or merged.get("current-context")
    if name in contexts:
        return contexts[name]
    there = ", ".join(contexts) or "none"
    if not name:
        raise ClusterError(0, f"the kubeconfig {paths} has no current context: choose one with --context: {there}")
    near = get_close_matches(name, contexts, n=1)
    way = f"did you mean {near[0]!r}?" if near else f"there is {there}"
    raise ClusterError(0, f"the kubeconfig {paths} has no context {name!r}: {way}")


def _flat(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
