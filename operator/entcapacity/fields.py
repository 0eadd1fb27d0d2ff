"""Field types of the custom resources: durations, instants, local times, names, and the scope of who is meant.

API rules: durations as ``90s`` or ``1h30m``, integers, no floats, instants with an offset, local times ``08:30``.

How a value is written stands here once, for the parser and for the schema that ``crds`` makes of these types.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic.config import JsonDict

from entcapacity import territories
from entcapacity.territories import ACADEMIES, PLACES, ZONES, Place
from entcapacity.vocabulary import Level

MINUTES_PER_DAY: Final = 24 * 60

MEASURED: Final = "Measured"

# Forms are read by Python and, in the API server, by Go: [0-9], since Python's \d takes the digits of every script.
_DURATION = "(([0-9]{1,6})h)?(([0-9]{1,6})m)?(([0-9]{1,6})s)?"
_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_INSTANT = _DATE + r"T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])"
_LOCAL_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]|24:00"
_PERCENT = r"100(\.0{1,6})?|[0-9]{1,2}(\.[0-9]{1,6})?"
_QUANTITY = r"([0-9]{1,15}(\.[0-9]{1,9})?)(m|k|M|G|T|Ki|Mi|Gi|Ti)?"

_NAME = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
GROUP_AND_VERSION: Final = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?/v[a-z0-9]+$"

WAYS_OUT: Final[Mapping[str, str]] = {
    _NAME: "not a name: write small letters a to z, digits and -, with a letter or a digit first and last",
    GROUP_AND_VERSION: "not a group and a version: write apps/v1",
}
"""What to write where a pattern does not match: nobody reads a regular expression."""

_NO_DURATION = "not a duration: write 90s, 15m, 2h or 1h30m"
_NO_DATE = "not a date: write 2021-04-06"
_NO_INSTANT = 'not an instant, or an instant without an offset: write "2021-03-31T20:00:00+02:00", or Z for UTC'
_NO_LOCAL_TIME = 'not a local time: write it in quotes, "08:30", from "00:00" to "24:00"'
_NO_PERCENT = 'not a percentage: write 12, or "12.5" in quotes; a percentage of users lies between 0 and 100'
_LEVEL_TWICE = "a level stands there more than once: name each once"
_NO_YEAR = "the year lies outside 2000 to 2100"

_FACTORS: Final[Mapping[str, Decimal]] = {
    "m": Decimal("0.001"),
    **{unit: Decimal(1000) ** power for power, unit in enumerate("kMGT", 1)},
    **{f"{unit}i": Decimal(1024) ** power for power, unit in enumerate("KMGT", 1)},
}


class Model(BaseModel):
    """What all resource types share: frozen, camelCase in YAML, and no field that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True)


API_VERSION: Final = "entcapacity.io/v1alpha1"
BY_NAME: Final[JsonDict] = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}
"""For ``json_schema_extra`` of a list: whoever applies a part of it owns the entries that it names."""


def rules(*found: tuple[str, str]) -> JsonDict:
    """For ``json_schema_extra``: what the API server checks in CEL, and what it says where that does not hold.

    The same is checked, in Python, by the validators and by ``parse``.
    """
    return {"x-kubernetes-validations": [{"rule": rule, "message": message} for rule, message in found]}


def _text(longest: int, *found: tuple[str, str]) -> Any:
    """The schema of a text that these rules hold for."""
    return Annotated[str, Field(min_length=1, max_length=longest, json_schema_extra=rules(*found))]


def _matches(form: str) -> str:
    return f"self.matches(r'^({form})$')"


def duration(value: object) -> timedelta:
    """A duration as ``1h30m``; raises ``ValueError``."""
    if isinstance(value, timedelta):
        return value
    match = re.fullmatch(_DURATION, value) if isinstance(value, str) and value else None
    if match is None:
        raise ValueError(_NO_DURATION)
    hours, minutes, seconds = (int(each or 0) for each in match.group(2, 4, 6))
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def written(duration: timedelta) -> str:
    """A duration as one writes it, ``1h30m``."""
    minutes, seconds = divmod(round(duration.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return "".join(f"{count}{unit}" for count, unit in ((hours, "h"), (minutes, "m"), (seconds, "s")) if count) or "0s"


def _instant(value: object) -> datetime:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value) if re.fullmatch(_INSTANT, value) else None
        except ValueError:
            value = None
    if not isinstance(value, datetime) or value.utcoffset() is None:
        raise ValueError(_NO_INSTANT)
    _check_year(value)
    return value


def _date(value: object) -> date:
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value) if re.fullmatch(_DATE, value) else None
        except ValueError:
            value = None
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError(_NO_DATE)
    _check_year(value)
    return value


def _check_year(value: date) -> None:
    if not 2000 <= value.year <= 2100:
        raise ValueError(_NO_YEAR)


def minutes_of(text: str) -> int:
    """Minutes since midnight of a local time ``HH:MM``, 0 to 1440 (``24:00``); raises ``ValueError``."""
    if not re.fullmatch(_LOCAL_TIME, text):
        raise ValueError(_NO_LOCAL_TIME)
    return int(text[:2]) * 60 + int(text[3:])


def _local_time(value: object) -> int:
    if not isinstance(value, str):
        raise ValueError(_NO_LOCAL_TIME)
    return minutes_of(value)


def _percent(value: object) -> float:
    """A percentage of users: whole, or a decimal in quotes, as Kubernetes has no floats."""
    if not _is_int_or_text(value) or not re.fullmatch(_PERCENT, str(value)):
        raise ValueError(_NO_PERCENT)
    return float(str(value))


def _quantity(value: object) -> float:
    """A Kubernetes quantity in base units (cores, bytes)."""
    match = re.fullmatch(_QUANTITY, str(value)) if _is_int_or_text(value) else None
    if match is None:
        raise ValueError('not a quantity: write "500m" or 2 for CPU, "512Mi" or "2Gi" for memory')
    return float(Decimal(match[1]) * _FACTORS.get(match[3], Decimal(1)))


def _is_int_or_text(value: object) -> bool:
    return isinstance(value, int | str) and not isinstance(value, bool)


def _named_once(levels: tuple[Level, ...]) -> tuple[Level, ...]:
    if len(set(levels)) < len(levels):  # it would count twice in what they do together
        raise ValueError(_LEVEL_TWICE)
    return levels


def _startup(value: object) -> timedelta | str:
    if value == MEASURED:
        return MEASURED
    try:
        return duration(value)
    except ValueError as error:
        raise ValueError(f"{error}, or {MEASURED}") from None


_IN_YEARS = ("self >= '2000' && self < '2101'", _NO_YEAR)  # texts compare like the dates they begin with
_ON_A_DAY = ("!format.date().validate(self).hasValue()", _NO_DATE)
_AT_AN_INSTANT = (f"{_matches(_INSTANT)} && !format.datetime().validate(self).hasValue()", _NO_INSTANT)

Duration = Annotated[
    timedelta, BeforeValidator(duration, json_schema_input_type=_text(21, (_matches(_DURATION), _NO_DURATION)))
]
Startup = Annotated[
    timedelta | Literal["Measured"],
    BeforeValidator(
        _startup,
        json_schema_input_type=_text(21, (_matches(f"{MEASURED}|{_DURATION}"), f"{_NO_DURATION}, or {MEASURED}")),
    ),
]
Instant = Annotated[datetime, BeforeValidator(_instant, json_schema_input_type=_text(35, _AT_AN_INSTANT, _IN_YEARS))]
LocalDate = Annotated[date, BeforeValidator(_date, json_schema_input_type=_text(10, _ON_A_DAY, _IN_YEARS))]
LocalTime = Annotated[
    int, BeforeValidator(_local_time, json_schema_input_type=_text(5, (_matches(_LOCAL_TIME), _NO_LOCAL_TIME)))
]
"""Minutes since local midnight, 0 to 1440."""
# These two are patterns: of what may be a number or a text, the API server does not know the length, nor CEL's cost.
UserPercent = Annotated[
    float,
    BeforeValidator(
        _percent,
        json_schema_input_type=Annotated[int, Field(ge=0, le=100)] | Annotated[str, Field(pattern=f"^({_PERCENT})$")],
    ),
]
Quantity = Annotated[
    float,
    BeforeValidator(
        _quantity,
        json_schema_input_type=Annotated[int, Field(ge=0, le=10**15 - 1)]
        | Annotated[str, Field(pattern=f"^{_QUANTITY}$")],
    ),
]
Count = Annotated[int, Field(strict=True)]
Percent = Annotated[Count, Field(ge=0, le=100)]
Name = Annotated[str, Field(pattern=_NAME, max_length=63)]
ObjectName = Annotated[str, Field(min_length=1, max_length=253)]
Zone = Annotated[str, AfterValidator(territories.check_zone), Field(json_schema_extra={"enum": [*ZONES]})]
Academie = Annotated[str, AfterValidator(territories.check_academie), Field(json_schema_extra={"enum": [*ACADEMIES]})]
DepartementCode = Annotated[
    str, AfterValidator(territories.check_departement), Field(json_schema_extra={"enum": [*PLACES]})
]
# As long as all there are: CEL must know how long a list can be.
Zones = Annotated[tuple[Zone, ...], Field(max_length=len(ZONES))]
Academies = Annotated[tuple[Academie, ...], Field(max_length=len(ACADEMIES))]
Levels = Annotated[
    tuple[Level, ...],
    Field(
        max_length=len(Level),
        json_schema_extra=rules(("self.all(one, self.exists_one(other, other == one))", _LEVEL_TWICE)),
    ),
    AfterValidator(_named_once),
]


class Metadata(BaseModel, frozen=True):
    """The part of Kubernetes' object metadata that we read."""

    name: Name
    namespace: str = ""
    labels: Mapping[str, str] = {}


class Resource(Model):
    """An object of the cluster of one of our kinds, which say what ``kind`` and ``spec`` are."""

    api_version: Literal["entcapacity.io/v1alpha1"]
    kind: str
    metadata: Metadata
    spec: Any
    status: Any = None

    @property
    def name(self) -> str:
        """The object's name."""
        return self.metadata.name


class Scope(Model):
    """Who is meant. Fields narrow one another; an empty field does not narrow, an empty scope is everyone.

    Zones, académies and départements add up: a place is meant when any of them names it.
    """

    zones: Zones = Field((), description="School zones: A, B, C, Corse, Guadeloupe …")
    academies: Academies = Field((), description="Académies, for example Toulouse.")
    departements: Annotated[tuple[DepartementCode, ...], Field(max_length=len(PLACES))] = Field(
        (), description='Codes of départements, in quotes: "31", "2A", "974".'
    )
    levels: Levels = Field((), description="School levels; empty means all.")

    def covers(self, place: Place, level: Level) -> bool:
        """Whether pupils of ``level`` in ``place`` are meant."""
        return self.reaches(place) and (not self.levels or level in self.levels)

    def reaches(self, place: Place) -> bool:
        """Whether ``place`` is meant, at any level."""
        if not (self.zones or self.academies or self.departements):
            return True
        return place.zone in self.zones or place.academie in self.academies or place.departement in self.departements


LabelValue = Annotated[str, Field(max_length=63)]


class LabelRequirement(Model):
    """One requirement on a label, as everywhere in Kubernetes."""

    key: Annotated[str, Field(max_length=317)] = Field(description="The label's key.")
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"] = Field(
        description="What the label must be: one of the values, none of them, there, or not there."
    )
    values: tuple[LabelValue, ...] = Field((), description="The values for In and NotIn.", max_length=100)


class LabelSelector(Model):
    """Which objects, by their labels; empty means all."""

    match_labels: Mapping[str, LabelValue] = Field({}, description="Labels that an object must have.", max_length=100)
    match_expressions: tuple[LabelRequirement, ...] = Field(
        (), description="Further requirements, all of them.", max_length=100
    )

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
