"""Documents to resources, with every error at once: where it is, what stands there, and the way out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError

from entcapacity.fields import API_VERSION, WAYS_OUT, show, written
from entcapacity.school import SchoolAnnouncement, SchoolCalendar
from entcapacity.spec import Budget, ENTCapacity, ENTCapacitySpec, Event, Limit, Segment, Target, Workload, scales_with

RESOURCES: Final[Mapping[str, type[ENTCapacity | SchoolAnnouncement | SchoolCalendar]]] = {
    "ENTCapacity": ENTCapacity,
    "SchoolAnnouncement": SchoolAnnouncement,
    "SchoolCalendar": SchoolCalendar,
}
_PYTHONS: Final = re.compile(r"datetime\.timedelta\(seconds=([0-9]+)\)")
"""How Pydantic tells of a duration's bound."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a document."""

    path: str
    """Field path, ``spec.audience[0].academies[1]``."""
    value: str
    """What stands there, shortened; empty where the field is missing."""
    message: str
    """What is wrong and the way out."""

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" + (f" (found {self.value})" if self.value else "")


class InvalidResource(ValueError):
    """A document that is no valid resource; ``problems`` lists everything wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = tuple(problems)


def parse(document: object) -> ENTCapacity | SchoolAnnouncement | SchoolCalendar:
    """The resource in a document as YAML or the API server gives it.

    Raises ``InvalidResource`` with every problem, not only the first.
    """
    if not isinstance(document, Mapping):
        raise InvalidResource([Problem("", show(document), "not a resource: a mapping with apiVersion and kind")])
    if document.get("apiVersion") != API_VERSION:
        raise InvalidResource([Problem("apiVersion", show(document.get("apiVersion")), f"write {API_VERSION}")])
    model = RESOURCES.get(str(document.get("kind")))
    if model is None:
        raise InvalidResource([Problem("kind", show(document.get("kind")), f"is none of {', '.join(RESOURCES)}")])
    try:
        resource = model.model_validate(document)
    except ValidationError as error:
        problems = [_problem(each, model) for each in error.errors(include_url=False)]
        problems = [each for each in problems if not _follows(each, problems)]
        if model is ENTCapacity and isinstance(spec := document.get("spec"), Mapping):
            problems += _cross_references(_as_far_as_it_is_valid(spec))
        raise InvalidResource(problems) from None
    if isinstance(resource, ENTCapacity) and (problems := list(_cross_references(resource.spec))):
        raise InvalidResource(problems)
    return resource


def _problem(error: Mapping[str, Any], model: type[BaseModel]) -> Problem:
    location: tuple[str | int, ...] = error["loc"]
    kind, context, found = error["type"], error.get("ctx", {}), show(error["input"])
    location = tuple(part for part in location if part != "[key]")  # added where a mapping's key is wrong
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")
    match kind:
        case "missing":
            return Problem(path, "", "is missing")
        case "extra_forbidden":
            return Problem(path, found, "unknown field" + _suggest(str(location[-1]), _fields_at(model, location[:-1])))
        case "value_error":
            whole = len(location) <= 2 and isinstance(error["input"], Mapping)  # of a spec or a part of it
            return Problem(path, "" if whole else found, str(context["error"]))
        case "enum" | "literal_error":
            return Problem(path, found, f"is none of {context['expected']}")
        case "int_type":
            return Problem(path, found, "not a whole number: write it without quotes and without decimals")
        case "string_type":
            return Problem(path, found, "not text: put it in quotes")
        case "tuple_type" | "list_type":
            return Problem(path, found, "not a list: write [a, b] or lines that begin with -")
        case "model_type" | "model_attributes_type" | "mapping_type" | "dict_type":
            return Problem(path, found, "not a mapping: write field: value")
        case "too_short":
            return Problem(path, found, f"needs at least {context['min_length']} entry")
        case "string_pattern_mismatch":
            return Problem(path, found, WAYS_OUT.get(context["pattern"], f"does not match {context['pattern']}"))
        case _:
            message = _PYTHONS.sub(lambda found: written(timedelta(seconds=int(found[1]))), str(error["msg"]))
            return Problem(path, found, message[0].lower() + message[1:])


def _follows(problem: Problem, problems: Sequence[Problem]) -> bool:
    """Whether a list is only called too short because what it holds was refused."""
    return "at least" in problem.message and any(each.path.startswith(problem.path + "[") for each in problems)


def _suggest(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f": did you mean {near[0]}?" if near else f"; there are {', '.join(sorted(known))}"


def _fields_at(model: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    """Field names, as written in YAML, of the model at ``location`` below ``model``."""
    for part in location:
        if isinstance(part, int):
            continue
        found = next((info for name, info in model.model_fields.items() if part in (info.alias, name)), None)
        if found is not None and (inner := _model_in(found.annotation)):
            model = inner
    return [info.alias or name for name, info in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for each in get_args(annotation) if (found := _model_in(each))), None)


def _as_far_as_it_is_valid(spec: Mapping[str, Any]) -> ENTCapacitySpec:
    """What fields may refer to in a spec that is not valid: of a wrong entry only its name, and what it comes after."""

    def entries(model: type[BaseModel], field: str) -> tuple[Any, ...]:
        found = spec.get(field)
        return tuple(_entry(model, each) for each in found) if isinstance(found, list) else ()

    return ENTCapacitySpec.model_construct(
        audience=entries(Segment, "audience"),
        workloads=entries(Workload, "workloads"),
        budgets=entries(Budget, "budgets"),
        limits=entries(Limit, "limits"),
        events=entries(Event, "events"),
    )


def _entry(model: type[BaseModel], entry: object) -> BaseModel:
    try:
        return model.model_validate(entry)
    except ValidationError:
        known = entry if isinstance(entry, Mapping) else {}
        name, after = known.get("name"), known.get("after")
        return model.model_construct(
            name=name if isinstance(name, str) else "",
            after=tuple(each for each in after if isinstance(each, str)) if isinstance(after, list) else (),
        )


def _cross_references(spec: ENTCapacitySpec) -> Iterator[Problem]:
    """What one field says of another: names that must exist or be unique, and chains without a circle."""
    for field, names in (
        ("audience", [each.name for each in spec.audience]),
        ("workloads", [each.name for each in spec.workloads]),
        ("budgets", [each.name for each in spec.budgets]),
        ("limits", [each.name for each in spec.limits]),
        ("events", [each.name for each in spec.events]),
    ):
        for name, times in Counter(names).items():
            if name and times > 1:
                yield Problem(f"spec.{field}", show(name), "stands there more than once: names must differ")
    yield from _scaled_twice(spec.workloads)
    workloads = {each.name: each for each in spec.workloads}
    budgets = {each.name for each in spec.budgets}
    for index, workload in enumerate(spec.workloads):
        path = f"spec.workloads[{index}]"
        for position, before in enumerate(workload.after):
            if before not in workloads:
                yield Problem(
                    f"{path}.after[{position}]", show(before), "no such workload" + _suggest(before, list(workloads))
                )
        if workload.connections and workload.connections.budget not in budgets:
            yield Problem(
                f"{path}.connections.budget",
                show(workload.connections.budget),
                "no such budget: add it under spec.budgets",
            )
        if workload.connections and scales_with(workload, spec.workloads) == "Clients":
            yield Problem(
                f"{path}.connections", "", "a pooler's own connections are not counted: its clients' are; leave it out"
            )
        if workload.scales_with == "Clients" and workload.ordinary_peak is None:
            yield Problem(f"{path}.ordinaryPeak", "", "is missing: scalesWith Clients is calibrated by it")
        if workload.scales_with == "Clients" and not any(workload.name in each.after for each in spec.workloads):
            yield Problem(f"{path}.scalesWith", "'Clients'", "no workload comes after this one: name it in their after")
    if circle := _circle({name: each.after for name, each in workloads.items()}):
        yield Problem("spec.workloads", " → ".join(circle), "after goes round in a circle: leave one out")


def _scaled_twice(workloads: Sequence[Workload]) -> Iterator[Problem]:
    """Targets that two workloads name: their floors would undo one another."""
    known: dict[tuple[str, str, str], str] = {}
    for index, each in enumerate(workloads):
        if each.ordinary_peak is None and each.capacity is None:
            continue  # an entry that is not valid: what it scales is not known
        target = each.target or Target(name=each.name)
        key = (target.api_version.partition("/")[0], target.kind, target.name)
        other = known.setdefault(key, each.name)
        if other != each.name:
            yield Problem(
                f"spec.workloads[{index}]",
                show(each.name),
                f"{target.kind} {target.name} is scaled by workload {other} already: leave one of the two out, or give "
                "it a target of its own",
            )


def _circle(after: Mapping[str, Sequence[str]]) -> list[str]:
    """Workloads that wait for one another in a circle, or an empty list."""
    done: set[str] = set()

    def visit(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done or name not in after:
            return []
        for before in after[name]:
            if found := visit(before, [*path, name]):
                return found
        done.add(name)
        return []

    return next((found for name in after if (found := visit(name, []))), [])
