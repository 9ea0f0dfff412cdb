"""Make from a published model what runs here: plain weights, free sizes, cheap slopes. Does not judge the result."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from models.errors import ModelError
from models.manifest import Entry, Shape

Graph = onnx.GraphProto
Floats = NDArray[np.float32]


def to_fp32(content: bytes, entry: Entry) -> bytes:
    """
    Return the model of the recipe fp32-1: it computes the same as the source.

    Raises:
        ModelError: The content is no model, or not the one the manifest describes.

    """
    model = parsed(content)
    dequantise(model.graph)
    rewrite_slopes(model.graph)
    drop_unused(model.graph)
    declare(model.graph, entry)
    return sealed(model)


def parsed(content: bytes) -> onnx.ModelProto:
    """Return the model in these bytes, or raise ModelError."""
    try:
        model = onnx.load_model_from_string(content)
    except DecodeError as exc:
        raise ModelError("the source is no ONNX model") from exc
    if not model.graph.node:
        raise ModelError("the source is an empty ONNX model")
    return model


def sealed(model: onnx.ModelProto) -> bytes:
    """Return the model's bytes, checked for sense."""
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as exc:
        raise ModelError(f"the converted model makes no sense: {str(exc).splitlines()[0]}") from exc
    return bytes(model.SerializeToString())


def weights(graph: Graph) -> dict[str, onnx.TensorProto]:
    """Return the graph's constants by name."""
    return {each.name: each for each in graph.initializer}


def number(node: onnx.NodeProto, name: str, default: float) -> float:
    """Return a node's attribute that is a number."""
    found = (helper.get_attribute_value(each) for each in node.attribute if each.name == name)
    return next((each for each in found if isinstance(each, int | float)), default)


def replace_nodes(graph: Graph, nodes: list[onnx.NodeProto]) -> None:
    """Let the graph consist of these nodes."""
    del graph.node[:]
    graph.node.extend(nodes)


def dequantise(graph: Graph) -> None:
    """Write out constants that are stored as small whole numbers, by tensor, channel or block; and their reshaping."""
    known, plain, kept = weights(graph), dict[str, Floats](), []
    for node in graph.node:
        if node.op_type == "DequantizeLinear" and all(name in known for name in node.input):
            plain[node.output[0]] = _dequantised(node, [numpy_helper.to_array(known[name]) for name in node.input])
        elif node.op_type == "Reshape" and node.input[0] in plain and node.input[1] in known:
            plain[node.output[0]] = plain[node.input[0]].reshape(numpy_helper.to_array(known[node.input[1]]).tolist())
        else:
            kept.append(node)
    replace_nodes(graph, kept)
    graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in plain.items())


def _dequantised(node: onnx.NodeProto, arrays: list[NDArray[Any]]) -> Floats:
    numbers, scale = arrays[:2]
    zero = arrays[2] if len(arrays) > 2 else np.zeros_like(scale)  # noqa: PLR2004 - the third input may be left out
    axis, block = int(number(node, "axis", 1)), int(number(node, "block_size", 0))
    fitted = [_spread(each, numbers, axis, block).astype(np.float32) for each in (scale, zero)]
    return np.asarray((numbers.astype(np.float32) - fitted[1]) * fitted[0], dtype=np.float32)


def _spread(values: NDArray[Any], like: NDArray[Any], axis: int, block: int) -> NDArray[Any]:
    """Return one value for each number; the last block may be a part of one."""
    if block:
        return np.repeat(values, block, axis=axis).take(range(like.shape[axis]), axis=axis)
    if values.size == 1:
        return values.reshape(())
    return values.reshape([-1 if each == axis % like.ndim else 1 for each in range(like.ndim)])


def rewrite_slopes(graph: Graph) -> None:
    """
    Write PRelu with convolutions of one pixel, which onnxruntime computes in blocks, and it PRelu does not.

    A slope may be negative, or above 1: `max(x, slope * x)` would be wrong.
    """
    known, nodes = weights(graph), list[onnx.NodeProto]()
    for node in graph.node:
        slopes = numpy_helper.to_array(known[node.input[1]]) if _has_slopes(node, known) else None
        if slopes is None:
            nodes.append(node)
        else:
            nodes.extend(_without_slopes(graph, node, slopes.reshape(-1).astype(np.float32)))
    replace_nodes(graph, nodes)


def _has_slopes(node: onnx.NodeProto, known: dict[str, onnx.TensorProto]) -> bool:
    """Return whether it is a PRelu with one slope a channel, (C, 1, 1)."""
    return node.op_type == "PRelu" and node.input[1] in known and list(known[node.input[1]].dims)[1:] == [1, 1]


def _without_slopes(graph: Graph, node: onnx.NodeProto, slopes: Floats) -> Iterator[onnx.NodeProto]:
    source, out = node.input[0], node.output[0]
    # Where x < 0, slope * x = x + (slope - 1) * x; and with slope <= 1 that addend is positive, exactly where x < 0.
    is_plain = bool(slopes.max() <= 1)
    first = slopes - 1 if is_plain else -np.ones_like(slopes)
    yield _scaled(graph, source, f"{out}_below", first)
    yield helper.make_node("Relu", [f"{out}_below"], [f"{out}_cut"])
    if not is_plain:
        yield _scaled(graph, f"{out}_cut", f"{out}_lift", 1 - slopes)
    yield helper.make_node("Add", [source, f"{out}_cut" if is_plain else f"{out}_lift"], [out])


def _scaled(graph: Graph, source: str, out: str, factors: Floats) -> onnx.NodeProto:
    graph.initializer.append(numpy_helper.from_array(factors.reshape(-1, 1, 1, 1), f"{out}_by"))
    return helper.make_node("Conv", [source, f"{out}_by"], [out], group=factors.size, kernel_shape=[1, 1])


def drop_unused(graph: Graph) -> None:
    """Drop constants and inputs nothing reads; constants are no inputs."""
    used = {name for node in graph.node for name in node.input} | {each.name for each in graph.output}
    constants = [each for each in graph.initializer if each.name in used]
    names = {each.name for each in constants}
    inputs = [each for each in graph.input if each.name in used and each.name not in names]
    for field, kept in ((graph.initializer, constants), (graph.input, inputs)):
        del field[:]
        field.extend(kept)
    del graph.value_info[:]


def declare(graph: Graph, entry: Entry) -> None:
    """Give inputs and outputs the sizes of the manifest: those that are words become free."""
    for found, wanted in ((graph.input, entry.inputs), (graph.output, entry.outputs)):
        if {each.name for each in found} != set(wanted):
            raise ModelError(f"the source is another model: {[each.name for each in found]}, not {list(wanted)}")
        for each in found:
            _declare(each, wanted[each.name])


def _declare(value: onnx.ValueInfoProto, shape: Shape) -> None:
    dims = value.type.tensor_type.shape.dim
    del dims[:]
    for size in shape:
        dims.add(**{"dim_value" if isinstance(size, int) else "dim_param": size})
