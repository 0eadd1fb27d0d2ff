"""The words of the domain, the same in spec, code, metrics and docs."""

from enum import StrEnum


class Level(StrEnum):
    """School level of a pupil, and of the classes a teacher holds."""

    ECOLE = "Ecole"
    COLLEGE = "College"
    LYCEE = "Lycee"
    POST_BAC = "PostBac"


class Role(StrEnum):
    """Why a user connects."""

    PUPIL = "Pupil"
    TEACHER = "Teacher"
    PARENT = "Parent"


class Weekday(StrEnum):
    """Days of the week, in the order of ``date.weekday()``."""

    MONDAY = "Monday"
    TUESDAY = "Tuesday"
    WEDNESDAY = "Wednesday"
    THURSDAY = "Thursday"
    FRIDAY = "Friday"
    SATURDAY = "Saturday"
    SUNDAY = "Sunday"


class Schooling(StrEnum):
    """What an announcement or a local calendar says of a day."""

    ON_SITE = "OnSite"
    HYBRID = "Hybrid"
    REMOTE = "Remote"
    CLOSED = "Closed"
    HOLIDAY = "Holiday"


class DayKind(StrEnum):
    """What a local date is for an audience. ``Unknown`` is an answer, never "no holiday"."""

    ON_SITE = "OnSite"
    HYBRID = "Hybrid"
    REMOTE = "Remote"
    CLOSED = "Closed"
    HOLIDAY = "Holiday"
    PUBLIC_HOLIDAY = "PublicHoliday"
    WEEKEND = "Weekend"
    UNKNOWN = "Unknown"

    @property
    def has_class(self) -> bool:
        """Whether pupils have class, wherever they sit; a day past the calendar's end is planned as one."""
        return self in _CLASS


_CLASS = frozenset({DayKind.ON_SITE, DayKind.HYBRID, DayKind.REMOTE, DayKind.UNKNOWN})
