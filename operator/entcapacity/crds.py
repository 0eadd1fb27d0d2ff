"""The CustomResourceDefinitions, made of the types that the parser reads: one source for both.

``python -m entcapacity.crds crds`` writes them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, Literal

import yaml
from pydantic import TypeAdapter

from entcapacity.fields import API_VERSION, Metadata, Model, written
from entcapacity.school import SchoolAnnouncement, SchoolAnnouncementSpec, SchoolCalendar, SchoolCalendarSpec
from entcapacity.spec import ENTCapacity, ENTCapacitySpec
from entcapacity.status import ENTCapacityStatus, SchoolAnnouncementStatus, SchoolCalendarStatus

Schema = dict[str, Any]

_GROUP, _, _VERSION = API_VERSION.partition("/")
_HEADER: Final = "# Made of the types in operator/entcapacity; do not edit. To write it anew:\n#     {command}\n"
COMMAND: Final = ".venv/bin/python -m entcapacity.crds crds"


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of ``kubectl get``."""

    name: str
    path: str
    description: str
    type: Literal["string", "integer", "date"] = "string"
    wide: bool = False
    """Shown with ``-o wide`` only."""


@dataclass(frozen=True, slots=True)
class _Resource:
    model: type[Model]
    spec: type[Model]
    status: type[Model]
    plural: str
    short: str
    scope: Literal["Namespaced", "Cluster"]
    columns: tuple[_Column, ...]


def _condition(name: str, field: str) -> str:
    return f'.status.conditions[?(@.type=="{name}")].{field}'


_READY: Final = _Column("Ready", _condition("Ready", "status"), "Whether all is as it should be.")
_REASON: Final = _Column("Reason", _condition("Ready", "reason"), "Why it is Ready or not.", wide=True)
_AGE: Final = _Column("Age", ".metadata.creationTimestamp", "Since when it is there.", "date")

_RESOURCES: Final = (
    _Resource(
        ENTCapacity,
        ENTCapacitySpec,
        ENTCapacityStatus,
        "entcapacities",
        "entcap",
        "Namespaced",
        (
            _Column("Mode", ".spec.mode", "Observe plans and reports; Enforce acts."),
            _Column("Today", ".status.today", "What today is for most users."),
            _Column("Sessions", ".status.sessions", "Sessions expected now.", "integer"),
            _Column("Ready/Planned", ".status.ready", "Ready replicas of planned ones."),
            _Column("Next", ".status.nextChange.message", "The next step of the plan."),
            _Column("At", ".status.nextChange.at", "When it comes."),  # the type date shows an age: nothing lies ahead
            _READY,
            _REASON,
            _AGE,
        ),
    ),
    _Resource(
        SchoolAnnouncement,
        SchoolAnnouncementSpec,
        SchoolAnnouncementStatus,
        "schoolannouncements",
        "annonce",
        "Cluster",
        (
            _Column("Cause", ".spec.cause", "Why."),
            _Column("Announced", ".spec.announcedAt", "When it becomes known."),
            _Column("Schooling", ".spec.periods[*].schooling", "How school is held, period by period."),
            _Column("From", ".spec.periods[0].from", "The first day of the first period."),
            _Column("Withdrawn", ".spec.withdrawnAt", "When it was taken back."),
            _Column("Concerned", ".status.concerned", "How many ENTCapacities it concerns.", "integer"),
            _READY,
            _REASON,
            _AGE,
        ),
    ),
    _Resource(
        SchoolCalendar,
        SchoolCalendarSpec,
        SchoolCalendarStatus,
        "schoolcalendars",
        "schoolcal",
        "Cluster",
        (
            _Column("Days", ".status.days", "How many days it holds.", "integer"),
            _Column("Until", ".status.until", "The last of them."),
            _READY,
            _REASON,
            _AGE,
        ),
    ),
)


def documents() -> Mapping[str, Schema]:
    """The CustomResourceDefinitions by file name."""
    return {f"{each.plural}.yaml": _definition(each) for each in _RESOURCES}


def text(document: Schema) -> str:
    """A document as its file holds it."""
    body = yaml.dump(document, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=120)
    return _HEADER.format(command=COMMAND) + body


class _Plain(yaml.SafeDumper):
    """Writes everything out where it stands, short lists on one line."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True

    def represent_sequence(self, tag: str, sequence: Any, flow_style: bool | None = None) -> yaml.SequenceNode:  # noqa: ARG002
        return super().represent_sequence(tag, sequence, flow_style=all(isinstance(each, str) for each in sequence))

    def represent_str(self, data: str) -> yaml.ScalarNode:
        # 08 is a text for PyYAML and a number for Kubernetes
        return self.represent_scalar("tag:yaml.org,2002:str", data, style="'" if data[:1].isdigit() else None)


_Plain.add_representer(str, _Plain.represent_str)


def _definition(resource: _Resource) -> Schema:
    kind = resource.model.__name__
    names = {
        "kind": kind,
        "listKind": f"{kind}List",
        "plural": resource.plural,
        "singular": kind.lower(),
        "shortNames": [resource.short],
        "categories": ["ent"],
    }
    version = {
        "name": _VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": [_printed(each) for each in resource.columns],
        "schema": {"openAPIV3Schema": _schema(resource)},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{resource.plural}.{_GROUP}"},
        "spec": {"group": _GROUP, "names": names, "scope": resource.scope, "versions": [version]},
    }


def _printed(column: _Column) -> Schema:
    printed: Schema = {
        "name": column.name,
        "type": column.type,
        "description": column.description,
        "jsonPath": column.path,
    }
    return printed | ({"priority": 1} if column.wide else {})


def _schema(resource: _Resource) -> Schema:
    spec, status = (_structural(each.model_json_schema()) for each in (resource.spec, resource.status))
    if "mode" in spec["properties"]:
        spec["properties"]["mode"]["default"] = "Observe"  # the one default that is stored, as a column shows it
    return {
        "description": _plain(resource.model.__doc__ or ""),
        "type": "object",
        "required": ["spec"],
        "properties": {
            "apiVersion": {"description": f"{API_VERSION}.", "type": "string"},
            "kind": {"description": f"{resource.model.__name__}.", "type": "string"},
            "metadata": {"type": "object", "properties": {"name": _name()}},
            "spec": spec,
            "status": status,
        },
    }


def _name() -> Schema:
    """What the parser wants of a name: more than Kubernetes does."""
    name = _structural(Metadata.model_json_schema()["properties"]["name"])
    return {"description": "Name: lower-case letters, digits and -, at most 63.", **name}


# --- from the JSON schema that Pydantic writes to the structural one that the API server takes ------------------------

# In the order in which they are written.
_KEPT: Final = (
    "description",
    "type",
    "format",
    "enum",
    "pattern",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "maxProperties",
    "x-kubernetes-int-or-string",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-map-type",
    "required",
)
_CHANGED: Final = {"title", "default", "ge", "le", "propertyNames", "x-kubernetes-validations"}
_BELOW: Final = {"properties", "items", "prefixItems", "additionalProperties"}


def _structural(node: Schema, named: Mapping[str, Schema] | None = None) -> Schema:
    """The schema with nothing by reference, and of one type or of a number or a text."""
    named = node.get("$defs", {}) if named is None else named
    node = _flat(node, named)
    if unknown := node.keys() - {*_KEPT} - _CHANGED - _BELOW:
        raise NotImplementedError(f"{', '.join(sorted(unknown))}: say how the API server is to hold this")
    made: Schema = {key: node[key] for key in _KEPT if key in node}
    if "description" in node:
        made["description"] = _described(node)
    if "propertyNames" in node:
        made["maxProperties"] = len(_flat(node["propertyNames"], named)["enum"])
    if "properties" in node:
        made["properties"] = {name: _structural(each, named) for name, each in node["properties"].items()}
    if items := node.get("items") or next(iter(node.get("prefixItems", ())), None):
        made["items"] = _structural(items, named)
    if values := node.get("additionalProperties"):
        made["additionalProperties"] = _structural(values, named)
    if found := [*node.get("x-kubernetes-validations", ()), *_further(node, named)]:
        made["x-kubernetes-validations"] = found
    return made


def _flat(node: Schema, named: Mapping[str, Schema]) -> Schema:
    """The schema itself, where Pydantic points to it or offers a choice."""
    rest = {key: value for key, value in node.items() if key not in ("$ref", "$defs", "anyOf")}
    if "$ref" in node:
        return _flat({**named[node["$ref"].removeprefix("#/$defs/")], **rest}, named)
    match [each for each in node.get("anyOf", ()) if each != {"type": "null"}]:
        case []:
            return rest
        case [only]:  # an optional field is left out, not null
            return _flat({**only, **rest}, named)
        case [{"type": "integer"} as number, {"type": "string"} as written]:
            both = {**number, **written, "x-kubernetes-int-or-string": True, **rest}
            return {key: value for key, value in both.items() if key != "type"}
    raise NotImplementedError(f"a choice that the API server cannot hold: {node['anyOf']}")


def _further(node: Schema, named: Mapping[str, Schema]) -> Iterator[Schema]:
    """Rules for what only CEL can hold: bounds of durations, and the keys of a mapping."""
    for bound, sign, words in (("ge", ">=", "at least"), ("le", "<=", "at most")):
        if bound in node:
            form, limit = node["x-kubernetes-validations"][0]["rule"], _written(node[bound])
            rule = f"!{form} || duration(self) {sign} duration('{limit}')"
            yield {"message": f"write {words} {limit}", "rule": rule}
    if "propertyNames" in node:
        keys = _flat(node["propertyNames"], named)["enum"]
        yield {"message": f"a key is none of {', '.join(keys)}", "rule": f"self.all(key, key in {keys})"}


def _described(node: Schema) -> str:
    """The description, with the default that the parser takes; in the object it stays as its author left it."""
    default = node.get("default")
    description = _plain(node["description"])
    if isinstance(default, str | int):
        return f"{description} Default: {_written(default)}."
    return description


def _written(value: str | int) -> str:
    """A value as one writes it: Pydantic's ``PT1H30M`` is our ``1h30m``."""
    text = str(value)
    return written(TypeAdapter(timedelta).validate_python(text)) if re.match(r"P(\d|T)", text) else text


def _plain(docstring: str) -> str:
    return docstring.replace("``", "`")


if __name__ == "__main__":
    directory = Path(sys.argv[1])
    for name, document in documents().items():
        (directory / name).write_text(text(document), encoding="utf-8")
