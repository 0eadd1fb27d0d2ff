"""How many ENTCapacities one operator carries: planning all of them when it starts, and when an announcement falls.

The operator's own keepers, one for each platform with 3 workloads in a namespace of its own. There is no API server:
what stands in for it answers after 5 ms, and takes every write. Another number of platforms can be given as argument.
Prints one JSON document; exits 1 where a bar is missed.
"""

from __future__ import annotations

import asyncio
import gc
import json
import platform
import resource
import sys
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from entcapacity.almanac import Almanac
from entcapacity.clock import Clock
from entcapacity.drivers import Write
from entcapacity.fields import API_VERSION
from entcapacity.keeper import Keeper
from entcapacity.meters import Meters
from entcapacity.pulse import Pulse
from entcapacity.surroundings import Surroundings
from entcapacity.targets import Object, Ref
from entcapacity.world import World

PLATFORMS = int(sys.argv[1]) if len(sys.argv) > 1 else 300
WORKLOADS = ("auth", "portal", "files")
BAR_LAG_SECONDS = 2.0
"""So long a request that renews the Lease may take."""
BAR_MIB = 3.0
"""For one platform, beyond the first."""
AT = datetime.fromisoformat("2021-03-31T19:59:30+02:00")
ACADEMIES = ("Toulouse", "Lille", "Rennes", "Lyon", "Paris", "Nice", "La Réunion", "Guadeloupe")
ANNOUNCEMENT = {
    "apiVersion": API_VERSION,
    "kind": "SchoolAnnouncement",
    "metadata": {"name": "confinement-2021-04", "uid": "said", "generation": 1, "resourceVersion": "1"},
    "spec": {
        "announcedAt": "2021-03-31T19:59:00+02:00",
        "periods": [{"from": "2021-04-06", "until": "2021-04-09", "schooling": "Remote"}],
    },
}


class Answers:
    """In the place of an API server."""

    def __init__(self, world: World) -> None:
        self.world, self.version = world, 1

    async def quotas(self, _: str) -> list[Object]:
        return await self._after([])

    async def nodes(self, _: object = ()) -> list[Object]:
        return await self._after([])

    async def event(self, *_: object) -> None:
        await self._after(None)

    async def apply_config_map(self, *_: object) -> None:
        await self._after(None)

    async def apply_status(self, ref: Ref, status: Mapping[str, Any]) -> Object:
        known = self.world.get(ref.kind, (ref.namespace, ref.name))
        assert known is not None
        return await self._after(self._newer(known, status=dict(status)))

    async def pods(self, *_: str) -> list[Object]:
        return await self._after([])

    async def write(self, write: Write) -> Object:
        """Pods are Ready at once."""
        known = self.world.objects(write.at.namespace).workloads[write.at.key]
        if write.how == "Scale":
            replicas = write.body["spec"]["replicas"]
            self.world.put(self._newer(known, spec={"replicas": replicas}, status={"readyReplicas": replicas}))
            return await self._after({**self._newer(known), "spec": {"replicas": replicas}})
        made = self._newer(known)
        made["metadata"] |= {"annotations": write.body["metadata"]["annotations"]}
        return await self._after(made)

    def _newer(self, known: Object, **more: Any) -> Object:
        self.version += 1
        return {**known, **more, "metadata": {**known["metadata"], "resourceVersion": str(self.version)}}

    async def _after(self, answer: Any) -> Any:
        await asyncio.sleep(0.005)
        return answer


class Lag:
    """By how long the event loop keeps others waiting."""

    def __init__(self) -> None:
        self.most = 0.0

    async def watch(self) -> None:
        while True:
            begun = time.perf_counter()
            await asyncio.sleep(0.01)
            self.most = max(self.most, time.perf_counter() - begun - 0.01)


def documents(number: int) -> list[Object]:
    """A platform, and its Deployments."""
    namespace = f"ent-{number:04}"
    names = [{"name": name, "ordinaryPeak": {"replicas": 3 + number % 20}} for name in WORKLOADS]
    audience = [{"academies": [ACADEMIES[number % len(ACADEMIES)]], "levels": ["Lycee"], "pupils": 50_000}]
    found = [(API_VERSION, "ENTCapacity", "ent", {"mode": "Enforce", "audience": audience, "workloads": names})]
    found += [("apps/v1", "Deployment", name, {"replicas": 2}) for name in WORKLOADS]
    return [
        {
            "apiVersion": version,
            "kind": kind,
            "metadata": {
                "name": name,
                "namespace": namespace,
                "uid": f"{namespace}/{name}",
                "generation": 1,
                "resourceVersion": "1",
                "creationTimestamp": "2021-01-01T00:00:00Z",
            },
            "spec": spec,
            "status": {"readyReplicas": 2, "replicas": 2} if kind == "Deployment" else {},
        }
        for version, kind, name, spec in found
    ]


def mib() -> float:
    """Memory of the process."""
    if sys.platform == "darwin":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize() / 2**20


async def phase(keepers: list[Keeper], known: int) -> dict[str, float]:
    """Until all have a plan that knows so many announcements, follow it, and have published it."""
    lag, begun = Lag(), time.perf_counter()
    watching = asyncio.create_task(lag.watch())
    planned, published = dict[Keeper, float](), dict[Keeper, float]()
    while len(published) < len(keepers):
        await asyncio.sleep(0.02)
        now = time.perf_counter() - begun
        for each in keepers:
            if (made := each._planner.made) and len(made.plan.facts.announcements) == known:
                planned.setdefault(each, now)
                if each._publisher.published[:1] == (made.key,):
                    published.setdefault(each, now)
    watching.cancel()
    figures = {
        "firstPlannedSeconds": min(planned.values()),
        "allPlannedSeconds": max(planned.values()),
        "allPublishedSeconds": max(published.values()),
        "longestLagSeconds": lag.most,
    }
    return {name: round(value, 2) for name, value in figures.items()}


async def measure() -> dict[str, Any]:
    world, clock = World(), Clock(AT)
    kube: Any = Answers(world)
    almanac = Almanac(world, kube, clock, "ent-capacity", "en", speaks=False)
    around = Surroundings(world, kube, clock, Meters(), Pulse(), almanac)
    for number in range(PLATFORMS):
        for each in documents(number):
            world.put(each)
    keepers = [Keeper((f"ent-{number:04}", "ent"), around) for number in range(PLATFORMS)]
    stopped = asyncio.Event()
    first = asyncio.create_task(keepers[0].keep(stopped))
    await phase(keepers[:1], 0)
    before = mib()
    keeping = [first, *(asyncio.create_task(each.keep(stopped)) for each in keepers[1:])]
    start = await phase(keepers, 0)
    world.put(ANNOUNCEMENT)
    said = await phase(keepers, 1)
    gc.collect()
    each = (mib() - before) / (PLATFORMS - 1)
    stopped.set()
    begun = time.perf_counter()
    await asyncio.gather(*keeping)
    stop = round(time.perf_counter() - begun, 2)
    return {
        "start": start,
        "announcement": said,
        "stopSeconds": stop,
        "firstMiB": round(before, 1),
        "eachMiB": round(each, 2),
    }


def main() -> int:
    found = asyncio.run(measure())
    lag = max(found[each]["longestLagSeconds"] for each in ("start", "announcement"))
    passed = lag <= BAR_LAG_SECONDS and found["eachMiB"] <= BAR_MIB
    print(
        json.dumps(
            {
                "benchmark": "platforms",
                "what": f"{PLATFORMS} ENTCapacities × {len(WORKLOADS)} workloads, each in a namespace of its own",
                "python": platform.python_version(),
                "numpy": np.__version__,
                **found,
                "barLagSeconds": BAR_LAG_SECONDS,
                "barEachMiB": BAR_MIB,
                "passed": passed,
            },
            indent=2,
        )
    )
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
