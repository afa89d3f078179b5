from datetime import UTC, datetime

import pytest

from aggregator.broker.violations import (
    LoggedViolation,
    PermissionViolation,
    parse_mosquitto_line,
    parse_nats_line,
)

AT = datetime(2026, 11, 22, 9, 28, 20, 779308, tzinfo=UTC)
HEAD = '[12428] 2026/11/22 09:28:20.779308 [ERR] 127.0.0.1:58377 - mid:28 - "node-1-x" - '


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            HEAD + 'Publish Violation - Subject "mt.v1.dn.node-1.cfg"',
            LoggedViolation(28, "node-1-x", "publish", "mt/v1/dn/node-1/cfg", AT),
        ),
        (
            HEAD + 'Publish Violation - User "node-1", Subject "elsewhere"',
            LoggedViolation(28, "node-1-x", "publish", "elsewhere", AT),
        ),
        (
            HEAD + 'Subscription Violation - Subject "mt.v1.dn.*.cfg", SID mt.v1.dn.*.cfg',
            LoggedViolation(28, "node-1-x", "subscribe", "mt/v1/dn/+/cfg", AT),
        ),
        (
            HEAD + 'Subscription Violation - Subject "mt.v1.up.>", SID mt.v1.up.>',
            LoggedViolation(28, "node-1-x", "subscribe", "mt/v1/up/#", AT),
        ),
        (
            HEAD.replace("node-1-x", r"a\" - \\b") + 'Publish Violation - Subject "x\\"y"',
            LoggedViolation(28, 'a" - \\b', "publish", 'x"y', AT),
        ),
    ],
)
def test_a_violation_is_read_from_natss_log(line: str, expected: LoggedViolation) -> None:
    assert parse_nats_line(line) == expected


@pytest.mark.parametrize(
    "line",
    [
        "",
        "[12428] 2026/11/22 09:28:19.425590 [INF] Server is ready",
        HEAD + "maximum payload exceeded: 2000026 vs 1048576",
        HEAD + 'authentication error - User "node-1"',
        # a client id that looks like a violation of another's
        HEAD.replace("node-1-x", r"node-a\" - Publish Violation - Subject \"mt.v1.up.node-a.ev") + "invalid",
        HEAD + 'Publish Violation - Subject "cut sho',
        "\x00\x01 not text",
    ],
)
def test_other_lines_of_nats_are_no_violation(line: str) -> None:
    assert parse_nats_line(line) is None


def test_a_logged_violation_gets_its_user() -> None:
    logged = LoggedViolation(28, "c", "publish", "x", AT)
    assert logged.by("node-1") == PermissionViolation("node-1", "x", "publish", AT, "c")
    assert logged.by(None).user is None


SECOND = datetime(2026, 11, 22, 9, 40, 36, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "1795340436: Denied PUBLISH from node-1 (d0, q1, r0, m2, 'mt/v1/dn/node-1/cfg', ... (4 bytes))",
            PermissionViolation("node-1", "mt/v1/dn/node-1/cfg", "publish", SECOND, "node-1"),
        ),
        (
            "1795340436: Denied PUBLISH from node-1 (d0, q1, r1, m3, 'it's (odd)', ... (0 bytes))",
            PermissionViolation("node-1", "it's (odd)", "publish", SECOND, "node-1"),
        ),
        (
            "1795340436: Received PUBLISH from node-1 (d0, q1, r0, m1, 'mt/v1/up/n/ev', ... (4 bytes))",
            None,
        ),
        ("1795340436: Sending PUBACK to node-1 (m2, rc135)", None),
        ("", None),
    ],
)
def test_a_violation_is_read_from_mosquittos_log(line: str, expected: PermissionViolation | None) -> None:
    assert parse_mosquitto_line(line) == expected
