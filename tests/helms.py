"""Helm 4 and Helm 3, asked in one way: the one out of its library, the other the program that people type."""

import json
import os
import re
import subprocess
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import helm_python
from helm_python import HelmError

from cluster.binaries import helm3

__all__ = ["Helm", "Helm3", "Helm4", "HelmError"]

NOTHING: Mapping[str, Any] = {}
WARNING = 2
LONG_ENOUGH = 120
"""Seconds that it may wait for what it has asked for."""


class Helm(ABC):
    """For one namespace. What it refuses is a ``HelmError``."""

    def __init__(self, namespace: str, kubeconfig: Path | None = None) -> None:
        self.namespace, self.kubeconfig = namespace, kubeconfig

    # --- without a cluster --------------------------------------------------------------------------------------------

    @abstractmethod
    def version(self) -> str:
        """Such as v4.2.3."""

    @abstractmethod
    def lint(self, chart: Path, values: Mapping[str, Any]) -> list[str]:
        """What it warns of, or finds wrong."""

    @abstractmethod
    def rendered(self, chart: Path, name: str, values: Mapping[str, Any]) -> dict[str, str]:
        """Each template's text, by its path."""

    # --- on a cluster -------------------------------------------------------------------------------------------------

    @abstractmethod
    def install(self, chart: Path, name: str, values: Mapping[str, Any] = NOTHING, *, wait: bool = False) -> str:
        """Installs a chart, waits if asked to until all is Ready, and answers with the notes that people read."""

    @abstractmethod
    def upgrade(self, chart: Path, name: str, values: Mapping[str, Any], *, wait: bool = False) -> None:
        """To these values and no others."""

    @abstractmethod
    def rollback(self, name: str) -> None:
        """Goes back by one revision, and waits until all is Ready."""

    @abstractmethod
    def history(self, name: str) -> list[str]:
        """The status of each revision, oldest first."""

    @abstractmethod
    def uninstall(self, name: str) -> None:
        """Waits for what runs before it deletes."""


class Helm4(Helm):
    """As helm-python-sdk carries it."""

    @cached_property
    def _releases(self) -> helm_python.Config:
        return helm_python.Config(kubeconfig_path=self.kubeconfig, namespace=self.namespace)

    def version(self) -> str:
        return helm_python.helm_sdk_version()

    def lint(self, chart: Path, values: Mapping[str, Any]) -> list[str]:
        said = helm_python.lint(chart, dict(values), strict=True, namespace=self.namespace)
        return [*said["errors"], *(each["error"] for each in said["messages"] if each["severity"] >= WARNING)]

    def rendered(self, chart: Path, name: str, values: Mapping[str, Any]) -> dict[str, str]:
        with helm_python.Chart.load(chart) as loaded:
            return dict(loaded.render(dict(values), name=name, namespace=self.namespace))

    def install(self, chart: Path, name: str, values: Mapping[str, Any] = NOTHING, *, wait: bool = False) -> str:
        how = "watcher" if wait else None
        made = self._releases.install(
            chart, name, dict(values), namespace=self.namespace, wait=how, timeout=LONG_ENOUGH
        )
        return str(made["notes"])

    def upgrade(self, chart: Path, name: str, values: Mapping[str, Any], *, wait: bool = False) -> None:
        how = "watcher" if wait else None
        self._releases.upgrade(chart, name, dict(values), namespace=self.namespace, wait=how, timeout=LONG_ENOUGH)

    def rollback(self, name: str) -> None:
        self._releases.rollback(name, wait="watcher", timeout=LONG_ENOUGH)

    def history(self, name: str) -> list[str]:
        return [each["status"] for each in self._releases.history(name)]

    def uninstall(self, name: str) -> None:
        self._releases.uninstall(name, timeout=LONG_ENOUGH)


class Helm3(Helm):
    """The program; ``make cluster-build`` makes it."""

    def version(self) -> str:
        return self._run("version", "--template={{.Version}}")

    def lint(self, chart: Path, values: Mapping[str, Any]) -> list[str]:
        try:
            said = self._run("lint", str(chart), "--strict", values=values)
        except HelmError as error:
            return [str(error)]
        return re.findall(r"^\[(?:WARNING|ERROR)\].*", said, re.MULTILINE)

    def rendered(self, chart: Path, name: str, values: Mapping[str, Any]) -> dict[str, str]:
        """In the order in which it would apply them, and without the notes, which it tells only on a cluster."""
        texts = defaultdict(list)
        for each in re.split(r"^---\n", self._run("template", name, str(chart), values=values), flags=re.MULTILINE)[1:]:
            source, _, text = each.partition("\n")
            texts[source.removeprefix("# Source: ")].append(text)
        return {path: "---\n".join(each) for path, each in texts.items()}

    def install(self, chart: Path, name: str, values: Mapping[str, Any] = NOTHING, *, wait: bool = False) -> str:
        how = ["--wait"] if wait else []
        made = json.loads(self._run("install", name, str(chart), *how, "--output=json", values=values))
        return str(made["info"]["notes"])

    def upgrade(self, chart: Path, name: str, values: Mapping[str, Any], *, wait: bool = False) -> None:
        how = ["--wait"] if wait else []
        self._run("upgrade", name, str(chart), *how, values=values)

    def rollback(self, name: str) -> None:
        self._run("rollback", name, "--wait")

    def history(self, name: str) -> list[str]:
        return [each["status"] for each in json.loads(self._run("history", name, "--output=json"))]

    def uninstall(self, name: str) -> None:
        self._run("uninstall", name)

    def _run(self, command: str, *arguments: str, values: Mapping[str, Any] | None = None) -> str:
        """What it prints."""
        given = [] if values is None else ["--values=-"]
        at = {"KUBECONFIG": os.devnull}
        if self.kubeconfig:
            at = {"KUBECONFIG": str(self.kubeconfig), "KUBECACHEDIR": str(self.kubeconfig.parent / "helm-cache")}
        done = subprocess.run(
            [helm3(), command, *arguments, f"--namespace={self.namespace}", *given],
            input=None if values is None else json.dumps(values),
            env=os.environ | at,
            capture_output=True,
            text=True,
            timeout=2 * LONG_ENOUGH,
            check=False,
        )
        if done.returncode:
            raise HelmError(done.stderr)
        return done.stdout
