"""The operator on a real cluster: workloads are Ready before the users come, and everything is as it was after."""

import time

from operating import Platform, announcement, capacity, deployment, eventually, heeds, hpa

TUESDAY = "2021-04-06"
REMOTE = {"from": "2021-04-06", "until": "2021-04-09", "schooling": "Remote"}


def auth(**more: object) -> dict[str, object]:
    return {"name": "auth", "ordinaryPeak": {"replicas": 6}, "startup": "1m", **more}


def test_a_floor_is_applied_and_pods_are_ready_before_the_demand(platform: Platform) -> None:
    platform.apply(deployment("auth"), hpa("auth"), capacity([auth()]))
    platform.operator(f"{TUESDAY}T06:40:00+02:00", 60)
    eventually(lambda: platform.floor("auth") > 2, 30)
    eventually(lambda: platform.ready("auth") >= platform.floor("auth") >= 6, 90)
    said = platform.status()["workloads"][0]
    assert said["need"] <= said["ready"]


def test_an_announcement_is_acted_on_within_five_seconds(platform: Platform) -> None:
    name = platform.namespace
    platform.apply(
        deployment("auth"),
        hpa("auth"),
        capacity([auth()], announcementSelector=heeds(name), ramp={"upPerMinute": 1000}),
    )
    platform.operator(f"{TUESDAY}T06:30:00+02:00")
    eventually(lambda: platform.condition("Planned"), 30)
    before = platform.floor("auth")
    platform.apply(announcement(name, "2021-03-31T20:00:00+02:00", REMOTE))
    begun = time.monotonic()
    eventually(lambda: platform.floor("auth") > 2 * before)
    assert time.monotonic() - begun < 5
