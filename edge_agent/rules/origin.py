"""Where facts come from: one camera, one model, the classes that a rule is about."""

import msgspec


class Origin(msgspec.Struct, frozen=True):
    """What every fact of a rule has in common.

    Attributes:
        camera: id of the camera.
        model: the model that sees.
        classes: labels that the rule is about, in the scene's order.
    """

    camera: str
    model: str
    classes: tuple[str, ...]
