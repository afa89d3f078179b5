"""A real TFLite classifier of a few bytes: it calls bright pictures a helmet and dark ones none."""

import hashlib
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

LABELS = ("helmet", "no_helmet")
SIDE = 8


def tiny_classifier(outputs: int = len(LABELS)) -> bytes:
    """A fully connected layer and a softmax over a picture of 8 x 8; input float32."""
    weights = np.zeros((outputs, SIDE * SIDE * 3), np.float32)
    weights[0], weights[1] = 8 / weights.shape[1], -8 / weights.shape[1]
    model = schema.ModelT(version=3)
    model.operatorCodes = [
        _code(schema.BuiltinOperator.FULLY_CONNECTED),
        _code(schema.BuiltinOperator.SOFTMAX),
    ]
    model.buffers = [schema.BufferT(), schema.BufferT(data=np.frombuffer(weights.tobytes(), np.uint8))]
    graph = schema.SubGraphT(inputs=[0], outputs=[3], name="main")
    graph.tensors = [
        _tensor("picture", [1, SIDE, SIDE, 3]),
        _tensor("weights", [outputs, SIDE * SIDE * 3], buffer=1),
        _tensor("logits", [1, outputs]),
        _tensor("scores", [1, outputs]),
    ]
    dense = schema.OperatorT(opcodeIndex=0, inputs=[0, 1, -1], outputs=[2])
    dense.builtinOptionsType = schema.BuiltinOptions.FullyConnectedOptions
    dense.builtinOptions = schema.FullyConnectedOptionsT()
    softmax = schema.OperatorT(opcodeIndex=1, inputs=[2], outputs=[3])
    softmax.builtinOptionsType = schema.BuiltinOptions.SoftmaxOptions
    softmax.builtinOptions = schema.SoftmaxOptionsT(beta=1.0)
    graph.operators = [dense, softmax]
    model.subgraphs = [graph]
    builder = flatbuffers.Builder(4096)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def placed(folder: Path, *, contract: str = "Classification", labels: tuple[str, ...] = LABELS) -> Path:
    """A folder of models whose catalogue has it as `heads`; returns the folder."""
    content = tiny_classifier()
    (folder / "heads").mkdir()
    (folder / "heads" / "float.tflite").write_bytes(content)
    (folder / "heads" / "labels.txt").write_text("\n".join(labels), encoding="utf-8")
    (folder / "catalog.toml").write_text(
        f"""
schema = 1
[models.heads]
contract = "{contract}"
labels = "labels.txt"
[models.heads.prefer]
[models.heads.variants.float]
file = "float.tflite"
sha256 = "{hashlib.sha256(content).hexdigest()}"
""",
        encoding="utf-8",
    )
    return folder


def _code(operator: int) -> Any:
    return schema.OperatorCodeT(deprecatedBuiltinCode=operator, builtinCode=operator)


def _tensor(name: str, shape: list[int], *, buffer: int = 0) -> Any:
    return schema.TensorT(shape=shape, type=schema.TensorType.FLOAT32, buffer=buffer, name=name)
