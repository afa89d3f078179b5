"""A scene drawn over a still: what a technician checks by eye, and hands over as a picture.

Colours by kind: lines yellow with an arrow to the forward side, zones cyan, lanes green with their direction,
signals magenta with their lamps, privacy black, survey points and the grid of metres white.
"""

import unicodedata
from math import hypot
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_agent.scene.geometry import Point, Polygon
from edge_agent.scene.homography import Ground
from edge_agent.scene.scene import Scene, Signal
from edge_agent.scene_tools.ground_grid import ground_grid

Image = NDArray[np.uint8]
Colour = tuple[int, int, int]
YELLOW: Final = (60, 210, 255)
CYAN: Final = (235, 200, 70)
GREEN: Final = (110, 220, 90)
MAGENTA: Final = (235, 110, 235)
WHITE: Final = (245, 245, 245)
BLACK: Final = (12, 12, 12)
LAMPS: Final = {
    "red": (60, 60, 240),
    "amber": (40, 180, 250),
    "yellow": (40, 180, 250),
    "green": (90, 200, 60),
}
_ARROW: Final = 0.05
_WIDEST: Final = 1920
_NARROWEST: Final = 960


def draw_scene(image: Image, scene: Scene, ground: Ground | None) -> Image:
    """A copy of the still with the scene over it; small stills are enlarged so that ids can be read.

    Args:
        image: (height, width, 3) BGR.
        scene: what to draw.
        ground: for the grid; nothing draws none.
    """
    pen = _Pen(_scaled(image))
    if ground is not None and scene.homography is not None:
        _draw_grid(pen, scene, ground)
    for zone in scene.zones:
        pen.area(zone.polygon, CYAN, 0.18)
        pen.label(_middle(zone.polygon), zone.id, CYAN)
    for lane in scene.lanes:
        pen.area(lane.polygon, GREEN, 0.14)
        pen.arrow(_middle(lane.polygon), lane.direction, GREEN, 3 * _ARROW)
        pen.label(_middle(lane.polygon), lane.id, GREEN)
    for mask in scene.privacy:
        pen.area(mask.polygon, BLACK, 1.0)
    for line in scene.lines:
        pen.stroke(line.start, line.end, YELLOW)
        pen.arrow(_middle((line.start, line.end)), pen.forward(line.start, line.end), YELLOW, _ARROW)
        pen.label(line.start, line.id, YELLOW)
    for signal in scene.signals:
        _draw_signal(pen, signal)
    return pen.finished()


def plain(text: str) -> str:
    """The text in letters that every OpenCV can draw: đường-1 → duong-1."""
    flat = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in flat if letter.isascii()) or "?"


def _scaled(image: Image) -> Image:
    width = min(max(image.shape[1], _NARROWEST), _WIDEST)
    if width == image.shape[1]:
        return image.copy()
    height = round(image.shape[0] * width / image.shape[1])
    way = cv2.INTER_CUBIC if width > image.shape[1] else cv2.INTER_AREA
    return np.asarray(cv2.resize(image, (width, height), interpolation=way), np.uint8)


def _draw_grid(pen: "_Pen", scene: Scene, ground: Ground) -> None:
    points = scene.homography.points if scene.homography is not None else ()
    grid = ground_grid(ground, points)
    for one, other in grid.segments:
        pen.stroke(one, other, WHITE, thin=True)
    for place, text in grid.labels:
        pen.label(place, f"{text} m", WHITE, small=True)
    for number, (x, y, _, _) in enumerate(points, 1):
        pen.dot((x, y), WHITE)
        pen.label((x, y), f"P{number}", WHITE, small=True)


def _draw_signal(pen: "_Pen", signal: Signal) -> None:
    if signal.box is None:
        return
    pen.box(signal.box, MAGENTA)
    for name, lamp in signal.lamps.items():
        pen.box(lamp, LAMPS.get(name, MAGENTA))
    pen.label((signal.box[0], signal.box[1]), signal.id, MAGENTA)


def _middle(corners: Polygon) -> Point:
    return (sum(x for x, _ in corners) / len(corners), sum(y for _, y in corners) / len(corners))


class _Pen:
    """Draws normalised shapes on pixels."""

    def __init__(self, image: Image) -> None:
        self.image = image
        self._labels: list[tuple[Point, str, Colour, bool]] = []
        self._height, self._width = image.shape[:2]
        self._thick = max(2, round(self._height / 300))

    def at(self, point: Point) -> tuple[int, int]:
        return (round(point[0] * self._width), round(point[1] * self._height))

    def forward(self, start: Point, end: Point) -> Point:
        """The direction, as a share of the picture, that goes straight over a line to its forward side."""
        dx, dy = (end[0] - start[0]) * self._width, (end[1] - start[1]) * self._height
        return (-dy / self._width, dx / self._height)

    def stroke(self, one: Point, other: Point, colour: Colour, *, thin: bool = False) -> None:
        if not thin:
            cv2.line(self.image, self.at(one), self.at(other), BLACK, self._thick + 2, cv2.LINE_AA)
        cv2.line(self.image, self.at(one), self.at(other), colour, 1 if thin else self._thick, cv2.LINE_AA)

    def arrow(self, start: Point, direction: Point, colour: Colour, length: float) -> None:
        dx, dy = direction[0] * self._width, direction[1] * self._height
        size = hypot(dx, dy) or 1.0
        reach = length * self._height / size
        x, y = self.at(start)
        tip = (round(x + dx * reach), round(y + dy * reach))
        cv2.arrowedLine(self.image, (x, y), tip, BLACK, self._thick + 2, cv2.LINE_AA, tipLength=0.4)
        cv2.arrowedLine(self.image, (x, y), tip, colour, self._thick, cv2.LINE_AA, tipLength=0.4)

    def area(self, polygon: Polygon, colour: Colour, opacity: float) -> None:
        corners = np.array([self.at(corner) for corner in polygon], np.int32)
        over = self.image.copy()
        cv2.fillPoly(over, [corners], colour, cv2.LINE_AA)
        cv2.addWeighted(over, opacity, self.image, 1 - opacity, 0, dst=self.image)
        edge = WHITE if colour == BLACK else colour
        cv2.polylines(self.image, [corners], isClosed=True, color=BLACK, thickness=self._thick + 1)
        cv2.polylines(self.image, [corners], True, edge, max(1, self._thick - 1), cv2.LINE_AA)

    def box(self, box: tuple[float, float, float, float], colour: Colour) -> None:
        cv2.rectangle(self.image, self.at((box[0], box[1])), self.at((box[2], box[3])), colour, self._thick)

    def dot(self, point: Point, colour: Colour) -> None:
        cv2.circle(self.image, self.at(point), self._thick + 3, BLACK, -1, cv2.LINE_AA)
        cv2.circle(self.image, self.at(point), self._thick + 1, colour, -1, cv2.LINE_AA)

    def label(self, point: Point, text: str, colour: Colour, *, small: bool = False) -> None:
        """Note a text to stand above everything."""
        self._labels.append((point, text, colour, small))

    def finished(self) -> Image:
        """The picture with its labels."""
        for point, text, colour, small in self._labels:
            self._write(point, text, colour, small=small)
        return self.image

    def _write(self, point: Point, text: str, colour: Colour, *, small: bool) -> None:
        scale = self._height / (1500 if small else 1050)
        (width, height), base = cv2.getTextSize(plain(text), cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
        x, y = self.at(point)
        x = min(max(x, 2), self._width - width - 4)
        y = min(max(y, height + 4), self._height - base - 2)
        cv2.rectangle(self.image, (x - 2, y - height - 3), (x + width + 3, y + base), BLACK, -1)
        cv2.putText(self.image, plain(text), (x, y), cv2.FONT_HERSHEY_SIMPLEX, scale, colour, 1, cv2.LINE_AA)
