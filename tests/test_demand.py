"""Sessions and log-ins of a region: what the facts say, through the real model."""

import numpy as np
import pytest

from entcapacity import announcements
from entcapacity.demand import demand, ordinary_peak
from entcapacity.grid import MINUTE
from specs import AUDIENCE, announcement, capacity, facts, instant, window

AS_OF = instant("2021-03-08T12:00:00+01:00")
# remote weeks in which neither Monday nor Tuesday is the first one
REMOTE = announcement("remote", "2021-03-08T10:00:00+01:00", {"from": "2021-03-11", "schooling": "Remote"})
TUESDAY = window("2021-03-16T00:00:00+01:00")


def _demand(spec, *made, grid=TUESDAY):
    known = facts(*made)
    return demand(spec, known.schooldays.known_at(AS_OF), announcements.known_at(made, AS_OF), grid)


def test_remote_days_have_four_times_the_sessions_and_ten_times_the_logins_of_an_ordinary_monday():
    spec = capacity()
    remote, ordinary = _demand(spec, REMOTE).load, ordinary_peak(spec)
    assert 3.5 <= remote.sessions.expected.max() / ordinary.sessions <= 4.5
    assert 8.5 <= remote.logins.expected.max() / ordinary.logins <= 11.5


def test_a_platform_of_e_lycos_size_sees_twenty_thousand_more_sessions_in_ten_minutes():
    # 321,000 pupils: Pays de la Loire as planned in 2010; see docs/model.md
    spec = capacity(audience=[{"academies": ["Nantes"], "levels": ["College", "Lycee"], "pupils": 321_000}])
    sessions = _demand(spec, REMOTE).load.sessions.expected
    rise = sessions[10:] - sessions[:-10]
    assert 16_000 <= rise.max() <= 24_000
    assert 8 * 60 <= int(rise.argmax()) < 9 * 60  # the ten minutes begin between eight and nine, local time


def test_logins_make_the_sessions():
    # Little's law: who logs in and stays twelve minutes on average adds up to the sessions wherever they grow
    load = _demand(capacity(), REMOTE).load
    sessions, logins = load.sessions.expected, load.logins.expected
    grown = sessions[:-1] * (1 - 1 / 12) + logins[:-1]
    assert (grown >= sessions[1:] - 1e-6).all()
    rising = np.diff(sessions) > 0
    assert grown[rising] == pytest.approx(sessions[1:][rising])


def test_the_band_holds_whoever_comes_up_to_ten_minutes_early_or_late():
    load = _demand(capacity(), REMOTE).load
    for shift in (-10, -3, 4, 10):
        moved = np.roll(load.sessions.expected, shift)[20:-20]
        assert (moved <= load.sessions.high[20:-20] + 1e-9).all()
        assert (moved >= load.sessions.low[20:-20] - 1e-9).all()


def test_nobody_logs_in_twice_at_once():
    spec = capacity(
        demand={"curves": {"OnSite": [{"points": [{"at": "00:00", "percent": 90}, {"at": "24:00", "percent": 90}]}]}}
    )
    made = _demand(spec)
    users = sum(each.users for each in made.streams)
    assert made.load.sessions.expected.max() == pytest.approx(0.9 * users)
    assert made.load.sessions.high.max() == pytest.approx(users)


def test_a_specs_own_curve_replaces_the_built_in_one_where_it_fits():
    points = [{"at": "00:00", "percent": 0}, {"at": "10:00", "percent": "12.5"}, {"at": "24:00", "percent": 0}]
    spec = capacity(
        audience=[{"academies": ["Paris"], "levels": ["Lycee"], "pupils": 1000, "teachers": 0, "parents": 0}],
        demand={"curves": {"OnSite": [{"weekdays": ["Tuesday"], "points": points}]}},
    )
    sessions = _demand(spec).load.sessions.expected
    assert sessions[600] == pytest.approx(125)
    built_in = _demand(capacity(audience=spec_audience("Paris")), grid=window("2021-03-15T00:00:00+01:00"))
    own = _demand(spec, grid=window("2021-03-15T00:00:00+01:00"))
    until_midnight = slice(0, 24 * 60 - 15)  # then Monday runs into Tuesday
    assert own.load.sessions.expected[until_midnight] == pytest.approx(built_in.load.sessions.expected[until_midnight])


def spec_audience(academie):
    return [{"academies": [academie], "levels": ["Lycee"], "pupils": 1000, "teachers": 0, "parents": 0}]


def test_half_on_site_lies_half_way():
    hybrid = announcement(
        "half", "2021-03-08T10:00:00+01:00", {"from": "2021-03-11", "schooling": "Hybrid", "onSitePercent": 50}
    )
    ten = 10 * 60
    remote, ordinary, half = (
        _demand(capacity(), *made).load.sessions.expected[ten] for made in ((REMOTE,), (), (hybrid,))
    )
    assert half == pytest.approx((remote + ordinary) / 2)


def test_demand_grows_with_the_users():
    twice = [{**AUDIENCE[0], "pupils": 600_000}]
    one, two = _demand(capacity()).load, _demand(capacity(audience=twice)).load
    assert two.sessions.expected == pytest.approx(2 * one.sessions.expected)
    assert two.logins.high == pytest.approx(2 * one.logins.high)


def test_calibration_does_not_depend_on_the_calendar_but_on_the_session_length():
    assert ordinary_peak(capacity()).sessions == ordinary_peak(capacity(demand={"sessionLength": "30m"})).sessions
    short, long = (ordinary_peak(capacity(demand={"sessionLength": length})).logins for length in ("12m", "30m"))
    assert short > long


def test_segments_in_several_time_zones_are_summed_by_their_own_clocks():
    reunion = capacity(audience=[{"zones": ["Réunion"], "levels": ["Lycee"], "pupils": 1000}])
    paris = capacity(audience=[{"academies": ["Paris"], "levels": ["Lycee"], "pupils": 1000}])
    both = capacity(
        audience=[
            {"zones": ["Réunion"], "levels": ["Lycee"], "pupils": 1000},
            {"academies": ["Paris"], "levels": ["Lycee"], "pupils": 1000},
        ]
    )
    together = _demand(both).load.sessions.expected
    assert together == pytest.approx(_demand(reunion).load.sessions.expected + _demand(paris).load.sessions.expected)
    assert ordinary_peak(both).sessions < ordinary_peak(reunion).sessions + ordinary_peak(paris).sessions


def test_the_grid_is_one_minute():
    assert MINUTE.total_seconds() == 60
    assert len(_demand(capacity()).load.sessions.expected) == 24 * 60
