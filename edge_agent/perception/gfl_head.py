"""Read raw heads in the manner of Generalized Focal Loss (Li et al. 2020), as NanoDet has them.

For each cell of a few grids over the picture, such as every 8th, 16th and 32nd pixel, the model gives a score
for each class, 0 to 1, and for each edge of the box (left, top, right, bottom) a distribution, as logits, of
how many cells away from the cell's centre it lies. The mean of each distribution makes the box. The outputs
are, in any order, either a pair for each grid, scores [1, cells, classes] and distributions
[1, cells, 4 · bins], or both side by side and all grids one after the other,
[1, all cells, classes + 4 · bins]. Cells are numbered row by row.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge_agent.perception.detections import Detections, joined
from edge_agent.perception.detector import ModelError
from edge_agent.perception.doubles import surest
from edge_agent.perception.head import ReadTensor, TensorDetails

GFL: Final = "GFL"
"""Name of this contract in the catalogue."""
DOUBLE: Final = 0.6
"""Boxes of one class that overlap more are one object (what NanoDet was evaluated with)."""
MOST: Final = 300
"""Only the surest cells become boxes."""
_EDGES: Final = 4

_Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class GridSpec:
    """Where the cells of a model lie.

    Attributes:
        strides: pixels of the model's picture from cell to cell, one for each grid.
        centre: where in a cell its centre is: 0.5 for NanoDet, 0 for NanoDet-Plus.
    """

    strides: tuple[int, ...] = (8, 16, 32)
    centre: float = 0.5


@dataclass(frozen=True, slots=True)
class _Part:
    """Cells of one output, or of a pair of outputs.

    Attributes:
        scores: index of the tensor with the scores, in its first columns.
        edges: index of the tensor with the distributions; the same when they stand side by side.
        first: first column of the distributions.
        centres: x, y of each cell in pixels, shape (cells, 2).
        stride: pixels that a distance of 1 means, shape (cells, 1).
    """

    scores: int
    edges: int
    first: int
    centres: _Floats
    stride: _Floats


class GflHead:
    """Reads raw scores and edge distributions.

    Args:
        details: the model's output tensors.
        classes: how many classes the labels name.
        size: width and height of the model's picture.
        grids: where the cells lie.

    Raises:
        ModelError: the outputs do not fit the labels, the size and the strides.
    """

    def __init__(
        self, details: list[TensorDetails], *, classes: int, size: tuple[int, int], grids: GridSpec
    ) -> None:
        self._classes = classes
        self._size = np.array([*size, *size], np.float32)
        self._parts = find_parts(details, classes, size, grids)

    def read(self, tensor: ReadTensor, min_score: float) -> Detections:
        """Boxes of the latest run with at least `min_score`, normalised to the model's picture."""
        found = joined([self._of_part(part, tensor, min_score) for part in self._parts])
        found = found.take(np.argsort(-found.score, kind="stable")[:MOST])
        return surest(found, DOUBLE)

    def _of_part(self, part: _Part, tensor: ReadTensor, min_score: float) -> Detections:
        scores = tensor(part.scores)[0, :, : self._classes]
        highest = scores.max(axis=1)
        wanted = np.flatnonzero(highest >= min_score)
        if not wanted.size:
            return Detections.none()
        away = distances(tensor(part.edges)[0, wanted, part.first :]) * part.stride[wanted]
        centres = part.centres[wanted]
        xyxy = np.concatenate([centres - away[:, :2], centres + away[:, 2:]], axis=1)
        boxes = np.clip(xyxy / self._size, 0, 1, dtype=np.float32)
        real = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
        class_id = scores[wanted].argmax(axis=1).astype(np.int64)
        return Detections(boxes[real], class_id[real], highest[wanted][real])


def distances(logits: _Floats) -> _Floats:
    """Mean of each edge's distribution, in cells: (n, 4 * bins) gives (n, 4)."""
    bins = logits.reshape(len(logits), _EDGES, -1)
    share = np.exp(bins - bins.max(axis=2, keepdims=True))
    mean = (share @ np.arange(bins.shape[2], dtype=np.float32)) / share.sum(axis=2)
    return np.asarray(mean, np.float32)


def find_parts(
    details: list[TensorDetails], classes: int, size: tuple[int, int], grids: GridSpec
) -> tuple[_Part, ...]:
    """Tell by their shapes which output holds what.

    Raises:
        ModelError: they do not fit the labels, the size and the strides.
    """
    cells = [_centres(size, stride, grids.centre) for stride in grids.strides]
    steps = [np.full((len(c), 1), stride, np.float32) for c, stride in zip(cells, grids.strides, strict=True)]
    if len(details) == 1:
        shape = tuple(int(n) for n in details[0]["shape"])
        edges = shape[-1] - classes
        if shape[:-1] == (1, sum(map(len, cells))) and _is_distribution(edges):
            index = int(details[0]["index"])
            return (_Part(index, index, classes, np.concatenate(cells), np.concatenate(steps)),)
        raise _misfit(details, classes, cells)
    parts: list[_Part] = []
    for centres, stride in zip(cells, steps, strict=True):
        here = [d for d in details if tuple(d["shape"])[:-1] == (1, len(centres))]
        scores = [d for d in here if d["shape"][-1] == classes]
        edge = [d for d in here if d["shape"][-1] != classes and _is_distribution(d["shape"][-1])]
        if len(scores) != 1 or len(edge) != 1:
            raise _misfit(details, classes, cells)
        parts.append(_Part(int(scores[0]["index"]), int(edge[0]["index"]), 0, centres, stride))
    return tuple(parts)


def _is_distribution(columns: int) -> bool:
    """Four edges of at least two bins each."""
    return columns >= 2 * _EDGES and columns % _EDGES == 0


def _centres(size: tuple[int, int], stride: int, centre: float) -> _Floats:
    """Centres of a grid's cells in pixels, row by row, shape (cells, 2)."""
    columns, rows = (-(-side // stride) for side in size)
    y, x = np.mgrid[0:rows, 0:columns]
    return np.stack([(x.ravel() + centre) * stride, (y.ravel() + centre) * stride], axis=1).astype(np.float32)


def _misfit(details: list[TensorDetails], classes: int, cells: list[_Floats]) -> ModelError:
    seen = ", ".join(f"{d['name']} {[int(n) for n in d['shape']]}" for d in details)
    wanted = ", ".join(str(len(grid)) for grid in cells)
    return ModelError(
        f"the model's outputs are not scores [1,cells,{classes}] and distributions [1,cells,4·bins] of "
        f"grids of {wanted} cells; it has {seen}: correct `strides` or the labels in models/catalog.toml"
    )
