"""Files as the command line reads them: like kubectl, with every problem and the line it is on."""

import csv
import json
from datetime import date
from pathlib import Path

import pytest

from entcapacity.files import load, one_capacity
from entcapacity.schooldays import embedded
from entcapacity.territories import PLACES, places_in
from entcapacity.vocabulary import DayKind, Level, Role
from entcapacity.yamlfiles import Unreadable, json_document, yaml_documents

EXAMPLES = Path(__file__).parents[1] / "examples"

PLATFORM = """\
apiVersion: entcapacity.io/v1alpha1
kind: ENTCapacity
metadata: {name: ent}
spec:
  audience:
    - academies: [Toulouse]
      pupils: 1000
  workloads:
    - {name: auth, ordinaryPeak: {replicas: 2}}
"""
CALENDAR = """\
apiVersion: entcapacity.io/v1alpha1
kind: SchoolCalendar
metadata: {name: newer}
spec:
  scope: {}
  fromConfigMap: {name: calendars, key: zones.csv}
"""
OFFICIAL = """\
description;population;start_date;end_date;location;zones;annee_scolaire
Vacances de Noël;-;2034-12-22T23:00:00+00:00;2035-01-07T23:00:00+00:00;Toulouse;Zone C;2034-2035
Vacances d'Hiver;-;2035-02-09T23:00:00+00:00;2035-02-25T23:00:00+00:00;Toulouse;Zone C;2034-2035
"""
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: calendars}\ndata:\n  zones.csv: |\n" + "".join(
    f"    {line}\n" for line in OFFICIAL.splitlines()
)
ICS = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//EN
BEGIN:VEVENT
UID:1
DTSTAMP:20210101T000000Z
DTSTART;VALUE=DATE:20210311
DTEND;VALUE=DATE:20210313
SUMMARY:Pont
END:VEVENT
END:VCALENDAR
"""


def written(directory: Path, name: str, text: str) -> str:
    path = directory / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def problems(directory: Path, text: str, name: str = "file.yaml") -> list[str]:
    """What is wrong with a file, without the directory it lies in."""
    return [str(each).removeprefix(f"{directory}/") for each in load([written(directory, name, text)]).problems]


def values(text: str) -> object:
    return next(yaml_documents(text)).value


# --- as kubectl reads it ----------------------------------------------------------------------------------------------


def test_dates_and_times_stay_text() -> None:
    assert values("{a: 2021-04-06, b: 07:30, c: 190:20:30}") == {"a": "2021-04-06", "b": "07:30", "c": "190:20:30"}


def test_numbers_and_booleans_are_those_of_kubernetes() -> None:
    assert values("{a: 12, b: 1e3, c: yes, d: 0x1f, e: ~, f: -1}") == {
        "a": 12,
        "b": 1000.0,
        "c": True,
        "d": 31,
        "e": None,
        "f": -1,
    }


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "'a' stands there twice, first on line 1"),
        ("a:\n\t- b\n", 2, "not YAML"),
        ("a: [1\n", 2, "not YAML"),
        ("x: &a [*a]\n", 1, "an anchor holds itself"),
        ("? [a]\n: 1\n", 1, "a list or mapping stands where a field name should"),
        ("a: !!python/object:os.system x\n", 1, "not YAML"),
        ("a: " + "9" * 5000, 1, "holds a value that cannot be read"),
        ("[ " * 100_000, 1, "nested more than 100 deep"),
        ("- " * 100_000, 1, "nested more than 100 deep"),
    ],
)
def test_yaml_that_is_no_document_is_refused_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(Unreadable, match=r".") as refused:
        list(yaml_documents(text))
    assert refused.value.line == line
    assert said in refused.value.message


def test_anchors_that_blow_a_document_up_are_refused() -> None:
    bomb = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
        f"{letter}: &{letter} [{', '.join([f'*{chr(ord(letter) - 1)}'] * 10)}]\n" for letter in "bcdefghi"
    )
    with pytest.raises(Unreadable, match="more than a million values"):
        list(yaml_documents(bomb))


def test_json_has_the_lines_of_its_fields(tmp_path: Path) -> None:
    text = json.dumps(next(yaml_documents(PLATFORM.replace("Toulouse", "Toulose"))).value, indent=2)
    line = next(number for number, each in enumerate(text.splitlines(), start=1) if "Toulose" in each)
    (problem,) = problems(tmp_path, text, "file.json")
    assert problem.startswith(f"file.json:{line}: spec.audience[0].academies[0]")
    (problem,) = problems(tmp_path, text.replace("Toulose", "\\ud83d\\ude00"), "file.json")
    assert problem.startswith("file.json:"), "JSON that is no YAML is read, too"


@pytest.mark.parametrize(
    "text", ['{"a": 1, "a": 2}', "[1,", '{"a":' * 100_000, "[" * 101 + "]" * 101, "9" * 5000, '["\\udcff"]']
)
def test_json_that_is_no_document_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        json_document(text)


# --- every problem, with its line -------------------------------------------------------------------------------------


def test_an_unknown_academie_is_told_with_its_line_and_the_nearest_name(tmp_path: Path) -> None:
    assert problems(tmp_path, PLATFORM.replace("Toulouse", "Toulose")) == [
        "file.yaml:6: spec.audience[0].academies[0]: unknown académie 'Toulose': did you mean 'Toulouse'? "
        "(found 'Toulose')"
    ]


def test_every_problem_is_told_not_only_the_first(tmp_path: Path) -> None:
    text = PLATFORM.replace("1000", "1000000000000").replace("replicas: 2", "replicas: 0") + "---\nkind: Pod\n"
    found = problems(tmp_path, text)
    assert [each.split(": ")[0] for each in found] == ["file.yaml:7", "file.yaml:9", "file.yaml:11"]


def test_a_code_without_quotes_is_told_instead_of_guessed(tmp_path: Path) -> None:
    text = PLATFORM.replace("academies: [Toulouse]", "departements: [{code: 31}]")
    (problem,) = problems(tmp_path, text)
    assert problem.startswith("file.yaml:6: spec.audience[0].departements[0].code: not text: put it in quotes")


def test_a_missing_field_is_told_where_it_should_stand(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, PLATFORM.replace("      pupils: 1000\n", ""))
    assert problem == "file.yaml:6: spec.audience[0].pupils: is missing"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds nothing"),
        ("--- \n---\n", "holds nothing"),
        ("just words\n", "not a resource"),
        (
            "apiVersion: apps/v1\nkind: Deployment\n",
            "write an ENTCapacity, a SchoolAnnouncement or a SchoolCalendar; leave out all others",
        ),
        ("workloads: []\n", "kind: is missing: if these are values of the chart ent-platform, helm template"),
        ("kind: [a]\n", "kind: is a kind that is not read here"),
        ("kind: {a: 1}\n", "kind: is a kind that is not read here"),
        ("kind: List\nitems: 3\n", "not a list of resources"),
        ("kind: ConfigMap\n", "give the ConfigMap a name"),
    ],
)
def test_a_file_without_resources_is_an_error(tmp_path: Path, text: str, said: str) -> None:
    (problem,) = problems(tmp_path, text)
    assert said in problem


def test_a_missing_a_binary_and_a_latin_1_file_are_told(tmp_path: Path) -> None:
    (tmp_path / "binary.yaml").write_bytes(b"\x7fELF\0\0")
    (tmp_path / "latin.csv").write_bytes("a\nfévrier".encode("latin-1"))
    found = load([str(tmp_path / name) for name in ("missing.yaml", "binary.yaml", "latin.csv")]).problems
    assert [each.message.split(":")[0] for each in found] == [
        "is no text but a binary file",
        "is not written in UTF-8",
        "cannot be read",
    ]
    assert found[1].line == 2


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_told_as_what_it_is(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "file.yaml").write_bytes(f"\ufeff{PLATFORM}".encode(encoding))
    (problem,) = load([str(tmp_path / "file.yaml")]).problems
    assert problem.message == "is written in UTF-16: save it as UTF-8"


def test_names_that_lead_nowhere_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    circle = tmp_path / "circle.yaml"
    circle.symlink_to(circle)
    for name in (str(circle), "x" * 300):
        (problem,) = load([name]).problems
        assert (problem.file, problem.message.split(":")[0]) == (name, "cannot be read")

    def refuse(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    (problem,) = load([str(tmp_path)]).problems
    assert problem.message == "cannot be read: Permission denied; check the name and your rights"


def test_of_a_directory_only_its_files_are_read(tmp_path: Path) -> None:
    written(tmp_path, "file.yaml", PLATFORM)
    (tmp_path / "below.yaml").mkdir()
    written(tmp_path / "below.yaml", "broken.yaml", "kind: Pod")
    found = load([str(tmp_path)])
    assert (len(found.capacities), found.problems) == (1, ())


def test_two_platforms_of_one_name_are_told(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, PLATFORM + "---\n" + PLATFORM)
    assert "another ENTCapacity of that name stands at" in problem


def test_the_same_file_named_twice_is_read_once(tmp_path: Path) -> None:
    path = written(tmp_path, "file.yaml", PLATFORM)
    assert len(load([path, str(tmp_path)]).capacities) == 1


# --- what one file says of another ------------------------------------------------------------------------------------


def test_a_calendar_that_an_audience_names_must_be_there(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, PLATFORM.replace("pupils: 1000", "pupils: 1000\n      calendar: private"))
    assert problem.startswith("file.yaml:8: spec.audience[0].calendar: no such SchoolCalendar in these files")


def test_a_calendar_takes_its_file_from_a_config_map(tmp_path: Path) -> None:
    found = load([written(tmp_path, "all.yaml", f"{CALENDAR}---\n{CONFIG_MAP}")])
    assert not found.problems
    calendar = found.school_days().known_at(None)
    assert calendar.day(date(2035, 1, 2), PLACES["31"], Level.LYCEE, Role.PUPIL).kind is DayKind.HOLIDAY


@pytest.mark.parametrize(
    ("config_map", "said"),
    [
        ("", "no such ConfigMap in these files"),
        (CONFIG_MAP.replace("zones.csv", "other.csv"), "no such key in ConfigMap calendars"),
        (CONFIG_MAP.replace(";", ","), "columns are not separated by ';'"),
        (f"{CONFIG_MAP}---\n{CONFIG_MAP}", "several ConfigMaps of that name"),
        (CONFIG_MAP.replace("Zone C", "Zone D"), "data: zones.csv: line 2, zones: unknown zone 'Zone D'"),
    ],
)
def test_a_calendar_whose_file_is_not_there_or_not_readable_is_told(tmp_path: Path, config_map: str, said: str) -> None:
    (problem,) = problems(tmp_path, f"{CALENDAR}---\n{config_map}")
    assert said in problem


def test_a_calendar_nested_without_end_is_told(tmp_path: Path) -> None:
    deep = f"kind: ConfigMap\nmetadata: {{name: calendars}}\ndata: {{c.json: '{'[' * 3000}'}}\n"
    (problem,) = problems(tmp_path, f"{CALENDAR.replace('zones.csv', 'c.json')}---\n{deep}")
    assert "data: c.json: line 1: nested more than 100 deep" in problem


def test_a_list_as_kubectl_writes_it_is_read(tmp_path: Path) -> None:
    indented = "".join(f"    {line}\n" for line in PLATFORM.splitlines())
    text = "apiVersion: v1\nkind: List\nitems:\n  -\n" + indented
    assert [each.name for each in load([written(tmp_path, "list.yaml", text)]).capacities] == ["ent"]
    (problem,) = problems(tmp_path, text.replace("1000", "-1"))
    assert problem.startswith("file.yaml:11: spec.audience[0].pupils")


# --- calendar files as they are ---------------------------------------------------------------------------------------


def test_an_official_file_answers_where_the_embedded_calendar_ends(tmp_path: Path) -> None:
    found = load([written(tmp_path, "fr-en-calendrier-scolaire.csv", OFFICIAL)])
    there, on = PLACES["31"], date(2035, 1, 2)
    assert embedded().known_at(None).day(on, there, Level.LYCEE, Role.PUPIL).kind is DayKind.UNKNOWN
    assert found.school_days().known_at(None).day(on, there, Level.LYCEE, Role.PUPIL).kind is DayKind.HOLIDAY
    elsewhere = found.school_days().known_at(None).day(on, PLACES["59"], Level.LYCEE, Role.PUPIL)
    assert elsewhere.kind is DayKind.UNKNOWN


def test_an_ics_file_without_zones_concerns_only_the_places_asked_about(tmp_path: Path) -> None:
    found = load([written(tmp_path, "ponts.ics", ICS)])
    assert found.without_zone() == [str(tmp_path / "ponts.ics")]
    calendar = found.school_days(places_in(departements=["31"])).known_at(None)
    kinds = [calendar.day(date(2021, 3, 12), PLACES[each], Level.LYCEE, Role.PUPIL).kind for each in ("31", "59")]
    assert kinds == [DayKind.HOLIDAY, DayKind.ON_SITE]


def test_a_school_calendar_of_any_name_comes_before_a_given_file(tmp_path: Path) -> None:
    given = written(tmp_path, "given.csv", OFFICIAL)
    moved = CONFIG_MAP.replace("2035-01-07T", "2035-01-05T")  # back on Saturday, so that Friday is the last day off
    for name in ("0", "0-a", "z"):
        calendar = CALENDAR.replace("name: newer", f"name: '{name}'")
        found = load([written(tmp_path, "all.yaml", f"{calendar}---\n{moved}"), given])
        known = found.school_days().known_at(None)
        assert not known.day(date(2035, 1, 7), PLACES["31"], Level.LYCEE, Role.PUPIL).in_holiday, name


def test_problems_of_a_calendar_file_have_line_and_field(tmp_path: Path) -> None:
    (problem,) = load([written(tmp_path, "zones.csv", OFFICIAL.replace("Zone C", "Zone D"))]).problems
    assert (problem.line, problem.path) == (2, "zones")
    assert problem.message.startswith("unknown zone 'Zone D'")
    rows = list(csv.DictReader(OFFICIAL.replace("Zone C", "Zone D").splitlines(), delimiter=";"))
    records = json.dumps({"results": rows}, indent=1)
    (problem,) = load([written(tmp_path, "zones.json", records)]).problems
    assert (problem.line, problem.path) == (9, "results[0].zones")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("empty.ics", "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nEND:VCALENDAR\n", "there are no events in it"),
        ("empty.csv", "", "the file is empty"),
        ("comma.csv", OFFICIAL.replace(";", ","), "columns are not separated by ';'"),
        ("list.json", "[]", "there are no days off in it"),
    ],
)
def test_a_calendar_file_that_says_nothing_is_an_error(tmp_path: Path, name: str, text: str, said: str) -> None:
    (problem,) = problems(tmp_path, text, name)
    assert said in problem
    assert problem.count(name) == 1


# --- which platform ---------------------------------------------------------------------------------------------------


def test_of_several_platforms_one_has_to_be_named(tmp_path: Path) -> None:
    second = PLATFORM.replace("name: ent}", "name: ent, namespace: other}")
    found = load([written(tmp_path, "two.yaml", f"{PLATFORM}---\n{second}")])
    with pytest.raises(ValueError, match="choose one with --name: ent, other/ent"):
        one_capacity(found, None)
    assert one_capacity(found, "other/ent").metadata.namespace == "other"
    with pytest.raises(ValueError, match="choose one"):
        one_capacity(found, "ent")
    with pytest.raises(ValueError, match="no ENTCapacity 'x'"):
        one_capacity(found, "x")


def test_every_example_is_valid() -> None:
    assert load([str(EXAMPLES)]).problems == ()


def test_values_of_the_chart_are_known_as_such(tmp_path: Path) -> None:
    file = tmp_path / "platform.yaml"
    file.write_text("audience: []\nworkloads: []\n", encoding="utf-8")
    (problem,) = load([str(file)]).problems
    assert f"helm template occitanie charts/ent-platform -n ent -f {file} | entcapacity plan -f -" in problem.message
