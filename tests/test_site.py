"""The documentation as a site: it builds, every link leads somewhere, every field is told, and no network is needed."""

import re
import runpy
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from entcapacity.cli.commands import cli
from pages import PAGES, ROOT, blocks, demonstration

FRENCH = ROOT / "docs" / "fr"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, as `make docs` builds it."""
    built = tmp_path_factory.mktemp("site")
    done = build(ROOT / "docs", built)
    assert done.returncode == 0, done.stderr
    return built


def build(source: Path, built: Path, *more: str) -> subprocess.CompletedProcess[str]:
    options = ("--fail-on-warning", "--keep-going", "--fresh-env", "--quiet", *more)
    command = [sys.executable, "-m", "sphinx", *options, str(source), str(built)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


class Wanted(HTMLParser):
    """What a page makes the browser load by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        loads = tag != "link" or (found.get("rel") or "") in ("stylesheet", "preload", "icon", "shortcut icon")
        for name in ("src", "href") if loads and tag != "a" else ():
            if address := found.get(name):
                self.addresses.append(address)


def test_every_page_of_the_docs_is_in_it(site: Path) -> None:
    written = {page.relative_to(ROOT / "docs").with_suffix("") for page in PAGES if ROOT / "docs" in page.parents}
    assert all((site / page).with_suffix(".html").exists() for page in written)


def test_it_loads_nothing_from_a_network(site: Path) -> None:
    for page in site.rglob("*.html"):
        wanted = Wanted()
        wanted.feed(page.read_text(encoding="utf-8"))
        assert len(wanted.addresses) > 3
        assert [each for each in wanted.addresses if re.match(r"(https?:)?//", each)] == [], page.name
    for style in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import)\s*['\"]?(https?:)?//", style.read_text(encoding="utf-8")), style.name


def test_pages_say_their_language(site: Path) -> None:
    for page in site.rglob("*.html"):
        language = "fr" if page.parent.name == "fr" else "en"
        assert re.search(rf'<html [^>]*\blang="{language}"', page.read_text(encoding="utf-8")), page.name


def test_a_link_that_leads_nowhere_fails_it(tmp_path: Path) -> None:
    page, settings = tmp_path / "page.md", (f"--conf-dir={ROOT / 'docs'}", "--define=root_doc=page")
    page.write_text("# Page\n\n[here](page.md#page)\n", encoding="utf-8")
    assert build(tmp_path, tmp_path / "built", *settings).returncode == 0
    page.write_text("# Page\n\n[a](nowhere.md) [b](page.md#nobody)\n", encoding="utf-8")
    done = build(tmp_path, tmp_path / "built", *settings)
    assert done.returncode
    assert "nowhere" in done.stderr
    assert "nobody" in done.stderr


# --- fields -----------------------------------------------------------------------------------------------------------


def fields(schema: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of all fields of a schema; lists and mappings have none of their own."""
    for name, each in schema.get("properties", {}).items():
        yield (*path, name)
        yield from fields(each, (*path, name))
    for below in (schema.get("items"), schema.get("additionalProperties")):
        if isinstance(below, dict):
            yield from fields(below, path)


def used(value: Any, schema: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of the fields that a document has."""
    if isinstance(value, list):
        for each in value:
            yield from used(each, schema["items"], path)
    elif isinstance(value, dict) and "properties" in schema:
        for name, each in value.items():
            yield (*path, name)
            yield from used(each, schema["properties"][name], (*path, name))
    elif isinstance(value, dict):
        for each in value.values():
            yield from used(each, schema["additionalProperties"], path)


SCHEMAS = {
    found["spec"]["names"]["kind"]: found["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
    for file in sorted((ROOT / "crds").glob("*.yaml"))
    for found in [yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader)]
}
EXAMPLES = {
    each["kind"]: each
    for each in yaml.safe_load_all((ROOT / "docs" / "every-field.yaml").read_text(encoding="utf-8"))
    if each["kind"] in SCHEMAS
}


@pytest.mark.parametrize("kind", SCHEMAS)
def test_every_field_has_an_example(kind: str) -> None:
    schema = SCHEMAS[kind]["spec"]
    assert set(fields(schema)) - set(used(EXAMPLES[kind]["spec"], schema)) == set()


def test_the_examples_of_fields_are_valid_together() -> None:
    done = CliRunner().invoke(cli, ["validate", str(ROOT / "docs" / "every-field.yaml")])
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("kind", SCHEMAS)
def test_every_field_is_told_with_its_meaning(kind: str, site: Path) -> None:
    page = (site / "fields.html").read_text(encoding="utf-8")
    names = {path[-1] for part in ("spec", "status") for path in fields(SCHEMAS[kind][part])}
    told = set(re.findall(r'<span class="pre">(?:[\w.*\[\]]+\.)?(\w+)</span></code></p></td>', page))
    titles = set(re.findall(rf"<h3>{kind}: (\w+)", page))
    assert names - told - titles == set()
    assert set(SCHEMAS[kind]["spec"]["properties"]) <= titles


def test_the_page_of_fields_is_what_is_made_today() -> None:
    page = runpy.run_path(str(ROOT / "docs" / "fields.py"))["page"]()
    renew = "renew it: python docs/fields.py"
    assert (ROOT / "docs" / "fields.md").read_text(encoding="utf-8") == page, renew


# --- two languages ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("english", "french"),
    [("quickstart.md", "demarrage.md"), ("recipes/tonight-at-20.md", "ce-soir-20-heures.md")],
)
def test_french_pages_show_the_same_blocks_as_the_english_ones(english: str, french: str) -> None:
    sides = [
        [(each.language, each.mark, each.text.replace(" --lang fr", "")) for each in blocks(page)]
        for page in (ROOT / "docs" / english, FRENCH / french)
    ]
    assert sides[0] == sides[1]


def test_the_readme_installs_as_the_quick_start_does() -> None:
    (install,) = (each.text for each in blocks(ROOT / "README.md") if "helm install" in each.text)
    said = "".join(each.text for each in blocks(ROOT / "docs" / "quickstart.md"))
    commands = install.replace("\\\n", "\\").splitlines()
    assert len(commands) > 3
    assert [each for each in commands if each not in said.replace("\\\n", "\\")] == []


def test_the_readme_shows_what_the_demonstration_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    (shown,) = (each.text for each in blocks(ROOT / "README.md") if "Take note" in each.text)
    command, _ = demonstration()
    monkeypatch.chdir(ROOT)
    done = CliRunner().invoke(cli, [*command, "--lang=en"], env={"COLUMNS": "120"})
    assert done.exit_code == 0, done.output
    printed = {line.strip() for line in done.stdout.splitlines()}
    assert [line for line in shown.splitlines() if line.strip() not in printed | {"", "…"}] == []
