"""Does a model compute what its source computes? By drawn patterns, the same everywhere; needs no picture."""

from collections.abc import Callable

import numpy as np
from onnx.reference import ReferenceEvaluator

from models.convert import Floats, drop_unused, parsed
from models.errors import ModelError
from models.manifest import Entry
from models.session import Session

FP32_DIFFERENCE_MAX, FP32_SMALL = 1e-4, 1e-5
"""Greatest difference of an output: this part of its root mean square, and this much where that is next to nothing."""
INT8_COSINE_MIN = 0.85
"""Likeness of the outputs on patterns; measured 0.90 to 0.96. On faces, for which the ranges are, above 0.99."""
SAMPLE_DIFFERENCE_MAX = 1e-2
"""The same model on another version of onnxruntime, or another processor."""
_SAMPLE_SIZE = 32
_SEED = 20260101


def patterns(shape: tuple[int, ...]) -> list[Floats]:
    """Return pictures to compare by, 0 to 255: one of noise, one of waves."""
    noise = np.random.default_rng(_SEED).integers(0, 256, shape)
    grid = np.indices(shape).astype(np.float64)
    waves = 127.5 + 127.5 * np.sin(sum((2 + axis) * each / (7 + 5 * axis) for axis, each in enumerate(grid)))
    return [noise.astype(np.float32), waves.astype(np.float32)]


def mind_fp32(made: bytes, source: bytes, entry: Entry) -> None:
    """Raise ModelError if what was made computes something else than its source."""
    session, judge = Session(made), _judge(source, entry)
    for pattern in patterns(entry.probe):
        for name, ours, theirs in zip(entry.outputs, _outputs(session, entry, pattern), judge(pattern), strict=True):
            difference = float(np.abs(ours - theirs).max())
            if not difference <= FP32_DIFFERENCE_MAX * float(np.sqrt(np.mean(np.square(theirs)))) + FP32_SMALL:
                raise ModelError(f"what was made differs from its source: {name} by {difference:.1e}; not installed")


class TooUnlike(ModelError):
    """The int8 form is not to be used on this processor."""


def mind_int8(made: bytes, fp32: bytes, entry: Entry) -> None:
    """Raise TooUnlike if the int8 form is too unlike on this box: some processors saturate."""
    small, large = Session(made), Session(fp32)
    for pattern in patterns(entry.probe):
        for ours, theirs in zip(_outputs(small, entry, pattern), _outputs(large, entry, pattern), strict=True):
            cosine = float(np.vdot(ours, theirs) / (np.linalg.norm(ours) * np.linalg.norm(theirs) + 1e-12))
            if not cosine >= INT8_COSINE_MIN:
                raise TooUnlike(f"int8 is too unlike on this processor ({cosine:.3f}); install with --no-int8")


def sample(session: Session, entry: Entry) -> list[float]:
    """Return some numbers of what it computes on the patterns; nothing for a model whose inputs are not known."""
    if not entry.probe:
        return []
    found = [each.ravel() for pattern in patterns(entry.probe) for each in _outputs(session, entry, pattern)]
    return [float(value) for each in found for value in each[:: max(1, each.size // _SAMPLE_SIZE)][:_SAMPLE_SIZE]]


def is_same(found: list[float], wanted: list[float]) -> bool:
    """Return whether a model still computes what it computed when it was installed."""
    if len(found) != len(wanted):
        return False
    length = float(np.linalg.norm(wanted))
    return float(np.linalg.norm(np.subtract(found, wanted))) <= SAMPLE_DIFFERENCE_MAX * length


def _outputs(session: Session, entry: Entry, pattern: Floats) -> list[Floats]:
    [name] = entry.inputs
    found = dict(zip(session.outputs, session.run(**{name: pattern}), strict=True))
    return [found[each] for each in entry.outputs]


def _judge(source: bytes, entry: Entry) -> Callable[[Floats], list[Floats]]:
    """Return what runs the source as it was published."""
    [name] = entry.inputs
    model = parsed(source)
    if entry.judge == "reference":
        evaluator = ReferenceEvaluator(model)
        return lambda pattern: list(evaluator.run(list(entry.outputs), {name: pattern}))
    # onnxruntime asks for every input, also those that nothing reads.
    drop_unused(model.graph)
    session = Session(model.SerializeToString())
    return lambda pattern: _outputs(session, entry, pattern)
