"""The int8 form is near its original, made by numbers alone, and by no others than its own."""

import numpy as np
import onnx
import pytest

from models.convert import to_fp32
from models.errors import ModelError
from models.quantise import fold, measure, to_int8
from models.session import Session


@pytest.fixture
def fp32(tiny) -> bytes:
    return to_fp32(tiny.source, tiny.manifest.entry("tiny"))


def pictures(count=8):
    return np.random.default_rng(5).uniform(0, 255, (count, 3, 8, 8)).astype(np.float32)


def all_outputs(content):
    session = Session(content)
    for each in pictures():
        yield dict(zip(session.outputs, session.run(data=each[None]), strict=True))


def test_folding_changes_no_result(fp32, loaded) -> None:
    model = loaded(fp32)

    fold(model.graph)

    assert "BatchNormalization" not in {node.op_type for node in model.graph.node}
    np.testing.assert_allclose(
        Session(model.SerializeToString()).run(data=pictures())[0],
        Session(fp32).run(data=pictures())[0],
        rtol=1e-4,
        atol=1e-3,
    )


def test_int8_is_like_its_original(fp32) -> None:
    made = to_int8(fp32, measure(fp32, all_outputs))

    found, expected = Session(made).run(data=pictures())[0].ravel(), Session(fp32).run(data=pictures())[0].ravel()
    assert 0.995 <= found @ expected / np.linalg.norm(found) / np.linalg.norm(expected)
    assert not np.array_equal(found, expected)


def test_every_convolution_but_the_first_has_small_weights(fp32, loaded) -> None:
    made = loaded(to_int8(fp32, measure(fp32, all_outputs)))

    types = {each.name: each.data_type for each in made.graph.initializer}
    convolutions = [node for node in made.graph.node if node.op_type == "Conv"]
    assert onnx.TensorProto.FLOAT == types[convolutions[0].input[1]]
    assert all(node.input[1].endswith("_read") for node in convolutions[1:])
    assert onnx.TensorProto.INT8 in types.values()


def test_ranges_of_another_model_are_refused(fp32) -> None:
    with pytest.raises(ModelError, match="ranges are those of another model"):
        to_int8(fp32, {"something": (0.0, 1.0)})


def test_a_tensor_that_is_always_zero_does_no_harm(fp32) -> None:
    ranges = dict.fromkeys(measure(fp32, all_outputs), (0.0, 0.0))

    assert np.isfinite(Session(to_int8(fp32, ranges)).run(data=pictures())[0]).all()
