"""Make the int8 model: whole-number weights and activations, by ranges kept in the repository. Needs no picture."""

from collections.abc import Callable, Iterable
from importlib import resources
from typing import Any

import msgspec
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from models.convert import Floats, Graph, drop_unused, number, parsed, replace_nodes, sealed, weights
from models.errors import ModelError

Ranges = dict[str, tuple[float, float]]
"""Least and greatest value of each tensor, the mean over the calibration pictures: one odd picture widens no range."""

_WEIGHT_MAX, _ACTIVATION_MAX = 127, 255


def ranges_of(name: str, recipe: str) -> Ranges:
    """Return the ranges this version of the software carries."""
    file = resources.files("models") / "ranges" / f"{name}-{recipe}.json"
    return msgspec.json.decode(file.read_bytes(), type=Ranges)


def to_int8(content: bytes, ranges: Ranges) -> bytes:
    """
    Return the int8 form of a model of the recipe fp32-1.

    The first convolution sees few channels and wide differences: it stays as it is, which costs nothing.

    Raises:
        ModelError: The ranges are those of another model.

    """
    model = parsed(content)
    fold(model.graph)
    spared = next((node.output[0] for node in model.graph.node if node.op_type == "Conv"), "")
    _Quantiser(model.graph, ranges, spared).rewrite()
    drop_unused(model.graph)
    return sealed(model)


def measure(content: bytes, run: Callable[[bytes], Iterable[dict[str, Floats]]]) -> Ranges:
    """Return the ranges over pictures, once and by a developer: `run` returns all outputs of a model for each."""
    model = parsed(content)
    fold(model.graph)
    names = [name for node in model.graph.node for name in node.output]
    del model.graph.output[:]
    model.graph.output.extend(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in names)
    seen = [{name: (each[name].min(), each[name].max()) for name in names} for each in run(model.SerializeToString())]
    means = {name: np.mean([each[name] for each in seen], axis=0) for name in names}
    return {name: (float(low), float(high)) for name, (low, high) in means.items()}


def fold(graph: Graph) -> None:
    """Fold each BatchNormalization into the convolution or product before it; drop what only training needs."""
    nodes, made, other_names = list[onnx.NodeProto](), dict[str, onnx.NodeProto](), dict[str, str]()
    for node in list(graph.node):
        for i, name in enumerate(node.input):
            node.input[i] = other_names.get(name, name)
        before = made.get(node.input[0]) if node.op_type == "BatchNormalization" else None
        if node.op_type == "Dropout":
            other_names[node.output[0]] = node.input[0]
        elif before is not None and before.op_type in {"Conv", "Gemm"}:
            _fold_into(graph, before, node)
            made[before.output[0]] = before
        else:
            nodes.append(node)
            made[node.output[0]] = node
    replace_nodes(graph, nodes)
    drop_unused(graph)


def _fold_into(graph: Graph, before: onnx.NodeProto, node: onnx.NodeProto) -> None:
    known = {name: numpy_helper.to_array(each).astype(np.float64) for name, each in weights(graph).items()}
    gamma, beta, mean, variance = (known[name] for name in node.input[1:5])
    factor = gamma / np.sqrt(variance + number(node, "epsilon", 1e-5))
    weight, *bias = (known[name] for name in before.input[1:])
    source, out = before.input[0], node.output[0]
    _keep(graph, f"{out}_w", (weight.T * factor).T, np.float32)
    _keep(graph, f"{out}_b", beta + (sum(bias) - mean) * factor, np.float32)
    del before.input[:]
    before.input.extend([source, f"{out}_w", f"{out}_b"])
    before.output[0] = out


def _keep(graph: Graph, name: str, values: NDArray[Any], dtype: type[np.generic]) -> str:
    graph.initializer.append(numpy_helper.from_array(np.asarray(values).astype(dtype), name))
    return name


class _Quantiser:
    """One rewriting of one graph: says of each tensor once how it is stored in a byte."""

    def __init__(self, graph: Graph, ranges: Ranges, spared: str) -> None:
        self._graph = graph
        self._ranges = ranges
        self._spared = spared
        self._known = {name: numpy_helper.to_array(each) for name, each in weights(graph).items()}
        self._nodes: list[onnx.NodeProto] = []
        self._scales: dict[str, np.float32] = {}

    def rewrite(self) -> None:
        for node in list(self._graph.node):
            if node.op_type in {"Conv", "Gemm"} and node.output[0] != self._spared:
                self._weighted(node)
            elif node.op_type == "Add":
                self._with(node, [self._stored(name) for name in node.input])
            else:
                self._nodes.append(node)
        replace_nodes(self._graph, self._nodes)

    def _weighted(self, node: onnx.NodeProto) -> None:
        source = self._stored(node.input[0])
        weight = self._known[node.input[1]]
        largest = np.abs(weight).max(axis=tuple(range(1, weight.ndim)))
        scale = (np.where(largest == 0, 1, largest) / _WEIGHT_MAX).astype(np.float32)
        inputs = [source, self._constant(node.input[1], weight, scale, np.int8)]
        if len(node.input) > 2:  # noqa: PLR2004 - the bias may be left out
            step = self._scales[node.input[0]] * scale
            inputs.append(self._constant(node.input[2], self._known[node.input[2]], step, np.int32))
        self._with(node, inputs)

    def _constant(self, name: str, values: NDArray[Any], scale: Floats, dtype: type[np.integer[Any]]) -> str:
        """Store a constant by channel, the first axis."""
        stored = np.rint((values.T / scale).T)
        parts = [
            _keep(self._graph, f"{name}_stored", stored, dtype),
            _keep(self._graph, f"{name}_step", scale, np.float32),
            _keep(self._graph, f"{name}_zero", np.zeros(scale.shape), dtype),
        ]
        self._nodes.append(helper.make_node("DequantizeLinear", parts, [f"{name}_read"], axis=0))
        return f"{name}_read"

    def _stored(self, name: str) -> str:
        """Store what is computed, by tensor."""
        if name in self._scales:
            return f"{name}_read"
        if name not in self._ranges:
            raise ModelError(f"no range is known for {name}: the ranges are those of another model")
        low, high = min(0.0, self._ranges[name][0]), max(0.0, self._ranges[name][1])
        scale = np.float32((high - low) / _ACTIVATION_MAX or 1)
        self._scales[name] = scale
        how = [
            _keep(self._graph, f"{name}_step", np.asarray(scale), np.float32),
            _keep(self._graph, f"{name}_zero", np.rint(-low / scale).clip(0, _ACTIVATION_MAX), np.uint8),
        ]
        self._nodes.append(helper.make_node("QuantizeLinear", [name, *how], [f"{name}_stored"]))
        self._nodes.append(helper.make_node("DequantizeLinear", [f"{name}_stored", *how], [f"{name}_read"]))
        return f"{name}_read"

    def _with(self, node: onnx.NodeProto, inputs: list[str]) -> None:
        del node.input[:]
        node.input.extend(inputs)
        self._nodes.append(node)
