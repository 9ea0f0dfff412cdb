"""A published model is made ready without changing what it computes."""

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from models.convert import dequantise, parsed, rewrite_slopes, to_fp32
from models.errors import ModelError
from models.session import Session


def graph_of(nodes, constants, *, shape=(1, 2, 3, 3)):
    return helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )


def constant(graph, name):
    return next(numpy_helper.to_array(each) for each in graph.initializer if each.name == name)


def test_the_converted_model_computes_what_the_source_computes(tiny) -> None:
    entry = tiny.manifest.entry("tiny")
    data = np.random.default_rng(7).normal(0, 40, (1, 3, 8, 8)).astype(np.float32)
    feed = {"data": data, "dead_input": np.zeros(2, np.float32)}
    expected = ReferenceEvaluator(onnx.load_model_from_string(tiny.source)).run(["out"], feed)[0]

    [found] = Session(to_fp32(tiny.source, entry)).run(data=data)

    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)


def test_sizes_become_free_and_dead_inputs_go(tiny) -> None:
    """Chip and mirrored chip are one run; a picture has the size it has."""
    made = onnx.load_model_from_string(to_fp32(tiny.source, tiny.manifest.entry("tiny")))

    assert ["data"] == [each.name for each in made.graph.input]
    assert "dead" not in {each.name for each in made.graph.initializer}
    assert not {"PRelu", "DequantizeLinear", "Reshape"} & {each.op_type for each in made.graph.node}
    [found] = Session(made.SerializeToString()).run(data=np.zeros((2, 3, 16, 24), np.float32))
    assert (2, 4, 16, 24) == found.shape


def test_a_batch_is_its_pictures_one_by_one(tiny) -> None:
    session = Session(to_fp32(tiny.source, tiny.manifest.entry("tiny")))
    both = np.random.default_rng(2).normal(0, 40, (2, 3, 8, 8)).astype(np.float32)

    np.testing.assert_allclose(
        session.run(data=both)[0],
        np.concatenate([session.run(data=each[None])[0] for each in both]),
        rtol=1e-5,
        atol=1e-4,
    )


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(1, 5),
    columns=st.integers(1, 20),
    block=st.integers(1, 9),
    seed=st.integers(0, 2**32 - 1),
    has_zero=st.booleans(),
)
def test_blocks_are_written_out_by_the_formula(rows, columns, block, seed, has_zero) -> None:
    rng = np.random.default_rng(seed)
    blocks = -(-columns // block)
    q = rng.integers(-128, 128, (rows, columns)).astype(np.int8)
    s = rng.uniform(0.001, 3, (rows, blocks)).astype(np.float32)
    z = rng.integers(-128, 128, (rows, blocks)).astype(np.int8) if has_zero else np.zeros((rows, blocks), np.int8)
    inputs = ["q", "s", "z"] if has_zero else ["q", "s"]
    node = helper.make_node("DequantizeLinear", inputs, ["w"], axis=1, block_size=block)
    graph = graph_of([node], {"q": q, "s": s, "z": z})

    dequantise(graph)

    expected = [
        [(float(q[i, j]) - float(z[i, j // block])) * float(s[i, j // block]) for j in range(columns)]
        for i in range(rows)
    ]
    np.testing.assert_allclose(constant(graph, "w"), np.array(expected, np.float32), rtol=1e-6)
    assert not graph.node


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_channels_are_written_out_along_their_axis(axis) -> None:
    q = np.arange(-6, 6, dtype=np.int8).reshape(3, 4)
    s = np.arange(1, (3 if axis == 0 else 4) + 1, dtype=np.float32)
    graph = graph_of([helper.make_node("DequantizeLinear", ["q", "s"], ["w"], axis=axis)], {"q": q, "s": s})

    dequantise(graph)

    np.testing.assert_array_equal(constant(graph, "w"), q * (s[:, None] if axis == 0 else s[None, :]))


def test_a_whole_tensor_is_written_out_by_its_one_scale() -> None:
    q, s, z = np.arange(12, dtype=np.uint8).reshape(3, 4), np.float32(0.5), np.uint8(3)
    node = helper.make_node("DequantizeLinear", ["q", "s", "z"], ["w"])
    graph = graph_of([node], {"q": q, "s": np.asarray(s), "z": np.asarray(z)})

    dequantise(graph)

    np.testing.assert_array_equal(constant(graph, "w"), (q.astype(np.float32) - 3) * 0.5)


@settings(max_examples=40, deadline=None)
@given(slopes=st.lists(st.floats(-3, 3, width=32), min_size=1, max_size=6), seed=st.integers(0, 2**32 - 1))
def test_slopes_of_any_size_are_kept(slopes, seed) -> None:
    """`max(x, slope * x)` would do for slopes from 0 to 1 only; published ones run from -0.81 to 1.12."""
    a = np.array(slopes, np.float32).reshape(-1, 1, 1)
    x = np.random.default_rng(seed).normal(0, 5, (1, len(slopes), 3, 3)).astype(np.float32)
    graph = graph_of([helper.make_node("PRelu", ["x", "a"], ["y"])], {"a": a}, shape=x.shape)

    rewrite_slopes(graph)

    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    [found] = Session(model.SerializeToString()).run(x=x)
    assert "PRelu" not in {node.op_type for node in graph.node}
    np.testing.assert_allclose(found, np.where(x >= 0, x, a * x), rtol=1e-4, atol=1e-5)


def test_slopes_that_are_not_by_channel_stay() -> None:
    graph = graph_of([helper.make_node("PRelu", ["x", "a"], ["y"])], {"a": np.ones((2, 3, 3), np.float32)})

    rewrite_slopes(graph)

    assert ["PRelu"] == [node.op_type for node in graph.node]


@pytest.mark.parametrize("content", [b"", b"no model", b"\x08\x07" * 40, "日本語".encode()])
def test_what_is_no_model_is_refused(content) -> None:
    with pytest.raises(ModelError, match="source"):
        parsed(content)


def test_another_model_is_refused(tiny, loaded) -> None:
    model = loaded(tiny.source)
    model.graph.output[0].name = model.graph.node[-1].output[0] = "somebody_else"

    with pytest.raises(ModelError, match="another model"):
        to_fp32(model.SerializeToString(), tiny.manifest.entry("tiny"))
