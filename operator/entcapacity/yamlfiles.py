"""YAML and JSON text to documents, as ``kubectl`` reads them, with the line of every field.

Dates and ``07:30`` stay text, a key that stands twice is an error, and anchors may not blow a document up.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import yaml

_MOST_VALUES: Final = 1_000_000
"""Values that one document may expand to, anchors written out."""
_DEEPEST: Final = 100
"""Lists and mappings within one another."""


class Unreadable(ValueError):
    """Text that is no document."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.message, self.line = message, line


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """One document of a file."""

    value: Any
    line: int
    """The line it begins on, from 1."""
    node: yaml.Node | None = None
    """Its syntax tree; ``None`` where only the first line is known."""

    def line_of(self, path: str) -> int:
        """The line of a field, ``spec.audience[0].pupils``; of the nearest one around it where it is missing."""
        node, line = self.node, self.line
        for part in re.findall(r"\[(\d+)\]|([^.\[\]]+)", path):
            found = _item(node, int(part[0])) if part[0] else _value(node, part[1])
            if found is None:
                break
            line, node = found
        return line

    def within(self, position: int) -> Document:
        """An entry of ``items`` as a document of its own."""
        inner = _value(self.node, "items")
        found = _item(inner[1], position) if inner else None
        line, node = found or (self.line, None)
        return Document(self.value["items"][position], line, node)


def yaml_documents(text: str) -> Iterator[Document]:
    """The documents of a YAML file, empty ones left out. Raises ``Unreadable`` with the line and the way out."""
    loader = None
    try:
        _check_depth(text)
        loader = _LOADER(text)
        while loader.check_node():
            node = loader.get_node()
            line = node.start_mark.line + 1
            _check(node, line)
            value = loader.construct_document(node)
            if value is not None:
                yield Document(value, line, node)
    except yaml.YAMLError as error:
        raise _unreadable(error) from None
    except (ValueError, TypeError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(f"holds a value that cannot be read: {error}; put it in quotes") from None
    finally:
        if loader is not None:
            loader.dispose()


def json_document(text: str) -> Document:
    """The document of a JSON file. Raises ``Unreadable`` with the line and the way out."""

    def distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            keys = [key for key, _ in pairs]
            raise Unreadable(f"{next(key for key in keys if keys.count(key) > 1)!r} stands there twice: leave one out")
        return found

    try:
        value = json.loads(text, object_pairs_hook=distinct)
        if _SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode()  # half a pair is no text
    except json.JSONDecodeError as error:
        raise Unreadable(f"not JSON: {error.msg}", error.lineno) from None
    except RecursionError:
        raise Unreadable(_TOO_DEEP) from None
    except ValueError as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(f"holds a value that cannot be read: {error}") from None
    node = _json_node(text)
    return Document(value, node.start_mark.line + 1 if node else 1, node)


_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")


def _json_node(text: str) -> yaml.Node | None:
    """The tree of a JSON text, for its lines: nearly all JSON is YAML, and what is not has no lines."""
    try:
        _check_depth(text)
        node: yaml.Node | None = yaml.compose(text, _LOADER)
    except yaml.YAMLError:
        return None
    return node


def _check_depth(text: str) -> None:
    """Refuses deep nesting before the tree is built, since the C parser would exhaust the stack."""
    depth = 0
    for event in yaml.parse(text, _LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEEPEST:
                raise Unreadable(_TOO_DEEP, event.start_mark.line + 1 if event.start_mark else 1)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


_TOO_DEEP: Final = f"nested more than {_DEEPEST} deep: this is no resource"


def _unreadable(error: yaml.YAMLError) -> Unreadable:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    said = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error).splitlines()[0]
    around = getattr(error, "context", None)
    return Unreadable(
        f"not YAML: {said}{f' ({around})' if around else ''}; mind indentation, quotes and tabs",
        mark.line + 1 if mark else 1,
    )


# --- as kubectl reads it ----------------------------------------------------------------------------------------------


def _resolvers() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    """What makes a plain word a number, a boolean or nothing: without dates, and without 07:30 as 450 minutes."""
    tag = "tag:yaml.org,2002:"
    integer = re.compile(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*)$")
    number = re.compile(
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$|[-+]?\.(?:inf|Inf|INF)$|\.(?:nan|NaN|NAN)$"
    )
    found: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items():
        kept = [each for each in known if each[0].removeprefix(tag) not in ("timestamp", "int", "float", "value")]
        numeric = [(f"{tag}int", integer), (f"{tag}float", number)] if first in "-+.0123456789" and first else []
        found[first] = [*numeric, *kept]
    return found


# The C parser where PyYAML has it: a ConfigMap may hold a calendar of many pages.
_LOADER: Final[Any] = type(
    "Loader", (getattr(yaml, "CSafeLoader", yaml.SafeLoader),), {"yaml_implicit_resolvers": _resolvers()}
)


def _check(node: yaml.Node, line: int) -> None:
    """Refuses keys that stand twice, anchors that hold themselves, and what would expand without end."""
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()

    def size(each: yaml.Node) -> int:
        if id(each) in sizes:
            return sizes[id(each)]
        if id(each) in open_nodes:
            raise Unreadable("an anchor holds itself: write its content out", each.start_mark.line + 1)
        open_nodes.add(id(each))
        total = 1
        if isinstance(each, yaml.MappingNode):
            _check_keys(each)
            total += sum(size(key) + size(value) for key, value in each.value)
        elif isinstance(each, yaml.SequenceNode):
            total += sum(map(size, each.value))
        open_nodes.remove(id(each))
        sizes[id(each)] = total
        return total

    if size(node) > _MOST_VALUES:
        raise Unreadable("its anchors expand to more than a million values: use fewer of them", line)


def _check_keys(node: yaml.MappingNode) -> None:
    seen: dict[str, int] = {}
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise Unreadable("a list or mapping stands where a field name should", key.start_mark.line + 1)
        line = key.start_mark.line + 1
        if key.value in seen and key.value != "<<":
            raise Unreadable(f"{key.value!r} stands there twice, first on line {seen[key.value]}: leave one out", line)
        seen[key.value] = line


def _value(node: yaml.Node | None, name: str) -> tuple[int, yaml.Node] | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next(((key.start_mark.line + 1, value) for key, value in node.value if key.value == name), None)


def _item(node: yaml.Node | None, position: int) -> tuple[int, yaml.Node] | None:
    if not isinstance(node, yaml.SequenceNode) or position >= len(node.value):
        return None
    return node.value[position].start_mark.line + 1, node.value[position]
