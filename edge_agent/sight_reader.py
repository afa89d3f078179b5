"""Reads from each picture what the rules need beside tracks: one `Sight` a frame.

It belongs to the pipeline's thread. Only what the scene's rules ask for is looked at: pixels cost time.
"""

from edge_agent.capture.frame import Frame
from edge_agent.perception.tracks import Tracks
from edge_agent.rules.sight import Sight
from edge_agent.scene.scene import Scene


class SightReader:
    """Looks at the pictures of one camera.

    Args:
        scene: the checked scene.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def read(self, frame: Frame, tracks: Tracks) -> Sight:
        """What this picture shows; `tracks` are those after this very frame."""
        height, width = frame.image.shape[:2]
        return Sight(aspect=width / height)
