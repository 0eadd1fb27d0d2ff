"""Field types of the custom resources: durations, instants, local times, names, and the scope of who is meant.

API rules: durations as ``90s`` or ``1h30m``, integers, no floats, instants with an offset, local times ``08:30``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from entcapacity import territories
from entcapacity.territories import Place
from entcapacity.vocabulary import Level

MINUTES_PER_DAY: Final = 24 * 60

_DURATION = re.compile(r"(?:(?P<h>\d+)h)?(?:(?P<m>\d+)m)?(?:(?P<s>\d+)s)?")
_LOCAL_TIME = re.compile(r"(\d\d):(\d\d)")
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)(m|k|M|G|T|Ki|Mi|Gi|Ti)?")
_FACTORS: Final[Mapping[str, Decimal]] = {
    "m": Decimal("0.001"),
    **{unit: Decimal(1000) ** power for power, unit in enumerate("kMGT", 1)},
    **{f"{unit}i": Decimal(1024) ** power for power, unit in enumerate("KMGT", 1)},
}


class Model(BaseModel):
    """What all resource types share: frozen, camelCase in YAML, and no field that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True)


API_VERSION: Final = "entcapacity.io/v1alpha1"


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(value) if isinstance(value, str) and value else None
    if match is None:
        raise ValueError("not a duration: write 90s, 15m, 2h or 1h30m")
    hours, minutes, seconds = (int(match[unit] or 0) for unit in "hms")
    if hours > 24 * 366:
        raise ValueError("longer than a year: write at most 8784h")
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _instant(value: object) -> datetime:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            value = None
    if not isinstance(value, datetime):
        raise ValueError('not an instant: write "2021-03-31T20:00:00+02:00"')
    if value.utcoffset() is None:
        raise ValueError('an instant without an offset: write "2021-03-31T20:00:00+02:00", or Z for UTC')
    _check_year(value.year)
    return value


def _date(value: object) -> date:
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            value = None
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError("not a date: write 2021-04-06")
    _check_year(value.year)
    return value


def _check_year(year: int) -> None:
    if not 2000 <= year <= 2100:
        raise ValueError(f"the year {year} lies outside 2000 to 2100")


def minutes_of(text: str) -> int:
    """Minutes since midnight of a local time ``HH:MM``, 0 to 1440 (``24:00``); raises ``ValueError``."""
    match = _LOCAL_TIME.fullmatch(text)
    minutes = int(match[1]) * 60 + int(match[2]) if match else -1
    if match is None or int(match[2]) > 59 or minutes > MINUTES_PER_DAY:
        raise ValueError('not a local time: write "08:30", from "00:00" to "24:00"')
    return minutes


def _local_time(value: object) -> int:
    if not isinstance(value, str):
        raise ValueError('not a local time: write it in quotes, "08:30"')
    return minutes_of(value)


def _percent(value: object) -> float:
    """A percentage of users: whole, or a decimal in quotes, as Kubernetes has no floats."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError('not a percentage: write 12, or "12.5" in quotes')
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise ValueError('not a percentage: write 12, or "12.5" in quotes') from None
    if not 0 <= number <= 100:
        raise ValueError("a percentage of users lies between 0 and 100")
    return float(number)


def _quantity(value: object) -> float:
    """A Kubernetes quantity in base units (cores, bytes)."""
    match = _QUANTITY.fullmatch(str(value)) if isinstance(value, int | str) and not isinstance(value, bool) else None
    if match is None:
        raise ValueError('not a quantity: write "500m" or 2 for CPU, "512Mi" or "2Gi" for memory')
    return float(Decimal(match[1]) * _FACTORS.get(match[2], Decimal(1)))


def _startup(value: object) -> timedelta | str:
    if value == MEASURED:
        return MEASURED
    try:
        return _duration(value)
    except ValueError as error:
        raise ValueError(f"{error}, or Measured") from None


MEASURED: Final = "Measured"
Duration = Annotated[timedelta, BeforeValidator(_duration)]
Startup = Annotated[timedelta | Literal["Measured"], BeforeValidator(_startup)]
Instant = Annotated[datetime, BeforeValidator(_instant)]
LocalDate = Annotated[date, BeforeValidator(_date)]
LocalTime = Annotated[int, BeforeValidator(_local_time)]
"""Minutes since local midnight, 0 to 1440."""
UserPercent = Annotated[float, BeforeValidator(_percent)]
Quantity = Annotated[float, BeforeValidator(_quantity)]
Count = Annotated[int, Field(strict=True)]
Percent = Annotated[Count, Field(ge=0, le=100)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=63)]
Zone = Annotated[str, AfterValidator(territories.check_zone)]
Academie = Annotated[str, AfterValidator(territories.check_academie)]
DepartementCode = Annotated[str, AfterValidator(territories.check_departement)]


class Metadata(BaseModel, frozen=True):
    """The part of Kubernetes' object metadata that we read."""

    name: Name
    namespace: str = ""
    labels: Mapping[str, str] = {}


class Scope(Model):
    """Who is meant. Fields narrow one another; an empty field does not narrow, an empty scope is everyone.

    Zones, académies and départements add up: a place is meant when any of them names it.
    """

    zones: tuple[Zone, ...] = Field((), description="School zones: A, B, C, Corse, Guadeloupe …")
    academies: tuple[Academie, ...] = Field((), description="Académies, for example Toulouse.")
    departements: tuple[DepartementCode, ...] = Field((), description='Codes of départements, for example "31".')
    levels: tuple[Level, ...] = Field((), description="School levels; empty means all.")

    def covers(self, place: Place, level: Level) -> bool:
        """Whether pupils of ``level`` in ``place`` are meant."""
        return self.reaches(place) and (not self.levels or level in self.levels)

    def reaches(self, place: Place) -> bool:
        """Whether ``place`` is meant, at any level."""
        if not (self.zones or self.academies or self.departements):
            return True
        return place.zone in self.zones or place.academie in self.academies or place.departement in self.departements


class LabelRequirement(Model):
    """One requirement on a label, as everywhere in Kubernetes."""

    key: str = Field(description="The label's key.")
    operator: Annotated[str, Field(pattern="^(In|NotIn|Exists|DoesNotExist)$")] = Field(
        description="In, NotIn, Exists or DoesNotExist."
    )
    values: tuple[str, ...] = Field((), description="The values for In and NotIn.")


class LabelSelector(Model):
    """Which objects, by their labels; empty means all."""

    match_labels: Mapping[str, str] = Field({}, description="Labels that an object must have.")
    match_expressions: tuple[LabelRequirement, ...] = Field((), description="Further requirements, all of them.")

    def selects(self, labels: Mapping[str, str]) -> bool:
        """Whether an object with ``labels`` is meant."""
        return all(labels.get(key) == value for key, value in self.match_labels.items()) and all(
            _meets(each, labels) for each in self.match_expressions
        )


def _meets(requirement: LabelRequirement, labels: Mapping[str, str]) -> bool:
    present = requirement.key in labels
    match requirement.operator:
        case "Exists":
            return present
        case "DoesNotExist":
            return not present
        case "In":
            return present and labels[requirement.key] in requirement.values
    return not present or labels[requirement.key] not in requirement.values


def show(value: Any, width: int = 60) -> str:
    """A value as it stands in an error message, shortened."""
    text = repr(value)
    return text if len(text) <= width else text[: width - 1] + "…"
