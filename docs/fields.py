"""The page of every field, made of the CustomResourceDefinitions: `python docs/fields.py` writes it anew."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

Schema = dict[str, Any]

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = ROOT / "docs" / "fields.md"

_LONG: Final = 10
"""An enumeration with more values than this has a list of its own, at the end of the page."""

# What a text must be like stands in a schema as a rule; people have a word for it.
_WORDS: Final = {
    "not an instant": "instant with an offset",
    "not a duration": "duration",
    "not a date": "date",
    "not a local time": "local time",
    "not a quantity": "quantity",
}
_DEFAULT: Final = re.compile(r"[.;,]?\s*(?<!by )\b[Dd]efault:? ([^;:]+?)\.?$")


def page() -> str:
    """The whole page: what stands above the first kind is kept, the rest is made anew."""
    head = PAGE.read_text(encoding="utf-8").partition("\n## ")[0].rstrip()
    return f"{head}\n{text(ROOT / 'crds', ROOT / 'docs' / 'every-field.yaml').rstrip()}\n"


def text(crds: Path, example: Path) -> str:
    """The fields of all kinds: what each is, its default, its bounds, and an example.

    ``example`` holds one document of each kind, from which the pieces are cut as they stand there.
    """
    pieces = _pieces(example.read_text(encoding="utf-8"))
    lists: dict[str, list[str]] = {}
    lines: list[str] = []
    for name in ("entcapacities", "schoolannouncements", "schoolcalendars"):
        definition = yaml.safe_load((crds / f"{name}.yaml").read_text(encoding="utf-8"))["spec"]
        kind, schema = definition["names"]["kind"], definition["versions"][0]["schema"]["openAPIV3Schema"]
        spec, status = schema["properties"]["spec"], schema["properties"]["status"]
        where = "in a namespace" if definition["scope"] == "Namespaced" else "without a namespace"
        short = ", ".join(f"`kubectl get {each}`" for each in definition["names"]["shortNames"])
        lines += ["", f"## {kind}", "", f"{schema['description']} It stands {where}: {short}."]
        lines += _refused(spec)
        for field, below in spec["properties"].items():
            rows = list(_rows("", below, lists))
            lines += ["", f"### {kind}: {field}", ""]
            if rows:
                lines += [below["description"], *_of_itself(below, field in spec.get("required", ())), ""]
            if piece := pieces[kind].get(field):
                lines += ["```yaml", piece, "```", ""]
            lines += [*_HEAD, *(rows or [_row(field, below, False, lists)]), *_refused(below)]
        lines += ["", f"### {kind}: status", "", "Written by the operator.", ""]
        lines += [*_HEAD, *_rows("", status, lists)]
    if lists:
        lines += ["", "## Values", ""]
    for name, values in lists.items():
        lines += [f"**{name}**: {', '.join(f'`{each}`' for each in values)}", ""]
    return "\n".join(lines)


_HEAD: Final = ("| Field | Type | Default | Bounds | Meaning |", "|---|---|---|---|---|")


def _of_itself(schema: Schema, required: bool) -> Iterator[str]:
    """What a table of the fields below does not say."""
    bounds = _bounds(schema)
    if required or bounds != "–":
        yield ", ".join([*(["Required"] if required else []), *([bounds] if bounds != "–" else [])]).capitalize() + "."


def _rows(path: str, schema: Schema, lists: dict[str, list[str]]) -> Iterator[str]:
    """A row for each field below, however deep."""
    below, marks = schema, ""
    while True:  # a list of objects, a mapping of lists of objects …
        if "items" in below:
            below, marks = below["items"], f"{marks}[]"
        elif isinstance(below.get("additionalProperties"), dict):
            below, marks = below["additionalProperties"], f"{marks}.*"
        else:
            break
    for name, each in below.get("properties", {}).items():
        at = f"{path}{marks}.{name}".lstrip(".[]*")  # what a section is about goes without saying
        yield _row(at, each, name in below.get("required", ()), lists)
        yield from _rows(at, each, lists)


def _row(path: str, schema: Schema, required: bool, lists: dict[str, list[str]]) -> str:
    meaning = schema.get("description", "")
    default = "**required**" if required else "–"
    if found := _DEFAULT.search(meaning):
        default, meaning = found[1], meaning[: found.start()].rstrip(" .") + "."
        default = f"`{default}`" if default != "all" and re.fullmatch(r"[\w./]+", default) else default
    cells = (f"`{path}`", _type(path, schema, lists), default, _bounds(schema), meaning)
    return f"| {' | '.join(cells)} |"


def _type(path: str, schema: Schema, lists: dict[str, list[str]]) -> str:
    if "items" in schema:
        return f"list of {_type(path, schema['items'], lists)}"
    if isinstance(values := schema.get("additionalProperties"), dict):
        return f"mapping to {_type(path, values, lists)}"
    if values := schema.get("enum"):
        if len(values) <= _LONG:
            return ", ".join(f"`{each}`" for each in values)
        name = f"départements: {len(values)} codes" if "974" in values else path.rpartition(".")[2]
        lists.setdefault(name, values)
        return f"one of [{len(values)} values](#values)"
    if schema.get("x-kubernetes-int-or-string"):
        return "number, or a number as text"
    for rule in schema.get("x-kubernetes-validations", ()):
        for begins, word in _WORDS.items():
            if rule["message"].startswith(begins):
                return word
    if schema.get("format") == "date-time":
        return "instant"
    if schema.get("pattern", "").startswith("^[a-z0-9]([-a-z0-9]*"):
        return "name"
    return {"string": "text", "boolean": "true or false"}.get(schema.get("type", ""), schema.get("type", ""))


def _bounds(schema: Schema) -> str:
    told = []
    if "minimum" in schema or "maximum" in schema:
        told.append(f"{schema.get('minimum', '')} … {schema.get('maximum', '')}".strip())
    if schema.get("minItems"):
        told.append(f"at least {schema['minItems']}")
    if "maxItems" in schema:
        told.append(f"at most {schema['maxItems']}")
    told += [
        rule["message"].removeprefix("write ")
        for rule in schema.get("x-kubernetes-validations", ())
        if rule["message"].startswith("write at")
    ]
    if "maxLength" in schema and _type("", schema, {}) in ("text", "name"):
        told.append(f"at most {schema['maxLength']} characters")
    return ", ".join(told) or "–"


def _refused(schema: Schema) -> list[str]:
    """What is refused across fields, in the words of the API server."""
    rules = [rule for each in (schema, schema.get("items", {})) for rule in each.get("x-kubernetes-validations", ())]
    said = [rule["message"] for rule in rules if not rule["message"].startswith(("not a", "write at", "the year"))]
    return ["", "Refused with these words:", "", *(f"- {each}" for each in said)] if said else []


def _pieces(text: str) -> dict[str, dict[str, str]]:
    """The fields of each document's spec by kind and name, as they are written, comments included."""
    lines, found = text.splitlines(), {}
    for document in yaml.compose_all(text, yaml.SafeLoader):
        top = {key.value: value for key, value in document.value}
        if "spec" not in top:
            continue
        fields = [(key.value, key.start_mark.line) for key, _ in top["spec"].value]
        ends = [*(begin for _, begin in fields[1:]), top["spec"].end_mark.line]
        found[top["kind"].value] = {
            name: textwrap.dedent("\n".join(lines[begin:end])).removesuffix("---").rstrip()
            for (name, begin), end in zip(fields, ends, strict=True)
        }
    return found


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
