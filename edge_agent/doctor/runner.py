"""Runs checks side by side, each under its own time limit, so that none hides another.

A check that hangs in a driver cannot be stopped: it is left behind on its daemon thread and reported as
having taken too long.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge_agent.doctor.finding import Finding

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PlannedCheck:
    """A check to run: `code` and `subject` name it even when it never answers."""

    code: str
    run: Callable[[], Finding]
    timeout_s: float
    subject: str = ""


@dataclass(frozen=True, slots=True)
class TimedFinding:
    """A finding and how long it took."""

    finding: Finding
    took_ms: int


class _Running:
    """One check on its thread."""

    def __init__(self, check: PlannedCheck) -> None:
        self.check = check
        self.began_s = time.monotonic()
        self._found: TimedFinding | None = None
        self._thread = threading.Thread(target=self._run, name=f"doctor-{check.code}", daemon=True)
        self._thread.start()

    def result(self) -> TimedFinding:
        """Wait for what is left of its time."""
        self._thread.join(max(0.0, self.began_s + self.check.timeout_s - time.monotonic()))
        if self._found is not None:
            return self._found
        limit = {"limit_s": f"{self.check.timeout_s:g}"}
        return TimedFinding(
            Finding(self.check.code, "timeout", self.check.subject, limit), round(self.check.timeout_s * 1000)
        )

    def _run(self) -> None:
        try:
            finding = self.check.run()
        except Exception as error:
            # A check that breaks is a finding too; the others go on.
            log.exception("the check %s broke", self.check.code)
            detail = {"detail": f"{type(error).__name__}: {error}"}
            finding = Finding(self.check.code, "broken", self.check.subject, detail)
        self._found = TimedFinding(finding, round((time.monotonic() - self.began_s) * 1000))


def run_checks(checks: Sequence[PlannedCheck]) -> list[TimedFinding]:
    """Findings in the order of the checks; takes as long as the slowest, at most the longest time limit."""
    running = [_Running(check) for check in checks]
    return [check.result() for check in running]
