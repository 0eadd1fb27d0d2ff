"""What Prometheus is told; docs/metrics.md explains every name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from entcapacity.conditions import Condition
from entcapacity.fields import MINUTES_PER_DAY
from entcapacity.grid import MINUTE, midnight
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
        self._told: dict[Key, set[tuple[Gauge, tuple[str, ...]]]] = {}
        """The series of each ENTCapacity: the library would look for them among those of all others."""
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

    def _gauge(self, name: str, text: str, labels: tuple[str, ...]) -> Gauge:
        made = Gauge(f"entcapacity_{name}", text, labels, registry=self._registry)
        self._gauges[made] = labels
        return made

    def _tell(self, gauge: Gauge, labels: tuple[str, ...], value: float) -> None:
        gauge.labels(*labels).set(value)
        self._told.setdefault((labels[0], labels[1]), set()).add((gauge, labels))

    def _drop(self, gauge: Gauge, labels: tuple[str, ...]) -> None:
        gauge.remove(*labels)
        self._told.get((labels[0], labels[1]), set()).discard((gauge, labels))

    def text(self) -> bytes:
        """Everything, as Prometheus reads it."""
        return generate_latest(self._registry)

    def passed(self, key: Key, now: datetime) -> None:
        """A pass ended well."""
        self._passed.add(key)
        self._passes.labels(*key).inc()
        self._failures.labels(*key)  # from 0 on, so that the first one is seen as a rise
        self._tell(self._pass, key, now.timestamp())

    def failed(self, key: Key, now: datetime) -> None:
        """A pass failed. Where none ever ended well, it is reckoned from the first that failed."""
        if key not in self._passed:  # so that it can be seen how long there has been none
            self._passed.add(key)
            self._tell(self._pass, key, now.timestamp())
        self._failures.labels(*key).inc()

    def wrote(self, key: Key, workload: str, driver: str, failed: bool) -> None:
        """A floor was written, or could not be."""
        for result in ("failed", "ok"):  # both from 0 on
            self._writes.labels(*key, workload, driver, result).inc((result == "failed") == failed)

    def conditions(self, key: Key, made: Iterable[Condition]) -> None:
        """What the conditions say."""
        given: set[tuple[str, ...]] = set()
        for each in made:
            for truth in _TRUTHS:
                self._tell(self._known, (*key, each.type, truth), each.status == truth)
            if each.status != "True" and each.type != "Ready":  # which only repeats
                given |= {(*key, each.type, why.code) for why in each.reasons}
        for gauge, labels in list(self._told.get(key, ())):
            if gauge is self._reasons and labels not in given:
                self._drop(gauge, labels)
        for new in given:
            self._tell(self._reasons, new, 1)

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
        self._tell(self._sessions, key, float(expected))
        self._tell(self._high, key, float(high))
        self._tell(self._change, key, change.at.timestamp() if change else 0)
        self._tell(self._announcements, key, in_force(plan, plan.grid.instant(index)))
        self._tell(self._until, key, midnight(plan.known_until, plan.timezone).timestamp())
        names = {each.name for each in plan.workloads}
        for gauge, told in list(self._told.get(key, ())):
            if "workload" in self._gauges[gauge] and told[2] not in names:
                self._drop(gauge, told)
        for each in plan.workloads:
            labels, there = (*key, each.name), seen[each.name]
            for day, lead in (("ordinary", each.lead.ordinary), ("exceptional", each.lead.exceptional)):
                self._tell(self._lead, (*labels, day), lead * MINUTE.total_seconds())
            self._tell(self._need, labels, int(each.need[index]))
            self._tell(self._planned, labels, int(each.floor[index]))
            self._tell(self._short, labels, max(0, int(each.need[index] - each.limit[index])))
            if isinstance(there, Seen):
                self._tell(self._floor, labels, there.minimum)
                self._tell(self._ready, labels, there.ready)
            else:  # a workload that is gone has neither
                self._drop(self._floor, labels)
                self._drop(self._ready, labels)
            self._tell(self._due, labels, due[each.name])
            self._ahead(labels, plan, each, index, due[each.name])

    def _ahead(self, labels: tuple[str, ...], plan: Plan, each: WorkloadPlan, index: int, due: int) -> None:
        """What the coming hours need of a workload."""
        soon = slice(index, index + _SOON_MINUTES + 1)
        served, exceptional = np.minimum(each.need[soon], each.limit[soon]), plan.demand.exceptional[soon]
        for day, minutes in (("exceptional", exceptional), ("ordinary", ~exceptional)):
            self._tell(self._soon, (*labels, day), min(due, int(served[minutes].max(initial=0))))
        ahead = slice(index, index + MINUTES_PER_DAY)
        peak = int(each.need[ahead].argmax())
        self._tell(self._peak_at, labels, plan.grid.instant(index + peak).timestamp())
        self._tell(self._peak_need, labels, int(each.need[index + peak]))
        self._tell(self._peak_planned, labels, int(each.floor[ahead].max()))

    def saw(self, key: Key, observation: Observation | None) -> None:
        """What Prometheus sees; nothing is no zero."""
        for gauge, value in (
            (self._observed, observation.sessions if observation else None),
            (self._waiting, observation.waiting if observation else None),
        ):
            if value is None:
                self._drop(gauge, key)
            else:
                self._tell(gauge, key, value)

    def started(self, key: Key, workload: str, startups: Startups) -> None:
        """How long pods took to start."""
        seconds = percentile(startups.warm, 95)
        if seconds is not None:
            self._tell(self._startup, (*key, workload), seconds)

    def raised(self, key: Key, workload: str, took: timedelta) -> None:
        """How long it took from a raise until as many were Ready."""
        self._tell(self._raise, (*key, workload), took.total_seconds())

    def clear(self) -> None:
        """Drops everything that was said of ENTCapacities: somebody else leads now."""
        for gauge in self._gauges:
            gauge.clear()
        self._passed.clear()
        self._told.clear()

    def forget(self, key: Key) -> None:
        """Drops what was said of an ENTCapacity that is gone."""
        self._passed.discard(key)
        for gauge, labels in self._told.pop(key, ()):
            gauge.remove(*labels)
