"""How ours does in the replay against the optimum and the others, on five seeds; and how long thirty days take.

Prints one JSON document; exits 1 where a bar is missed.
"""

import json
import sys
import time
from dataclasses import replace
from datetime import timedelta

from entcapacity.facts import Facts
from entcapacity.grid import Grid
from entcapacity.replay import Deviation, Replay, replay
from entcapacity.scenarios import built_in
from entcapacity.schooldays import embedded

SEEDS = range(5)
NAMES = ("2020-03-16", "2021-04-06", "2021-04-26")
BAR_SECONDS = 20.0


def main() -> int:
    runs = [_run(name, replace(built_in()[name].deviation, seed=seed), "High") for name in NAMES for seed in SEEDS]
    runs += [_run(name, Deviation(), "Expected") for name in NAMES]
    seconds = _thirty_days()
    passed = all(each["passed"] for each in runs) and seconds <= BAR_SECONDS
    document = {
        "benchmark": "replay",
        "runs": runs,
        "thirtyDays": {"workloads": 5, "cpuSeconds": round(seconds, 1), "barSeconds": BAR_SECONDS},
        "passed": passed,
    }
    print(json.dumps(document, indent=2))
    return 0 if passed else 1


def _run(name: str, deviation: Deviation, plan_on: str) -> dict[str, object]:
    scenario = built_in()[name]
    facts = Facts(embedded(), scenario.announcements)
    made = replay(scenario.capacity.spec, facts, scenario.window, deviation, plan_on)
    scores = {each.name: each for each in made.scores}
    ours, optimum = scores["entcapacity"], scores["optimum"]
    allowed = 1.05 * (made.high_over_actual if plan_on == "High" else 1.0)
    ratio = ours.replica_hours / optimum.replica_hours
    return {
        "scenario": name,
        "planOn": plan_on,
        "seed": deviation.seed,
        "refusedUserMinutes": round(ours.refused_user_minutes),
        "overOptimum": round(ratio, 3),
        "allowed": round(allowed, 3),
        "passed": ours.refused_user_minutes == 0 and ratio <= allowed,
        "others": _others(made),
    }


def _others(made: Replay) -> dict[str, dict[str, float]]:
    return {
        each.name: {
            "saturatedMinutes": each.saturated_minutes,
            "refusedUserMinutes": round(each.refused_user_minutes),
            "replicaHours": round(each.replica_hours),
        }
        for each in made.scores
    }


def _thirty_days() -> float:
    scenario = built_in()["ordinary-week"]
    start = scenario.window.instant(0)
    window = Grid.between(start, start + timedelta(days=30))
    began = time.process_time()  # of one core, whoever else is on it
    replay(scenario.capacity.spec, Facts(embedded()), window, scenario.deviation, "High")
    return time.process_time() - began


if __name__ == "__main__":
    sys.exit(main())
