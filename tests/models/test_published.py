"""The published models, as they are installed from the registry: they compute what their sources compute."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.models


def test_fx(face_models: Path, photographs: Path) -> None:
    print(face_models, sorted(photographs.iterdir()))
