"""A cluster to try the operator on, and a namespace there: for the demonstration and the benchmark."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TextIO

from cluster.__main__ import KUBECONFIG, running
from cluster.control_plane import Cluster, Reached
from operating import ACCOUNT, Platform


@contextmanager
def a_cluster() -> Iterator[Reached]:
    """The one that `make cluster` started, or else one of our own, which ends with this."""
    with TemporaryDirectory(prefix="ent-capacity-") as directory:
        if running() and KUBECONFIG.exists():
            print("It uses the cluster that `make cluster` started.", file=sys.stderr)
            yield Reached(KUBECONFIG, Path(directory))
        else:
            print("Starting a cluster (half a minute) …", file=sys.stderr)
            with Cluster(Path(directory)) as made:
                yield made


@contextmanager
def a_place(cluster: Reached, purpose: str) -> Iterator[Platform]:
    """A namespace for a while, in which an operator can run with the rights that ship."""
    namespace = f"{purpose}-{os.getpid()}"
    cluster.kubectl("create", "namespace", namespace)
    try:
        cluster.kubectl("wait", "--for=create", "-n", namespace, "serviceaccount/default", "--timeout=30s")
        platform = Platform(cluster, namespace)
        logs: TextIO = io.StringIO()
        try:
            yield platform
        except Exception:
            logs = sys.stderr
            raise
        finally:
            with redirect_stdout(logs):
                platform.close()
    finally:
        rights = f"{ACCOUNT}-{namespace}"
        cluster.kubectl("delete", "clusterrole,clusterrolebinding", rights, "--ignore-not-found")
        cluster.kubectl("delete", "namespace", namespace, "--wait=false")
