"""The CustomResourceDefinitions: made of the parser's types, and held by the real API server.

What the schema refuses, the parser refuses as well; what the parser takes, the schema takes.
"""

import copy
import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubernetes.client import ApiException, CustomObjectsApi
from kubernetes.config import new_client_from_config

from cluster.control_plane import ClusterError
from entcapacity.crds import COMMAND, documents, text
from entcapacity.fields import API_VERSION
from entcapacity.parse import InvalidResource, parse
from entcapacity.status import ENTCapacityStatus, SchoolAnnouncementStatus, SchoolCalendarStatus
from entcapacity.yamlfiles import yaml_documents
from generated import capacities, wild_capacities

ROOT = Path(__file__).parents[1]
WRITTEN = documents()
DEFINITIONS = {each["spec"]["names"]["kind"]: each for each in WRITTEN.values()}
SCHEMAS = {
    kind: each["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"] for kind, each in DEFINITIONS.items()
}

# One document of each kind, in which every field stands, as tests/test_site.py sees.
EVERY_FIELD = (ROOT / "docs" / "every-field.yaml").read_text(encoding="utf-8")
DOCUMENTS = {each.value["kind"]: each.value for each in yaml_documents(EVERY_FIELD) if each.value["kind"] in SCHEMAS}
CAPACITY, ANNOUNCEMENT, CALENDAR = DOCUMENTS.values()
CAPACITY["metadata"]["namespace"] = "default"  # which every cluster has
CONDITIONS = [
    {
        "type": "Ready",
        "status": "True",
        "reason": "AsPlanned",
        "message": "",
        "lastTransitionTime": "2027-01-04T07:00:00Z",
        "observedGeneration": 1,
    }
]
STATUS = {
    "ENTCapacity": ENTCapacityStatus.model_validate(
        {
            "observedGeneration": 1,
            "conditions": CONDITIONS,
            "today": "Remote",
            "sessions": 91_000,
            "ready": "46/52",
            "nextChange": {
                "at": "2027-01-04T07:05:00Z",
                "workload": "auth",
                "from": 6,
                "to": 14,
                "message": "auth 6 → 14",
            },
            "workloads": [
                {
                    "name": "auth",
                    "driver": "HPA",
                    "planned": 6,
                    "floor": 6,
                    "ready": 6,
                    "replicas": 7,
                    "maximum": 60,
                    "need": 5,
                    "former": {"minimum": 2},
                    "startup": {"warm": {"samples": [40, 52], "p50Minutes": 1, "p95Minutes": 1}, "newNode": {}},
                    "message": "Raised for today.",
                }
            ],
            "admission": {
                "sessions": 120_000,
                "loginsPerSecond": 150,
                "longestWaitSeconds": 0,
                "slots": [{"segment": "colleges", "from": "2027-01-04T08:00:00Z", "until": "2027-01-04T08:15:00Z"}],
            },
            "cost": {"replicaHours": 4043, "usualReplicaHours": 961, "percent": 421},
        }
    ),
    "SchoolAnnouncement": SchoolAnnouncementStatus.model_validate({"conditions": CONDITIONS, "concerned": 3}),
    "SchoolCalendar": SchoolCalendarStatus.model_validate({"conditions": CONDITIONS, "days": 2, "until": "2026-11-14"}),
}


def nodes(schema, path=""):
    """Every schema below one, with its path."""
    yield path, schema
    for name, below in schema.get("properties", {}).items():
        yield from nodes(below, f"{path}.{name}")
    for key in ("items", "additionalProperties"):
        if key in schema:
            yield from nodes(schema[key], f"{path}[]")


def changed(document, path, *value):
    """The document with another value at a path, or with nothing there."""
    document = copy.deepcopy(document)
    *parents, last = path
    node = document
    for key in parents:
        node = node[key]
    if value:
        node[last] = value[0]
    else:
        del node[last]
    return document


# --- what can be seen without an API server ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", WRITTEN)
def test_files_are_what_the_types_say(name):
    found = (ROOT / "crds" / name).read_text(encoding="utf-8")
    assert found == text(WRITTEN[name]), f"the types have changed: run `{COMMAND}`"


def test_no_other_definition_lies_about():
    assert {each.name for each in (ROOT / "crds").glob("*.yaml")} == set(WRITTEN)


@pytest.mark.parametrize("kind", SCHEMAS)
def test_every_field_is_described_in_sentences(kind):
    fields = [
        (f"{part}{path}.{name}", each.get("description", ""))
        for part in ("spec", "status")
        for path, schema in nodes(SCHEMAS[kind][part])
        for name, each in schema.get("properties", {}).items()
    ]
    assert [path for path, words in fields if not words.endswith((".", "…")) or "``" in words] == []


@pytest.mark.parametrize("kind", SCHEMAS)
def test_lists_and_texts_of_a_spec_have_an_end(kind):
    """CEL must know how much it has to go through at most, and etcd holds no more than a megabyte."""
    endless = [
        path
        for path, schema in nodes(SCHEMAS[kind]["spec"])
        if (schema.get("type") == "array" and "maxItems" not in schema)
        or (schema.get("type") == "string" and not {"maxLength", "enum"} & schema.keys())
        or ("additionalProperties" in schema and "maxProperties" not in schema)
    ]
    assert endless == []


# --- the real API server ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def api(cluster):
    """A client of an API server that knows the resources."""
    cluster.kubectl("apply", "-f", str(ROOT / "crds"))
    cluster.kubectl("wait", "--for=condition=Established", "-f", str(ROOT / "crds"), "--timeout=30s")
    client = new_client_from_config(str(cluster.kubeconfig))
    yield CustomObjectsApi(client)
    client.close()


def call(api, verb, document, *more, part="", **options):
    """Asks the API server about an object; its answer, and what it says against it."""
    namespace = document["metadata"].get("namespace")
    names = DEFINITIONS[document["kind"]]["spec"]["names"]
    where = [*API_VERSION.split("/"), *([namespace] if namespace else []), names["plural"]]
    ask = getattr(api, f"{verb}_{'namespaced' if namespace else 'cluster'}_custom_object{part}")
    try:
        return ask(*where, *more, **options), ""
    except ApiException as error:
        return None, json.loads(error.body)["message"]


def create(api, document):
    """What the API server would keep of a new object, and what it says against it."""
    return call(api, "create", document, document, dry_run="All", field_validation="Strict")


def refusal(api, document):
    return create(api, document)[1]


def refused_by_the_parser(document):
    try:
        parse(document)
    except InvalidResource:
        return True
    return False


def wrong(schema, value, path):
    """Each bound of a schema, broken once: the path, the value to put there (none: take it away), what to hear."""
    for each in schema.get("required", ()):
        yield [*path, each], (), "Required value"
    match schema:
        case {"enum": _}:
            yield path, ("Nonsense",), "supported values: "
        case {"maxLength": longest}:
            yield path, ("x" * (longest + 1),), "Too long"
        case {"type": "array"}:
            yield path, ("text",), "must be of type array"
            yield path, (value[:1] * (schema["maxItems"] + 1),), "must have at most"
        case {"minimum": least, "maximum": most}:
            yield path, (least - 1,), "should be greater than or equal to"
            yield path, (most + 1,), "should be less than or equal to"
            yield path, (1.5,), "must be of type integer"
    if "pattern" in schema:
        yield path, ("?",), "should match"
    if "minItems" in schema:
        yield path, ([],), "should have at least"
    if schema.get("type") == "string":
        yield path, (3,), "must be of type string"
        for rule in schema.get("x-kubernetes-validations", ())[:1]:
            yield path, ("?",), rule["message"]
    match value:
        case dict():
            for key, below in value.items():
                yield from wrong(
                    schema.get("properties", {}).get(key) or schema["additionalProperties"], below, [*path, key]
                )
        case list():
            for index, each in enumerate(value):
                yield from wrong(schema["items"], each, [*path, index])


WRONG = [
    pytest.param(kind, path, value, expected, id=f"{kind}-{'.'.join(map(str, path))}-{expected}")
    for kind, document in DOCUMENTS.items()
    for path, value, expected in wrong(SCHEMAS[kind]["spec"], document["spec"], ["spec"])
]


@pytest.mark.parametrize(("kind", "path", "value", "expected"), WRONG)
def test_what_breaks_a_bound_is_refused(api, kind, path, value, expected):
    document = changed(DOCUMENTS[kind], path, *value)
    assert expected in refusal(api, document)
    assert refused_by_the_parser(document)


POOLER = {"name": "pgbouncer", "ordinaryPeak": {"replicas": 3}}
CONNECTIONS = {"budget": "postgres", "perReplica": 20}
FLAT = [{"at": "00:00", "percent": 1}, {"at": "24:00", "percent": 1}]

# What the rules in CEL refuse: the path below spec, what to put there, and the way out.
BROKEN = {
    "ENTCapacity": [
        (["suspendUntil"], "2027-01-04T08:00:00", "an instant without an offset"),
        (["observed"], {"maxHold": "6h"}, "is empty: give sessions, loginsPerMinute or waiting"),
        (["suspendUntil"], "2027-02-30T08:00:00Z", "not an instant"),
        (["suspendUntil"], "1999-12-31T23:00:00Z", "the year lies outside 2000 to 2100"),
        (["suspendUntil"], "2101-01-01T00:00:00Z", "the year lies outside 2000 to 2100"),
        (["audience", 0], {"pupils": 1}, "name zones, academies or departements"),
        (["audience", 0], {"pupils": 1, "zones": []}, "name zones, academies or departements"),
        (["audience", 0, "levels"], [], "levels is empty: leave it out for all levels"),
        (["audience", 1, "name"], "colleges", "a name stands in audience more than once: names must differ"),
        (["audience", 0, "zones"], ["A"], "departements with percent cannot be mixed with zones or academies"),
        (["audience", 0, "departements", 0, "percent"], 41, "percent must add up to 100"),
        (
            ["audience", 0, "departements"],
            [{"code": "31", "percent": 100}, {"code": "32"}],
            "give percent for all of them or for none",
        ),
        (["demand", "sessionLength"], "10 minutes", "not a duration: write 90s, 15m, 2h or 1h30m"),
        (["demand", "sessionLength"], "59s", "write at least 1m"),
        (["demand", "sessionLength"], "8h1s", "write at most 8h"),
        (["demand", "curves", "Sunday"], [{"points": FLAT}], "a key is none of OnSite, Hybrid, Remote"),
        (["demand", "curves", "Remote", 0, "points"], FLAT[:1], "points do not cover the day"),
        (["demand", "curves", "Remote", 0, "points", 0, "at"], "00:01", 'begin at "00:00"'),
        (["demand", "curves", "Remote", 0, "points", -1, "at"], "23:59", 'end at "24:00"'),
        (["demand", "curves", "Remote", 0, "points", 1, "at"], "24:01", "not a local time"),
        (["demand", "curves", "Remote", 0, "points"], [*FLAT[:1], *FLAT], "points are not in order"),
        (["demand", "hours", 0, "closed"], ["17:30", "07:30"], "for hours over midnight write two entries"),
        (["audience", 0, "levels"], ["College", "College"], "a level stands there more than once"),
        (["workloads", 1], {"name": "pgbouncer"}, "does not say what it carries: give ordinaryPeak or capacity"),
        (["workloads", 0, "capacity"], {}, "is empty: give sessions, loginsPerMinute or both"),
        (
            ["workloads", 1],
            {"name": "pgbouncer", "scalesWith": "Both", "capacity": {"loginsPerMinute": 1}},
            "scalesWith Sessions or Both needs capacity.sessions, or ordinaryPeak",
        ),
        (
            ["workloads", 1],
            {"name": "pgbouncer", "scalesWith": "Logins", "capacity": {"sessions": 1}},
            "scalesWith Logins or Both needs capacity.loginsPerMinute, or ordinaryPeak",
        ),
        (
            ["workloads", 1],
            {"name": "pgbouncer", "scalesWith": "Clients", "capacity": {"sessions": 1}},
            "scalesWith Clients is calibrated by ordinaryPeak: give it",
        ),
        (
            ["workloads", 1],
            {**POOLER, "scalesWith": "Clients", "connections": CONNECTIONS},
            "a pooler's own connections are not counted, its clients' are: leave connections out",
        ),
        (
            ["workloads", 1],
            {**POOLER, "connections": CONNECTIONS},
            "a pooler's own connections are not counted, its clients' are: leave its connections out",
        ),
        (["workloads", 0, "scalesWith"], "Clients", "no workload comes after this one: name it in their after"),
        (["workloads", 0, "min"], 61, "min is above max: lower min or raise max"),
        (["workloads", 0, "maxWhenAnnounced"], 59, "maxWhenAnnounced is below max or min"),
        (
            ["workloads", 1],
            {**POOLER, "min": 9, "maxWhenAnnounced": 8},
            "maxWhenAnnounced is below max or min: raise it, or leave it out",
        ),
        (["workloads", 0, "startup"], "5 minutes", "not a duration: write 90s, 15m, 2h or 1h30m, or Measured"),
        (["workloads", 0, "startup"], "2h1s", "a pod that takes so long cannot follow a school day"),
        (["workloads", 0, "warmup"], "2h1s", "write at most 2h"),
        (["workloads", 0, "after"], ["pgbounce"], "after names a workload that does not exist"),
        (["workloads", 1], {**POOLER, "target": {"name": "auth"}}, "two workloads scale the same target"),
        (["workloads", 0, "connections", "budget"], "mysql", "connections names a budget that does not exist"),
        (["workloads", 0, "weights", "Sunday"], 150, "a key is none of OnSite, Hybrid, Remote"),
        (["workloads", 1, "name"], "auth", 'Duplicate value: {"name":"auth"}'),
        (["budgets"], [{"name": "postgres", "connections": 1}] * 2, 'Duplicate value: {"name":"postgres"}'),
        (["limits"], [{"name": "educonnect", "loginsPerMinute": 1}] * 2, 'Duplicate value: {"name":"educonnect"}'),
        (["events"], CAPACITY["spec"]["events"] * 2, 'Duplicate value: {"name":"parcoursup"}'),
        (["readyBefore", "ordinary"], "12h1s", "write at most 12h"),
        (["readyBefore", "exceptional"], "12h1s", "write at most 12h"),
        (["ramp", "hold"], "12h1s", "write at most 12h"),
        (["nodes", "startup"], "2h1s", "write at most 2h"),
        (["spread", "tolerate"], 3, "tolerate must be below failureDomains: one has to be left"),
        (["shaping", "maxWait"], "2h1s", "write at most 2h"),
        (["shaping", "slots", "until"], "08:00", "until is not after from"),
        (["events", 0, "until"], "2027-06-02T16:30:00Z", "until is not after from"),
        (
            ["rehearsal", "until"],
            "2027-01-03T21:00:00+01:00",
            "until is not after from, or more than twelve hours after",
        ),
        (
            ["rehearsal", "until"],
            "2027-01-04T09:00:01+01:00",
            "until is not after from, or more than twelve hours after",
        ),
        (["audiance"], [], 'unknown field "spec.audiance"'),
    ],
    "SchoolAnnouncement": [
        (["withdrawnAt"], "2021-03-31T19:59:59+02:00", "withdrawnAt is before announcedAt"),
        (["scope", "levels"], ["Lycee", "Lycee"], "a level stands there more than once"),
        (["periods", 0, "from"], "2021-02-30", "not a date: write 2021-04-06"),
        (["periods", 0, "from"], "1999-12-31", "the year lies outside 2000 to 2100"),
        (["periods", 0, "until"], "2021-04-05", "until is before from"),
        (["periods", 0, "schooling"], "Remote", "onSitePercent goes with schooling Hybrid, and Hybrid needs it"),
        (["periods", 0], {"from": "2021-04-06", "schooling": "Hybrid"}, "Hybrid needs it"),
    ],
    "SchoolCalendar": [
        ([], {"scope": {}}, "is empty: give days or fromConfigMap"),
        ([], {"days": []}, "is empty: give days or fromConfigMap"),
        (["days", 0, "levels"], ["Lycee", "Lycee"], "a level stands there more than once"),
        (["days", 0, "until"], "2026-11-12", "until is before from"),
        (["days", 0, "until"], "2101-01-01", "the year lies outside 2000 to 2100"),
        (["days", 0, "until"], "2027-12-19", "until is more than 400 days after from: write an entry a year"),
        (["days", 0, "schooling"], "Holiday", "onSitePercent goes with schooling Hybrid, and Hybrid needs it"),
    ],
}


@pytest.mark.parametrize(
    ("kind", "path", "value", "expected"), [(kind, *each) for kind, found in BROKEN.items() for each in found]
)
def test_what_breaks_a_rule_is_refused_with_the_way_out(api, kind, path, value, expected):
    document = changed(DOCUMENTS[kind], ["spec", *path], value)
    said = refusal(api, document)
    assert expected in said
    assert "evaluating rule" not in said  # a rule that fails itself
    assert refused_by_the_parser(document)


CHANGES = [
    "what was announced does not change: set withdrawnAt, and write a new SchoolAnnouncement",
    "withdrawnAt is set once: to announce again, write a new SchoolAnnouncement",
]


@pytest.mark.parametrize("kind", SCHEMAS)
def test_every_rule_has_a_test(kind):
    heard = [*CHANGES, *(expected for _, _, expected in BROKEN[kind]), *(each.values[3] for each in WRONG)]
    messages = {
        rule["message"]
        for _, schema in nodes(SCHEMAS[kind]["spec"])
        for rule in schema.get("x-kubernetes-validations", ())
    }
    assert [each for each in messages if not any(part in each for part in heard)] == []


@pytest.mark.parametrize("name", ["a.b", "A", "x" * 64])
def test_name_that_the_parser_does_not_take_is_refused(api, name):
    document = changed(CAPACITY, ["metadata", "name"], name)
    assert "metadata.name" in refusal(api, document)
    assert refused_by_the_parser(document)


@pytest.mark.parametrize("kind", SCHEMAS)
def test_document_with_every_field_is_taken(api, kind):
    assert refusal(api, DOCUMENTS[kind]) == ""


def test_as_many_workloads_as_there_may_be_with_the_longest_targets_are_taken(api):
    """Rules that compare each with each may not cost more than the API server spends on one."""
    names = [f"{'x' * 58}-{number:03}" for number in range(100)]
    target = {"apiVersion": f"{'x' * 240}/v1", "kind": "x" * 253}
    entries = [{**POOLER, "name": name, "target": {**target, "name": "x" * 190 + name}} for name in names]
    document = changed(CAPACITY, ["spec"], {"audience": CAPACITY["spec"]["audience"], "workloads": entries})
    assert refusal(api, document) == ""


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.yaml")), ids=lambda path: path.name)
@pytest.mark.usefixtures("api")
def test_examples_are_taken(cluster, path):
    documents = re.sub(r"namespace: \w+", "namespace: default", path.read_text(encoding="utf-8"))
    cluster.kubectl("create", "--dry-run=server", "-f-", stdin=documents)


@given(st.one_of(capacities(), wild_capacities()))
def test_parser_and_api_server_agree(api, document):
    """Of what it takes, the API server keeps no null and no 12.0: the parser is asked about what is kept."""
    document = {**CAPACITY, "spec": document.get("spec")}
    kept, _ = create(api, document)
    assert refused_by_the_parser(kept or document) == (kept is None)


DURATIONS = [
    "0s",
    "1h30m",
    "90s",
    "999999s",
    "1000000s",
    "2h",
    "",
    "h",
    "1m1h",
    "1h1h",
    "1.5h",
    "-5m",
    " 5m",
    "5m\n",
    "٣m",
]
INSTANTS = [
    "2027-01-04T08:00:00Z",
    "2027-01-04T08:00:00.123456789+05:30",
    "2100-12-31T23:59:59-05:00",
    "2000-01-01T00:00:00+02:00",
    "2027-01-04t08:00:00z",
    "2027-01-04T08:00:00",
    "2027-01-04T08:00Z",
    "2027-01-04 08:00:00Z",
    "20270104T080000Z",
    "2027-W01-4T08:00:00Z",
    "2027-01-04T24:00:00Z",
    "2027-01-04T08:60:00Z",
    "2027-01-04T08:00:60Z",
    "2027-01-04T08:00:00+15:00",
    "2027-02-29T08:00:00Z",
    "0000-01-01T00:00:00Z",
]
DATES = ["2028-02-29", "2100-12-31", "2000-01-01", "2027-02-29", "2027-13-01", "20270104", "2027-W01-4", "2027-1-4", ""]
TIMES = ["00:00", "23:59", "24:00", "24:01", "7:30", "07:60", "0730", "07:30:00", "٠٧:٣٠"]
PERCENTS = [
    0,
    100,
    101,
    -1,
    "0",
    "12.5",
    "99.999999",
    "100.0",
    "100.1",
    "-1",
    "+1",
    "1e1",
    " 1",
    "NaN",
    "012",
    "",
    "١٢",
]
QUANTITIES = [0, 2, -1, 10**15, "0", "500m", "1.5Gi", "2k", "1e3", "1Pi", "-1", ".5", "5.", "m", "NaN", "1" * 16, ""]


@pytest.mark.parametrize(
    ("document", "path", "text"),
    [
        (document, path, text)
        for document, path, texts in (
            (CAPACITY, ["ramp", "hold"], DURATIONS),
            (CAPACITY, ["workloads", 0, "startup"], [*DURATIONS, "Measured", "measured"]),
            (CAPACITY, ["suspendUntil"], INSTANTS),
            (CALENDAR, ["days", 0, "knownFrom"], INSTANTS),
            (CALENDAR, ["days", 0], [{"from": each} for each in DATES]),
            (CAPACITY, ["demand", "hours", 0, "closed", 1], TIMES),
            (CAPACITY, ["demand", "curves", "Remote", 0, "points", 1, "percent"], PERCENTS),
            (CAPACITY, ["workloads", 0, "requests", "memory"], QUANTITIES),
        )
        for text in texts
    ],
)
def test_how_a_value_is_written_is_one_question_for_both(api, document, path, text):
    document = changed(document, ["spec", *path], text)
    assert bool(refusal(api, document)) == refused_by_the_parser(document)


def test_circle_in_after_is_left_to_the_parser(api):
    document = changed(CAPACITY, ["spec", "workloads", 1, "after"], ["auth"])
    assert refusal(api, document) == ""
    assert refused_by_the_parser(document)


# --- objects that are there -------------------------------------------------------------------------------------------


@pytest.fixture
def make(api, namespace):
    """Creates objects for one test."""
    made = []

    def made_of(document):
        if "namespace" in document["metadata"]:
            document = changed(document, ["metadata", "namespace"], namespace)
        assert call(api, "create", document, document)[1] == ""
        made.append(document)
        return document

    yield made_of
    for document in made:
        call(api, "delete", document, document["metadata"]["name"])


def change(api, document, spec):
    """Changes part of an object's spec; what the API server says against it, or nothing."""
    return call(api, "patch", document, document["metadata"]["name"], {"spec": spec})[1]


# What each field would be changed to; None takes it away.
ANNOUNCED = {
    "cause": ["Heatwave", None],
    "announcedAt": ["2021-03-31T20:00:01+02:00"],
    "scope": [{"zones": ["B"]}, dict.fromkeys(ANNOUNCEMENT["spec"]["scope"]), None],
    "periods": [[{"from": "2021-04-06", "schooling": "Remote"}]],
}


def test_what_was_announced_stays(api, make):
    made = make(changed(ANNOUNCEMENT, ["spec", "withdrawnAt"]))
    assert {*ANNOUNCED, "withdrawnAt"} == SCHEMAS["SchoolAnnouncement"]["spec"]["properties"].keys()
    for field, values in ANNOUNCED.items():
        for value in values:
            assert CHANGES[0] in change(api, made, {field: value}), field


def test_announcement_is_withdrawn_once(api, make):
    made = make(changed(ANNOUNCEMENT, ["spec", "withdrawnAt"]))
    assert change(api, made, {"withdrawnAt": "2021-04-02T20:00:00+02:00"}) == ""
    assert CHANGES[1] in change(api, made, {"withdrawnAt": "2021-04-03T20:00:00+02:00"})
    assert CHANGES[1] in change(api, made, {"withdrawnAt": None})


@pytest.mark.parametrize("kind", SCHEMAS)
def test_status_is_kept_whole_and_seen_at_a_glance(cluster, api, make, kind):
    made = make(DOCUMENTS[kind])
    status = STATUS[kind].model_dump(mode="json", by_alias=True, exclude_none=True)
    kept, said = call(api, "patch", made, made["metadata"]["name"], {"status": status}, part="_status")
    assert said == ""
    assert kept["status"] == status
    [short] = DEFINITIONS[kind]["spec"]["names"]["shortNames"]
    where = [short, made["metadata"]["name"], "-n", made["metadata"].get("namespace", "default")]
    shown = re.split(r"\s{2,}", cluster.kubectl("get", *where).splitlines()[1].strip())
    assert (
        shown[1:-1]
        == {
            "ENTCapacity": ["Enforce", "Remote", "91000", "46/52", "auth 6 → 14", "2027-01-04T07:05:00Z", "True"],
            "SchoolAnnouncement": [
                "Confinement",
                "2021-03-31T20:00:00+02:00",
                "Hybrid",
                "2021-04-06",
                "2021-04-01T20:00:00+02:00",
                "3",
                "True",
            ],
            "SchoolCalendar": ["2", "2026-11-14", "True"],
        }[kind]
    )


def test_one_word_lists_all_of_it(cluster, make):
    for document in DOCUMENTS.values():
        make(document)
    listed = cluster.kubectl("get", "ent", "--all-namespaces", "-o=name")
    assert {line.partition(".")[0] for line in listed.split()} == {kind.lower() for kind in DOCUMENTS}


@pytest.mark.parametrize("kind", SCHEMAS)
@pytest.mark.usefixtures("api")
def test_explain_teaches_every_field(cluster, kind):
    fields = SCHEMAS[kind]["spec"]["properties"]
    deadline = time.monotonic() + 30
    while "FIELDS:" not in (
        said := explained(cluster, f"{kind}.spec")
    ):  # told some seconds after the resource is there
        assert time.monotonic() < deadline, said
        time.sleep(0.5)
    for field in fields.values():
        assert " ".join(field["description"].split()) in said
    every = explained(cluster, f"{kind}.spec", "--recursive")
    names = {path.rpartition(".")[2] for path, _ in nodes(SCHEMAS[kind]["spec"]) if not path.endswith("[]")}
    assert {name for name in names if f" {name} <" not in every} - {""} == set()


def explained(cluster, *what):
    try:
        return " ".join(cluster.kubectl("explain", *what).split())
    except ClusterError as error:
        return str(error)


def test_values_of_the_platforms_chart_may_have_every_field_and_no_other():
    values = json.loads((ROOT / "charts" / "ent-platform" / "values.schema.json").read_text(encoding="utf-8"))
    spec = SCHEMAS["ENTCapacity"]["spec"]["properties"]
    own = {"mode", "audience", "workloads"}
    assert values["properties"]["spec"]["properties"].keys() == spec.keys() - own
    for each in ("audience", "workloads"):
        taken = values["properties"][each]["items"]["properties"]
        assert taken.keys() == spec[each]["items"]["properties"].keys()
