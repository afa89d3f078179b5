import threading
import time

import pytest

from edge_agent.doctor.finding import Finding
from edge_agent.doctor.runner import PlannedCheck, run_checks


def well(code: str) -> PlannedCheck:
    return PlannedCheck(code, lambda: Finding(code, "ok"), 5.0)


def test_findings_come_in_the_order_of_the_checks() -> None:
    late = PlannedCheck("LATE", lambda: (time.sleep(0.02), Finding("LATE", "ok"))[1], 5.0)
    findings = [timed.finding for timed in run_checks([late, well("A"), well("B")])]
    assert findings == [Finding("LATE", "ok"), Finding("A", "ok"), Finding("B", "ok")]


def test_check_that_breaks_hides_no_other(caplog: pytest.LogCaptureFixture) -> None:
    def breaks() -> Finding:
        raise ZeroDivisionError("oh")

    findings = [timed.finding for timed in run_checks([PlannedCheck("X", breaks, 5.0, "gate"), well("A")])]
    assert findings == [
        Finding("X", "broken", "gate", {"detail": "ZeroDivisionError: oh"}),
        Finding("A", "ok"),
    ]
    assert "the check X broke" in caplog.text


def test_check_that_hangs_is_left_behind() -> None:
    release = threading.Event()
    hangs = PlannedCheck("X", lambda: (release.wait(20.0), Finding("X", "ok"))[1], 0.05)
    began_s = time.monotonic()
    timed = run_checks([hangs, well("A")])
    took_s = time.monotonic() - began_s
    release.set()
    assert timed[0].finding == Finding("X", "timeout", values={"limit_s": "0.05"})
    assert timed[1].finding == Finding("A", "ok")
    assert took_s < 10.0


def test_checks_run_side_by_side() -> None:
    barrier = threading.Barrier(3, timeout=5.0)
    together = [
        PlannedCheck(code, lambda: (barrier.wait(), Finding("A", "ok"))[1], 5.0) for code in ("A", "B", "C")
    ]
    assert [timed.finding.outcome for timed in run_checks(together)] == ["ok", "ok", "ok"]
