"""Specs nobody wrote: valid ones for properties of the plan, and wild ones for the parser."""

from hypothesis import strategies as st

from entcapacity.fields import API_VERSION
from entcapacity.territories import ACADEMIES, PLACES, ZONES
from entcapacity.vocabulary import DayKind, Level, Role

LEVELS = st.lists(st.sampled_from([each.value for each in Level]), min_size=1, max_size=3, unique=True)
DURATIONS = st.sampled_from(["0s", "30s", "90s", "5m", "20m", "1h", "1h30m", "2h"])
COUNTS = st.integers(1, 40)

# Made once: to make a strategy takes longer than to draw from it.
_PLACES = st.one_of(
    st.fixed_dictionaries({"zones": st.lists(st.sampled_from(ZONES), min_size=1, max_size=2, unique=True)}),
    st.fixed_dictionaries({"academies": st.lists(st.sampled_from(ACADEMIES), min_size=1, max_size=3, unique=True)}),
    st.fixed_dictionaries({"departements": st.sampled_from(list(PLACES)).map(lambda code: [{"code": code}])}),
    st.lists(st.sampled_from(list(PLACES)), min_size=2, max_size=2, unique=True).map(
        lambda codes: {"departements": [{"code": codes[0], "percent": 40}, {"code": codes[1], "percent": 60}]}
    ),
)
_USERS = st.fixed_dictionaries({"pupils": st.integers(0, 400_000)}, optional={"parents": st.integers(0, 9000)})


@st.composite
def segments(draw):
    """A valid segment."""
    place = draw(_PLACES)
    users = draw(_USERS)
    return {**place, **users, "levels": draw(LEVELS)}


@st.composite
def workloads(draw, name):
    """A valid workload."""
    least = draw(st.integers(0, 5))
    workload = {
        "name": name,
        "scalesWith": draw(st.sampled_from(["Sessions", "Logins", "Both"])),
        "ordinaryPeak": {"replicas": draw(COUNTS), "utilizationPercent": draw(st.integers(30, 90))},
        "startup": draw(DURATIONS),
        "warmup": draw(DURATIONS),
        "min": least,
        "max": draw(st.integers(max(least, 1), 300)),
    }
    if draw(st.booleans()):
        workload["maxWhenAnnounced"] = draw(st.integers(workload["max"], 600))
    if draw(st.integers(0, 4)) == 0:
        del workload["max"]
    if draw(st.booleans()):
        workload["weights"] = {"Remote": draw(st.integers(50, 300))}
    return workload


@st.composite
def capacities(draw):
    """A valid ENTCapacity document with one to three workloads, one of which may be a pooler."""
    names = draw(st.sampled_from([("auth",), ("auth", "portal"), ("pgbouncer", "auth", "portal")]))
    found = [draw(workloads(name)) for name in names]
    spec = {
        "audience": draw(st.lists(segments(), min_size=1, max_size=3)),
        "workloads": found,
        "demand": {"planOn": draw(st.sampled_from(["Expected", "High"]))},
        "readyBefore": {"ordinary": draw(DURATIONS), "exceptional": draw(DURATIONS)},
        "ramp": {
            "upPerMinute": draw(st.integers(1, 50)),
            "downPerMinute": draw(st.integers(1, 20)),
            "hold": draw(DURATIONS),
        },
    }
    if "pgbouncer" in names:
        found[0]["scalesWith"] = "Clients"
        for client in found[1:]:
            client["after"] = ["pgbouncer"]
            client["connections"] = {"budget": "postgres", "perReplica": 10}
        spec["budgets"] = [{"name": "postgres", "connections": draw(st.integers(50, 5000))}]
    if draw(st.booleans()):
        spec["spread"] = {"failureDomains": 3, "tolerate": 1}
    if draw(st.booleans()):
        spec["shaping"] = {"maxWait": draw(st.sampled_from(["0s", "3m", "10m"]))}
        if draw(st.booleans()):
            percent = draw(st.sampled_from([0, 30, 100]))
            spec["shaping"]["slots"] = {"from": "08:00", "until": "09:30", "compliancePercent": percent}
    if draw(st.booleans()):
        begin = draw(st.sampled_from(["2021-03-30T18:30:00+02:00", "2021-04-06T09:00:00+02:00"]))
        spec["events"] = [
            {
                "name": "results",
                "from": begin,
                "until": "2021-04-07T01:00:00+02:00",
                "percent": draw(st.integers(50, 900)),
            }
        ]
    if draw(st.booleans()):
        spec["boost"] = {"percent": draw(st.integers(1, 200)), "until": "2021-04-06T10:00:00+02:00"}
    if draw(st.booleans()):
        spec["rehearsal"] = {
            "from": draw(st.sampled_from(["2021-04-05T21:00:00+02:00", "2021-04-06T07:30:00+02:00"])),
            "until": draw(st.sampled_from(["2021-04-06T08:00:00+02:00", "2021-04-06T07:45:30+02:00"])),
            "floors": [
                {"name": each["name"], "replicas": draw(st.integers(1, 500))}
                for each in spec["workloads"]
                if draw(st.booleans())
            ]
            or [{"name": "nobody", "replicas": 1}],
        }
    if draw(st.booleans()):
        spec["limits"] = [{"name": "educonnect", "loginsPerMinute": draw(st.integers(100, 20_000))}]
    return {"apiVersion": API_VERSION, "kind": "ENTCapacity", "metadata": {"name": "generated"}, "spec": spec}


# --- wild ones: right in most places, wrong in some -------------------------------------------------------------------

_JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**13), 10**13),
    st.floats(allow_nan=True),
    st.text(max_size=12),
    st.builds(list),  # new ones each time, as they may be spoiled in turn
    st.builds(dict),
    st.builds(lambda: ["College", 3]),
    st.sampled_from(["15m", "-5m", "08:30", "24:01", "2021-04-06", "2021-02-30", "Créteil", "Creteil", "31", "9" * 40]),
)
_POINTS = st.fixed_dictionaries(
    {
        "at": st.sampled_from(["00:00", "08:30", "09:00", "24:00", "25:00", 510]),
        "percent": st.sampled_from([0, 5, "12.5", 100, 101, -1, 2.5]),
    }
)
_CURVES = st.dictionaries(
    st.sampled_from([each.value for each in DayKind]),
    st.lists(st.fixed_dictionaries({"points": st.lists(_POINTS, max_size=4)}), max_size=2),
    max_size=2,
)


@st.composite
def wild_capacities(draw):
    """An ENTCapacity document with junk in up to three places, and curves and hours that may be wrong."""
    document = draw(capacities())
    spec = document["spec"]
    if draw(st.booleans()):
        spec["demand"]["curves"] = draw(_CURVES)
    if draw(st.booleans()):
        times = st.sampled_from(["07:30", "17:30", "24:00", "7:30"])
        spec["demand"]["hours"] = [
            {"roles": [draw(st.sampled_from([each.value for each in Role]))], "closed": [draw(times), draw(times)]}
        ]
    for _ in range(draw(st.integers(0, 3))):
        _spoil(draw, document)
    return document


def _spoil(draw, node):
    """Puts junk somewhere below a node."""
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            return
        key = draw(st.sampled_from(keys))
        below = node[key]
        if isinstance(below, dict | list) and below and draw(st.integers(0, 4)):
            node = below
            continue
        node[key] = draw(_JUNK)
        return
