"""What holds for every plan, whatever the spec: on generated specs, at every clock change and in every zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entcapacity.cost import cost
from entcapacity.grid import Grid
from entcapacity.notices import notices
from entcapacity.parse import InvalidResource, parse
from entcapacity.plan import floors_in_effect, plan
from entcapacity.steps import steps
from entcapacity.territories import PLACES, ZONES
from generated import capacities, wild_capacities
from specs import APRIL_2021, announcement, capacity, facts

PARIS = ZoneInfo("Europe/Paris")
LATER = announcement(
    "later", "2021-04-06T12:00:00+02:00", {"from": "2021-04-07", "until": "2021-04-09", "schooling": "Closed"}
)
KNOWN = facts(APRIL_2021, LATER)

# instants round the news, the first remote day and the change of clocks of spring 2021
instants = st.integers(0, 14 * 24 * 60).map(
    lambda minute: datetime(2021, 3, 26, tzinfo=UTC) + minute * timedelta(minutes=1)
)
many = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def _specs():
    return capacities().map(lambda document: parse(document).spec)


def _window(start, hours=30):
    return Grid.between(start, start + timedelta(hours=hours))


@given(_specs(), instants)
@many
def test_floors_lie_between_minimum_and_maximum(spec, start):
    made = plan(spec, KNOWN, start, _window(start))
    for each in made.workloads:
        floor = each.floor[made.inner]
        assert (floor >= each.workload.min).all()
        assert (floor <= max(each.workload.max, each.workload.max_when_announced or 0, each.workload.min)).all()


@given(_specs(), instants, st.integers(0, 400))
@many
def test_floors_never_move_faster_than_their_rates(spec, start, in_effect):
    floors = {each.name: in_effect for each in spec.workloads}
    made = plan(spec, facts(APRIL_2021, LATER, floors=floors), start, _window(start))
    for each in made.workloads:
        moves = np.diff(each.floor[made.first : made.inner.stop])
        bounded = each.workload.min <= in_effect <= each.limit.max()  # else the first move brings it within bounds
        assert (moves <= spec.ramp.up_per_minute).all() or not bounded
        assert (moves >= -spec.ramp.down_per_minute).all() or not bounded


@given(_specs(), instants, st.integers(1, 60 * 24))
@many
def test_overlapping_windows_agree(spec, start, shift):
    first = plan(spec, KNOWN, start, _window(start, 48))
    second = plan(spec, KNOWN, start, _window(start + timedelta(minutes=shift), 48))
    overlap = 48 * 60 - shift
    for one, other in zip(first.workloads, second.workloads, strict=True):
        assert (one.floor[first.inner][shift:] == other.floor[second.inner][:overlap]).all()
        assert (one.need[first.inner][shift:] == other.need[second.inner][:overlap]).all()


@given(_specs(), instants, st.integers(-600, 30 * 60))
@many
def test_a_plan_made_late_never_asks_for_the_past(spec, start, minutes):
    as_of = start + timedelta(minutes=minutes)
    made = plan(spec, KNOWN, as_of, _window(start))
    for each in made.workloads:
        times = [step.time for step in steps(made, each)]
        assert all(time >= max(as_of, start) for time in times)
        assert times == sorted(set(times))


@given(_specs(), instants)
@many
def test_ready_is_at_least_need_wherever_the_maximum_allows(spec, start):
    made = plan(spec, KNOWN, start, _window(start))
    for each in made.workloads:
        served = np.minimum(each.need, each.limit)[made.inner]
        assert (each.ready[made.inner] >= served).all()


@given(_specs(), instants, st.integers(0, 100))
@many
def test_ready_is_at_least_need_once_the_floor_in_effect_had_time_to_rise(spec, start, in_effect):
    floors = {each.name: in_effect for each in spec.workloads}
    made = plan(spec, facts(APRIL_2021, LATER, floors=floors), start, _window(start))
    for each in made.workloads:
        below = np.flatnonzero(each.floor < each.wanted)
        caught_up = made.first if not below.size else int(below[-1]) + 1
        settled = slice(min(caught_up + each.lead.own, made.inner.stop), made.inner.stop)
        assert (each.ready[settled] >= np.minimum(each.need, each.limit)[settled]).all()


@given(_specs(), instants)
@many
def test_planning_twice_gives_the_same(spec, start):
    first, second = (plan(spec, KNOWN, start, _window(start)) for _ in range(2))
    for one, other in zip(first.workloads, second.workloads, strict=True):
        assert (one.floor == other.floor).all()
        assert list(steps(first, one)) == list(steps(second, other))


@given(_specs(), instants, instants)
@many
def test_a_plan_never_depends_on_an_announcement_later_than_as_of(spec, start, as_of):
    made_by_then = [each for each in (APRIL_2021, LATER) if each.spec.announced_at <= as_of]
    all_of_them = plan(spec, KNOWN, as_of, _window(start))
    only_those = plan(spec, facts(*made_by_then), as_of, _window(start))
    for one, other in zip(all_of_them.workloads, only_those.workloads, strict=True):
        assert (one.floor == other.floor).all()


@given(_specs(), instants, st.integers(0, 600))
@many
def test_moving_as_of_by_a_minute_without_news_changes_nothing(spec, start, minutes):
    as_of = start + timedelta(minutes=minutes)
    later = as_of + timedelta(minutes=1)
    news = [APRIL_2021.spec.announced_at, LATER.spec.announced_at]
    if any(as_of < each <= later for each in news):
        return
    first, second = (plan(spec, KNOWN, each, _window(start)) for each in (as_of, later))
    for one, other in zip(first.workloads, second.workloads, strict=True):
        assert (one.floor == other.floor).all()
        changes = [
            [step for step in steps(made, each) if step.time > later] for made, each in ((first, one), (second, other))
        ]
        assert changes[0] == changes[1]


@given(_specs(), instants)
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_floors_in_effect_are_those_of_the_plan_that_was_followed(spec, start):
    now = floors_in_effect(spec, KNOWN, start)
    minute_later = floors_in_effect(spec, KNOWN, start + timedelta(minutes=1))
    made = plan(spec, facts(APRIL_2021, LATER, floors=now), start, _window(start, 1))
    news = [APRIL_2021.spec.announced_at, LATER.spec.announced_at]
    if any(start < each <= start + timedelta(minutes=1) for each in news):
        return
    following = made.grid.index_from(start + timedelta(minutes=1))
    for each in made.workloads:
        assert abs(int(each.floor[following]) - minute_later[each.name]) <= max(
            spec.ramp.up_per_minute, spec.ramp.down_per_minute
        )


@pytest.mark.parametrize(
    ("sunday", "hours"), [("2021-03-28", 23), ("2021-10-31", 25), ("2026-03-29", 23), ("2026-10-25", 25)]
)
def test_a_day_of_23_or_25_hours_peaks_by_the_clock_like_the_sunday_before(sunday, hours):
    start = datetime.fromisoformat(sunday).replace(tzinfo=PARIS)
    end = (start + timedelta(days=1)).replace(tzinfo=PARIS)
    assert (end.astimezone(UTC) - start.astimezone(UTC)) == timedelta(hours=hours)
    clocks = []
    for begin, finish in ((start - timedelta(days=7), start - timedelta(days=6)), (start, end)):
        window = Grid.between(begin, finish)
        made = plan(capacity(), facts(), begin, window)
        sessions = made.demand.load.sessions.expected[made.inner]
        assert (sessions > 0).all()
        assert np.abs(np.diff(sessions)).max() < 0.05 * sessions.max()  # no burst where the clock jumps
        clocks.append(window.instant(int(sessions.argmax())).astimezone(PARIS).strftime("%H:%M"))
    assert clocks[0] == clocks[1]


@pytest.mark.parametrize("zone", ZONES)
def test_every_zone_peaks_by_its_own_clock(zone):
    timezone = ZoneInfo(next(place.timezone for place in PLACES.values() if place.zone == zone))
    spec = capacity(audience=[{"zones": [zone], "levels": ["Lycee"], "pupils": 20_000}])
    start = datetime(2025, 5, 19, 12, tzinfo=UTC)
    made = plan(spec, facts(), start, _window(start, 48))
    stream = made.demand.streams[0]
    kinds = {str(stream.day_at(made.window.instant(each))[1].day.kind) for each in range(0, made.window.length, 60)}
    assert kinds <= {"OnSite", "PublicHoliday", "Unknown", "Holiday"}
    if kinds == {"OnSite"}:
        peak = made.window.instant(int(made.demand.load.sessions.expected[made.inner].argmax()))
        assert peak.astimezone(timezone).strftime("%H:%M") == "18:30"


def _parsed(document):
    try:
        return parse(document).spec, ()
    except InvalidResource as refused:
        return None, refused.problems


def _refused_or_planned(document):
    spec, problems = _parsed(document)
    if spec is None:
        assert problems
        assert all(each.message for each in problems)
        return
    start = datetime(2021, 4, 6, tzinfo=UTC)
    made = plan(spec, KNOWN, start, _window(start, 12))
    for each in made.workloads:
        assert all(step.reason.text("fr") for step in list(steps(made, each))[:20])
    assert all(each.text("en") for each in notices(made, cost(made)))


@given(wild_capacities())
@settings(max_examples=500, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_a_wild_spec_is_refused_with_a_reason_or_planned(document):
    _refused_or_planned(document)


@pytest.mark.soak
@pytest.mark.timeout(0)
@given(wild_capacities())
@settings(max_examples=20_000, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_twenty_thousand_wild_specs_are_refused_with_a_reason_or_planned(document):
    _refused_or_planned(document)
