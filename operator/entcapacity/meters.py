"""What Prometheus is told; docs/metrics.md explains every name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, time
from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from entcapacity.conditions import Condition
from entcapacity.observing import Observation
from entcapacity.plan import Plan
from entcapacity.reasons import Reason
from entcapacity.startups import Startups, percentile
from entcapacity.summary import Change, in_force
from entcapacity.targets import Seen

_PLATFORM = ("namespace", "name")
_WORKLOAD = (*_PLATFORM, "workload")
_TRUTHS = ("True", "False", "Unknown")


class Meters:
    """All metrics of one operator."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._gauges: list[Gauge] = []
        self.leading = Gauge("entcapacity_leading", "1 where this operator holds the Lease", registry=self._registry)
        self._sessions = self._gauge("expected_sessions", "Sessions expected now", _PLATFORM)
        self._high = self._gauge("high_sessions", "The upper band of the sessions expected now", _PLATFORM)
        self._observed = self._gauge("observed_sessions", "Sessions that Prometheus sees", _PLATFORM)
        self._waiting = self._gauge("waiting_users", "People waiting outside that Prometheus sees", _PLATFORM)
        self._announcements = self._gauge("announcements_in_force", "Announcements that are heeded now", _PLATFORM)
        self._until = self._gauge(
            "calendar_known_until_timestamp_seconds", "When the last day begins that the calendar knows", _PLATFORM
        )
        self._startup = self._gauge("startup_p95_seconds", "Start-up that 19 of 20 pods did not exceed", _WORKLOAD)
        self._need = self._gauge("need_replicas", "Replicas that serve the demand planned on", _WORKLOAD)
        self._planned = self._gauge("planned_replicas", "Replicas that the plan asks for now", _WORKLOAD)
        self._floor = self._gauge("floor_replicas", "Replicas asked for as the cluster has it", _WORKLOAD)
        self._ready = self._gauge("ready_replicas", "Replicas that serve", _WORKLOAD)
        self._due = self._gauge("due_replicas", "Replicas that should be Ready by now", _WORKLOAD)
        self._short = self._gauge("shortfall_replicas", "Need above what may be asked for", _WORKLOAD)
        self._change = self._gauge("next_change_timestamp_seconds", "When a floor changes next", _PLATFORM)
        self._known = self._gauge("condition", "1 for the status that a condition has", (*_PLATFORM, "type", "status"))
        self._pass = self._gauge("last_pass_timestamp_seconds", "When the last pass ended", _PLATFORM)
        self._writes = Counter(
            "entcapacity_writes", "Floors written", (*_WORKLOAD, "driver", "result"), registry=self._registry
        )
        self._passes = Counter("entcapacity_passes", "Passes that ended well", _PLATFORM, registry=self._registry)
        self._failures = Counter("entcapacity_failed_passes", "Passes that failed", _PLATFORM, registry=self._registry)

    def _gauge(self, name: str, text: str, labels: tuple[str, ...]) -> Gauge:
        made = Gauge(f"entcapacity_{name}", text, labels, registry=self._registry)
        self._gauges.append(made)
        return made

    def text(self) -> bytes:
        """Everything, as Prometheus reads it."""
        return generate_latest(self._registry)

    def passed(self, key: tuple[str, str], now: datetime) -> None:
        """A pass ended well."""
        self._passes.labels(*key).inc()
        self._pass.labels(*key).set(now.timestamp())

    def failed(self, key: tuple[str, str]) -> None:
        """A pass failed."""
        self._failures.labels(*key).inc()

    def wrote(self, key: tuple[str, str], workload: str, driver: str, failed: bool) -> None:
        """A floor was written, or could not be."""
        self._writes.labels(*key, workload, driver, "failed" if failed else "ok").inc()

    def conditions(self, key: tuple[str, str], made: Iterable[Condition]) -> None:
        """What the conditions say."""
        for each in made:
            for truth in _TRUTHS:
                self._known.labels(*key, each.type, truth).set(each.status == truth)

    def planned(
        self, key: tuple[str, str], plan: Plan, seen: Mapping[str, Seen | Reason], index: int, change: Change | None
    ) -> None:
        """The plan at a minute, and what is there."""
        expected, high = (getattr(plan.demand.load.sessions, band)[index] for band in ("expected", "high"))
        self._sessions.labels(*key).set(float(expected))
        self._high.labels(*key).set(float(high))
        self._change.labels(*key).set(change.at.timestamp() if change else 0)
        self._announcements.labels(*key).set(in_force(plan, plan.grid.instant(index)))
        midnight = datetime.combine(plan.known_until, time(), ZoneInfo(plan.timezone))
        self._until.labels(*key).set(midnight.timestamp())
        for gauge in (self._floor, self._ready):  # a workload that is gone has neither
            gauge.remove_by_labels(dict(zip(_PLATFORM, key, strict=True)))
        for each in plan.workloads:
            labels = (*key, each.name)
            self._need.labels(*labels).set(int(each.need[index]))
            self._planned.labels(*labels).set(int(each.floor[index]))
            self._due.labels(*labels).set(int(each.ready[index]))
            self._short.labels(*labels).set(max(0, int(each.need[index] - each.limit[index])))
            there = seen[each.name]
            if isinstance(there, Seen):
                self._floor.labels(*labels).set(there.minimum)
                self._ready.labels(*labels).set(there.ready)

    def saw(self, key: tuple[str, str], observation: Observation | None) -> None:
        """What Prometheus sees; nothing is no zero."""
        for gauge, value in (
            (self._observed, observation.sessions if observation else None),
            (self._waiting, observation.waiting if observation else None),
        ):
            if value is None:
                gauge.remove_by_labels(dict(zip(_PLATFORM, key, strict=True)))
            else:
                gauge.labels(*key).set(value)

    def started(self, key: tuple[str, str], workload: str, startups: Startups) -> None:
        """How long pods took to start."""
        seconds = percentile(startups.warm, 95)
        if seconds is not None:
            self._startup.labels(*key, workload).set(seconds)

    def clear(self) -> None:
        """Drops everything that was said of ENTCapacities: somebody else leads now."""
        for gauge in self._gauges:
            gauge.clear()

    def forget(self, key: tuple[str, str]) -> None:
        """Drops what was said of an ENTCapacity that is gone."""
        for gauge in self._gauges:
            gauge.remove_by_labels(dict(zip(_PLATFORM, key, strict=True)))
