"""One picture from one camera.

Neighbours: every camera source makes frames; motion, detection and evidence read them. A frame is never
changed after it was made: whoever draws on it copies the image first.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Frame:
    """A decoded picture and the moment it was captured.

    Attributes:
        camera: id of the camera in the node's configuration.
        image: pixels, shape (height, width, 3), order BGR.
        index: number of the frame since its camera was started, from 0; in replay, its place in the file.
        at_s: capture time in seconds on a monotonic clock; in replay `index / fps` of the file.
    """

    camera: str
    image: NDArray[np.uint8]
    index: int
    at_s: float
