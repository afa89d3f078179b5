"""Types of the keys of a scene file, with their bounds; coordinates are normalised 0-1, origin top-left."""

from typing import Annotated, Final

import msgspec

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[\w.-]+$")]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
Corner = tuple[Share, Share]
Corners = Annotated[tuple[Corner, ...], msgspec.Meta(max_length=100)]
Classes = Annotated[
    tuple[Annotated[str, msgspec.Meta(min_length=1)], ...], msgspec.Meta(min_length=1, max_length=50)
]
Box = tuple[Share, Share, Share, Share]

PERSON: Final = ("person",)
