"""A model that runs: onnxruntime with a typed face. Chooses no model, and knows no picture."""

from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as state

from models.errors import ADVICE, ModelError
from models.manifest import Shape
from models.shelf import Model

_REFUSALS = (
    state.EPFail,
    state.EngineError,
    state.Fail,
    state.InvalidArgument,
    state.InvalidGraph,
    state.InvalidProtobuf,
    state.ModelLoaded,
    state.NoModel,
    state.NoSuchFile,
    state.NotImplemented,
    state.RuntimeException,
    RuntimeError,
    ValueError,
    TypeError,
)
_SILENT = 3
_PROVIDERS = ["CPUExecutionProvider"]


class Session:
    """A loaded model. One thread: cores that wait for each other cost more than they give beside a busy daemon."""

    def __init__(self, model: Model | bytes) -> None:
        """
        Load it.

        Raises:
            ModelMissing, ModelAltered: As Model.read.
            ModelError: The bytes are no model, or another one than the manifest describes.

        """
        self.name = model.name if isinstance(model, Model) else "model"
        content = model.read() if isinstance(model, Model) else model
        try:
            # Without the fallback: it tries the same again, and says so on standard output.
            self._session = onnxruntime.InferenceSession(content, _options(), providers=_PROVIDERS, enable_fallback=0)
        except _REFUSALS as exc:
            raise ModelError(f"{self.name}: onnxruntime cannot load it ({_brief(exc)}); {ADVICE}") from exc
        self._outputs = [each.name for each in self._session.get_outputs()]
        if isinstance(model, Model):
            self._compare("input", self._session.get_inputs(), model.inputs)
            self._compare("output", self._session.get_outputs(), model.outputs)
            self._outputs = list(model.outputs) or self._outputs

    @property
    def inputs(self) -> list[str]:
        """The inputs' names."""
        return [each.name for each in self._session.get_inputs()]

    @property
    def outputs(self) -> list[str]:
        """The outputs' names, in the order `run` returns them."""
        return list(self._outputs)

    def run(self, **inputs: NDArray[Any]) -> list[NDArray[np.float32]]:
        """
        Return the outputs in the manifest's order.

        Raises:
            ModelError: An input is missing, or has a shape or type the model does not take.

        """
        try:
            return [np.asarray(each) for each in self._session.run(self._outputs, inputs)]
        except _REFUSALS as exc:
            shapes = ", ".join(f"{name} {each.shape} {each.dtype}" for name, each in inputs.items())
            raise ModelError(f"{self.name}: does not take {shapes or 'nothing'} ({_brief(exc)})") from exc

    def _compare(self, kind: str, found: list[Any], wanted: dict[str, Shape]) -> None:
        shapes = {each.name: tuple(each.shape) for each in found}
        if wanted and (set(shapes) != set(wanted) or not all(_fits(shapes[name], wanted[name]) for name in wanted)):
            raise ModelError(f"{self.name}: another model, its {kind}s are {shapes} and not {wanted}; {ADVICE}")


def _fits(found: tuple[Any, ...], wanted: Shape) -> bool:
    """Return whether every size that is fixed is the one wanted, and those that are free are free."""
    return len(found) == len(wanted) and all(
        a == b if isinstance(b, int) else not isinstance(a, int) for a, b in zip(found, wanted, strict=True)
    )


def _options() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = _SILENT
    # The arena keeps what the largest picture needed for ever: 40 MB, for no time that could be measured.
    options.enable_cpu_mem_arena = False
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def _brief(exc: Exception) -> str:
    """Return what onnxruntime says, without its own source's lines."""
    return " ".join(str(exc).split())[:200]
