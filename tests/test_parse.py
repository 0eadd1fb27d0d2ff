"""Documents to resources: every error at once, with the field, the value and the way out."""

import copy

import pytest

from entcapacity.fields import API_VERSION, LabelSelector
from entcapacity.parse import InvalidResource, parse
from specs import AUDIENCE, WORKLOADS

CAPACITY = {
    "apiVersion": API_VERSION,
    "kind": "ENTCapacity",
    "metadata": {"name": "occitanie"},
    "spec": {"audience": AUDIENCE, "workloads": WORKLOADS},
}
ANNOUNCEMENT = {
    "apiVersion": API_VERSION,
    "kind": "SchoolAnnouncement",
    "metadata": {"name": "confinement"},
    "spec": {
        "announcedAt": "2021-03-31T20:00:00+02:00",
        "periods": [{"from": "2021-04-06", "until": "2021-04-09", "schooling": "Remote"}],
    },
}
CALENDAR = {
    "apiVersion": API_VERSION,
    "kind": "SchoolCalendar",
    "metadata": {"name": "local"},
    "spec": {"days": [{"from": "2026-11-13"}]},
}


def _changed(document, path, value):
    document = copy.deepcopy(document)
    *parents, last = path
    node = document
    for key in parents:
        node = node[key]
    node[last] = value
    return document


def _problems(document):
    with pytest.raises(InvalidResource) as refused:
        parse(document)
    return [str(each) for each in refused.value.problems]


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (
            ["audience", 0, "academies"],
            ["Creteil"],
            "spec.audience[0].academies[0]: unknown académie 'Creteil': did you mean 'Créteil'? (found 'Creteil')",
        ),
        (["audience", 0, "pupils"], -1, "spec.audience[0].pupils: input should be greater than or equal to 0"),
        (["audience", 0, "pupils"], 10**12, "spec.audience[0].pupils: input should be less than or equal to 20000000"),
        (["audience", 0, "pupils"], "300000", "not a whole number: write it without quotes and without decimals"),
        (["audience", 0, "pupils"], True, "not a whole number"),
        (["audience", 0, "academies"], [], "does not say where its users live"),
        (["audience", 0, "departements"], ["31"], "not a mapping: write field: value"),
        (["audience", 0, "levels"], ["Maternelle"], "is none of 'Ecole', 'College', 'Lycee' or 'PostBac'"),
        (
            ["audience", 0, "levels"],
            ["College", "Lycee", "College"],
            "spec.audience[0].levels: a level stands there more than once: name each once"
            " (found ['College', 'Lycee', 'College'])",
        ),
        (["audience"], [], "spec.audience: needs at least 1 entry"),
        (["audiance"], [], "spec.audiance: unknown field: did you mean audience?"),
        (["workloads", 0, "ordinaryPeak"], None, "does not say what it carries: give ordinaryPeak or capacity"),
        (["workloads", 0, "startup"], "5 minutes", "not a duration: write 90s, 15m, 2h or 1h30m, or Measured"),
        (["workloads", 0, "min"], 3.5, "not a whole number"),
        (["workloads", 0, "max"], 10**6, "less than or equal to 10000"),
        (["workloads", 0, "after"], ["pgbouncer"], "spec.workloads[0].after[0]: no such workload"),
        (["workloads", 0, "after"], ["portal"], "after goes round in a circle: leave one out (found portal → portal)"),
        (["workloads", 0, "scalesWith"], "Clients", "no workload comes after this one"),
        (
            ["workloads", 0, "connections"],
            {"budget": "postgres", "perReplica": 5},
            "spec.workloads[0].connections.budget: no such budget: add it under spec.budgets",
        ),
        (["workloads", 0, "weights"], {"Remot": 150}, "is none of 'OnSite'"),
        (["workloads", 0, "weights"], {"Remote": 1.5}, "not a whole number"),
        (["demand"], {"planOn": "Low"}, "is none of 'Expected' or 'High'"),
        (
            ["demand"],
            {"sessionLength": "10s"},
            "spec.demand.sessionLength: input should be greater than or equal to 1m (found '10s')",
        ),
        (["ramp"], {"hold": "13h"}, "spec.ramp.hold: input should be less than or equal to 12h (found '13h')"),
        (
            ["workloads", 0, "name"],
            "Portail_ENT",
            "not a name: write small letters a to z, digits and -, with a letter or a digit first and last"
            " (found 'Portail_ENT')",
        ),
        (
            ["workloads", 0, "target"],
            {"apiVersion": "v1", "kind": "Deployment", "name": "portal"},
            "apiVersion: not a group and a version: write apps/v1 (found 'v1')",
        ),
        (["suspendUntil"], "22/11/2026 20:00", "or Z for UTC (found '22/11/2026 20:00')"),
        (["demand"], {"hours": [{"roles": ["Parent"], "closed": ["17:30", "07:30"]}]}, "closed ends before it starts"),
        (["demand"], {"hours": [{"roles": ["Parent"], "closed": [450, "17:30"]}]}, 'write it in quotes, "08:30"'),
        (["ramp"], {"upPerMinute": 0}, "spec.ramp.upPerMinute: input should be greater than or equal to 1"),
        (["spread"], {"failureDomains": 2, "tolerate": 2}, "tolerate must be below failureDomains"),
        (
            ["events"],
            [{"name": "e", "from": "2027-06-02T18:30:00", "until": "2027-06-02T19:30:00Z", "percent": 300}],
            "an instant without an offset",
        ),
        (
            ["events"],
            [{"name": "e", "from": "2027-06-02T18:30:00Z", "until": "2027-06-02T18:30:00Z", "percent": 300}],
            "until is not after from",
        ),
    ],
)
def test_a_mistake_in_a_capacity_is_refused_with_the_way_out(path, value, expected):
    problems = _problems(_changed(CAPACITY, ["spec", *path], value))
    assert any(expected in each for each in problems), problems


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([], "points do not cover the day"),
        ([{"at": "08:00", "percent": 1}, {"at": "24:00", "percent": 1}], "points do not cover the day"),
        ([{"at": "00:00", "percent": 1}, {"at": "23:00", "percent": 1}], 'begin at "00:00" and end at "24:00"'),
        (
            [{"at": "00:00", "percent": 1}, {"at": "09:00", "percent": 1}] * 2 + [{"at": "24:00", "percent": 1}],
            "points are not in order",
        ),
        ([{"at": "00:00", "percent": 101}], "a percentage of users lies between 0 and 100"),
        ([{"at": "00:00", "percent": 2.5}], 'not a percentage: write 12, or "12.5" in quotes'),
        ([{"at": "8h", "percent": 1}], "not a local time"),
    ],
)
def test_a_curve_that_is_none_is_refused(points, expected):
    problems = _problems(_changed(CAPACITY, ["spec", "demand"], {"curves": {"Remote": [{"points": points}]}}))
    assert any(expected in each for each in problems), problems


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (["periods", 0, "until"], "2021-04-05", "until 2021-04-05 is before from 2021-04-06"),
        (["periods", 0, "from"], "2021-04-31", "not a date: write 2021-04-06"),
        (["periods", 0, "schooling"], "Hybrid", "onSitePercent goes with schooling Hybrid, and Hybrid needs it"),
        (["periods", 0, "onSitePercent"], 50, "onSitePercent goes with schooling Hybrid"),
        (["periods"], [], "needs at least 1 entry"),
        (["announcedAt"], "2021-03-31T20:00:00", "an instant without an offset"),
        (["withdrawnAt"], "2021-03-30T20:00:00+02:00", "withdrawnAt is before announcedAt"),
        (["scope"], {"zones": ["D"]}, "unknown zone 'D'"),
        (["scope"], {"departements": [31]}, "spec.scope.departements[0]"),
    ],
)
def test_a_mistake_in_an_announcement_is_refused_with_the_way_out(path, value, expected):
    problems = _problems(_changed(ANNOUNCEMENT, ["spec", *path], value))
    assert any(expected in each for each in problems), problems


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (["days"], [], "is empty: give days or fromConfigMap"),
        (["days", 0, "until"], "2026-11-12", "until 2026-11-12 is before from 2026-11-13"),
        (["days", 0, "until"], "2036-11-12", "more than 400 days after"),
    ],
)
def test_a_mistake_in_a_calendar_is_refused_with_the_way_out(path, value, expected):
    problems = _problems(_changed(CALENDAR, ["spec", *path], value))
    assert any(expected in each for each in problems), problems


@pytest.mark.parametrize("document", [None, [], "text", 3, {}, {"apiVersion": API_VERSION}, {"kind": "ENTCapacity"}])
def test_what_is_no_resource_is_refused(document):
    assert _problems(document)


def test_every_mistake_is_said_at_once():
    document = _changed(CAPACITY, ["spec", "audience", 0, "pupils"], -1)
    document = _changed(document, ["spec", "workloads", 0, "name"], "Portal")
    document["spec"]["boost"] = {"percent": 50}
    problems = _problems(document)
    assert len(problems) == 3
    assert {each.split(":")[0] for each in problems} == {
        "spec.audience[0].pupils",
        "spec.workloads[0].name",
        "spec.boost.until",
    }


def test_what_fields_say_of_one_another_is_said_though_a_field_is_wrong():
    document = _changed(CAPACITY, ["spec", "workloads"], [{**WORKLOADS[0], "min": 10, "max": 3, "after": ["poler"]}])
    document["spec"]["workloads"] += [{**WORKLOADS[0]}, {"name": "pooler"}, {"name": 3}, {}, "portal"]
    problems = [each.split(" (")[0] for each in _problems(document)]
    assert "spec.workloads[0]: min 10 is above max 3" in problems
    assert "spec.workloads[0].after[0]: no such workload: did you mean pooler?" in problems
    assert problems.count("spec.workloads: stands there more than once: names must differ") == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"name": "auth"}, {"name": "sso", "target": {"name": "auth"}}),
        ({"name": "auth", "target": {"name": "keycloak"}}, {"name": "sso", "target": {"name": "keycloak"}}),
        ({"name": "auth"}, {"name": "sso", "target": {"apiVersion": "apps/v1beta2", "name": "auth"}}),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_two_workloads_that_name_one_target_are_refused_with_both_names_and_the_way_out(one, other, turned):
    entries = [{**each, "ordinaryPeak": {"replicas": 6}} for each in (one, other)]
    first, second = entries[::-1] if turned else entries
    [problem] = _problems(_changed(CAPACITY, ["spec", "workloads"], [first, second]))
    assert problem.startswith("spec.workloads[1]: Deployment ")
    assert f"is scaled by workload {first['name']} already: leave one of the two out, or give it a target" in problem
    assert problem.endswith(f"(found '{second['name']}')")


@pytest.mark.parametrize(
    "target",
    [
        {"name": "sso"},
        {"name": "auth", "kind": "StatefulSet"},
        {"apiVersion": "argoproj.io/v1alpha1", "kind": "Deployment", "name": "auth"},
    ],
)
def test_targets_that_only_look_alike_are_two(target):
    entries = [{"name": "auth"}, {"name": "sso", "target": target}]
    parse(_changed(CAPACITY, ["spec", "workloads"], [{**each, "ordinaryPeak": {"replicas": 6}} for each in entries]))


def test_of_a_wrong_entry_nobody_says_what_it_scales():
    entries = [{"name": "auth", "ordinaryPeak": {"replicas": 6}}, {"name": "sso", "target": {"name": "auth"}}]
    [problem] = _problems(_changed(CAPACITY, ["spec", "workloads"], entries))
    assert "does not say what it carries" in problem
    turned = [{"name": "auth", "target": {"name": "sso"}}, {"name": "sso", "ordinaryPeak": {"replicas": 6}}]
    [problem] = _problems(_changed(CAPACITY, ["spec", "workloads"], turned))
    assert "does not say what it carries" in problem


@pytest.mark.parametrize("key", ["a[", "metadata:[{name: x}", "(b)", "[key]x"])
def test_a_key_with_brackets_is_refused_like_any_other(key):
    [problem] = _problems({**CAPACITY, key: 1})
    assert problem.startswith(f"{key}: unknown field")


def test_what_kubernetes_adds_is_read_over():
    document = _changed(CAPACITY, ["metadata", "uid"], "6f1c")
    document["status"] = {"conditions": []}
    assert parse(document).spec == parse(CAPACITY).spec


def test_names_of_one_list_must_differ():
    document = _changed(CAPACITY, ["spec", "workloads"], WORKLOADS * 2)
    assert _problems(document) == ["spec.workloads: stands there more than once: names must differ (found 'portal')"]


@pytest.mark.parametrize(
    ("selector", "labels", "expected"),
    [
        ({}, {}, True),
        ({"matchLabels": {"a": "1"}}, {"a": "1", "b": "2"}, True),
        ({"matchLabels": {"a": "1"}}, {"a": "2"}, False),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["1", "2"]}]}, {"a": "2"}, True),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["1"]}]}, {}, False),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]}, {}, True),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]}, {"a": "1"}, False),
        ({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, {"a": ""}, True),
        ({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, {"a": ""}, False),
    ],
)
def test_a_selector_selects_as_everywhere_in_kubernetes(selector, labels, expected):
    assert LabelSelector.model_validate(selector).selects(labels) is expected
