"""The status of the custom resources as frozen types: what the operator found, small enough to read at a glance.

``model_dump(mode="json", by_alias=True, exclude_none=True)`` is what goes to the API server.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field
from pydantic.config import JsonDict

from entcapacity.fields import BY_NAME, Model

_BY_TYPE: JsonDict = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]}

Number = Annotated[int, Field(ge=0)]
Message = Annotated[str, Field(max_length=1024)]


class Condition(Model):
    """One thing that holds or does not, as everywhere in Kubernetes."""

    type: str = Field(description="What is spoken of: Accepted, Planned, Enforced, Ready …", max_length=316)
    status: Literal["True", "False", "Unknown"] = Field(description="Whether it holds.")
    observed_generation: Number | None = Field(None, description="The generation of the object this was found of.")
    last_transition_time: AwareDatetime = Field(description="Since when status is what it is.")
    reason: Annotated[str, Field(pattern="^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$")] = Field(
        description="Why, in one word for machines.", min_length=1, max_length=1024
    )
    message: str = Field(description="Why, and the way out, for people; may be empty.", max_length=32768)


class _Status(Model):
    observed_generation: Number | None = Field(None, description="The generation of the object that was acted on.")
    conditions: tuple[Condition, ...] = Field(
        (), description="What holds and what does not; Ready sums it up.", max_length=20, json_schema_extra=_BY_TYPE
    )


class NextChange(Model):
    """The next step of the plan."""

    at: AwareDatetime = Field(description="When.")
    workload: str = Field(description="Which workload; where several change, the one that changes most.")
    from_: Number = Field(alias="from", description="Its floor before.")
    to: Number = Field(description="Its floor after.")
    message: Message = Field(description="The same for people: auth 6 → 14.")


class Former(Model):
    """What stood in the autoscaler before the operator came, and what it gives back; a missing field was not set."""

    minimum: Number | None = Field(None, description="Its least replicas.")
    maximum: Number | None = Field(None, description="Its most replicas.")


class StartTimes(Model):
    """How long pods took from being asked for to Ready."""

    samples: tuple[Number, ...] = Field((), description="The last ones, in seconds.", max_length=20)
    p50_minutes: Number | None = Field(None, description="Half of them took no longer.")
    p95_minutes: Number | None = Field(None, description="19 of 20 took no longer: the plan reckons with this.")


class MeasuredStartup(Model):
    """Start-up as measured."""

    warm: StartTimes | None = Field(None, description="On a node that was there.")
    new_node: StartTimes | None = Field(None, description="On a node that had to come first.")


class WorkloadStatus(Model):
    """A workload: what was planned, asked for and found."""

    name: str = Field(description="Name, as in spec.workloads.")
    driver: Literal["HPA", "ScaledObject", "Scale"] | None = Field(None, description="How it is scaled.")
    planned: Number | None = Field(None, description="The floor that the plan wants now.")
    floor: Number | None = Field(None, description="The floor as written; missing where none is.")
    ready: Number | None = Field(
        None, description="Replicas that serve; where they cannot be read, those of the last look."
    )
    replicas: Number | None = Field(None, description="Replicas there are, Ready or not.")
    maximum: Number | None = Field(None, description="The most replicas it may have now.")
    need: Number | None = Field(None, description="Replicas that serve the demand expected now.")
    former: Former | None = Field(None, description="What is given back when the operator lets go.")
    startup: MeasuredStartup | None = Field(None, description="Start-up as measured.")
    message: Message | None = Field(None, description="What is to be known about it.")


class Slot(Model):
    """A recommended start for a segment."""

    segment: str = Field(description="Name of the segment in spec.audience.")
    from_: AwareDatetime = Field(alias="from", description="When it begins to log in.")
    until: AwareDatetime = Field(description="When the next one begins, or a quarter of an hour later.")


class AdmissionStatus(Model):
    """What can be let in now: for a gate in front of the ENT."""

    sessions: Number | None = Field(None, description="Sessions that the Ready replicas carry.")
    logins_per_second: Number | None = Field(None, description="Log-ins that the Ready replicas and the limits take.")
    longest_wait_seconds: Number | None = Field(None, description="The longest wait for a log-in that is planned on.")
    slots: tuple[Slot, ...] = Field((), description="Recommended starts of the next school day.", max_length=200)


class CostStatus(Model):
    """What the plan of the next days costs."""

    replica_hours: Number = Field(description="Replica-hours of the planned floors.")
    usual_replica_hours: Number = Field(description="Replica-hours of the same days in an ordinary week.")
    percent: Number | None = Field(None, description="The first in percent of the second.")


class ENTCapacityStatus(_Status):
    """What the operator plans and found."""

    today: str | None = Field(None, description="What today is for most users: OnSite, Remote, Holiday …")
    sessions: Number | None = Field(None, description="Sessions expected now.")
    ready: str | None = Field(None, description="Ready replicas of planned ones, all workloads together: 46/52.")
    next_change: NextChange | None = Field(None, description="The next step of the plan.")
    workloads: tuple[WorkloadStatus, ...] = Field(
        (), description="The workloads, one by one.", max_length=100, json_schema_extra=BY_NAME
    )
    admission: AdmissionStatus | None = Field(None, description="What can be let in now.")
    cost: CostStatus | None = Field(None, description="What the plan of the next days costs.")


class SchoolAnnouncementStatus(_Status):
    """What became of the announcement."""

    concerned: Number | None = Field(None, description="How many ENTCapacities it concerns.")


class SchoolCalendarStatus(_Status):
    """What was read of the calendar."""

    days: Number | None = Field(None, description="How many days it holds.")
    until: date | None = Field(None, description="The last of them.")
