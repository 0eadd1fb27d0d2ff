"""Reads the files that the command line names: resources, ConfigMaps, and calendar files given as they are.

Every problem is collected, none is guessed away; whoever calls decides what to do with them.
"""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from entcapacity import calendar_files
from entcapacity.calendar_files import CalendarError
from entcapacity.fields import API_VERSION, Metadata, show
from entcapacity.parse import RESOURCES, InvalidResource, parse
from entcapacity.school import SchoolAnnouncement, SchoolCalendar
from entcapacity.schooldays import SchoolDays
from entcapacity.spec import ENTCapacity
from entcapacity.terms import Terms, embedded_terms
from entcapacity.territories import Place
from entcapacity.yamlfiles import Document, Unreadable, json_document, yaml_documents

STDIN: Final = "-"
_RESOURCE_ENDINGS: Final = (".yaml", ".yml", ".json")
_CALENDAR_ENDINGS: Final = (".csv", ".ics")
_WRITE: Final = "write an ENTCapacity, a SchoolAnnouncement or a SchoolCalendar"
_RENDER: Final = "helm template occitanie charts/ent-platform -n ent -f {file} | entcapacity plan -f -"
"""How values of the chart for a platform become what is read here."""


@dataclass(frozen=True, slots=True)
class FileProblem:
    """One thing wrong in a file."""

    file: str
    line: int
    """From 1; 0 where no line is meant."""
    path: str
    """Field path; empty where the file as a whole is meant."""
    value: str
    """What stands there, shortened; empty where nothing does."""
    message: str
    """What is wrong and the way out."""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        path = f"{self.path}: " if self.path else ""
        return f"{where}: {path}{self.message}" + (f" (found {self.value})" if self.value else "")


@dataclass(frozen=True, slots=True)
class Entry:
    """A resource that was found, and where."""

    file: str
    line: int
    kind: str
    name: str
    namespace: str

    @property
    def at(self) -> str:
        """``file:line``."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Files:
    """What stands in a set of files."""

    capacities: tuple[ENTCapacity, ...]
    announcements: tuple[SchoolAnnouncement, ...]
    calendars: tuple[SchoolCalendar, ...]
    calendar_files: Mapping[str, Terms]
    """By SchoolCalendar, what its file says."""
    given: Mapping[str, Terms]
    """By file name, calendar files that were given as they are."""
    entries: tuple[Entry, ...]
    """Every resource and calendar file, in the order in which they were read."""
    problems: tuple[FileProblem, ...]

    def without_zone(self) -> list[str]:
        """The given calendar files that do not say whom they concern."""
        return [name for name, terms in self.given.items() if not all(run.zones for run in terms.days_off)]

    def school_days(self, places: Sequence[Place] = ()) -> SchoolDays:
        """The embedded calendar, with those of the files on top.

        ``places`` are meant by given files that name no zone themselves. Given files answer for the zones and dates
        they cover, in place of the embedded table; a SchoolCalendar's days come before both.
        """
        codes = [place.departement for place in places]
        # SchoolDays goes by name: a space, which no resource's name holds, puts them before all SchoolCalendars
        given = {f" {number:06}": terms for number, terms in enumerate(self.given.values(), start=1)}
        local = [_as_calendar(name, terms, codes) for name, terms in given.items()]
        return SchoolDays(embedded_terms(), [*local, *self.calendars], given | dict(self.calendar_files))


def load(names: Iterable[str]) -> Files:
    """Everything in files and directories; ``-`` is the standard input."""
    reader = _Reader()
    for name in names:
        reader.read(name)
    return reader.finished()


def text_of(name: str) -> str | FileProblem:
    """The text of a file, or why there is none."""
    try:
        content = sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()
    except OSError as error:
        return _unreadable(name, error)
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _problem(name, "is written in UTF-16: save it as UTF-8")
    if b"\0" in content:
        return _problem(name, "is no text but a binary file: give YAML, JSON, CSV or ICS")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return _problem(name, "is not written in UTF-8: save it as UTF-8", line)


def _problem(name: str, message: str, line: int = 0) -> FileProblem:
    return FileProblem(shown(name), line, "", "", message)


def _unreadable(name: str, error: OSError) -> FileProblem:
    return _problem(name, f"cannot be read: {error.strerror or error}; check the name and your rights")


def shown(name: str) -> str:
    """A file's name as text; a name may hold bytes that are none."""
    return "stdin" if name == STDIN else name.encode("utf-8", "backslashreplace").decode()


def _inside(path: Path) -> list[Path] | None:
    """The resource files of a directory; ``None`` for what is no directory."""
    if not path.is_dir():
        return None
    return sorted(each for each in path.iterdir() if each.suffix.lower() in _RESOURCE_ENDINGS and not each.is_dir())


def _terms(name: str, text: str) -> Terms:
    """What a calendar file says. Raises ``CalendarError`` with its line, in JSON too."""
    if not name.lower().endswith(".json") or not text.strip():
        return calendar_files.read(name, text)
    try:
        document = json_document(text.removeprefix("\ufeff"))
    except Unreadable as error:
        raise CalendarError(error.message, error.line) from None
    try:
        return calendar_files.read(name, text)
    except CalendarError as error:
        line = document.line_of(error.field) if error.field else error.line
        raise CalendarError(error.message, line, error.field) from None


def _as_calendar(name: str, terms: Terms, codes: list[str]) -> SchoolCalendar:
    """What a user would write to have a calendar file used: a SchoolCalendar for everyone, or for those asked about."""
    zoned = all(run.zones for run in terms.days_off)
    calendar = SchoolCalendar.model_validate(
        {
            "apiVersion": API_VERSION,
            "kind": "SchoolCalendar",
            "metadata": {"name": "given"},
            "spec": {
                "scope": {} if zoned else {"departements": codes},
                "fromConfigMap": {"name": "given", "key": "given"},
            },
        }
    )
    return calendar.model_copy(update={"metadata": Metadata.model_construct(name=name)})


class _Reader:
    """Collects resources and problems file by file."""

    def __init__(self) -> None:
        self.problems: list[FileProblem] = []
        self._read: set[str] = set()
        self._found: list[tuple[Entry, Document, ENTCapacity | SchoolAnnouncement | SchoolCalendar]] = []
        self._config_maps: list[tuple[Entry, Document]] = []
        self._given: dict[str, Terms] = {}
        self._entries: list[Entry] = []

    def finished(self) -> Files:
        self._check_names()
        resources = [resource for _, _, resource in self._found]
        calendar_texts = self._calendar_texts()
        self._check_calendar_names()
        return Files(
            tuple(each for each in resources if isinstance(each, ENTCapacity)),
            tuple(each for each in resources if isinstance(each, SchoolAnnouncement)),
            tuple(each for each in resources if isinstance(each, SchoolCalendar)),
            calendar_texts,
            self._given,
            tuple(self._entries),
            tuple(sorted(self.problems, key=lambda each: (each.file, each.line))),
        )

    def read(self, name: str) -> None:
        try:
            inside = _inside(Path(name)) if name != STDIN else None
        except OSError as error:
            self.problems.append(_unreadable(name, error))
            return
        if inside is None:
            self._read_file(name)
        elif not inside:
            self._say(name, f"no {', '.join(_RESOURCE_ENDINGS)} in this directory: name the files themselves")
        else:
            for each in inside:
                self._read_file(str(each))

    def _read_file(self, name: str) -> None:
        key = name if name == STDIN else os.path.realpath(name)  # Path.resolve raises where links go round in a circle
        if key in self._read:
            return
        self._read.add(key)
        text = text_of(name)
        if isinstance(text, FileProblem):
            self.problems.append(text)
        else:
            self._read_text(shown(name), text)

    def _read_text(self, name: str, text: str) -> None:
        ending = Path(name).suffix.lower()
        if ending in _CALENDAR_ENDINGS:
            self._read_calendar(name, text)
        elif ending == ".json":
            self._read_json(name, text)
        else:
            self._read_documents(name, yaml_documents(text))

    def _read_json(self, name: str, text: str) -> None:
        """Resources, or the official calendar: the latter has neither apiVersion nor kind."""
        try:
            document = json_document(text)
        except Unreadable as error:
            self._say(name, error.message, error.line)
            return
        if isinstance(document.value, Mapping) and {"apiVersion", "kind"} & set(document.value):
            self._read_documents(name, [document])
        else:
            self._read_calendar(name, text)

    def _read_calendar(self, name: str, text: str) -> None:
        try:
            self._given[name] = _terms(name, text)
            self._entries.append(Entry(name, 1, "calendar file", Path(name).name, ""))
        except CalendarError as error:
            self.problems.append(FileProblem(name, error.line, error.field, "", error.message))

    def _read_documents(self, name: str, documents: Iterable[Document]) -> None:
        known = len(self.problems) + len(self._entries)
        try:
            for document in documents:
                self._take(name, document)
        except Unreadable as error:
            self._say(name, error.message, error.line)
        if known == len(self.problems) + len(self._entries):
            self._say(name, f"holds nothing: {_WRITE}, or leave the file out")

    def _take(self, file: str, document: Document) -> None:
        value = document.value
        kind = value.get("kind") if isinstance(value, Mapping) else None
        if isinstance(value, Mapping) and isinstance(kind, str) and kind.endswith("List"):
            if not isinstance(value.get("items"), list):
                self._say_in(file, document, "items", value.get("items"), "not a list of resources: write items: [...]")
                return
            for position in range(len(value["items"])):
                self._take(file, document.within(position))
            return
        if isinstance(value, Mapping) and kind == "ConfigMap":
            self._take_config_map(file, document)
            return
        if isinstance(value, Mapping) and (not isinstance(kind, str) or kind not in RESOURCES):
            what = "is missing" if kind is None else "is a kind that is not read here"
            way = f"{_WRITE}; leave out all others"
            if kind is None and "workloads" in value:
                way = f"if these are values of the chart ent-platform, {_RENDER.format(file=file)}"
            self._say_in(file, document, "kind", kind, f"{what}: {way}")
            return
        try:
            resource = parse(value)
        except InvalidResource as error:
            for each in error.problems:
                line = document.line_of(each.path)
                self.problems.append(FileProblem(file, line, each.path, each.value, each.message))
            return
        metadata = resource.metadata
        entry = Entry(file, document.line, resource.kind, metadata.name, metadata.namespace)
        self._entries.append(entry)
        self._found.append((entry, document, resource))

    def _take_config_map(self, file: str, document: Document) -> None:
        metadata, data = document.value.get("metadata"), document.value.get("data", {})
        name = metadata.get("name") if isinstance(metadata, Mapping) else None
        if not isinstance(name, str):
            self._say_in(file, document, "metadata.name", name, "is missing or no text: give the ConfigMap a name")
            return
        if not isinstance(data, Mapping) or not all(isinstance(each, str) for each in data.values()):
            self._say_in(file, document, "data", data, "not a mapping of keys to text: write key: | and the text below")
            return
        entry = Entry(file, document.line, "ConfigMap", name, str(metadata.get("namespace") or ""))
        self._entries.append(entry)
        self._config_maps.append((entry, document))

    # --- what one file says of another --------------------------------------------------------------------------------

    def _calendar_texts(self) -> dict[str, Terms]:
        """What the files of SchoolCalendars say, from the ConfigMaps among what was read."""
        found: dict[str, Terms] = {}
        for entry, document, calendar in self._found:
            if not isinstance(calendar, SchoolCalendar) or calendar.spec.from_config_map is None:
                continue
            wanted, path = calendar.spec.from_config_map, "spec.fromConfigMap"
            maps = [each for each in self._config_maps if each[0].name == wanted.name]
            if len(maps) != 1:
                named = ", ".join(sorted({each.name for each, _ in self._config_maps})) or "none"
                message = f"no such ConfigMap in these files, there is {named}: give its file, too"
                if maps:
                    message = f"several ConfigMaps of that name ({', '.join(each.at for each, _ in maps)}): give one"
                self._say_in(entry.file, document, f"{path}.name", wanted.name, message)
                continue
            where, holder = maps[0]
            text = holder.value.get("data", {}).get(wanted.key)
            if text is None:
                keys = ", ".join(map(str, holder.value.get("data", {}))) or "none"
                message = f"no such key in ConfigMap {wanted.name} ({where.at}), there is {keys}"
                self._say_in(entry.file, document, f"{path}.key", wanted.key, message)
                continue
            try:
                found[calendar.name] = _terms(wanted.key, text)
            except CalendarError as error:
                self.problems.append(
                    FileProblem(where.file, holder.line_of("data"), "data", "", f"{wanted.key}: {error}")
                )
        return found

    def _check_names(self) -> None:
        first: dict[tuple[str, str, str], Entry] = {}
        for entry, document, _ in self._found:
            namespace = entry.namespace if entry.kind == "ENTCapacity" else ""
            before = first.setdefault((entry.kind, namespace, entry.name), entry)
            if before is not entry:
                message = f"another {entry.kind} of that name stands at {before.at}: leave one out, or rename it"
                self._say_in(entry.file, document, "metadata.name", entry.name, message)

    def _check_calendar_names(self) -> None:
        known = [each.name for _, _, each in self._found if isinstance(each, SchoolCalendar)]
        for entry, document, resource in self._found:
            for position, segment in enumerate(resource.spec.audience if isinstance(resource, ENTCapacity) else ()):
                if segment.calendar and segment.calendar not in known:
                    there = ", ".join(known) or "none"
                    message = f"no such SchoolCalendar in these files, there is {there}: give its file, or leave it out"
                    self._say_in(entry.file, document, f"spec.audience[{position}].calendar", segment.calendar, message)

    def _say(self, file: str, message: str, line: int = 0) -> None:
        self.problems.append(_problem(file, message, line))

    def _say_in(self, file: str, document: Document, path: str, value: object, message: str) -> None:
        found = "" if value is None else show(value)
        self.problems.append(FileProblem(file, document.line_of(path), path, found, message))


def one_capacity(files: Files, name: str | None) -> ENTCapacity:
    """The platform meant: the only one, or the one called ``name`` or ``namespace/name``.

    Raises ``ValueError`` with the names there are.
    """
    names = list(_names(files.capacities))
    if not files.capacities:
        raise ValueError("there is no ENTCapacity in these files: give the file of a platform with -f")
    chosen = [each for each, both in zip(files.capacities, names, strict=True) if name in (None, each.name, both)]
    if len(chosen) == 1:
        return chosen[0]
    if name is None or chosen:
        raise ValueError(f"there are several ENTCapacities, choose one with --name: {', '.join(names)}")
    raise ValueError(f"there is no ENTCapacity {name!r} in these files: there is {', '.join(names)}")


def _names(capacities: Iterable[ENTCapacity]) -> Iterator[str]:
    for each in capacities:
        yield f"{each.metadata.namespace}/{each.name}" if each.metadata.namespace else each.name
