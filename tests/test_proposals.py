"""What a change would do, as people see it before they agree."""

from io import StringIO

from rich.console import Console

from entcapacity.cli.proposals import Proposal, show
from entcapacity.effects import of_announcement
from entcapacity.facts import Bounds
from entcapacity.school import SchoolAnnouncement
from specs import APRIL_2021, facts, instant, occitanie

PLATFORM = occitanie(workloads=[{"name": "portal", "ordinaryPeak": {"replicas": 12}, "max": 30}])
NOW = instant("2021-03-31T20:00:00+02:00")
SHORT = "portal: 52 replicas short at 2021-04-06 08:51; the maximum is 30"


def shown(changed: SchoolAnnouncement, *before: SchoolAnnouncement) -> str:
    known = facts(*before, floors={"portal": 12}, bounds={"portal": Bounds(2, None)})
    effect = of_announcement(PLATFORM.spec, known, changed, NOW)
    out = StringIO()
    show(Console(file=out, width=120), Proposal([(PLATFORM, effect)], 2, ()), "en")
    return " ".join(out.getvalue().split())


def test_an_announcement_is_shown_with_its_days_what_it_asks_for_and_what_becomes_short() -> None:
    said = shown(APRIL_2021)
    assert said.startswith(
        "ent/occitanie Observe Tue 2021-04-06 – Fri 2021-04-09: OnSite → Remote Mon 2021-04-26 – Fri"
    )
    assert "portal 17 → 82 0 → 52 Tue 2021-04-06 05:34 ! " + SHORT in said
    assert "no longer" not in said
    assert said.endswith("2 platforms are not concerned.")


def test_of_a_withdrawal_it_is_said_what_no_longer_holds() -> None:
    spec = APRIL_2021.spec.model_copy(update={"withdrawn_at": NOW})
    said = shown(APRIL_2021.model_copy(update={"spec": spec}), APRIL_2021)
    assert "portal 82 → 17 52 → 0" in said
    assert "no longer: " + SHORT in said
    assert " ! " not in said


def test_what_was_said_before_changes_nothing() -> None:
    again = APRIL_2021.model_copy(update={"metadata": APRIL_2021.metadata.model_copy(update={"name": "again"})})
    said = shown(again, APRIL_2021)
    assert said == "ent/occitanie Observe No change until Wed 2021-05-19: every floor stays as it was. " + said[-30:]
