"""The state message carries the figures, cut to what the wire accepts."""

from edge_agent.uplink.status import BORN, NodeFigures, state_of
from fleet.wire.codec import Codec, Rejected
from fleet.wire.messages import CameraState, NodeState


def test_the_figures_are_carried() -> None:
    figures = NodeFigures(
        0,
        b"12345678",
        9,
        "0.1.0",
        "m",
        3.5,
        4,
        1.5,
        (CameraState("cam-01", "online", 9.9),),
        "aarch64",
        ("a", "b"),
    )
    assert state_of(7, BORN, 1_000, figures) == NodeState(
        7, "born", 1_000, 0, b"12345678", 9, "0.1.0", "m", 3.5, 4, 1.5,
        (CameraState("cam-01", "online", 9.9),), "aarch64", "a; b",
    )  # fmt: skip


def test_whatever_the_node_reports_the_wire_accepts() -> None:
    long = "x" * 5_000
    cameras = tuple(CameraState(long, long, 1.0, long) for _ in range(100))
    figures = NodeFigures(
        agent_version=long, model=long, hardware=long, problems=(long, long), cameras=cameras
    )
    codec = Codec()
    assert not isinstance(codec.decode(codec.encode(state_of(1, BORN, -5, figures)), NodeState), Rejected)
