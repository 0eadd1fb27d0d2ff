"""The test cluster by hand. The Makefile has targets for `build`, `start` and `stop`."""

import argparse
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TextIO

from cluster.binaries import HOME, Unavailable, build, find
from cluster.control_plane import Cluster, ClusterError

KUBECONFIG = HOME / "kubeconfig"
LOG = HOME / "cluster.log"
# Whoever runs the cluster holds a lock on this file and has written its process id there. A lock ends with its holder,
# so that no number left behind, and taken by another program since, is ever sent a signal.
HOLDER = HOME / "cluster.pid"


def locked(holder: TextIO) -> bool:
    try:
        fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def running() -> int | None:
    """The process that runs the cluster."""
    HOME.mkdir(parents=True, exist_ok=True)
    with HOLDER.open("a+") as holder:
        if locked(holder):
            return None
        holder.seek(0)
        return int(holder.read())


def run() -> None:
    """Run a cluster until told to stop."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with HOLDER.open("a+") as holder:
        if not locked(holder):
            return
        holder.truncate(0)
        print(os.getpid(), file=holder, flush=True)
        try:
            with TemporaryDirectory(prefix="ent-capacity-cluster-") as directory, Cluster(Path(directory)) as cluster:
                shutil.copy(cluster.kubeconfig, KUBECONFIG)
                signal.pause()
        finally:
            KUBECONFIG.unlink(missing_ok=True)


def start() -> None:
    """Start a cluster that outlives this command, unless there is one, and say how to use it."""
    find()
    if not running():
        KUBECONFIG.unlink(missing_ok=True)
        with LOG.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "cluster", "run"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        while not KUBECONFIG.exists():
            if process.poll() is not None:
                raise ClusterError(LOG.read_text(encoding="utf-8", errors="replace"))
            time.sleep(0.2)
    print(f"export KUBECONFIG={KUBECONFIG}")
    print(f"export PATH={find()['kubectl'].parent}:$PATH  # for kubectl")
    print("make cluster-stop ends it.", file=sys.stderr)


def stop() -> None:
    """End the cluster that ``start`` started, and no other."""
    process = running()
    if process is None:
        print("No test cluster is running.", file=sys.stderr)
        return
    os.kill(process, signal.SIGTERM)
    with HOLDER.open("a+") as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)  # free when all is down


if __name__ == "__main__":
    commands = {"build": build, "run": run, "start": start, "stop": stop}
    parser = argparse.ArgumentParser(prog="cluster", description=__doc__)
    parser.add_argument("command", choices=commands)
    try:
        commands[parser.parse_args().command]()
    except (Unavailable, ClusterError) as error:
        sys.exit(str(error))
