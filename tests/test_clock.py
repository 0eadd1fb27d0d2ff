"""The operator's clock: the real one, or for demonstrations and tests moved and sped up."""

from datetime import UTC, datetime, timedelta

import pytest

from entcapacity.clock import Clock

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
