"""How large vehicles are, for what the picture alone cannot tell. Pure.

Round figures of Vietnamese traffic: not measured on a site, and good to about a quarter. They stand for
metres where the ground was not surveyed, for the far end of a vehicle whose near end is seen, for the road
that it takes up. Whatever is reported in metres or km/h with an error is never made of them.
"""

from typing import Final, NamedTuple

from edge_agent.rules.paths import Step, moved_lengths, moved_m


class VehicleSize(NamedTuple):
    """Metres.

    Attributes:
        length: bumper to bumper.
        width: of the road that it takes up, the room at its sides included: nobody drives there.
        seen: square root of the area of its box, seen from a camera above the road.
    """

    length: float
    width: float
    seen: float


_CAR: Final = VehicleSize(4.5, 3.0, 2.2)
_SIZES: Final = {
    "bicycle": VehicleSize(1.8, 1.0, 1.3),
    "motorcycle": VehicleSize(2.0, 1.0, 1.4),
    "car": _CAR,
    "truck": VehicleSize(8.0, 3.3, 3.8),
    "bus": VehicleSize(11.0, 3.3, 4.5),
}


def size_of(class_name: str) -> VehicleSize:
    """Size of a class; of one that is not known, a car's."""
    return _SIZES.get(class_name, _CAR)


def metres_moved(steps: tuple[Step, ...], class_name: str) -> float:
    """From the first step to the last, as the crow flies: surveyed, or by the vehicle's usual size.

    Without a survey, ways towards the camera and away from it come out too short, to about a third: the
    picture foreshortens them. So what asks for a least length or speed misses some, and tells of nobody too
    much.
    """
    surveyed = moved_m(steps)
    return moved_lengths(steps) * size_of(class_name).seen if surveyed is None else surveyed
