"""What Prometheus is told; docs/metrics.md explains every name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from entcapacity.conditions import Condition
from entcapacity.fields import MINUTES_PER_DAY
from entcapacity.grid import MINUTE
from entcapacity.observing import Observation
from entcapacity.plan import Plan, WorkloadPlan
from entcapacity.reasons import Reason
from entcapacity.startups import Startups, percentile
from entcapacity.summary import Change, in_force
from entcapacity.targets import Seen

_PLATFORM = ("namespace", "name")
_WORKLOAD = (*_PLATFORM, "workload")
_TRUTHS = ("True", "False", "Unknown")
_SOON_MINUTES: Final = 90
"""How long before they are needed replicas that are not Ready are worth an alert: time for people to repair that."""

Key = tuple[str, str]


class Meters:
    """All metrics of one operator."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._gauges: dict[Gauge, tuple[str, ...]] = {}
        self.leading = Gauge("entcapacity_leading", "1 where this operator holds the Lease", registry=self._registry)
        self.silent = Gauge("entcapacity_silent_loops", "Loops not heard of for two minutes", registry=self._registry)
        self._sessions = self._gauge("expected_sessions", "Sessions expected now", _PLATFORM)
        self._high = self._gauge("high_sessions", "The upper band of the sessions expected now", _PLATFORM)
        self._observed = self._gauge("observed_sessions", "Sessions that Prometheus sees", _PLATFORM)
        self._waiting = self._gauge("waiting_users", "People waiting outside that Prometheus sees", _PLATFORM)
        self._announcements = self._gauge("announcements_in_force", "Announcements that are heeded now", _PLATFORM)
        self._until = self._gauge(
            "calendar_known_until_timestamp_seconds", "When the last day begins that the calendar knows", _PLATFORM
        )
        self._startup = self._gauge("startup_p95_seconds", "Start-up that 19 of 20 pods did not exceed", _WORKLOAD)
        self._lead = self._gauge("lead_seconds", "From asking for a replica to the need for it", (*_WORKLOAD, "day"))
        self._raise = self._gauge("raise_to_ready_seconds", "From a raise to as many Ready", _WORKLOAD)
        self._need = self._gauge("need_replicas", "Replicas that serve the demand planned on", _WORKLOAD)
        self._planned = self._gauge("planned_replicas", "Replicas that the plan asks for now", _WORKLOAD)
        self._floor = self._gauge("floor_replicas", "Replicas asked for as the cluster has it", _WORKLOAD)
        self._ready = self._gauge("ready_replicas", "Replicas that serve", _WORKLOAD)
        self._due = self._gauge("due_replicas", "Replicas that should be Ready by now", _WORKLOAD)
        self._soon = self._gauge(
            "needed_replicas", "Of those that should be Ready by now, how many are needed soon", (*_WORKLOAD, "day")
        )
        self._short = self._gauge("shortfall_replicas", "Need above what may be asked for", _WORKLOAD)
        self._peak_at = self._gauge(
            "peak_timestamp_seconds", "When the most replicas are needed within a day", _WORKLOAD
        )
        self._peak_need = self._gauge("peak_need_replicas", "Replicas needed then", _WORKLOAD)
        self._peak_planned = self._gauge("peak_planned_replicas", "Most replicas planned within a day", _WORKLOAD)
        self._change = self._gauge("next_change_timestamp_seconds", "When a floor changes next", _PLATFORM)
        self._known = self._gauge("condition", "1 for the status that a condition has", (*_PLATFORM, "type", "status"))
        self._reasons = self._gauge(
            "reason", "1 for each reason why a condition is not True", (*_PLATFORM, "type", "reason")
        )
        self._pass = self._gauge("last_pass_timestamp_seconds", "When the last pass ended", _PLATFORM)
        self._writes = Counter(
            "entcapacity_writes", "Floors written", (*_WORKLOAD, "driver", "result"), registry=self._registry
        )
        self._passes = Counter("entcapacity_passes", "Passes that ended well", _PLATFORM, registry=self._registry)
        self._failures = Counter("entcapacity_failed_passes", "Passes that failed", _PLATFORM, registry=self._registry)
        self._passed: set[Key] = set()
        self._given: dict[Key, set[tuple[str, str]]] = {}
        self._workloads: dict[Key, set[str]] = {}

    def _gauge(self, name: str, text: str, labels: tuple[str, ...]) -> Gauge:
        made = Gauge(f"entcapacity_{name}", text, labels, registry=self._registry)
        self._gauges[made] = labels
        return made

    def text(self) -> bytes:
        """Everything, as Prometheus reads it."""
        return generate_latest(self._registry)

    def passed(self, key: Key, now: datetime) -> None:
        """A pass ended well."""
        self._passed.add(key)
        self._passes.labels(*key).inc()
        self._failures.labels(*key)  # from 0 on, so that the first one is seen as a rise
        self._pass.labels(*key).set(now.timestamp())

    def failed(self, key: Key, now: datetime) -> None:
        """A pass failed. Where none ever ended well, it is reckoned from the first that failed."""
        if key not in self._passed:  # so that it can be seen how long there has been none
            self._passed.add(key)
            self._pass.labels(*key).set(now.timestamp())
        self._failures.labels(*key).inc()

    def wrote(self, key: Key, workload: str, driver: str, failed: bool) -> None:
        """A floor was written, or could not be."""
        for result in ("failed", "ok"):  # both from 0 on
            self._writes.labels(*key, workload, driver, result).inc((result == "failed") == failed)

    def conditions(self, key: Key, made: Iterable[Condition]) -> None:
        """What the conditions say."""
        given: set[tuple[str, str]] = set()
        for each in made:
            for truth in _TRUTHS:
                self._known.labels(*key, each.type, truth).set(each.status == truth)
            if each.status != "True" and each.type != "Ready":  # which only repeats
                given |= {(each.type, why.code) for why in each.reasons}
        for old in self._given.get(key, set()) - given:
            self._reasons.remove(*key, *old)
        for new in given:
            self._reasons.labels(*key, *new).set(1)
        self._given[key] = given

    def planned(
        self,
        key: Key,
        plan: Plan,
        seen: Mapping[str, Seen | Reason],
        due: Mapping[str, int],
        index: int,
        change: Change | None,
    ) -> None:
        """The plan at a minute, what is there, and of each workload how many should be Ready."""
        expected, high = (getattr(plan.demand.load.sessions, band)[index] for band in ("expected", "high"))
        self._sessions.labels(*key).set(float(expected))
        self._high.labels(*key).set(float(high))
        self._change.labels(*key).set(change.at.timestamp() if change else 0)
        self._announcements.labels(*key).set(in_force(plan, plan.grid.instant(index)))
        midnight = datetime.combine(plan.known_until, time(), ZoneInfo(plan.timezone))
        self._until.labels(*key).set(midnight.timestamp())
        names = {each.name for each in plan.workloads}
        for gone in self._workloads.get(key, set()) - names:
            self._drop({**dict(zip(_PLATFORM, key, strict=True)), "workload": gone})
        self._workloads[key] = names
        for each in plan.workloads:
            labels, there = (*key, each.name), seen[each.name]
            for day, lead in (("ordinary", each.lead.ordinary), ("exceptional", each.lead.exceptional)):
                self._lead.labels(*labels, day).set(lead * MINUTE.total_seconds())
            self._need.labels(*labels).set(int(each.need[index]))
            self._planned.labels(*labels).set(int(each.floor[index]))
            self._short.labels(*labels).set(max(0, int(each.need[index] - each.limit[index])))
            if isinstance(there, Seen):
                self._floor.labels(*labels).set(there.minimum)
                self._ready.labels(*labels).set(there.ready)
            else:  # a workload that is gone has neither
                self._floor.remove(*labels)
                self._ready.remove(*labels)
            self._due.labels(*labels).set(due[each.name])
            self._ahead(labels, plan, each, index, due[each.name])

    def _ahead(self, labels: tuple[str, ...], plan: Plan, each: WorkloadPlan, index: int, due: int) -> None:
        """What the coming hours need of a workload."""
        soon = slice(index, index + _SOON_MINUTES + 1)
        served, exceptional = np.minimum(each.need[soon], each.limit[soon]), plan.demand.exceptional[soon]
        for day, minutes in (("exceptional", exceptional), ("ordinary", ~exceptional)):
            self._soon.labels(*labels, day).set(min(due, int(served[minutes].max(initial=0))))
        ahead = slice(index, index + MINUTES_PER_DAY)
        peak = int(each.need[ahead].argmax())
        self._peak_at.labels(*labels).set(plan.grid.instant(index + peak).timestamp())
        self._peak_need.labels(*labels).set(int(each.need[index + peak]))
        self._peak_planned.labels(*labels).set(int(each.floor[ahead].max()))

    def saw(self, key: Key, observation: Observation | None) -> None:
        """What Prometheus sees; nothing is no zero."""
        for gauge, value in (
            (self._observed, observation.sessions if observation else None),
            (self._waiting, observation.waiting if observation else None),
        ):
            if value is None:
                gauge.remove_by_labels(dict(zip(_PLATFORM, key, strict=True)))
            else:
                gauge.labels(*key).set(value)

    def started(self, key: Key, workload: str, startups: Startups) -> None:
        """How long pods took to start."""
        seconds = percentile(startups.warm, 95)
        if seconds is not None:
            self._startup.labels(*key, workload).set(seconds)

    def raised(self, key: Key, workload: str, took: timedelta) -> None:
        """How long it took from a raise until as many were Ready."""
        self._raise.labels(*key, workload).set(took.total_seconds())

    def clear(self) -> None:
        """Drops everything that was said of ENTCapacities: somebody else leads now."""
        for gauge in self._gauges:
            gauge.clear()
        for remembered in (self._passed, self._given, self._workloads):
            remembered.clear()

    def forget(self, key: Key) -> None:
        """Drops what was said of an ENTCapacity that is gone."""
        self._drop(dict(zip(_PLATFORM, key, strict=True)))
        self._passed.discard(key)
        self._given.pop(key, None)
        self._workloads.pop(key, None)

    def _drop(self, labels: dict[str, str]) -> None:
        for gauge, known in self._gauges.items():
            if labels.keys() <= set(known):
                gauge.remove_by_labels(labels)
