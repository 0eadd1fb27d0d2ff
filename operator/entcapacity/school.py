"""The custom resources about school, ``SchoolAnnouncement`` and ``SchoolCalendar``, as frozen types.

What a validator checks across fields, ``rules`` says once more in CEL, for the API server.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, Self

from pydantic import ConfigDict, Field, model_validator

from entcapacity.fields import Instant, Levels, LocalDate, Model, ObjectName, Percent, Resource, Scope, rules
from entcapacity.vocabulary import Schooling


def _check(days: Period | CalendarDay) -> None:
    """What holds for days of an announcement and of a calendar alike."""
    if days.until is not None and days.until < days.from_:
        raise ValueError(f"until {days.until} is before from {days.from_}")
    if (days.schooling is Schooling.HYBRID) != (days.on_site_percent is not None):
        raise ValueError("onSitePercent goes with schooling Hybrid, and Hybrid needs it")


_UNTIL_AFTER_FROM = ("!has(self.until) || self.until >= self.from", "until is before from")  # ISO dates sort as text
_HYBRID = (
    "(has(self.schooling) && self.schooling == 'Hybrid') == has(self.onSitePercent)",
    "onSitePercent goes with schooling Hybrid, and Hybrid needs it",
)


class Period(Model):
    """How school is held from one local date to another, both inclusive."""

    model_config = ConfigDict(json_schema_extra=rules(_UNTIL_AFTER_FROM, _HYBRID))

    from_: LocalDate = Field(alias="from", description="First local date: 2021-04-06.")
    until: LocalDate | None = Field(None, description="Last local date; without it, until superseded.")
    schooling: Schooling = Field(description="Remote, Hybrid, OnSite on class days; Holiday, Closed on weekdays.")
    on_site_percent: Percent | None = Field(None, description="With Hybrid: percent of pupils on site.")
    levels: Levels = Field((), description="School levels; default those of the scope.")
    terms: Literal["Keep", "Replace"] = Field(
        "Keep", description="Replace makes the calendar's holidays in the period class days."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _check(self)
        return self


class SchoolAnnouncementSpec(Model):
    """A decision on how school is held, and since when it is known."""

    # Plans for the past are held against what was known then, so what was announced stays as it was.
    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "!has(self.withdrawnAt) || timestamp(self.withdrawnAt) >= timestamp(self.announcedAt)",
                "withdrawnAt is before announcedAt",
            ),
            (
                "self.announcedAt == oldSelf.announcedAt && self.periods == oldSelf.periods"
                " && has(self.cause) == has(oldSelf.cause) && (!has(self.cause) || self.cause == oldSelf.cause)"
                " && has(self.scope) == has(oldSelf.scope) && (!has(self.scope) || self.scope == oldSelf.scope)",
                "what was announced does not change: set withdrawnAt, and write a new SchoolAnnouncement",
            ),
            (
                "!has(oldSelf.withdrawnAt) || has(self.withdrawnAt) && self.withdrawnAt == oldSelf.withdrawnAt",
                "withdrawnAt is set once: to announce again, write a new SchoolAnnouncement",
            ),
        )
    )

    cause: Literal["Confinement", "Heatwave", "Storm", "Transport", "Strike", "Exam", "Other"] = Field(
        "Other", description="Why, for people."
    )
    announced_at: Instant = Field(description="When it becomes known: 2021-03-31T20:00:00+02:00. May lie ahead.")
    withdrawn_at: Instant | None = Field(
        None, description="When it was taken back: the one field that may be set later, and once."
    )
    scope: Scope = Field(Scope(), description="Who is meant; empty is everyone.")
    periods: tuple[Period, ...] = Field(description="How school is held, and when.", min_length=1, max_length=100)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.withdrawn_at is not None and self.withdrawn_at < self.announced_at:
            raise ValueError("withdrawnAt is before announcedAt")
        return self


class SchoolAnnouncement(Resource):
    """What was announced about school: how it is held, for whom, and since when that is known."""

    kind: Literal["SchoolAnnouncement"]
    spec: SchoolAnnouncementSpec


class CalendarDay(Model):
    """Local days that differ from the official calendar."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            _UNTIL_AFTER_FROM,
            _HYBRID,
            (
                "!has(self.until)"
                " || timestamp(self.until + 'T00:00:00Z') - timestamp(self.from + 'T00:00:00Z') <= duration('9600h')",
                "until is more than 400 days after from: write an entry a year",
            ),
        )
    )

    from_: LocalDate = Field(alias="from", description="First local date: 2021-04-06.")
    until: LocalDate | None = Field(None, description="Last local date; default the first.")
    schooling: Schooling = Field(Schooling.HOLIDAY, description="What these days are.")
    on_site_percent: Percent | None = Field(None, description="With Hybrid: percent of pupils on site.")
    levels: Levels = Field((), description="School levels; default all.")
    known_from: Instant | None = Field(
        None, description="When it became known: 2026-09-15T09:00:00+02:00; default always."
    )
    description: str = Field("local day", description="Why, as people call it.", max_length=200)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.until is not None and self.until - self.from_ > timedelta(days=400):
            raise ValueError(f"until {self.until} is more than 400 days after from {self.from_}: write an entry a year")
        _check(self)
        return self


class ConfigMapKey(Model):
    """A calendar file, unchanged, in a ConfigMap of the operator's namespace."""

    name: ObjectName = Field(description="Name of the ConfigMap.")
    key: ObjectName = Field(description="Key in it; its ending says the format: .csv, .json or .ics.")


class SchoolCalendarSpec(Model):
    """Days on top of the embedded calendar."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "has(self.days) && self.days.size() > 0 || has(self.fromConfigMap)",
                "is empty: give days or fromConfigMap",
            )
        )
    )

    scope: Scope | None = Field(
        None, description="Who is meant; {} is everyone; left out, only segments that name this calendar."
    )
    days: tuple[CalendarDay, ...] = Field(
        (), description="Local days, one entry for each run of them.", max_length=2000
    )
    from_config_map: ConfigMapKey | None = Field(None, description="A calendar file, official or ICS, as it is.")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.days and self.from_config_map is None:
            raise ValueError("is empty: give days or fromConfigMap")
        return self


class SchoolCalendar(Resource):
    """School days of a place, a year or a kind of school that the embedded official calendar does not hold."""

    kind: Literal["SchoolCalendar"]
    spec: SchoolCalendarSpec
