"""What must hold for the repository as a whole."""

import ast
import configparser
import fnmatch
import re
import sys
import sysconfig
from collections.abc import Iterator
from importlib.machinery import PathFinder
from pathlib import Path

import pytest

import entcapacity

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "operator" / "entcapacity"


def test_operator_directory_is_not_a_package() -> None:
    assert not (ROOT / "operator" / "__init__.py").exists(), "it would shadow the standard library's operator"


def test_import_operator_finds_the_standard_library_even_from_the_root() -> None:
    spec = PathFinder.find_spec("operator", [str(ROOT), *sys.path])
    assert spec is not None
    assert spec.origin is not None
    assert Path(spec.origin).parent == Path(sysconfig.get_path("stdlib"))


def test_entcapacity_is_imported_from_this_tree() -> None:
    assert Path(entcapacity.__file__).parent == PACKAGE


def core_modules() -> list[str]:
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter", encoding="utf-8")
    return contracts["importlinter:contract:core"]["source_modules"].split()


def questions_of_time(source: str) -> list[str]:
    """Where ``source`` reaches for a clock: ``datetime.now`` and its like, called or passed on, and module ``time``."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(attr="now" | "today" | "utcnow" as name):
                found.append(f"line {node.lineno}: .{name}")
            case ast.Import(names=names) if any(name.name == "time" for name in names):
                found.append(f"line {node.lineno}: import time")
            case ast.ImportFrom(module="time", level=0):
                found.append(f"line {node.lineno}: from time import")
    return found


@pytest.mark.parametrize("module", core_modules())
def test_core_never_asks_the_time(module: str) -> None:
    path = ROOT / "operator" / Path(*module.split(".")).with_suffix(".py")
    assert questions_of_time(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "datetime.now(UTC)",
        "datetime.datetime.utcnow()",
        "date.today()",
        "field(default_factory=date.today)",
        "import time",
        "from time import monotonic",
    ],
)
def test_every_way_of_asking_the_time_is_seen(source: str) -> None:
    assert questions_of_time(source)


@pytest.mark.parametrize("source", ["from datetime import time", "time(8, 30)", "start.time()", "as_of.date()"])
def test_local_times_of_day_are_no_clock(source: str) -> None:
    assert not questions_of_time(source)


def repository_files(root: Path) -> Iterator[Path]:
    """The files that belong to the repository: what .gitignore does not name. Needs no git, so a tarball will do."""
    ignored = [".git", *(line.rstrip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").split())]
    for path in sorted(root.iterdir()):
        if any(fnmatch.fnmatch(path.name, pattern) for pattern in ignored):
            continue
        if path.is_dir():
            yield from repository_files(path)
        else:
            yield path


# A path of one machine, or the address of one package index, is of no use to anybody else.
# Written so that the pattern does not find itself.
ONE_MACHINE_ONLY = re.compile(rb"(?<![\w.~-])/(root|home|work|Users)/|index[-]url|pypi[.]org|[.]pythonhosted[.]")


def test_no_file_names_a_machine_path_or_a_package_index() -> None:
    files = list(repository_files(ROOT))
    assert {ROOT / "pyproject.toml", ROOT / "requirements-dev.lock", Path(__file__)} <= set(files)
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.decode(errors='replace').strip()}"
        for path in files
        for number, line in enumerate(path.read_bytes().splitlines(), start=1)
        if ONE_MACHINE_ONLY.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("start", "end"),  # in two parts, since this file is searched as well
    [("cd /", "home/me/x"), ("/", "root/x"), ("--index", "-url=x"), ("https://pypi", ".org/x")],
)
def test_a_machine_path_or_a_package_index_would_be_seen(start: str, end: str) -> None:
    assert ONE_MACHINE_ONLY.search((start + end).encode())


@pytest.mark.parametrize("text", [b"https://example.org/home/x", b"docs/work/x", b"./home/x"])
def test_addresses_and_relative_paths_are_no_machine_paths(text: bytes) -> None:
    assert not ONE_MACHINE_ONLY.search(text)
