"""From the lanes of a scene to what the tracker expects of traffic: perception does not know scenes."""

from edge_agent.perception.lane_prior import LanePrior, Lanes
from edge_agent.scene.homography import fit_ground
from edge_agent.scene.scene import Scene

KMH_PER_M_S = 3.6


def lanes_of(scene: Scene) -> Lanes:
    """The lanes whose usual speed the scene tells, and its ground where that was surveyed."""
    lanes = tuple(
        LanePrior(lane.polygon, lane.direction, lane.usual_speed_kmh / KMH_PER_M_S)
        for lane in scene.lanes
        if lane.usual_speed_kmh is not None
    )
    if not lanes or scene.homography is None:
        return Lanes(lanes)
    (a, b, c), (d, e, f), (g, h, i) = fit_ground(scene.homography.points).matrix.tolist()
    return Lanes(lanes, ((a, b, c), (d, e, f), (g, h, i)))
