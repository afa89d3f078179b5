import pytest
from fakes.staged_tracks import track_at

from edge_agent.perception.tracks import Tracks
from edge_agent.rules.moment import is_mature, moment_of


@pytest.mark.parametrize(
    ("seen_s", "hits", "expected"),
    [(0.5, 3, True), (0.4, 5, False), (5.0, 2, False), (0.30000000000000004 + 0.2, 6, True)],
)
def test_a_track_is_believed_after_half_a_second_and_three_sights(
    seen_s: float, hits: int, *, expected: bool
) -> None:
    assert expected == is_mature(track_at((0.5, 0.5), born_s=0.0, seen_s=seen_s, hits=hits))


def test_tracks_are_sorted_out_into_seen_present_and_live() -> None:
    seen = track_at((0.1, 0.5), tracker_id=1, born_s=0.0, seen_s=5.0, hits=9)
    blinking = track_at((0.2, 0.5), tracker_id=2, born_s=0.0, seen_s=4.0, hits=9)
    lost = track_at((0.3, 0.5), tracker_id=3, born_s=0.0, seen_s=3.9, hits=9)
    young = track_at((0.4, 0.5), tracker_id=4, born_s=4.9, seen_s=5.0, hits=2)
    moment = moment_of(Tracks(5.0, (seen, blinking, lost, young)))
    assert (seen, young) == moment.seen
    assert (seen, blinking) == moment.present
    assert {1, 2, 3, 4} == moment.ids
