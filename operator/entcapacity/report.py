"""What a plan or a replay shows to people: curves over local time with their reasons, and what is said about them.

Plain data, with every text in both languages: ``drawing`` makes a picture of it, ``page`` a page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from math import ceil
from typing import Any, Final, TypeVar

import numpy as np

from entcapacity import __version__
from entcapacity.admission import admission, ceilings
from entcapacity.cost import Cost, cost
from entcapacity.fields import MINUTES_PER_DAY
from entcapacity.grid import MINUTE, Floats, Grid, Ints, local, local_time, midnight, on_clock
from entcapacity.notices import gravest, nothing_found, notices
from entcapacity.plan import Plan, selected
from entcapacity.reasons import LANGUAGES, Reason, joined, reason
from entcapacity.replay import Deviation, Measured, Replay, Score, Trouble
from entcapacity.spec import MAX_REPLICAS
from entcapacity.steps import why
from entcapacity.streams import BUSIER, LocalDay
from entcapacity.terms import provenance

MOST_POINTS: Final = 1500
"""Points of a curve: more than a screen shows."""
_MOST_NUMBERS: Final = 400_000
"""Numbers in all, so that a page stays small however many workloads it has."""
_REASON: Final = 24
"""What a point's reason takes, in numbers."""
_WIDTHS: Final = (1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 360)
"""Minutes that one point may stand for; they divide a day."""
_EVENT_ROWS: Final = 3
"""Lines on which events are written in turn, so that neighbours do not cover each other."""
_EPOCH: Final = date(1970, 1, 1).toordinal()

Text = Mapping[str, str]
"""By language."""
Numbers = TypeVar("Numbers", Floats, Ints)
Column = list[Any]
"""A value per point: a number, or ``None`` for none."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happens at a local minute, or lasts some, in minutes since 1970."""

    since: int
    until: int
    text: Text
    kind: str
    """The kind of day; empty for what is no day."""
    row: int
    """Days of different people stand in different rows."""
    label: Text
    """What is written there; ``text`` says it in full."""


@dataclass(frozen=True, slots=True)
class Workload:
    """One workload's curves."""

    columns: Mapping[str, Column]
    """``need``, ``asked``, ``ready``, ``maximum``; in a replay also ``took``, and ready replicas by rival."""
    reasons: Column
    """For each point, which of the report's reasons says why so many are asked for."""


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """Everything that is shown."""

    title: Text
    basis: tuple[Text, ...]
    """What of it is simulated; nothing for a plan."""
    when: Text
    summary: tuple[Text, ...]
    known: tuple[Text, ...]
    """What was announced before the window."""
    notices: tuple[Text, ...]
    as_well: Text | None
    """Autoscalers that do as well as we do."""
    scores: tuple[Score, ...]
    """None for a plan."""
    limited: Mapping[str, Text]
    """What limited whom from when on, by contender, of those that left people outside."""
    inputs: tuple[tuple[Text, Text], ...]
    point_minutes: int
    """Minutes that one point stands for, by the worst of them."""
    times: Column
    """Local minutes since 1970, as clocks show them."""
    days: tuple[Mark, ...]
    events: tuple[Mark, ...]
    people: Mapping[str, Column]
    """``low``, ``expected``, ``high``, ``logins``; in a replay also ``simulated`` or ``measured``."""
    workloads: Mapping[str, Workload]
    outside: Mapping[str, Column]
    """People waiting, by contender; for a plan ``queue``; nothing where nobody waits."""
    waits: Mapping[str, Column]
    """Minutes that who comes then waits, by contender; for a plan ``wait``; ``None`` where it does not end in time."""
    reasons: tuple[Text, ...]
    rivals: tuple[str, ...]
    workload: str
    """The one that tells the most."""
    shown: tuple[str, ...]
    """The rivals that are shown at first."""
    picture: tuple[int, int]
    """From when to when a picture shows it, in local minutes: of a replay, the day that tells the most."""
    pictured: Text


def both(said: Reason) -> Text:
    """A reason in every language."""
    return {language: said.text(language) for language in LANGUAGES}


def same(text: str) -> Text:
    """What reads the same in every language."""
    return dict.fromkeys(LANGUAGES, text)


def short(contender: str) -> Reason:
    """Somebody who scales, in few words."""
    return reason(f"Short{''.join(map(str.capitalize, contender.split('-')))}")


def of_plan(made: Plan, name: str, inputs: Iterable[tuple[Reason, str | Text]] = ()) -> Report:
    """A plan as people look at it."""
    line, table = _Timeline([made], len(made.workloads) * (4 + _REASON)), _Reasons()
    spent = cost(made)
    let_in = admission(made, ceilings(made))
    queue, wait = let_in.queue[made.inner], let_in.wait[made.inner]
    waiting = bool((queue >= 1).any())
    since, until = line.span()
    names = [each.name for each in made.workloads]
    as_of = on_clock(made.as_of, made.timezone)
    when = both(reason("PagePlanWhen", since=since, until=until, timezone=made.timezone, asOf=as_of))
    found = list(map(both, notices(made, spent)))
    headline = {each: f"{text}." for each, text in found[0].items()} if found else both(nothing_found(made))
    return Report(
        title=both(reason("PagePlanTitle", name=name)),
        basis=(),
        when=when,
        summary=(headline, both(_cost_line(spent))),
        known=tuple(line.known()),
        notices=tuple(found),
        as_well=None,
        scores=(),
        limited={},
        inputs=tuple(_inputs([*inputs, (reason("InputAsOf"), f"{as_of} ({made.timezone})")], line)),
        point_minutes=line.width,
        times=line.times,
        days=tuple(line.days()),
        events=tuple(line.events()),
        people=line.people(),
        workloads={each: Workload(line.replicas(each), line.reasons(each, table)) for each in names},
        outside={"queue": _whole(line.most(queue))} if waiting else {},
        waits={"wait": _ended(line.most(wait))} if waiting else {},
        reasons=tuple(map(both, table.found)),
        rivals=(),
        workload=gravest(made, made.workloads).name,
        shown=(),
        picture=line.whole,
        pictured=when,
    )


def of_replay(
    made: Replay, title: Text, inputs: Iterable[tuple[Reason, str | Text]] = (), trouble: Trouble | None = None
) -> Report:
    """A replay as people look at it; ``title`` is what was replayed."""
    ours, *others = made.runs
    rivals = tuple(each.name for each in others)
    rival = next((each for each in others if each.name == "hpa"), others[0])
    line, table = _Timeline(made.plans, len(made.names) * (5 + _REASON + len(rivals))), _Reasons()
    came = _whole(line.most(made.came))
    workloads = {}
    for row, name in enumerate(made.names):
        columns = line.replicas(name)
        columns["took"] = line.most(made.took[row])
        columns["asked"], columns["ready"] = line.most(ours.asked[row]), line.least(ours.ready[row])
        columns |= {each.name: line.least(each.ready[row]) for each in others}
        workloads[name] = Workload(columns, line.reasons(name, table))
    outside = {each.name: _whole(line.most(each.waiting)) for each in made.runs}
    outside = outside if any(map(any, outside.values())) else {}
    scores = {each.name: each for each in made.scores}
    as_well = [short(each.name) for each in made.scores if each.as_well_as(made.scores[0])]
    since, until = line.span()
    outsiders = np.sum([each.waiting for each in made.runs], axis=0)
    picture = line.busiest_day(outsiders if outsiders.any() else made.came)
    return Report(
        title={each: reason("PageReplayTitle", title=title[each]).text(each) for each in LANGUAGES},
        basis=tuple(map(both, _basis(made))),
        when=both(reason("PageReplayWhen", since=since, until=until, timezone=line.timezone)),
        summary=tuple(map(both, _verdict(scores, rival.name, line.timezone))),
        known=tuple(line.known()),
        notices=(),
        as_well=both(reason("PageAsWell", names=joined(as_well))) if as_well else None,
        scores=made.scores,
        limited={each.name: both(said) for each in made.scores for said in _limited(each, line.timezone)},
        inputs=tuple(_inputs([*inputs, (reason("InputPlanOn"), made.plan_on), _came(made.deviation)], line)),
        point_minutes=line.width,
        times=line.times,
        days=tuple(line.days()),
        events=tuple(line.events(_troubles(trouble))),
        people={**line.people(), "measured" if isinstance(made.deviation, Measured) else "simulated": came},
        workloads=workloads,
        outside=outside,
        waits={each.name: _ended(line.most(each.waits)) for each in made.runs if outside},
        reasons=tuple(map(both, table.found)),
        rivals=rivals,
        workload=_telling(made, scores[rival.name], scores["entcapacity"]),
        shown=(rival.name,),
        picture=picture,
        pictured=both(reason("PagePictured", on=date.fromordinal(_EPOCH + picture[0] // MINUTES_PER_DAY).isoformat())),
    )


def _telling(made: Replay, *scores: Score) -> str:
    """The workload that limited the first of these that left people outside; where none did, the one most needed.

    Which of them lacks the most would not tell: an autoscaler lets fall what is used less as people stand elsewhere.
    """
    limited = (each.limited_by for each in scores if each.limited_by in made.names)
    return next(limited, None) or made.names[int(made.took.max(axis=1).argmax())]


# --- what is said -----------------------------------------------------------------------------------------------------


def _verdict(scores: Mapping[str, Score], against: str, timezone: str) -> Iterator[Reason]:
    """The result in words, against one of the rivals."""
    ours, rival, most = scores["entcapacity"], scores[against], scores.get("static-max")
    if ours.refused_user_minutes < 1:
        yield reason("PageServed")
    else:
        yield reason("PageRefused", hours=_hours(ours), wait=_longest(ours, timezone))
    who = short(rival.name)
    if rival.refused_user_minutes < 1:
        yield reason("PageRivalServed", who=who)
    else:
        yield reason("PageRivalRefused", who=who, hours=_hours(rival), wait=_longest(rival, timezone))
    compared = [ours, rival, *([most] if most and most is not rival else [])]
    hours = [reason("PageHoursOf", who=short(each.name), hours=round(each.replica_hours)) for each in compared]
    yield reason("PageHours", all=joined(hours))


def _troubles(trouble: Trouble | None) -> Iterator[tuple[datetime, datetime, Reason]]:
    """What went wrong, from when to when."""
    if trouble is not None:
        if trouble.lost_percent:
            yield trouble.begin, trouble.end, reason("PageLost", percent=trouble.lost_percent)
        if trouble.flood_times:
            yield trouble.begin, trouble.end, reason("PageFlood", times=trouble.flood_times)
        if trouble.failing_percent:
            yield trouble.begin, trouble.end, reason("PageFailing", percent=trouble.failing_percent)


def _basis(made: Replay) -> Iterator[Reason]:
    """What of a replay is simulated."""
    yield reason("PageSimulated", pupils=sum(each.pupils for each in made.plans[0].spec.audience))
    load = "PageLoadMeasured" if isinstance(made.deviation, Measured) else "PageLoadDrawn"
    yield reason(load, came=made.deviation.said)


def _hours(score: Score) -> int:
    """Person-hours that people spent outside, rounded up: some is never none."""
    return ceil(score.refused_user_minutes / 60)


def _longest(score: Score, timezone: str) -> Reason:
    """How long people waited at the longest, and for want of what."""
    longest = reason("PageNeverIn")
    if score.longest_wait is not None:
        longest = reason("PageLongest", minutes=score.longest_wait // timedelta(minutes=1))
    for each in _limited(score, timezone):
        longest = reason("Comma", one=longest, other=each)
    return longest


def _limited(score: Score, timezone: str) -> Iterator[Reason]:
    if score.limited_by is not None and score.outside_from is not None:
        since = on_clock(score.outside_from, timezone)
        yield reason("PageLimited", limitedBy=score.limited_by, since=since)


def _cost_line(spent: Cost) -> Reason:
    return reason(
        "PageCost",
        hours=round(spent.replica_hours),
        usual=round(spent.usual_replica_hours),
        peak=spent.peak_replicas,
    )


def _came(differs: Deviation | Measured) -> tuple[Reason, str]:
    """What says who came."""
    if isinstance(differs, Measured):
        return reason("InputCame"), differs.name
    return reason("InputDeviation"), f"{differs.percent} %, {differs.early // MINUTE} min, {differs.seed}"


def _inputs(given: Iterable[tuple[Reason, str | Text]], line: _Timeline) -> Iterator[tuple[Text, Text]]:
    start, end = (local_time(line.window.instant(each), line.timezone).isoformat() for each in (0, line.window.length))
    for label, value in given:
        yield both(label), same(value) if isinstance(value, str) else value
    yield both(reason("InputWindow")), same(f"{start} – {end} ({line.timezone})")
    yield both(reason("InputPoint")), both(reason("InputWorst", minutes=line.width))
    yield both(reason("InputCalendar")), same(provenance())
    yield both(reason("InputVersion")), same(f"entcapacity {__version__}")


# --- over time --------------------------------------------------------------------------------------------------------


class _Reasons:
    """Reasons by number, each once."""

    def __init__(self) -> None:
        self.found: dict[Reason, int] = {}

    def number(self, said: Reason) -> int:
        return self.found.setdefault(said, len(self.found))


class _Timeline:
    """A window cut into points, and plans that follow each other through it."""

    def __init__(self, plans: Sequence[Plan], numbers: int) -> None:
        self._plans = plans
        first, last = plans[0], plans[-1]
        self.timezone = first.timezone
        self.window = Grid(first.window.start, last.window.stop - first.window.start)
        seen = local(self.window, self.timezone)
        self._dates = [seen.days[each] for each in np.unique(seen.day)]
        clock = (seen.days[0].toordinal() - _EPOCH) * MINUTES_PER_DAY + seen.flat
        most = min(MOST_POINTS, _MOST_NUMBERS // numbers)
        self.width = next((each for each in _WIDTHS if self.window.length / each <= most), _WIDTHS[-1])
        self._starts = np.concatenate(([0], 1 + np.flatnonzero(np.diff(clock // self.width))))
        self._ends = [*self._starts[1:].tolist(), self.window.length]
        self._clock = clock
        self.times: Column = clock[self._starts].tolist()

    @property
    def whole(self) -> tuple[int, int]:
        """The local minutes at which the window begins and ends."""
        return self.times[0], int(self._clock[-1]) + 1

    def busiest_day(self, values: Floats) -> tuple[int, int]:
        """The local minutes at which the day begins and ends that has most of something."""
        first = self._clock[0] // MINUTES_PER_DAY
        day = int(first + np.argmax(np.bincount(self._clock // MINUTES_PER_DAY - first, values)))
        begin, end = self.whole
        return max(begin, day * MINUTES_PER_DAY), min(end, (day + 1) * MINUTES_PER_DAY)

    def most(self, values: Numbers) -> Column:
        """The greatest value of each point."""
        found: Column = np.maximum.reduceat(values, self._starts).tolist()
        return found

    def least(self, values: Numbers) -> Column:
        """The smallest value of each point."""
        found: Column = np.minimum.reduceat(values, self._starts).tolist()
        return found

    def span(self) -> tuple[str, str]:
        """The window as clocks show it."""
        since, until = (on_clock(self.window.instant(each), self.timezone) for each in (0, self.window.length))
        return since, until

    def people(self) -> dict[str, Column]:
        """The demand with its band, as it was known at each moment."""
        low = self.least(self._over(lambda made: made.demand.load.sessions.low))
        expected = self.most(self._over(lambda made: made.demand.load.sessions.expected))
        high = self.most(self._over(lambda made: made.demand.load.sessions.high))
        logins = self.most(self._over(lambda made: made.demand.load.logins.expected))
        curves = {"low": low, "expected": expected, "high": high, "logins": logins}
        return {name: _whole(each) for name, each in curves.items()}

    def replicas(self, name: str) -> dict[str, Column]:
        """What is needed, asked for, and ready if each replica takes its lead; nothing of that for what has passed."""
        maximum = self.least(self._over(lambda made: made.workload(name).limit))
        asked = self.most(self._over(lambda made: made.workload(name).floor))
        ready = self.least(self._over(lambda made: made.workload(name).ready))
        first = self._plans[0].ahead.start - self._plans[0].inner.start
        ahead = [end > first for end in self._ends]
        return {
            "need": self.most(self._over(lambda made: made.workload(name).need)),
            "asked": [value if still else None for value, still in zip(asked, ahead, strict=True)],
            "ready": [value if still else None for value, still in zip(ready, ahead, strict=True)],
            "maximum": [None if each >= MAX_REPLICAS else each for each in maximum],
        }

    def reasons(self, name: str, table: _Reasons) -> Column:
        """Why so many are asked for at each point: the reason of the step that led to its greatest floor."""
        floor = self._over(lambda made: made.workload(name).floor)
        points = zip(self._starts.tolist(), self._ends, strict=True)
        worst = np.array([begin + int(np.argmax(floor[begin:end])) for begin, end in points])
        found: Column = [None] * len(worst)
        for made in self._plans:
            begin, ahead, workload = made.window.start - self.window.start, made.ahead, made.workload(name)
            first = begin + ahead.start - made.inner.start
            changes = first + np.flatnonzero(np.diff(workload.floor[ahead], prepend=-1))
            here = np.flatnonzero((worst >= first) & (worst < begin + made.window.length))
            since = changes[np.searchsorted(changes, worst[here], side="right") - 1]
            steps, of_step = np.unique(since, return_inverse=True)
            texts = [table.number(each) for each in why(made, workload, (steps - begin + made.inner.start).tolist())]
            for point, step in zip(here.tolist(), of_step.tolist(), strict=True):
                found[point] = texts[step]
        return found

    def days(self) -> Iterator[Mark]:
        """What the dates are, in a row for each set of segments that have the same days; equal days are one."""
        rows: dict[tuple[object, ...], tuple[list[str], list[LocalDay]]] = {}
        for segment in dict.fromkeys(each.segment for each in self._plans[0].demand.streams):
            days = [self._day(segment, on) for on in self._dates]
            rows.setdefault(tuple((each.day.kind, each.day.reason) for each in days), ([], days))[0].append(segment)
        for row, (segments, days) in enumerate(rows.values()):
            for (kind, why_so), same_days in groupby(days, key=lambda each: (each.day.kind, each.day.reason)):
                first, *more = same_days
                label, full = reason(f"Kind{kind}"), why_so
                if len(rows) > 1:
                    label, full = (reason("TermDay", segment=", ".join(segments), why=each) for each in (label, full))
                since, until = (
                    min(max((each.toordinal() - _EPOCH) * MINUTES_PER_DAY, self.whole[0]), self.whole[1])
                    for each in (first.on, first.on + timedelta(days=1 + len(more)))
                )
                yield Mark(since, until, both(full), str(kind), row, both(label))

    def _day(self, segment: str, on: date) -> LocalDay:
        """The busiest local day of a segment, as the plan of that day's noon knows it."""
        noon = midnight(on, self.timezone) + timedelta(hours=12)
        made = [each for each in self._plans if each.window.index(noon) >= 0][-1:] or self._plans[:1]
        found = [
            days[on] for each in made[0].demand.streams if each.segment == segment for days in each.days if on in days
        ]
        return max(found, key=lambda each: BUSIER[each.day.kind])

    def known(self) -> Iterator[Text]:
        """What was announced before the window and is about days in it."""
        for at, said, concerns in self._news():
            if at < self.window.instant(0) and concerns:
                yield both(said)

    def events(self, more: Iterable[tuple[datetime, datetime, Reason]] = ()) -> Iterator[Mark]:
        """What was announced within the window, when the plan is from, declared events, and whatever else happened."""
        found = [*more, *((at, at, said) for at, said, _ in self._news())]
        if len(self._plans) == 1:
            as_of = self._plans[0].as_of
            found.append((as_of, as_of, reason("PageAsOf")))
        found += [(each.from_, each.until, reason("PageEvent", name=each.name)) for each in self._plans[0].spec.events]
        start, end = self.window.instant(0), self.window.instant(self.window.length)
        inside = sorted((each for each in found if each[0] < end and each[1] > start), key=lambda each: each[0])
        for number, (since, until, said) in enumerate(inside):
            first, last = (
                int(self._clock[min(max(self.window.index(each), 0), self.window.length - 1)])
                for each in (since, until)
            )
            yield Mark(first, last, both(said), "", number % _EVENT_ROWS, both(said))

    def _news(self) -> Iterator[tuple[datetime, Reason, bool]]:
        """Announcements and withdrawals that were known, and whether they concern a day of the window."""
        made = self._plans[-1]
        people = {(place, level) for each in made.demand.streams for place in each.places for level in each.levels}
        for each in selected(made.spec, made.facts.announcements):
            if not any(each.spec.scope.covers(*who) for who in people):
                continue
            concerns = any(
                period.from_ <= self._dates[-1] and (period.until is None or period.until >= self._dates[0])
                for period in each.spec.periods
            )
            for at, code in ((each.spec.announced_at, "PageAnnounced"), (each.spec.withdrawn_at, "PageWithdrawn")):
                if at is not None and at <= made.as_of:
                    yield at, reason(code, name=each.name, at=on_clock(at, self.timezone)), concerns

    def _over(self, get: Callable[[Plan], Numbers]) -> Numbers:
        """What each plan says of its part of the window."""
        return np.concatenate([get(made)[made.inner] for made in self._plans])


def _whole(values: Column) -> Column:
    return [round(each) for each in values]


def _ended(waits: Column) -> Column:
    return [None if np.isinf(each) else round(each) for each in waits]
