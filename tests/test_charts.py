"""What the charts carry is what the repository has."""

from operating import ROOT

CHART = ROOT / "charts" / "ent-capacity"


def test_the_chart_carries_the_crds_byte_for_byte() -> None:
    ours, theirs = (
        {each.name: each.read_bytes() for each in folder.glob("*.yaml")}
        for folder in (ROOT / "crds", CHART / "files" / "crds")
    )
    assert theirs == ours, "copy crds/*.yaml to charts/ent-capacity/files/crds/"


def test_no_rule_that_ships_has_a_star() -> None:
    assert "*" not in (CHART / "files" / "rules.yaml").read_text(encoding="utf-8")
