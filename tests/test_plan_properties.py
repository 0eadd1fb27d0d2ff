"""What holds for every plan, whatever the spec: on generated specs, at every clock change and in every zone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entcapacity.admission import admission, ceilings, waits
from entcapacity.cost import cost
from entcapacity.demand import weights_of
from entcapacity.grid import Grid
from entcapacity.notices import notices
from entcapacity.parse import InvalidResource, parse
from entcapacity.plan import floors_in_effect, may_fall, plan, planned_load, planning_days
from entcapacity.scaling import scalings
from entcapacity.steps import steps
from entcapacity.territories import PLACES, ZONES
from generated import capacities, wild_capacities
from specs import APRIL_2021, announcement, capacity, facts

PARIS = ZoneInfo("Europe/Paris")
LATER = announcement(
    "later", "2021-04-06T12:00:00+02:00", {"from": "2021-04-07", "until": "2021-04-09", "schooling": "Closed"}
)
KNOWN = facts(APRIL_2021, LATER)
NEWS = [APRIL_2021.spec.announced_at, LATER.spec.announced_at]

# instants round the news, the first remote day and the change of clocks of spring 2021
instants = st.integers(0, 14 * 24 * 60).map(
    lambda minute: datetime(2021, 3, 26, tzinfo=UTC) + minute * timedelta(minutes=1)
)
many = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def _specs():
    return capacities().map(lambda document: parse(document).spec)


def _window(start, hours=30):
    return Grid.between(start, start + timedelta(hours=hours))


def _start_of(spec, as_of, in_effect):
    """Facts with the same floor in effect for all, or those of the plan that was followed."""
    if in_effect is None:
        return replace(KNOWN, floors=floors_in_effect(spec, KNOWN, as_of))
    return replace(KNOWN, floors={each.name: in_effect for each in spec.workloads})


in_effects = st.one_of(st.none(), st.integers(0, 700))


@given(_specs(), instants, in_effects)
@many
def test_floors_lie_between_minimum_and_maximum(spec, start, in_effect):
    known = _start_of(spec, start, in_effect)
    made = plan(spec, known, start, _window(start))
    for name, each in scalings(spec, known).items():
        floor = made.workload(name).floor[made.ahead]
        assert (floor >= each.minimum).all()
        assert (floor <= each.most).all()


@given(_specs(), instants, in_effects)
@many
def test_a_plan_that_is_kept_only_in_part_says_the_same_of_it(spec, start, in_effect):
    made = plan(spec, _start_of(spec, start, in_effect), start, _window(start))
    part = made.shortened(timedelta(hours=20))
    assert (part.ahead.start, part.window.length) == (made.ahead.start, 20 * 60)
    assert np.array_equal(part.demand.load.sessions.high, made.demand.load.sessions.high[: part.grid.length])
    for each, whole in zip(part.workloads, made.workloads, strict=True):
        told = [step for step in steps(made, whole) if step.time < part.window.instant(part.window.length)]
        assert list(steps(part, each)) == told


@given(_specs(), instants, in_effects)
@many
def test_floors_never_move_faster_than_their_rates(spec, start, in_effect):
    made = plan(spec, _start_of(spec, start, in_effect), start, _window(start))
    for each in made.workloads:
        moves = np.diff(each.floor[made.ahead])
        assert (moves <= spec.ramp.up_per_minute).all()
        assert (moves >= -spec.ramp.down_per_minute).all()
        if each.clients:
            falls = np.flatnonzero(moves < 0) + made.ahead.start + 1
            assert may_fall(spec, made.grid)[falls].all()


@given(_specs(), instants, in_effects, st.integers(1, 600))
@many
def test_planning_again_later_from_the_floors_then_goes_on_as_planned(spec, start, in_effect, minutes):
    later = start + timedelta(minutes=minutes)
    if any(start < each <= later for each in NEWS):
        return
    first = plan(spec, _start_of(spec, start, in_effect), start, _window(start))
    floors = {each.name: int(each.floor[first.grid.index(later)]) for each in first.workloads}
    second = plan(spec, replace(KNOWN, floors=floors), later, _window(start))
    for one, other in zip(first.workloads, second.workloads, strict=True):
        if not one.clients:  # a pooler's clients may have been above their plan before; that past is not known any more
            assert (one.floor[first.ahead][minutes:] == other.floor[second.ahead]).all()


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
        assert (each.ready[made.inner] >= each.served[made.inner]).all()


@given(_specs(), instants, st.integers(0, 100))
@many
def test_ready_is_at_least_need_once_the_floor_in_effect_had_time_to_rise(spec, start, in_effect):
    floors = {each.name: in_effect for each in spec.workloads}
    made = plan(spec, facts(APRIL_2021, LATER, floors=floors), start, _window(start))
    for each in made.workloads:
        below = np.flatnonzero(each.floor < each.wanted)
        caught_up = made.ahead.start if not below.size else int(below[-1]) + 1
        settled = slice(min(caught_up + each.lead.own, made.inner.stop), made.inner.stop)
        assert (each.ready[settled] >= each.served[settled]).all()
        # and a replica is ready no sooner than its lead after it was asked for
        own = each.lead.own
        asked = [each.floor[max(0, at - own) : at + 1].min() for at in range(made.inner.start, made.inner.stop, 61)]
        assert each.ready[made.inner.start : made.inner.stop : 61].tolist() == asked


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
    if any(as_of < each <= later for each in NEWS):
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
    later = start + timedelta(minutes=1)
    if any(start - timedelta(days=1) < each <= later for each in NEWS):
        return
    made = plan(spec, KNOWN, start, _window(start, 1))
    following = made.grid.index_from(later)
    assert floors_in_effect(spec, KNOWN, later) == {each.name: each.floor[following] for each in made.workloads}


@given(_specs(), instants)
@many
def test_the_order_of_the_audience_does_not_matter(spec, start):
    turned = spec.model_copy(update={"audience": tuple(reversed(spec.audience))})
    one, other = (plan(each, KNOWN, start, _window(start, 12)) for each in (spec, turned))
    if one.timezone != other.timezone or (spec.shaping.slots and spec.shaping.slots.compliance_percent):
        return  # what is reckoned by the day begins elsewhere; slots break ties by order
    assert one.demand.load.sessions.high[one.inner] == pytest.approx(other.demand.load.sessions.high[other.inner])


@given(_specs(), instants)
@many
def test_people_wait_only_where_something_is_short(spec, start):
    made = plan(spec, KNOWN, start, _window(start))
    found = list(waits(made))
    users = sum(each.users for each in made.demand.streams)
    assert all(each.most <= np.ceil(users) for each in found)
    allowed = spec.shaping.max_wait
    enough = all((each.need <= each.limit).all() for each in made.workloads) and not spec.limits
    if enough:
        assert all(each.longest is not None and each.longest <= allowed + timedelta(minutes=1) for each in found)


@given(_specs(), instants)
@many
def test_while_people_wait_no_floor_falls_of_a_workload_that_lets_no_more_in(spec, start):
    made = plan(spec, KNOWN, start, _window(start))
    ceiling = ceilings(made)
    let_in = admission(made, ceiling)
    waiting = let_in.queue >= 1
    after = np.append(let_in.sessions[1:], 0.0)
    for each in made.workloads:
        full = let_in.logins >= ceiling.login_limits.get(each.name, np.inf) * (1 - 1e-9)
        full |= after >= ceiling.session_limits.get(each.name, np.inf) * (1 - 1e-9)
        falls = np.diff(each.floor, prepend=each.floor[0]) < 0
        assert not (waiting & full & falls & (each.floor < each.limit))[made.ahead].any()


@given(_specs(), instants)
@many
def test_where_nobody_waits_the_need_is_that_of_those_who_come(spec, start):
    made = plan(spec, KNOWN, start, _window(start))
    days = planning_days(made.grid, made.timezone)
    for each in made.workloads:
        if not each.clients:
            load = made.demand.loads[weights_of(each.workload.weights)]
            of_those_who_come = each.sizing.need(*planned_load(load, spec, days))
            assert (each.need[~each.belated] == of_those_who_come[~each.belated]).all()
            assert made.backlog is not None or not each.belated.any()


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
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_a_wild_spec_is_refused_with_a_reason_or_planned(document):
    _refused_or_planned(document)


@pytest.mark.soak
@pytest.mark.timeout(0)
@given(wild_capacities())
@settings(max_examples=20_000, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_twenty_thousand_wild_specs_are_refused_with_a_reason_or_planned(document):
    _refused_or_planned(document)
