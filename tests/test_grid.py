"""The UTC grid and its local view: half the world's clocks, and days of 23 and 25 hours."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entcapacity.grid import Grid, instant_of, local, local_date, local_time, midnight, minute_of, on_clock
from entcapacity.territories import PLACES

TIMEZONES = sorted({place.timezone for place in PLACES.values()})
instants = st.datetimes(datetime(2017, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(instants)
def test_an_instant_is_in_its_minute(instant):
    assert instant_of(minute_of(instant)) <= instant < instant_of(minute_of(instant) + 1)


def test_an_instant_without_an_offset_is_refused():
    with pytest.raises(ValueError, match="has no offset"):
        minute_of(datetime(2021, 4, 6))  # noqa: DTZ001


def test_a_window_that_ends_before_it_starts_is_refused():
    with pytest.raises(ValueError, match="not after its start"):
        Grid.between(datetime(2021, 4, 6, tzinfo=UTC), datetime(2021, 4, 6, tzinfo=UTC))


@given(instants)
def test_the_first_position_from_an_instant_is_not_before_it(instant):
    grid = Grid.between(datetime(2021, 4, 6, tzinfo=UTC), datetime(2021, 4, 7, tzinfo=UTC))
    index = grid.index_from(instant)
    assert grid.instant(index) >= instant > grid.instant(index - 1)


@pytest.mark.parametrize("timezone", TIMEZONES)
@given(start=instants)
def test_local_time_is_what_a_clock_there_shows(timezone, start):
    grid = Grid.between(start, start + timedelta(days=2))
    seen = local(grid, timezone)
    for index in range(0, grid.length, 97):
        shown = grid.instant(index).astimezone(ZoneInfo(timezone))
        assert seen.days[seen.day[index]] == shown.date()
        assert seen.minute[index] == shown.hour * 60 + shown.minute
    assert (seen.day >= 1).all()
    assert (seen.day < len(seen.days) - 1).all()  # a day more on either side


@pytest.mark.parametrize(("sunday", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_days_on_which_clocks_change_have_23_and_25_hours(sunday, hours):
    start = datetime(sunday.year, sunday.month, sunday.day, tzinfo=UTC) - timedelta(days=1)
    seen = local(Grid.between(start, start + timedelta(days=3)), "Europe/Paris")
    assert int((seen.day == seen.days.index(sunday)).sum()) == hours * 60
    assert set(np.diff(seen.minute).tolist()) == {1, -1439, 61 if hours == 23 else -59}


def test_the_same_instant_has_another_date_and_clock_elsewhere():
    evening = datetime(2026, 11, 29, 21, 30, tzinfo=UTC)
    dates = [local_date(evening, each) for each in ("Pacific/Tahiti", "Europe/Paris", "Indian/Reunion")]
    assert dates == [date(2026, 11, 29), date(2026, 11, 29), date(2026, 11, 30)]
    assert local_time(evening, "Indian/Reunion") == evening
    assert on_clock(evening, "Indian/Reunion") == "2026-11-30 01:30"


@pytest.mark.parametrize(("sunday", "hours"), [(date(2026, 3, 29), 7), (date(2026, 10, 25), 9)])
def test_eight_hours_after_midnight_it_is_eight_on_the_clock_however_long_that_takes(sunday, hours):
    begin = midnight(sunday, "Europe/Paris")
    eight = begin + timedelta(hours=8)
    assert on_clock(eight, "Europe/Paris") == f"{sunday} 08:00"
    assert eight.astimezone(UTC) - begin.astimezone(UTC) == timedelta(hours=hours)
