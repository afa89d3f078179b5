from datetime import UTC, datetime, timedelta

import pytest

from aggregator.nodes.presence import (
    DEFAULT_HEARTBEAT_S,
    Presence,
    Status,
    Verdict,
    Why,
    advance,
    verdict,
)
from fleet.wire.messages import CameraState, NodeState

T0 = datetime(2026, 1, 1, tzinfo=UTC)
CAMERA = CameraState("cam-01", "online", 10.0)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def state(phase: str, session: int = 1, at_ms: int = 0, **fields: object) -> NodeState:
    return NodeState(session=session, phase=phase, at_ms=at_ms, **fields)  # type: ignore[arg-type]  # a case's fields


def walk(*said: tuple[float, NodeState]) -> Presence:
    presence = None
    for seconds, each in said:
        presence = advance(presence, each, at(seconds))
    assert presence is not None
    return presence


@pytest.mark.parametrize(
    ("said", "now_s", "expected"),
    [
        pytest.param([(0, state("born"))], 1, Verdict(Status.ONLINE, at(0), Why.CONNECTED), id="a birth"),
        pytest.param(
            [(0, state("born")), (30, state("alive", at_ms=30))],
            31,
            Verdict(Status.ONLINE, at(0), Why.CONNECTED),
            id="a heartbeat keeps the since of the birth",
        ),
        pytest.param(
            [(0, state("born", at_ms=2)), (5, state("gone", at_ms=1))],
            6,
            Verdict(Status.OFFLINE, at(5), Why.CONNECTION_LOST),
            id="a will of the session",
        ),
        pytest.param(
            [(0, state("born", at_ms=2)), (3, state("alive", at_ms=3)), (5, state("gone", at_ms=4))],
            6,
            Verdict(Status.OFFLINE, at(5), Why.SHUT_DOWN),
            id="a goodbye",
        ),
        pytest.param(
            [(0, state("born", 1)), (4, state("born", 2, 4)), (5, state("gone", 1, 1))],
            6,
            Verdict(Status.ONLINE, at(4), Why.CONNECTED),
            id="a stale will after a reconnect changes nothing",
        ),
        pytest.param(
            [(0, state("gone", 1))],
            6,
            Verdict(Status.OFFLINE, at(0), Why.CONNECTION_LOST),
            id="a retained will, first heard",
        ),
        pytest.param(
            [(0, state("born", 1, 2)), (5, state("gone", 1, 1)), (9, state("gone", 1, 3))],
            20,
            Verdict(Status.OFFLINE, at(5), Why.CONNECTION_LOST),
            id="a second will does not move the since",
        ),
        pytest.param(
            [(0, state("born", 1)), (5, state("gone", 1, 1)), (9, state("alive", 1, 9))],
            10,
            Verdict(Status.ONLINE, at(9), Why.CONNECTED),
            id="a heartbeat after a will",
        ),
        pytest.param(
            [(0, state("alive", 7, 1))],
            10,
            Verdict(Status.ONLINE, at(0), Why.CONNECTED),
            id="a birth that we missed",
        ),
        pytest.param(
            [(0, state("born"))],
            3 * DEFAULT_HEARTBEAT_S,
            Verdict(Status.ONLINE, at(0), Why.CONNECTED),
            id="not yet three heartbeats",
        ),
        pytest.param(
            [(0, state("born"))],
            3 * DEFAULT_HEARTBEAT_S + 0.1,
            Verdict(Status.STALE, at(0), Why.SILENT),
            id="three heartbeats missed",
        ),
        pytest.param(
            [(0, state("born", 1, 1)), (500, state("born", 1, 1))],
            501,
            Verdict(Status.STALE, at(0), Why.SILENT),
            id="a retained message that comes again is no sign of life",
        ),
    ],
)
def test_the_verdict_after_what_was_said(
    said: list[tuple[float, NodeState]], now_s: float, expected: Verdict
) -> None:
    assert expected == verdict(walk(*said), at(now_s))


def test_a_node_that_never_spoke_is_unseen() -> None:
    assert Verdict(Status.UNSEEN, None, Why.NEVER_CONNECTED) == verdict(None, T0)


@pytest.mark.parametrize(
    ("period_s", "beats", "lowest_s", "highest_s"),
    [(2, 30, 2, 2), (30, 5, 30, 30), (120, 4, 120, 120), (600, 6, 600, 600), (0.1, 40, 1, 1)],
)
def test_the_period_of_heartbeats_is_learnt(
    period_s: float, beats: int, lowest_s: float, highest_s: float
) -> None:
    said = [(n * period_s, state("alive", at_ms=n)) for n in range(1, beats)]
    assert lowest_s <= walk((0, state("born")), *said).heartbeat_s <= highest_s


def test_an_extra_state_does_not_make_a_node_look_late() -> None:
    presence = walk((0, state("born")), (30, state("alive", at_ms=1)), (30.1, state("alive", at_ms=2)))
    assert verdict(presence, at(60 + 10)).status == Status.ONLINE


def test_a_will_keeps_what_was_known_of_the_node() -> None:
    said = state("alive", at_ms=5, cameras=(CAMERA,), last_seq=90, outbox_rows=3, agent_version="1")
    presence = walk((0, state("born")), (5, said), (9, state("gone", at_ms=1, last_seq=0)))
    kept = presence.state
    assert (kept.cameras, kept.last_seq, kept.outbox_rows, kept.agent_version) == ((CAMERA,), 90, 3, "1")
