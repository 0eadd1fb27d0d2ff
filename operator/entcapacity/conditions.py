"""What an ENTCapacity's conditions say, from everything that was found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from entcapacity.reasons import Reason, reason

Type = Literal["Accepted", "CalendarKnown", "Planned", "Enforced", "CapacitySufficient", "DemandAsPlanned", "Ready"]
Truth = Literal["True", "False", "Unknown"]

CONCERNS: Final[Mapping[str, Type]] = {
    "Invalid": "Accepted",
    "TargetMissing": "Accepted",
    "TargetUnreadable": "Accepted",
    "TargetTaken": "Accepted",
    "Ambiguous": "Accepted",
    "ScaledObjectUnknown": "Accepted",
    "DriverMissing": "Accepted",
    "DriverElsewhere": "Accepted",
    "GitOpsOwned": "Accepted",
    "MaximumBelowFound": "Accepted",
    "ApplyConflicts": "Accepted",
    "CalendarUnreadable": "CalendarKnown",
    "CalendarMissing": "CalendarKnown",
    "AnnouncementNotRead": "CalendarKnown",
    "CalendarEnds": "CalendarKnown",
    "CalendarHole": "CalendarKnown",
    "Holding": "Planned",
    "PlanFailed": "Planned",
    "PassFailed": "Planned",
    "Observing": "Enforced",
    "Suspended": "Enforced",
    "ClockWentBack": "Enforced",
    "Contested": "Enforced",
    "WriteFailed": "Enforced",
    "HPABlind": "Enforced",
    "Stopped": "Enforced",
    "FloorIneffective": "Enforced",
    "TooLate": "CapacitySufficient",
    "Short": "CapacitySufficient",
    "BudgetShort": "CapacitySufficient",
    "NodesShort": "CapacitySufficient",
    "AllocatableShort": "CapacitySufficient",
    "QuotaShort": "CapacitySufficient",
    "NotReady": "CapacitySufficient",
    "Waiting": "CapacitySufficient",
    "WaitingOpen": "CapacitySufficient",
    "LimitReached": "CapacitySufficient",
    "BudgetOverdrawn": "CapacitySufficient",
    "DemandAbovePlan": "DemandAsPlanned",
    "StillWaiting": "DemandAsPlanned",
    "ObservationFailed": "DemandAsPlanned",
    "PrometheusMissing": "DemandAsPlanned",
}
"""Which condition a finding makes false; what is not listed is worth knowing, but makes none false."""

_HOLDS: Final[Mapping[Type, str]] = {
    "Accepted": "Valid",
    "CalendarKnown": "Known",
    "Planned": "UpToDate",
    "Enforced": "FloorsHold",
    "CapacitySufficient": "Sufficient",
}
_GRAVEST: Final = ("WriteFailed", "Contested", "ClockWentBack")
"""What keeps floors from holding now comes before what may keep them from it."""
ON_PURPOSE: Final = ("Observing", "Suspended")
"""What somebody asked for is no fault."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition, in words of ours."""

    type: Type
    status: Truth
    reasons: tuple[Reason, ...]
    """The first gives its code, all of them the message."""

    @property
    def code(self) -> str:
        """Its reason, as Kubernetes names it."""
        return self.reasons[0].code

    def message(self, language: str) -> str:
        """Its message for people."""
        return "; ".join(each.text(language) for each in self.reasons)[:30_000]


def conditions(found: Iterable[Reason], planned: bool) -> tuple[Condition, ...]:
    """All conditions, ``Ready`` last; without a plan, what depends on one is unknown."""
    found = tuple(found)
    by_type: dict[Type, list[Reason]] = {}
    for each in sorted(dict.fromkeys(found), key=lambda each: each.code not in _GRAVEST):
        if each.code in CONCERNS:
            by_type.setdefault(CONCERNS[each.code], []).append(each)
    made = [_condition(each, by_type.get(each, []), planned) for each in _HOLDS]
    made.append(_demand(by_type.get("DemandAsPlanned", []), found))
    return (*made, _summary(made))


def _demand(faults: Sequence[Reason], found: Iterable[Reason]) -> Condition:
    """Whether as many come as were to be expected. Unknown is never no."""
    if faults:
        truth: Truth = "Unknown" if faults[0].code in ("ObservationFailed", "PrometheusMissing") else "False"
        return Condition("DemandAsPlanned", truth, tuple(faults))
    compared = [each for each in found if each.code == "AsPlanned"]
    if compared:
        return Condition("DemandAsPlanned", "True", tuple(compared))
    return Condition("DemandAsPlanned", "Unknown", (reason("NotObserved"),))


def _condition(of: Type, found: Sequence[Reason], planned: bool) -> Condition:
    if found:
        return Condition(of, "False", tuple(found))
    if not planned and of in ("Planned", "CapacitySufficient", "Enforced", "CalendarKnown"):
        return Condition(of, "Unknown", (reason("NotPlanned"),))
    return Condition(of, "True", (reason(_HOLDS[of]),))


def _summary(made: Sequence[Condition]) -> Condition:
    """``Ready``: whether anything asks for somebody."""
    faults = [each for each in made if each.status == "False" and each.code not in ON_PURPOSE]
    if faults:
        return Condition("Ready", "False", faults[0].reasons)
    unknown = [each for each in made if each.status == "Unknown" and each.code != "NotObserved"]
    if unknown:
        return Condition("Ready", "Unknown", unknown[0].reasons)
    purpose = next((each for each in made if each.code in ON_PURPOSE), None)
    return Condition("Ready", "True", purpose.reasons if purpose else (reason("AllWell"),))


def unseen_since(before: object) -> datetime | None:
    """Since when what is observed could not be seen, as conditions in a status say; ``None`` where it could."""
    known = {each["type"]: each for each in before} if isinstance(before, list) else {}
    was = known.get("DemandAsPlanned", {})
    return datetime.fromisoformat(was["lastTransitionTime"]) if was.get("reason") == "ObservationFailed" else None


def as_status(
    made: Sequence[Condition], before: object, now: str, generation: int, language: str
) -> list[dict[str, Any]]:
    """Conditions as a status holds them; a transition time changes only with the status, and where that is unknown for
    another reason than before: since when nobody can see is another question than since when nobody asked."""
    known = {each["type"]: each for each in before} if isinstance(before, list) else {}
    shown = []
    for each in made:
        was = known.get(each.type, {})
        same = was.get("status") == each.status and (each.status != "Unknown" or was["reason"] == each.code)
        since = was["lastTransitionTime"] if same else now
        shown.append(
            {
                "type": each.type,
                "status": each.status,
                "reason": each.code,
                "message": each.message(language),
                "lastTransitionTime": since,
                "observedGeneration": generation,
            }
        )
    return shown
