"""Whatever bytes are loaded: a model that runs, or an error that says so; never a crash."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper

from models.convert import to_fp32
from models.errors import ModelError
from models.session import Session
from models.shelf import Made, Shelf

FUZZ = """
import json, random, sys
from pathlib import Path
import numpy as np
from models.errors import ModelError
from models.session import Session

content, seed = Path(sys.argv[1]).read_bytes(), int(sys.argv[2])
rng, told = random.Random(seed), {"ran": 0, "refused": 0}

def attempt(changed):
    try:
        Session(changed).run(data=np.zeros((1, 3, 8, 8), np.float32))
        told["ran"] += 1
    except ModelError:
        told["refused"] += 1

for size in sorted({0, 1, 2, 3, *rng.sample(range(len(content)), 60)}):
    attempt(content[:size])
for _ in range(200):
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 4, 32))):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    attempt(bytes(changed))
print(json.dumps(told))
"""


@pytest.fixture
def fp32(tiny) -> bytes:
    return to_fp32(tiny.source, tiny.manifest.entry("tiny"))


def installed(tmp_path, tiny, content):
    shelf = Shelf(tmp_path / "models", tiny.manifest)
    with shelf.locked():
        shelf.place([Made(name="tiny", recipe="fp32-1", content=content)])
    return shelf.model("tiny")


def other_model(inputs=("data",), output="out", shape=("batch", 3, "height", "width")) -> bytes:
    nodes = [helper.make_node("Sum", list(inputs), [output])]
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in inputs]
    graph = helper.make_graph(nodes, "other", values, [helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    return model.SerializeToString()


def test_outputs_come_in_the_manifests_order(tmp_path, tiny, fp32) -> None:
    session = Session(installed(tmp_path, tiny, fp32))

    assert (["data"], ["out"]) == (session.inputs, session.outputs)
    assert (1, 4, 8, 8) == session.run(data=np.zeros((1, 3, 8, 8), np.float32))[0].shape


@pytest.mark.parametrize("content", [b"", b"\0", b"<html>404</html>", "顔".encode(), b"\x08\x0a" * 1000])
def test_what_is_no_model_is_refused(tmp_path, tiny, content) -> None:
    with pytest.raises(ModelError, match=r"tiny: .*edge-agent models install"):
        Session(installed(tmp_path, tiny, content))


@pytest.mark.parametrize(
    "content",
    [
        other_model(output="else"),
        other_model(inputs=("data", "more")),
        other_model(inputs=("image",)),
        other_model(),  # three channels out, where four are wanted
        other_model(shape=(1, 3, 640, 640)),
        other_model(shape=("batch", 3)),
    ],
)
def test_another_model_is_refused(tmp_path, tiny, content) -> None:
    with pytest.raises(ModelError, match="another model"):
        Session(installed(tmp_path, tiny, content))


@pytest.mark.parametrize(
    "inputs",
    [
        {},
        {"data": np.zeros((1, 4, 8, 8), np.float32)},
        {"data": np.zeros((1, 3, 8), np.float32)},
        {"data": np.zeros((1, 3, 8, 8), np.uint8)},
        {"data": np.zeros((1, 3, 8, 8), np.float64)},
        {"image": np.zeros((1, 3, 8, 8), np.float32)},
    ],
)
def test_a_wrong_input_is_an_error_that_says_which(fp32, inputs) -> None:
    with pytest.raises(ModelError, match="does not take"):
        Session(fp32).run(**inputs)


@pytest.mark.parametrize("seed", [1, 2])
def test_damaged_models_crash_nobody(tmp_path, fp32, seed) -> None:
    """In a process of its own: a crash of the interpreter would be this test's failure, not the whole run's."""
    path = tmp_path / "model.onnx"
    path.write_bytes(fp32)

    done = subprocess.run(
        [sys.executable, "-c", FUZZ, str(path), str(seed)],
        capture_output=True, text=True, timeout=60, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip

    assert 0 == done.returncode, done.stderr[-2000:]
    told = json.loads(done.stdout)
    assert 60 < told["refused"]
