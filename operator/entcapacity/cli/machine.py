"""Plain data as JSON, YAML or CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final


def written(document: Mapping[str, Any], form: str, rows: str) -> str:
    """``document`` as ``json``, ``yaml`` or ``csv``.

    A table has room for one list only: ``rows`` names it, ``workloads.steps`` meaning all steps of all workloads, each
    row beginning with the name of its workload.
    """
    match form:
        case "json":
            return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
        case "yaml":
            import yaml

            dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
            return str(yaml.dump(document, Dumper=dumper, sort_keys=False, allow_unicode=True, width=120))
        case _:
            return _csv(list(_rows(document, rows)), _COLUMNS[rows])


_NUMBERS: Final = ("peakNeed", "peakFloor", "shortfall", "replicaHours")
_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "problems": ("file", "line", "path", "value", "message"),
    "days": ("date", "kind", "reason"),
    "workloads.steps": ("workload", "time", "floor", "reason"),
    "workloads.terms": ("workload", "part", "symbol", "value", "formula", "meaning"),
    "results": (
        "name",
        "saturatedMinutes",
        "refusedUserMinutes",
        "longestWaitSeconds",
        "outsideFrom",
        "limitedBy",
        "replicaHours",
        "peakReplicas",
        "aboveFloor",
    ),
    "platforms": (
        "namespace",
        "name",
        "mode",
        "today",
        "sessions",
        "ready",
        "planned",
        *(f"nextChange.{field}" for field in ("at", "workload", "from", "to")),
        *(f"condition.{field}" for field in ("status", "reason", "message")),
    ),
    "workloads": ("name", "change", *(f"{side}.{number}" for side in ("old", "new") for number in _NUMBERS)),
}


def _rows(document: Mapping[str, Any], rows: str) -> Iterator[Mapping[str, Any]]:
    outer, _, inner = rows.partition(".")
    for each in document[outer]:
        if inner:
            yield from ({"workload": each["name"], **row} for row in each[inner])
        else:
            yield {**each, **dict(_flat(each))}


def _flat(row: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Fields of fields, as ``old.peakNeed``."""
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{field}", inner) for field, inner in value.items())


def _csv(rows: list[Mapping[str, Any]], columns: tuple[str, ...]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
