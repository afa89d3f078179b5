import pytest

from edge_agent.capture.camera_status import is_online


@pytest.mark.parametrize(
    ("last_frame_age_s", "running_s", "online"),
    [
        (0.1, 500.0, True),
        (19.9, 500.0, True),
        (20.0, 500.0, False),
        (None, 5.0, True),
        (None, 20.0, False),
    ],
)
def test_camera_is_offline_after_twenty_seconds_without_a_frame(
    last_frame_age_s: float | None, running_s: float, *, online: bool
) -> None:
    assert is_online(last_frame_age_s, running_s) is online
