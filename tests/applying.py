"""One object as an API server keeps it under server-side apply, with a history and a hand that interferes."""

from typing import Any

from entcapacity import applied
from entcapacity.applied import SOMEBODY
from entcapacity.drivers import Write
from entcapacity.spec import Workload
from entcapacity.targets import Driver
from specs import capacity


class Applied(applied.Applied):
    """What scales the Deployment ``auth``; keeps every value that minimum and maximum had."""

    def __init__(self, driver: Driver, minimum: int | None, maximum: int | None = None, replicas: int = 3) -> None:
        super().__init__(a_workload(), driver, minimum, maximum, replicas)
        self.history = [self.values]

    @property
    def values(self) -> tuple[int | None, int | None]:
        """Minimum and maximum as they are written there."""
        return self.fields.get(self.least), self.fields.get(self.most)

    @property
    def owners(self) -> set[str]:
        """Everybody who owns a field."""
        return set().union(*self._owners.values())

    def owners_of(self, field: str) -> set[str]:
        """Everybody who owns one."""
        return self._owners[field]

    def _do(self, write: Write) -> None:
        super()._do(write)
        self.history.append(self.values)

    def set(self, **fields: int | None) -> None:
        """Somebody's hand."""
        for field, value in fields.items():
            self._owners[field] = {SOMEBODY}
            self.fields[field] = value


def a_workload(**more: Any) -> Workload:
    """A workload called ``auth``."""
    spec = capacity(workloads=[{"name": "auth", "ordinaryPeak": {"replicas": 6}, **more}])
    found: Workload = spec.workloads[0]
    return found
