"""The examples, and what design and README print, are resources as they stand and mean what they say."""

from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
import yaml

from entcapacity import announcements, schooldays
from entcapacity.admission import waits
from entcapacity.facts import Facts
from entcapacity.grid import Grid, minute_of
from entcapacity.notices import shortfalls
from entcapacity.parse import parse
from entcapacity.plan import Plan, plan
from entcapacity.school import SchoolAnnouncement, SchoolCalendar
from entcapacity.schooldays import Day
from entcapacity.spec import ENTCapacity, ENTCapacitySpec
from entcapacity.territories import PLACES
from entcapacity.vocabulary import DayKind, Level, Role

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))

SMALLEST = """
apiVersion: entcapacity.io/v1alpha1
kind: ENTCapacity
metadata: {name: occitanie, namespace: ent}
spec:
  mode: Observe                        # plan and report only; Enforce acts
  audience:
    - {academies: [Toulouse, Montpellier], levels: [College, Lycee], pupils: 300000}
  workloads:
    - {name: auth,   ordinaryPeak: {replicas: 6}}
    - {name: portal, ordinaryPeak: {replicas: 12}}
"""

FULL = """
apiVersion: entcapacity.io/v1alpha1
kind: ENTCapacity
metadata: {name: occitanie-full, namespace: ent}
spec:
  mode: Enforce
  audience:                            # who connects; teachers and parents default to documented ratios
    - {name: colleges, academies: [Toulouse, Montpellier], levels: [College], pupils: 170000, teachers: 13000, parents: 240000}
    - {name: lycees, departements: [{code: "31", percent: 40}, {code: "34", percent: 60}], levels: [Lycee], pupils: 130000}
  demand:
    planOn: High                       # Expected | High (the upper band)
    sessionLength: 12m
    curves: {}                         # replaces built-in curves: (local time, percent of users) points per day kind
    hours: [{roles: [Parent], closed: ["07:30", "17:30"], dayKinds: [Remote]}]
  workloads:
    - name: pgbouncer
      ordinaryPeak: {replicas: 3, utilizationPercent: 60}
    - name: auth
      target: {apiVersion: apps/v1, kind: Deployment, name: auth}   # default: the Deployment named like the workload
      scalesWith: Logins               # Sessions (default) | Logins | Both
      ordinaryPeak: {replicas: 6, utilizationPercent: 60}           # at the peak of an ordinary Monday
      min: 2                           # default: what the HPA or the workload had
      max: 60                          # default: the HPA's; never above it unless:
      maxWhenAnnounced: 120            # opt-in: raises the HPA's/KEDA's maximum for announced days, gives it back after
      startup: Measured                # or a duration
      warmup: 60s                      # Ready, but caches cold: counts as lead
      after: [pgbouncer]
      connections: {budget: postgres, perReplica: 20}
      driver: Auto                     # Auto | HPA | ScaledObject | Scale
    - name: portal
      capacity: {sessions: 1500}       # where it was measured: sessions and/or loginsPerMinute of one replica at 100 %
      weights: {Remote: 150}           # percent: heavier use of this tier on such days
  budgets: [{name: postgres, connections: 600}]
  limits: [{name: educonnect, loginsPerMinute: 9000}]               # a ceiling that is not ours to scale
  readyBefore: {ordinary: 15m, exceptional: 2h}                     # time for people to repair what is missing
  ramp: {upPerMinute: 20, downPerMinute: 5, hold: 30m}
  nodes: {startup: 5m, podsPerNode: 20, max: 40}
  spread: {failureDomains: 3, tolerate: 1}
  shaping: {maxWait: 10m, slots: {from: "08:00", until: "09:30", compliancePercent: 0}}
  events: [{name: parcoursup, from: "2027-06-02T18:30:00+02:00", until: "2027-06-02T23:00:00+02:00", percent: 300}]
  boost: {percent: 50, until: "2027-06-02T12:00:00+02:00"}          # the hand on the wheel
"""  # noqa: E501 -- as it is printed

ANNOUNCEMENT = """
apiVersion: entcapacity.io/v1alpha1
kind: SchoolAnnouncement               # cluster-scoped, short name: annonce
metadata: {name: confinement-2021-04}
spec:
  cause: Confinement                   # Confinement | Heatwave | Storm | Transport | Strike | Exam | Other
  announcedAt: "2021-03-31T20:00:00+02:00"      # may lie ahead: prepared, used from then on
  scope: {}                            # zones, academies, departements, levels; empty = everyone
  periods:
    - {from: 2021-04-06, until: 2021-04-09, schooling: Remote}
    - {from: 2021-04-10, until: 2021-04-25, schooling: Holiday}
    - {from: 2021-04-26, until: 2021-04-30, schooling: Remote, levels: [College, Lycee], terms: Replace}
    - {from: 2021-04-26, until: 2021-05-09, schooling: OnSite, terms: Replace}
"""


@cache
def example(name: str) -> tuple[ENTCapacity | SchoolAnnouncement | SchoolCalendar, ...]:
    """The resources in one example."""
    text = (ROOT / "examples" / name).read_text(encoding="utf-8")
    return tuple(parse(each) for each in yaml.safe_load_all(text))


def platform(name: str) -> ENTCapacity:
    return next(each for each in example(name) if isinstance(each, ENTCapacity))


def made_in(*names: str) -> list[SchoolAnnouncement]:
    return [each for name in names for each in example(name) if isinstance(each, SchoolAnnouncement)]


def day(on: str, where: str, level: Level, made: list[SchoolAnnouncement], as_of: datetime | None = None) -> Day:
    place, when = PLACES[where], date.fromisoformat(on)
    effects = announcements.known_at(made, as_of).effects(place, level)
    return announcements.apply(effects, schooldays.embedded().known_at(as_of).day(when, place, level, Role.PUPIL), when)


# --- they are resources -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_example_is_valid(path: Path) -> None:
    assert example(path.name)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_example_says_first_what_it_shows_and_where_it_is_from(path: Path) -> None:
    first, second = path.read_text(encoding="utf-8").splitlines()[:2]
    assert first.startswith("# ")
    assert second.startswith("# ")


def test_no_two_examples_have_the_same_name() -> None:
    names = [(type(each), each.name) for path in EXAMPLES for each in example(path.name)]
    assert len(set(names)) == len(names)


def test_the_smallest_example_has_less_than_25_lines() -> None:
    assert len((ROOT / "examples" / "minimal.yaml").read_text(encoding="utf-8").splitlines()) < 25


def test_the_minimal_example_is_the_smallest_platform_as_printed() -> None:
    assert platform("minimal.yaml") == parse(yaml.safe_load(SMALLEST))


def test_the_full_example_is_the_full_platform_as_printed() -> None:
    assert platform("full.yaml") == parse(yaml.safe_load(FULL))


def test_readme_prints_resources_that_are_valid_as_they_stand() -> None:
    blocks = (ROOT / "README.md").read_text(encoding="utf-8").split("```yaml\n")[1:]
    kinds = {type(parse(yaml.safe_load(block.split("```")[0]))) for block in blocks}
    assert {ENTCapacity, SchoolAnnouncement} <= kinds


# --- the announcements mean what they say -----------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["69", "59", "31", "75"])
@pytest.mark.parametrize("level", [Level.ECOLE, Level.COLLEGE])
def test_zones_a_b_c_hear_on_31_march_2021_what_was_printed(where: str, level: Level) -> None:
    printed = parse(yaml.safe_load(ANNOUNCEMENT))
    assert isinstance(printed, SchoolAnnouncement)
    made = made_in("announcements-2021.yaml")
    for offset in range(60):  # from the end of March to the end of May
        on = (date(2021, 3, 29) + timedelta(days=offset)).isoformat()
        assert day(on, where, level, made).kind is day(on, where, level, [printed]).kind, on


def test_corse_has_the_remote_week_of_2021_but_keeps_its_holidays() -> None:
    made = made_in("announcements-2021.yaml")
    kinds = [day(on, "2A", Level.COLLEGE, made).kind for on in ("2021-04-06", "2021-04-09", "2021-04-19", "2021-04-30")]
    assert kinds == [DayKind.REMOTE, DayKind.REMOTE, DayKind.HOLIDAY, DayKind.HOLIDAY]


@pytest.mark.parametrize("where", ["974", "973", "987"])
def test_overseas_hears_nothing_on_31_march_2021(where: str) -> None:
    assert not day("2021-04-06", where, Level.COLLEGE, made_in("announcements-2021.yaml")).announced


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("where", ["75", "31", "971"])
def test_no_announcement_of_spring_2020_outlasts_the_school_year(where: str, level: Level) -> None:
    made = made_in("announcements-2020.yaml")
    assert day("2020-03-16", where, level, made).kind is DayKind.REMOTE
    assert not day("2020-09-14", where, level, made).announced


def test_what_was_announced_is_over_today() -> None:
    made = made_in("announcements-2020.yaml", "announcements-2021.yaml", "announcements-later.yaml")
    known = announcements.known_at(made, None)
    last = [each.last for place in PLACES.values() for level in Level for each in known.effects(place, level)]
    assert max(last) < date(2026, 2, 1)


def test_the_heatwave_concerns_only_segments_that_name_its_calendar() -> None:
    calendars = [each for each in example("announcements-later.yaml") if isinstance(each, SchoolCalendar)]
    days = schooldays.embedded().with_calendars(calendars, {}).known_at(None)
    first_of_july, tours = date(2025, 7, 1), PLACES["37"]
    assert days.day(first_of_july, tours, Level.ECOLE, Role.PUPIL, "canicule-2025").kind is DayKind.CLOSED
    assert days.day(first_of_july, tours, Level.COLLEGE, Role.PUPIL, "canicule-2025").kind is DayKind.ON_SITE
    assert days.day(first_of_july, tours, Level.ECOLE, Role.PUPIL).kind is DayKind.ON_SITE


# --- local calendars --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "known_from", "kind", "otherwise"),
    [
        ("2026-11-28", "2026-10-05T09:00:00+02:00", DayKind.ON_SITE, DayKind.WEEKEND),
        ("2027-01-27", "2026-12-01T09:00:00+01:00", DayKind.REMOTE, DayKind.ON_SITE),
        ("2027-03-26", "2026-09-15T09:00:00+02:00", DayKind.HOLIDAY, DayKind.ON_SITE),
        ("2027-11-12", "2027-06-21T09:00:00+02:00", DayKind.HOLIDAY, DayKind.ON_SITE),
    ],
)
def test_private_schools_days_hold_for_whom_names_them_once_they_are_known(
    on: str, known_from: str, kind: DayKind, otherwise: DayKind
) -> None:
    calendars = [each for each in example("private-schools-calendar.yaml") if isinstance(each, SchoolCalendar)]
    named = platform("private-schools-calendar.yaml").spec.audience[1].calendar or ""
    days = schooldays.embedded().with_calendars(calendars, {})
    when, place, moment = date.fromisoformat(on), PLACES["44"], datetime.fromisoformat(known_from)
    before = days.known_at(moment - timedelta(minutes=1)).day(when, place, Level.LYCEE, Role.PUPIL, named)
    assert before.kind is not kind
    assert days.known_at(moment).day(when, place, Level.LYCEE, Role.PUPIL, named).kind is kind
    assert days.known_at(None).day(when, place, Level.LYCEE, Role.PUPIL).kind is otherwise


# --- the regional ENT on 6 April 2021 ---------------------------------------------------------------------------------


def planned(spec: ENTCapacitySpec, on: str, as_of: str) -> Plan:
    """The plan of a day in Paris, and of nothing else."""
    facts = Facts(schooldays.embedded(), tuple(made_in("announcements-2021.yaml")))
    return plan(spec, facts, datetime.fromisoformat(as_of), Grid(minute_of(datetime.fromisoformat(on)), 24 * 60))


@cache
def demo() -> Plan:
    """What ``make demo`` plans."""
    return planned(platform("regional-ent.yaml").spec, "2021-04-06T00:00:00+02:00", "2021-03-31T20:00:00+02:00")


def most_needed(made: Plan) -> dict[str, int]:
    return {each.name: int(each.need[made.inner].max()) for each in made.workloads}


def short(made: Plan) -> set[str]:
    return {each.name for each in made.workloads if list(shortfalls(made, each))}


def test_the_regional_ent_fits_an_ordinary_monday() -> None:
    monday = planned(platform("regional-ent.yaml").spec, "2021-01-11T00:00:00+01:00", "2021-01-08T12:00:00+01:00")
    assert short(monday) == set()
    assert list(waits(monday)) == []


def test_the_regional_ent_needs_four_to_eleven_times_its_monday_on_6_april_2021() -> None:
    ordinary = {each.name: each.ordinary_peak.replicas for each in demo().spec.workloads if each.ordinary_peak}
    times = {name: need / ordinary[name] for name, need in most_needed(demo()).items()}
    assert times.keys() == ordinary.keys()
    assert all(4 <= factor <= 11 for factor in times.values()), times


def test_on_6_april_2021_auth_is_short_people_wait_for_it_and_everything_else_fits() -> None:
    assert short(demo()) == {"auth"}
    assert {each.limited_by for each in waits(demo())} == {"auth"}


def test_the_maximum_for_announced_days_that_the_regional_ent_leaves_out_would_help() -> None:
    text = (ROOT / "examples" / "regional-ent.yaml").read_text(encoding="utf-8")
    raised = parse(yaml.safe_load(text.replace("# maxWhenAnnounced", "maxWhenAnnounced")))
    assert isinstance(raised, ENTCapacity)
    made = planned(raised.spec, "2021-04-06T00:00:00+02:00", "2021-03-31T20:00:00+02:00")
    assert short(made) == set()
    longest = [each.longest for each in waits(made)]
    assert all(each is not None and each <= raised.spec.shaping.max_wait for each in longest)


@pytest.mark.parametrize("name", ["minimal.yaml", "virtual-classroom.yaml", "overseas.yaml"])
def test_the_other_platforms_fit_even_6_april_2021(name: str) -> None:
    made = planned(platform(name).spec, "2021-04-06T00:00:00+02:00", "2021-03-31T20:00:00+02:00")
    assert short(made) == set()
    assert list(waits(made)) == []


def test_virtual_classrooms_wait_over_lunch_for_the_lessons_of_the_afternoon() -> None:
    spec = platform("virtual-classroom.yaml").spec
    made = planned(spec, "2021-04-06T00:00:00+02:00", "2021-03-31T20:00:00+02:00")
    media = made.workload("media")
    noon, lunch, two, three = (
        made.grid.index(datetime.fromisoformat(f"2021-04-06T{at}:00+02:00"))
        for at in ("12:00", "12:45", "14:00", "15:00")
    )
    afternoon = media.need[two:three].max()
    assert media.need[lunch] < afternoon / 2
    assert media.floor[noon:three].min() >= afternoon
