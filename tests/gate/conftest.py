"""A box with a desk, and people who may act at it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from edge_agent.config.user import User
from hardware_fakes.desk import PASSWORD, DeskBox


@pytest.fixture(scope="session")
def people() -> tuple[User, ...]:
    """An approver and an editor with one password, hashed cheaply."""
    cheap = Argon2id(salt=os.urandom(16), length=32, iterations=1, lanes=1, memory_cost=64)
    phc = cheap.derive_phc_encoded(PASSWORD.encode())
    return (
        User(name="prime", role="approver", password_hash=phc),
        User(name="clerk", role="editor", password_hash=phc),
    )


@pytest.fixture
def box(tmp_path: Path, people: tuple[User, ...]) -> Iterator[DeskBox]:
    box = DeskBox(tmp_path, users=people)
    yield box
    box.close()
