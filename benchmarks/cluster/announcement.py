"""From `kubectl apply` of an announcement to the last pod Ready: 20 ENTCapacities with 3 workloads each, without ramp.

Runs on a real cluster of its own, on the same machine: `make bench-cluster`. How long so many pods take to start there
is measured, too: the same Deployments are scaled at once, without us. Prints one JSON document; exits 1 where we took
more than the bar on top of that.
"""

import json
import os
import platform
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import urlopen

from cluster.binaries import Unavailable
from cluster.control_plane import Cluster
from cluster.trying import a_place
from operating import (
    ACCOUNT,
    Operator,
    Platform,
    announcement,
    capacity,
    deployment,
    eventually,
    heeds,
    hpa,
    install_kinds,
)

PLATFORMS, WORKLOADS = 20, 3
POD_SECONDS, BAR_SECONDS = 5.0, 10.0
QUIET_SECONDS = 5.0
"""Nothing more is to come when nothing has come for so long."""
LONGEST_SECONDS = 120.0
AT = "2021-04-06T10:00:00+02:00"
"""After the morning's peak, which is held: floors rise once, and stay."""
REMOTE = {"from": "2021-04-06", "until": "2021-04-09", "schooling": "Remote"}
COLUMNS = '{.kind} {.metadata.name} {.spec.minReplicas} {.spec.replicas} {.status.readyReplicas}{"\\n"}'


@dataclass(frozen=True, slots=True)
class Seen:
    """A change of a Deployment or an HPA, and when it was seen."""

    at: float
    kind: str
    name: str
    floor: int
    ready: int


@dataclass
class Watch:
    """Every change in a namespace, as a watch brings it."""

    platform: Platform
    changes: list[Seen] = field(default_factory=list)
    now: dict[tuple[str, str], Seen] = field(default_factory=dict)

    def start(self) -> None:
        """One process for each kind; they end with the cluster."""
        for kind in ("deployments", "hpa"):
            threading.Thread(target=self._follow, args=(kind,), daemon=True).start()

    def _follow(self, kind: str) -> None:
        cluster = self.platform.cluster
        command = [str(cluster.binaries["kubectl"]), f"--kubeconfig={cluster.kubeconfig}", "get", kind, "--watch"]
        command += [f"--namespace={self.platform.namespace}", f"--output=jsonpath={COLUMNS}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            assert process.stdout is not None
            for line in process.stdout:
                self._take(line.rstrip("\n").split(" "))

    def _take(self, parts: list[str]) -> None:
        kind, name, least, replicas, ready = parts
        seen = Seen(time.monotonic(), kind, name, int(least or replicas or 0), int(ready or 0))
        known = self.now.get((kind, name))
        if known is None or (known.floor, known.ready) != (seen.floor, seen.ready):
            self.changes.append(seen)
        self.now[kind, name] = seen

    def deployments(self) -> list[Seen]:
        """As they are."""
        return [each for (kind, _), each in self.now.items() if kind == "Deployment"]

    def quiet(self) -> bool:
        """Whether all is Ready, and nothing has happened for a while."""
        ready = all(each.ready == each.floor for each in self.deployments())
        return ready and bool(self.changes) and time.monotonic() - self.changes[-1].at > QUIET_SECONDS


def documents(called: str) -> list[dict[str, Any]]:
    """Every other workload has an HPA; the others are scaled directly."""
    made = []
    for number in range(PLATFORMS):
        names = [f"p{number:02}-{each}" for each in ("auth", "portal", "files")]
        workloads: list[dict[str, Any]] = [
            {"name": name, "ordinaryPeak": {"replicas": 1}, "startup": "1m"} for name in names
        ]
        for each, name in enumerate(names):
            made.append(deployment(name, 2, delay=f"{POD_SECONDS:g}s"))
            if (number * WORKLOADS + each) % 2 == 0:
                made.append(hpa(name))
        made.append(
            capacity(
                workloads,
                f"p{number:02}",
                announcementSelector=heeds(called),
                readyBefore={"ordinary": "1m", "exceptional": "1m"},
                ramp={"upPerMinute": 10000, "downPerMinute": 10000, "hold": "4h"},
            )
        )
    return made


def settle(watch: Watch) -> None:
    """Waits until nothing more comes."""
    eventually(watch.quiet, LONGEST_SECONDS)


def figures(operator: Operator) -> dict[str, float]:
    """Sums of the operator's counters."""
    with urlopen(f"http://127.0.0.1:{operator.port}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    sums: dict[str, float] = {}
    for line in lines:
        if "_total{" in line:
            name = line.partition("{")[0].removeprefix("entcapacity_").removesuffix("_total")
            sums[name] = sums.get(name, 0) + float(line.split()[-1])
    return sums


def taken(operator: Operator) -> tuple[float, int]:
    """MiB of memory that the operator takes, and seconds of CPU that it has used."""
    command = ["ps", "-o", "rss=,time=", "-p", str(operator._process.pid)]
    rss, used = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()
    hours, minutes, seconds = (float(each) for each in ["0", *used.split(":")][-3:])
    return round(int(rss) / 1024, 1), round(hours * 3600 + minutes * 60 + seconds)


def asked(cluster: Cluster, namespace: str) -> Counter[str]:
    """What the operator has asked of the API server, by verb."""
    return Counter(each["verb"] for each in cluster.audit(f"system:serviceaccount:{namespace}:{ACCOUNT}"))


def alone(cluster: Cluster, place: Platform, watch: Watch, before: int, after: int) -> float:
    """Seconds until as many pods are Ready when their Deployments are scaled at once, and nobody else acts."""
    cluster.kubectl("delete", "hpa", "--all", "-n", place.namespace)
    scale = ("scale", "deployment", "--all", "-n", place.namespace)
    cluster.kubectl(*scale, f"--replicas={before}")
    eventually(lambda: all(each.floor == before for each in watch.deployments()), LONGEST_SECONDS)
    settle(watch)
    start = time.monotonic()
    cluster.kubectl(*scale, f"--replicas={after}")
    eventually(lambda: all(each.ready == after for each in watch.deployments()), LONGEST_SECONDS)
    return max(each.at for each in watch.deployments()) - start


def measure(cluster: Cluster, place: Platform) -> dict[str, Any]:
    """The numbers of one announcement."""
    called = place.namespace
    place.apply(*documents(called))
    watch = Watch(place)
    watch.start()
    eventually(lambda: len(watch.deployments()) == PLATFORMS * WORKLOADS, 60)
    operator = place.operator(AT)
    eventually(lambda: cluster.kubectl("get", "entcap", "-n", called, "-o=name").count("\n") == PLATFORMS)
    wait = ("--all", "-n", called, "--for=condition=Planned", f"--timeout={LONGEST_SECONDS:g}s")
    cluster.kubectl("wait", "entcapacity", *wait)
    settle(watch)
    before = {each.name: each.floor for each in watch.deployments()}
    began, requests, counted = len(watch.changes), asked(cluster, called), figures(operator)
    _, used_before = taken(operator)
    start = time.monotonic()
    place.apply(announcement(called, "2021-03-31T20:00:00+02:00", REMOTE))
    applied = time.monotonic()
    eventually(lambda: all(each.floor > before[each.name] for each in watch.deployments()), LONGEST_SECONDS)
    settle(watch)
    rss, used = taken(operator)
    changes, known, floors, ready = watch.changes[began:], dict(before), [], []
    for each in changes:
        if each.kind != "Deployment" or each.floor != known[each.name]:
            floors.append(each.at)
        if each.kind == "Deployment":
            known[each.name] = each.floor
            ready.append(each.at)
    replicas = sum(each.floor for each in watch.deployments())
    more = {name: round(value - counted.get(name, 0)) for name, value in figures(operator).items()}
    operator.stop()
    startup = alone(cluster, place, watch, min(before.values()), max(known.values()))
    return {
        "pods": {"before": sum(before.values()), "after": replicas},
        "startupSeconds": round(startup, 2),
        "applySeconds": round(applied - start, 2),
        "toFirstFloorSeconds": round(min(floors) - start, 2),
        "toLastFloorSeconds": round(max(floors) - start, 2),
        "toLastReadySeconds": round(max(ready) - start, 2),
        "operator": {
            "rssMiB": rss,
            "cpuSeconds": used - used_before,
            **more,
            "requests": dict(asked(cluster, called) - requests),
        },
    }


def main() -> int:
    load = round(os.getloadavg()[0], 1)  # what others do on this machine
    try:
        with TemporaryDirectory(prefix="ent-capacity-") as directory, Cluster(Path(directory)) as cluster:
            install_kinds(cluster)
            with a_place(cluster, "bench") as place:
                found = measure(cluster, place)
    except Unavailable as error:
        sys.exit(f"The benchmark needs a cluster: {error}")
    added = round(found["toLastReadySeconds"] - found["startupSeconds"], 2)
    passed = added <= BAR_SECONDS
    document = {
        "benchmark": "announcement",
        "what": f"{PLATFORMS} ENTCapacities × {WORKLOADS} workloads in one namespace, every other one with an HPA",
        "python": platform.python_version(),
        "cpus": os.cpu_count(),
        "load": load,
        "podSeconds": POD_SECONDS,
        **found,
        "addedSeconds": added,
        "barSeconds": BAR_SECONDS,
        "passed": passed,
    }
    print(json.dumps(document, indent=2, ensure_ascii=False))
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
