"""How long raises of one ENTCapacity's floors take, and the pods that they bring, as the cluster shows it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime

from entcapacity.kube import ClusterError
from entcapacity.reconcile import Asked
from entcapacity.startups import Raises, Startups
from entcapacity.surroundings import Surroundings
from entcapacity.targets import Objects, Seen
from entcapacity.world import Key

log = logging.getLogger("entcapacity")


class Stopwatch:
    """Measures in real time, as pods' own timestamps are, and tells it in the clock's."""

    def __init__(self, key: Key, around: Surroundings) -> None:
        self._key, self._around = key, around
        self._raised: dict[str, Raises] = {}
        self.startups: dict[str, Startups] = {}
        """By workload, what was measured so far."""

    def wrote(self, name: str, floor: int, replicas: int) -> None:
        """Takes a floor that was written for a workload where so many replicas were asked for."""
        self._raised.setdefault(name, Raises()).wrote(floor, replicas, datetime.now(UTC))

    async def look(self, there: Mapping[str, Seen], asked: Mapping[str, Asked], objects: Objects) -> None:
        """Tells how long raises took, and looks at the pods that they brought, once they are all Ready."""
        for name, raises in list(self._raised.items()):
            if name not in there or name not in asked:
                continue
            each, floor = there[name], asked[name].floor
            took = raises.look(each.ready, floor, datetime.now(UTC))
            if took is not None:
                self._around.meters.raised(self._key, name, self._around.clock.span(took))
            # an HPA takes a moment to follow its minimum
            if raises.since is None or each.ready < max(each.replicas, floor):
                continue
            del self._raised[name]
            if not raises.interrupted:
                await self._measure(each, raises.since, objects)

    async def _measure(self, seen: Seen, since: datetime, objects: Objects) -> None:
        """Takes the start-up times of a workload's pods that were created since then, where it says which they are."""
        labels = objects.workloads[seen.target.key].get("spec", {}).get("selector", {}).get("matchLabels", {})
        if not labels:
            return
        kube, (namespace, platform) = self._around.kube, self._key
        try:
            pods = await kube.pods(namespace, ",".join(f"{k}={v}" for k, v in labels.items()))
            nodes = await kube.nodes({each["spec"]["nodeName"] for each in pods if "nodeName" in each["spec"]})
        except ClusterError as error:
            log.info("%s/%s: start-up of %s not measured: %s", namespace, platform, seen.name, error)
            return
        created = {
            node["metadata"]["name"]: datetime.fromisoformat(node["metadata"]["creationTimestamp"]) for node in nodes
        }
        begun = since.replace(microsecond=0)  # as pods' timestamps are
        known = self.startups.get(seen.name, Startups())
        self.startups[seen.name] = known.with_pods(pods, created, begun, self._around.clock.speed)
