"""What is written to the API server: a floor, a raised maximum, and everything as it was before.

Pure: a write is data. Everything is a server-side apply under our own field manager, so that each field has an owner
that people can read, except ``replicas``, which goes through ``/scale``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from entcapacity.targets import FIELDS, FORMER, MANAGER, RELEASED, Former, Ref, Seen


@dataclass(frozen=True, slots=True)
class Write:
    """One request."""

    at: Ref
    how: Literal["Apply", "Scale"]
    body: dict[str, Any]
    manager: str


def held(seen: Seen, by: str, floor: int, maximum: int | None) -> Iterator[Write]:
    """The requests after which ``floor`` is asked for, and ``maximum`` is allowed if one is given.

    The former values go with the first floor in one request; on ``Scale``, before it.
    """
    former = _former(seen, by, maximum)
    if seen.driver == "Scale":
        if seen.former != former:
            yield Write(seen.at, "Apply", _body(seen, former, {}), MANAGER)
        if seen.minimum != floor:
            yield Write(seen.at, "Scale", {"spec": {"replicas": floor}}, MANAGER)
        return
    least, most = FIELDS[seen.driver]
    if maximum is None and seen.former is not None and seen.former.raised and seen.former.maximum is not None:
        # its own value first, so that the field is never without an owner
        yield Write(seen.at, "Apply", _body(seen, None, {least: floor, most: seen.former.maximum}), RELEASED)
    spec = {least: floor} | ({most: maximum} if maximum is not None else {})
    yield Write(seen.at, "Apply", _body(seen, former, spec), MANAGER)


def given_back(seen: Seen) -> Iterator[Write]:
    """The requests after which what was there before us is there again, without a moment in which nothing is.

    ``Scale`` keeps its replicas, and what runs above the former maximum keeps the raised one: nobody is cut from 214 to
    3 at nine in the morning.
    """
    former = seen.former
    if former is None:
        return
    if seen.driver == "Scale":
        if former.minimum != seen.replicas:  # taken again, it must not have had the peak before
            kept = Former("", former.minimum, kept=seen.replicas)
            yield Write(seen.at, "Apply", _body(seen, kept, {}), RELEASED)
    else:
        least, most = FIELDS[seen.driver]
        spec = {least: former.minimum}
        if former.raised and not runs_above(seen):
            spec[most] = former.maximum
        elif former.raised or seen.keeps_maximum:  # else it is somebody's, who may apply it without a conflict
            spec[most] = seen.stated_maximum
        stated = {field: value for field, value in spec.items() if value is not None}
        yield Write(seen.at, "Apply", _body(seen, None, stated), RELEASED)
    yield Write(seen.at, "Apply", _body(seen, None, {}), MANAGER)


def runs_above(seen: Seen) -> bool:
    """Whether more runs than the maximum that was there before us: going back to that one would cut at once."""
    raised, most = seen.former is not None and seen.former.raised, seen.bounds.max
    return raised and most is not None and seen.replicas > most


def _former(seen: Seen, by: str, maximum: int | None) -> Former:
    before = seen.former
    if before is None:
        return Former(by, seen.stated, seen.stated_maximum if maximum is not None else None, maximum is not None)
    if maximum is not None and not before.raised:
        return Former(by, before.minimum, seen.stated_maximum, True)
    if maximum is None and before.raised:
        return Former(by, before.minimum)
    return Former(by, before.minimum, before.maximum, before.raised)


def _body(seen: Seen, former: Former | None, spec: dict[str, Any]) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": seen.at.name, "namespace": seen.at.namespace}
    if seen.uid:  # applying to what is gone would create it
        metadata["uid"] = seen.uid
    if former is not None:
        metadata["annotations"] = {FORMER: former.written()}
    body: dict[str, Any] = {"apiVersion": seen.at.api_version, "kind": seen.at.kind, "metadata": metadata}
    return body | ({"spec": spec} if spec else {})
