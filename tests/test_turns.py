"""Turns: never more at once than there are, who is needed soonest first, and none is lost."""

import asyncio
from datetime import UTC, datetime, timedelta

from entcapacity.turns import Turns

EIGHT = datetime(2026, 9, 7, 6, tzinfo=UTC)


def at(minutes: int) -> datetime:
    return EIGHT + timedelta(minutes=minutes)


async def settled() -> None:
    """Lets everybody come as far as they can."""
    for _ in range(5):
        await asyncio.sleep(0)


async def order(turns: Turns, *needed: int) -> list[int]:
    """Who comes when, of those who ask one after the other while all turns are taken."""
    came: list[int] = []

    async def come(minutes: int) -> None:
        async with turns.turn(at(minutes)):
            came.append(minutes)

    async with turns.turn(EIGHT):
        asking = [asyncio.create_task(come(each)) for each in needed]
        await settled()
        assert came == []
    await asyncio.gather(*asking)
    return came


def test_who_is_needed_soonest_comes_first() -> None:
    assert asyncio.run(order(Turns(1), 30, 10, 20, 10, 0)) == [0, 10, 10, 20, 30]


def test_no_more_are_at_work_than_there_are_turns() -> None:
    async def work() -> int:
        turns, inside, most = Turns(3), 0, 0

        async def come() -> None:
            nonlocal inside, most
            async with turns.turn(EIGHT):
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0)
                inside -= 1

        await asyncio.gather(*(come() for _ in range(50)))
        return most

    assert asyncio.run(work()) == 3


def test_one_that_fails_or_stops_waiting_takes_no_turn_with_it() -> None:
    async def work() -> list[int]:
        turns = Turns(1)

        async def come() -> None:
            async with turns.turn(EIGHT):
                raise ValueError

        async with turns.turn(EIGHT):
            asking = [asyncio.create_task(come()) for _ in range(3)]
            await settled()
            asking[1].cancel()
            await settled()
        asking[0].cancel()  # just when it is given the turn
        found = await asyncio.gather(*asking, return_exceptions=True)
        assert [type(each) for each in found] == [asyncio.CancelledError, asyncio.CancelledError, ValueError]
        return await order(turns, 2, 1)

    assert asyncio.run(work()) == [1, 2]
