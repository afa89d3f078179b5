import pytest

from edge_agent.capture.fps_cap import FpsCap


@pytest.mark.parametrize(
    ("source_fps", "cap", "seconds", "kept"),
    [
        (25, None, 4, 100),
        (25, 10.0, 4, 40),
        (25, 25.0, 4, 100),
        (10, 25.0, 4, 40),
        (30, 1.0, 4, 4),
        (15, 10.0, 6, 60),
    ],
)
def test_cap_keeps_the_wanted_share(source_fps: int, cap: float | None, seconds: int, kept: int) -> None:
    fps_cap = FpsCap(cap)
    assert sum(fps_cap.accepts(n / source_fps) for n in range(source_fps * seconds)) == kept


def test_jitter_at_the_wanted_rate_loses_nothing() -> None:
    fps_cap = FpsCap(10.0)
    assert all(fps_cap.accepts(n * 0.1 + (0.015 if n % 2 else 0.0)) for n in range(50))


def test_after_a_gap_the_rhythm_starts_anew_instead_of_catching_up() -> None:
    fps_cap = FpsCap(1.0)
    accepted = [fps_cap.accepts(at_s) for at_s in (0.0, 30.0, 30.1, 30.2, 31.0)]
    assert accepted == [True, True, False, False, True]
