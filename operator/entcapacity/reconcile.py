"""What one pass does about one workload: from what the plan asks for now and what is there, to what is written.

Pure, and level-triggered: it compares, and writes only the difference. ``Seen`` goes in, ``Write`` comes out, as data:
that is the port behind which a cluster stands. The operator sends the writes to the API server, the replay does them to
the objects of its simulated cluster, and both ask the same ``Decider``.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from entcapacity.drivers import Write, given_back, held
from entcapacity.facts import Bounds
from entcapacity.grid import MINUTE
from entcapacity.plan import Plan
from entcapacity.reasons import Reason, reason
from entcapacity.targets import FIELDS, MANAGER, Ref, Seen

AT_ONCE: Final = 5
"""Resets within ``AT_ONCE_WITHIN`` that are put right at once."""
AT_ONCE_WITHIN: Final = timedelta(minutes=10)
CONTESTED_EVERY: Final = timedelta(minutes=1)
"""How often it is tried when there were more."""
LATE_MINUTES: Final = 3
"""Minutes beyond its lead after which a replica that is not Ready is late."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the plan asks of a workload at one instant."""

    floor: int
    maximum: int
    """The most replicas there may be; above what the autoscaler has where ``maxWhenAnnounced`` allows it."""
    may_raise: bool
    """Whether ``maxWhenAnnounced`` is set."""
    must_run: bool
    """Whether ``min`` says that the workload is never to stand still."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the cluster."""

    floor: int
    maximum: int | None
    """What the maximum is raised to; ``None`` where it is left, or given back."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a pass does about a workload."""

    asked: Asked
    writes: tuple[Write, ...]
    again: datetime | None = None
    """When to look again though nothing else changes: what is above the plan may come down in the next minute, what is
    contested is tried again."""
    reset: bool = False
    """Whether what we wrote was put back since."""
    contested: bool = False
    """Whether that happened more often than is put right at once."""
    rests: bool = False
    """Whether there was something to write that therefore has to wait."""


def ask(wanted: Wanted, bounds: Bounds, replicas: int) -> Asked:
    """What to ask for within what the autoscaler allows; never above its maximum unless that may be raised.

    A raised maximum is never below what runs, and stays until that fits below the former one: a lower one would cut at
    once.
    """
    if bounds.max is None:
        return Asked(wanted.floor, None)
    most = max(wanted.maximum, wanted.floor, replicas)
    if wanted.may_raise and most > bounds.max:
        return Asked(wanted.floor, most)
    return Asked(min(wanted.floor, bounds.max), None)


def lowered(planned: int, current: int, needed: int, hold: bool) -> int:
    """``planned``, but lowered only as far as what is seen allows: not below what the observed load needs, and not at
    all where ``hold`` says that people wait or that nobody knows."""
    if planned >= current:
        return planned
    return current if hold else max(planned, min(current, needed))


def decide(wanted: Wanted, seen: Seen, by: str) -> Decision:
    """What to write so that what is asked for holds; ``by`` names the ENTCapacity."""
    raised = seen.former is not None and seen.former.raised
    # one that is raised goes the same way down, whoever raised it and whatever may be raised by now
    asked = ask(replace(wanted, may_raise=wanted.may_raise or raised), seen.bounds, seen.replicas)
    if raised and asked.maximum is not None:
        # somebody raised it further, or it is on its way down: left until it can be given back
        asked = Asked(asked.floor, max(asked.maximum, seen.maximum or 0))
    as_is = (
        seen.former is not None
        and seen.former.by == by
        and seen.minimum == asked.floor
        and (seen.maximum == asked.maximum if asked.maximum is not None else not raised)
    )
    writes = [] if as_is else list(held(seen, by, asked.floor, asked.maximum))
    if seen.replicas == 0 and asked.floor > 0 and seen.driver != "Scale" and wanted.must_run and not seen.paused:
        # an autoscaler leaves what stands at zero alone, whatever its minimum
        writes.append(Write(seen.target, "Scale", {"spec": {"replicas": asked.floor}}, MANAGER))
    return Decision(asked, tuple(writes))


def release(seen: Seen, by: str) -> tuple[Write, ...]:
    """What to write so that what was there before us is there again; nothing where another ENTCapacity holds it."""
    return tuple(given_back(seen)) if seen.former is not None and seen.former.by == by else ()


def handed_over(seen: Seen, heir: str) -> tuple[Write, ...]:
    """What to write so that another ENTCapacity holds what is held, with its former value and no dip in between."""
    raised = seen.former is not None and seen.former.raised
    return tuple(held(seen, heir, seen.minimum, seen.maximum if raised else None))


def obstacles(seen: Seen, must_run: bool) -> list[Reason]:
    """What stands in the way of a floor, whatever the plan says; ``must_run`` as in ``Wanted``."""
    found = []
    if seen.replicas == 0 and seen.driver != "Scale" and not must_run:
        found.append(reason("Stopped", workload=seen.name))
    if seen.blind:
        found.append(reason("HPABlind", workload=seen.name, hpa=seen.at.name, why=seen.blind))
    if seen.paused:
        found.append(reason("FloorIneffective", workload=seen.name, object=str(seen.at)))
    return found


def moved_up(seen: Seen, asked: Asked | None, begun: int) -> bool:
    """Whether somebody moved a floor above what was asked for, and above what the plan began with: from what cannot be
    lowered, since that is refused or contested, it is planned once."""
    return asked is not None and seen.minimum > max(asked.floor, begun)


class Due:
    """How many replicas of one workload should be Ready, whatever plans come and go.

    A new plan takes the floor that it begins with for long there, even where it was raised a minute ago. So it is
    remembered since which minute how much was asked for; that begins with what was Ready.
    """

    def __init__(self) -> None:
        self._past: list[tuple[int, int]] = []

    def look(self, planned: Plan, name: str, index: int, ready: int) -> None:
        """Takes what the plan asks for at a minute; ``ready`` replicas are Ready."""
        workload, minute = planned.workload(name), planned.grid.start + index
        asked = int(workload.floor[index])
        if not self._past:
            self._past.append((minute, ready))
        if self._past[-1][1] != asked:
            self._past.append((minute, asked))
        while len(self._past) > 1 and self._past[1][0] <= minute - workload.lead.own - LATE_MINUTES:
            self._past.pop(0)

    def by(self, planned: Plan, name: str, index: int, late: int = 0) -> int:
        """Replicas that a plan has Ready at a minute, as far as they were asked for throughout their start-up and
        ``late`` minutes, at most ``LATE_MINUTES``, beyond it."""
        workload, minute = planned.workload(name), planned.grid.start + index
        since = minute - workload.lead.own - late
        ends = [until for until, _ in self._past[1:]]
        asked = [floor for (_, floor), until in zip(self._past, [*ends, minute + 1], strict=True) if until > since]
        return min(int(workload.ready[max(0, index - late) : index + 1].min()), *asked)


def not_ready(seen: Seen, due: int) -> list[Reason]:
    """Whether fewer are Ready than are ``due``, as far as they are asked for. Pods that lack count, and so do those
    that an autoscaler does not ask for though its minimum does; one that is paused or stands at 0 says so itself."""
    due = min(due, seen.minimum)
    if seen.paused or seen.replicas == 0 or seen.ready >= due:
        return []
    return [reason("NotReady", workload=seen.name, ready=seen.ready, due=due)]


@dataclass(slots=True)
class Pace:
    """How a floor moves within one minute, so that rates hold however often it is planned anew."""

    minute: datetime
    began: int
    """The floor at its beginning."""
    highest: int
    """The highest floor asked for in it."""

    @classmethod
    def at(cls, now: datetime, known: Pace | None, minimum: int, ours: int) -> Pace:
        """That of the minute it is: a new one begins with the ``minimum`` that is there, or with ours if that was
        lowered; a hand that raised it within a minute begins it anew."""
        minute = now.replace(second=0, microsecond=0)
        if known is None or known.minute != minute:
            return cls(minute, max(minimum, ours), max(minimum, ours))
        return cls(minute, minimum, minimum) if minimum > known.highest else known

    def at_least(self, floor: int, down: int) -> int:
        """``floor``, but never more than ``down`` below what was asked for in this minute."""
        return max(floor, self.highest - down)


class Contest:
    """Who else writes to what we write: how often it was put back, and when we may write again."""

    def __init__(self) -> None:
        self.ours: Asked | None = None
        """What we wrote last."""
        self.by = ""
        """Who put it back last: after our next write the object tells no more."""
        self.field = ""
        """Which field that was."""
        self._at: Ref | None = None
        self._wrote: datetime | None = None
        self._counted = self._started = False
        self._resets: deque[datetime] = deque()

    def look(self, seen: Seen, now: datetime) -> bool:
        """Whether what we wrote was put back since; counted once for each of our writes."""
        if self._counted or self.ours is None or self._at != seen.at:
            return False
        field = self._differs(self.ours, seen)
        if not field:
            return False
        self._resets.append(now)
        self._counted = True
        self.by, self.field = seen.manager or self.by, field
        return True

    def _differs(self, ours: Asked, seen: Seen) -> str:
        """The field in which what is there differs from what we wrote; empty where none does."""
        least, most = FIELDS[seen.driver]
        if seen.minimum != ours.floor:
            return least
        if ours.maximum is not None and seen.maximum is not None and seen.maximum < ours.maximum:
            return most
        return "replicas" if self._started and seen.replicas == 0 else ""

    def contested(self, now: datetime) -> bool:
        """Whether it was put back more often than is put right at once."""
        while self._resets and not now - AT_ONCE_WITHIN < self._resets[0] <= now:  # nor what a clock ahead counted
            self._resets.popleft()
        return len(self._resets) > AT_ONCE

    def next_try(self, now: datetime) -> datetime:
        """When we may write again."""
        return self._wrote + CONTESTED_EVERY if self._wrote is not None and self.contested(now) else now

    def wrote(self, asked: Asked, at: Ref, now: datetime, started: bool = False) -> None:
        """Remembers what we wrote, and whether that ``started`` what stood at 0."""
        self.ours, self._at, self._wrote, self._counted = asked, at, now, False
        self._started = started


class Decider:
    """Decides for one workload, pass after pass; ``by`` names the ENTCapacity.

    It remembers only what cannot be seen: how the floor moved within this minute, who else writes to it, and what it
    asked for, should the object that bears the floor be another one by now.
    """

    def __init__(self, by: str, before: int = 0) -> None:
        """``before`` is the floor that an operator before this one held."""
        self._by = by
        self._last = before
        self._pace: Pace | None = None
        self._contest = Contest()

    @property
    def rival(self) -> tuple[str, str]:
        """Who put back last what we wrote, and which field; empty where nobody did, or nobody knows."""
        return self._contest.by, self._contest.field

    def began(self, seen: Seen, now: datetime) -> int:
        """The floor at the beginning of this minute, from which rates count however often it is planned anew."""
        return self._paced(seen, now).began

    def decide(self, planned: Plan, seen: Seen, now: datetime, needed: int = 0, hold: bool = False) -> Decision:
        """What to write now so that the plan is followed; ``needed`` and ``hold`` as ``lowered`` has them."""
        workload, index = planned.workload(seen.name), planned.grid.index(now)
        pace, floor = self._paced(seen, now), int(workload.floor[index])
        wanted = Wanted(
            pace.at_least(lowered(floor, self._current(seen), needed, hold), planned.spec.ramp.down_per_minute),
            int(workload.maximum[index]),
            workload.workload.max_when_announced is not None,
            bool(workload.workload.min),
        )
        made = decide(wanted, seen, self._by)
        made = replace(made, reset=self._contest.look(seen, now), contested=self._contest.contested(now))
        if made.writes and now < (allowed := self._contest.next_try(now)):
            return replace(made, writes=(), again=allowed, rests=True)
        pace.highest = max(pace.highest, made.asked.floor)
        self._last = made.asked.floor
        if made.asked.floor <= floor:
            return made
        # above the plan, on its way down or held: the next minute may lower it further
        return replace(made, again=now.replace(second=0, microsecond=0) + MINUTE)

    def wrote(self, decision: Decision, seen: Seen, now: datetime) -> None:
        """Remembers that a decision was carried out."""
        started = any(each.how == "Scale" and each.at != seen.at for each in decision.writes)
        self._contest.wrote(decision.asked, seen.at, now, started)

    def _paced(self, seen: Seen, now: datetime) -> Pace:
        """How the floor moves within this minute."""
        self._pace = Pace.at(now, self._pace, seen.minimum, self._ours(seen))
        return self._pace

    def _current(self, seen: Seen) -> int:
        """The floor that is there, or ours if that was lowered: a rival lowers nothing for us."""
        return max(seen.minimum, self._ours(seen))

    def _ours(self, seen: Seen) -> int:
        """The floor that we wrote last. Where our mark is gone, since an autoscaler was renamed or made anew, what we
        asked for last, as far as that many run: a floor below what runs starts none, so no rate has to hold it back."""
        if seen.former is None:
            return min(self._last, seen.replicas)
        return self._contest.ours.floor if self._contest.ours is not None else 0
