"""The custom resources about school, ``SchoolAnnouncement`` and ``SchoolCalendar``, as frozen types."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from entcapacity.fields import Instant, LocalDate, Metadata, Model, Percent, Scope
from entcapacity.vocabulary import Level, Schooling


def _check(days: Period | CalendarDay) -> None:
    """What holds for days of an announcement and of a calendar alike."""
    if days.until is not None and days.until < days.from_:
        raise ValueError(f"until {days.until} is before from {days.from_}")
    if (days.schooling is Schooling.HYBRID) != (days.on_site_percent is not None):
        raise ValueError("onSitePercent goes with schooling Hybrid, and Hybrid needs it")


class Period(Model):
    """How school is held from one local date to another, both inclusive."""

    from_: LocalDate = Field(alias="from", description="First local date.")
    until: LocalDate | None = Field(None, description="Last local date; without it, until superseded.")
    schooling: Schooling = Field(description="Remote, Hybrid, OnSite on class days; Holiday, Closed on weekdays.")
    on_site_percent: Percent | None = Field(None, description="With Hybrid: percent of pupils on site.")
    levels: tuple[Level, ...] = Field((), description="School levels; default those of the scope.")
    terms: Literal["Keep", "Replace"] = Field(
        "Keep", description="Replace makes the calendar's holidays in the period class days."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _check(self)
        return self


class SchoolAnnouncementSpec(Model):
    """A decision on how school is held, and since when it is known."""

    cause: Literal["Confinement", "Heatwave", "Storm", "Transport", "Strike", "Exam", "Other"] = Field(
        "Other", description="Why."
    )
    announced_at: Instant = Field(description="When it becomes known; may lie ahead.")
    withdrawn_at: Instant | None = Field(None, description="When it was taken back.")
    scope: Scope = Field(Scope(), description="Who is meant; empty is everyone.")
    periods: tuple[Period, ...] = Field(description="How school is held, and when.", min_length=1, max_length=100)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.withdrawn_at is not None and self.withdrawn_at < self.announced_at:
            raise ValueError("withdrawnAt is before announcedAt")
        return self


class SchoolAnnouncement(Model):
    """One announcement."""

    api_version: Literal["entcapacity.io/v1alpha1"]
    kind: Literal["SchoolAnnouncement"]
    metadata: Metadata
    spec: SchoolAnnouncementSpec
    status: Any = None

    @property
    def name(self) -> str:
        """The object's name."""
        return self.metadata.name


class CalendarDay(Model):
    """Local days that differ from the official calendar."""

    from_: LocalDate = Field(alias="from", description="First local date.")
    until: LocalDate | None = Field(None, description="Last local date; default the first.")
    schooling: Schooling = Field(Schooling.HOLIDAY, description="What these days are.")
    on_site_percent: Percent | None = Field(None, description="With Hybrid: percent of pupils on site.")
    levels: tuple[Level, ...] = Field((), description="School levels; default all.")
    known_from: Instant | None = Field(None, description="When it became known; default always.")
    description: str = Field("local day", description="Why, as people call it.", max_length=200)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.until is not None and self.until - self.from_ > timedelta(days=400):
            raise ValueError(f"until {self.until} is more than 400 days after from {self.from_}: write an entry a year")
        _check(self)
        return self


class ConfigMapKey(Model):
    """A calendar file, unchanged, in a ConfigMap of the operator's namespace."""

    name: str = Field(description="Name of the ConfigMap.")
    key: str = Field(description="Key in it; its ending says the format: .csv, .json or .ics.")


class SchoolCalendarSpec(Model):
    """Days on top of the embedded calendar."""

    scope: Scope | None = Field(
        None, description="Who is meant; {} is everyone; left out, only segments that name this calendar."
    )
    days: tuple[CalendarDay, ...] = Field((), description="Local days.", max_length=2000)
    from_config_map: ConfigMapKey | None = Field(None, description="A calendar file.")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.days and self.from_config_map is None:
            raise ValueError("is empty: give days or fromConfigMap")
        return self


class SchoolCalendar(Model):
    """A local calendar."""

    api_version: Literal["entcapacity.io/v1alpha1"]
    kind: Literal["SchoolCalendar"]
    metadata: Metadata
    spec: SchoolCalendarSpec
    status: Any = None

    @property
    def name(self) -> str:
        """The object's name."""
        return self.metadata.name
