"""The operator's clock: the real one, or for demonstrations and tests moved and sped up."""

from datetime import UTC, datetime, timedelta

import pytest

from entcapacity.clock import _BACK_SECONDS, Clock, Latest

START = datetime.fromisoformat("2026-10-25T02:30:00+02:00")


@pytest.fixture
def passed(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Real seconds that have passed; a test moves them."""
    seconds = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: seconds[0])
    return seconds


def test_unmoved_it_tells_the_real_time_in_utc() -> None:
    before = datetime.now(UTC)
    assert before <= Clock().now() <= datetime.now(UTC)
    assert Clock().now().tzinfo is UTC


def test_moved_and_sped_up_it_begins_there_and_runs_so_much_faster(passed: list[float]) -> None:
    clock = Clock(START, 60, passed[0])
    assert clock.now() == START
    passed[0] = 10
    assert clock.now() == START + timedelta(minutes=10)
    assert f"{clock.now():%H:%M %z}" == "00:40 +0000"


def test_waits_are_in_real_seconds_and_never_negative(passed: list[float]) -> None:
    clock = Clock(START, 60, passed[0])
    assert clock.seconds_until(START + timedelta(minutes=2)) == 2
    passed[0] = 5
    assert clock.seconds_until(START + timedelta(minutes=2)) == 0


def test_what_really_took_so_long_took_longer_in_a_faster_time() -> None:
    assert Clock(START, 60).span(timedelta(seconds=3)) == timedelta(minutes=3)
    assert Clock().span(timedelta(seconds=3)) == timedelta(seconds=3)


def test_a_step_of_the_real_clock_does_not_move_a_moved_one(
    passed: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(START, 1, passed[0])
    monkeypatch.setattr("time.time", lambda: 0.0)
    assert clock.now() == START


# --- a clock that goes back -------------------------------------------------------------------------------------------


def went_back(*shown: tuple[float, float]) -> list[bool]:
    """What is said of a clock that shows so many seconds after its start, each at so many real seconds."""
    latest = Latest()
    return [latest.went_back(START + timedelta(seconds=seconds), real) for seconds, real in shown]


def test_a_clock_that_goes_on_or_is_put_right_by_less_than_a_minute_did_not_go_back() -> None:
    assert went_back((0, 0), (0, 1), (3600, 2), (3540, 3), (3600, 4)) == [False] * 5


def test_small_steps_back_add_up() -> None:
    assert went_back((0, 0), (-40, 1), (-80, 2)) == [False, False, True]


def test_a_clock_that_went_back_is_believed_again_where_it_was() -> None:
    assert went_back((7200, 0), (0, 1), (3600, 3601), (7200, 7201), (7260, 7261)) == [False, True, True, False, False]


def test_a_clock_that_went_back_is_believed_after_half_a_day() -> None:
    day = 2 * _BACK_SECONDS
    shown = [(day, 0.0), (0, 0.0), (_BACK_SECONDS, _BACK_SECONDS), (_BACK_SECONDS + 1, _BACK_SECONDS + 1)]
    assert went_back(*shown, (_BACK_SECONDS + 2, _BACK_SECONDS + 2)) == [False, True, True, False, False]


def test_each_time_that_it_goes_back_half_a_day_begins_anew() -> None:
    day = 2 * _BACK_SECONDS
    shown = [(day, 0.0), (0, 1.0), (day, _BACK_SECONDS), (0, _BACK_SECONDS + 2)]
    assert went_back(*shown) == [False, True, False, True]
