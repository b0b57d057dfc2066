"""Writing all-MiniLM-L6-v2 as an ONNX graph around its weights.

BERT: 6 layers, 12 heads, 384 wide, mean pooling, unit length (the model's ``config.json``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

HIDDEN = 384
HEADS = 12
LAYERS = 6
LAYER_NORM_EPSILON = 1e-12
MAX_TOKENS = 256  # what the model was trained for; the weights would take 512

Array = NDArray[np.float32]


def read_safetensors(path: Path) -> dict[str, Array]:
    """Read the float32 tensors of a safetensors file, by name.

    The format: 8 bytes little-endian header length, a JSON header, then the raw data.
    """
    raw = np.memmap(path, dtype=np.uint8, mode="r")
    start = 8 + int.from_bytes(raw[:8].tobytes(), "little")
    header: dict[str, Any] = json.loads(raw[8:start].tobytes())
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            first, last = entry["data_offsets"]
            flat = raw[start + first : start + last].view(np.float32)
            tensors[name] = np.array(flat.reshape(entry["shape"]))
    return tensors


def build_graph(weights: Mapping[str, Array]) -> bytes:
    """Write the model as ONNX bytes.

    Inputs ``ids`` (int64) and ``mask`` (float32, 1 for a token), both rows x tokens; output
    ``vectors``, rows x 384.
    """
    from onnx import TensorProto, helper  # noqa: PLC0415 (heavy, and needed once)

    graph = _Graph(weights)
    state = _embeddings(graph)
    # 0 for a token, -1e9 for padding, broadcast over heads and query positions.
    hidden = graph.op("Sub", "mask", graph.constant(np.float32(1.0)))
    hidden = graph.op("Mul", hidden, graph.constant(np.float32(1e9)))
    bias = graph.op("Unsqueeze", hidden, graph.constant(np.array([1, 2], dtype=np.int64)))
    for layer in range(LAYERS):
        state = _layer(graph, f"encoder.layer.{layer}", state, bias)
    _pool(graph, state)
    rows_tokens = ["rows", "tokens"]
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "all-MiniLM-L6-v2",
            [
                helper.make_tensor_value_info("ids", TensorProto.INT64, rows_tokens),
                helper.make_tensor_value_info("mask", TensorProto.FLOAT, rows_tokens),
            ],
            [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["rows", HIDDEN])],
            graph.initializers,
        ),
        opset_imports=[helper.make_opsetid("", 20)],  # the first with Gelu
        ir_version=9,
    )
    return bytes(model.SerializeToString())


class _Graph:
    """Nodes and constants under construction; every value has a name."""

    def __init__(self, weights: Mapping[str, Array]) -> None:
        self.weights = weights
        self.nodes: list[Any] = []
        self.initializers: list[Any] = []

    def op(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        from onnx import helper  # noqa: PLC0415

        output = output or f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def constant(self, value: Any) -> str:
        from onnx import numpy_helper  # noqa: PLC0415

        name = f"c{len(self.initializers)}"
        tensor = numpy_helper.from_array(np.ascontiguousarray(value).reshape(np.shape(value)), name)
        self.initializers.append(tensor)
        return name

    def dense(self, prefix: str, value: str) -> str:
        weight = self.constant(self.weights[f"{prefix}.weight"].T)
        return self.op(
            "Add", self.op("MatMul", value, weight), self.constant(self.weights[f"{prefix}.bias"])
        )

    def norm(self, prefix: str, value: str) -> str:
        return self.op(
            "LayerNormalization",
            value,
            self.constant(self.weights[f"{prefix}.weight"]),
            self.constant(self.weights[f"{prefix}.bias"]),
            axis=-1,
            epsilon=LAYER_NORM_EPSILON,
        )


def _embeddings(graph: _Graph) -> str:
    weights = graph.weights
    words = graph.op("Gather", graph.constant(weights["embeddings.word_embeddings.weight"]), "ids")
    # A single text has token type 0 throughout, so that row is added to every position.
    places = (
        weights["embeddings.position_embeddings.weight"]
        + weights["embeddings.token_type_embeddings.weight"][0]
    )[:MAX_TOKENS]
    width = graph.op("Shape", "ids", start=1, end=2)
    zero = graph.constant(np.array([0], dtype=np.int64))
    places_used = graph.op("Slice", graph.constant(places), zero, width, zero)
    return graph.norm("embeddings.LayerNorm", graph.op("Add", words, places_used))


def _layer(graph: _Graph, prefix: str, state: str, bias: str) -> str:
    split = graph.constant(np.array([0, 0, HEADS, HIDDEN // HEADS], dtype=np.int64))
    join = graph.constant(np.array([0, 0, HIDDEN], dtype=np.int64))

    def heads(name: str, perm: list[int]) -> str:
        dense = graph.dense(f"{prefix}.attention.self.{name}", state)
        return graph.op("Transpose", graph.op("Reshape", dense, split), perm=perm)

    query, value = heads("query", [0, 2, 1, 3]), heads("value", [0, 2, 1, 3])
    scores = graph.op("MatMul", query, heads("key", [0, 2, 3, 1]))
    scale = graph.constant(np.float32(1 / np.sqrt(HIDDEN // HEADS)))
    attention = graph.op("Softmax", graph.op("Add", graph.op("Mul", scores, scale), bias), axis=-1)
    mixed = graph.op("Transpose", graph.op("MatMul", attention, value), perm=[0, 2, 1, 3])
    mixed = graph.dense(f"{prefix}.attention.output.dense", graph.op("Reshape", mixed, join))
    state = graph.norm(f"{prefix}.attention.output.LayerNorm", graph.op("Add", mixed, state))
    inner = graph.op("Gelu", graph.dense(f"{prefix}.intermediate.dense", state))
    outer = graph.dense(f"{prefix}.output.dense", inner)
    return graph.norm(f"{prefix}.output.LayerNorm", graph.op("Add", outer, state))


def _pool(graph: _Graph, state: str) -> None:
    """Average the tokens (not the padding) and bring the result to length 1."""
    one = graph.constant(np.array([1], dtype=np.int64))
    last = graph.constant(np.array([2], dtype=np.int64))
    masked = graph.op("Mul", state, graph.op("Unsqueeze", "mask", last))
    # The mean's divisor cancels out against the norm: the sum is enough.
    total = graph.op("ReduceSum", masked, one, keepdims=0)
    norm = graph.op("ReduceL2", total, one, keepdims=1)
    floor = graph.constant(np.float32(1e-12))
    graph.op("Div", total, graph.op("Max", norm, floor), output="vectors")
