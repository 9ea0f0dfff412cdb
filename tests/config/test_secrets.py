"""Where a secret lies, and its bytes; its content never becomes part of a message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.config.secrets import LIMIT_B, SecretUnavailable, SeenByServiceOnly, read_secret, secret_path


@pytest.mark.parametrize(
    ("content", "secret"),
    [
        (b"abc", b"abc"),
        (b"abc\n", b"abc"),
        (b"abc\r\n", b"abc"),
        (b"abc\n\n", b"abc\n"),
        (b" abc ", b" abc "),
        (b"abc\r", b"abc\r"),
        (b"\x00\xff\n", b"\x00\xff"),
        (b"x" * LIMIT_B, b"x" * LIMIT_B),
    ],
)
def test_secret_is_the_file_without_one_newline_at_its_end(tmp_path, content, secret):
    path = tmp_path / "secret"
    path.write_bytes(content)

    assert secret == read_secret(str(path))


@pytest.mark.parametrize("content", [b"", b"\n", b"\r\n", b"hunter2" * LIMIT_B])
def test_empty_or_huge_file_is_no_secret(tmp_path, content):
    path = tmp_path / "secret"
    path.write_bytes(content)

    with pytest.raises(SecretUnavailable) as caught:
        read_secret(str(path))

    assert str(caught.value).startswith(f"{path}: is ")
    assert "hunter2" not in str(caught.value)


def test_credential_lies_where_systemd_puts_it(tmp_path, monkeypatch):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "card-key").write_bytes(b"abc")

    assert tmp_path / "card-key" == secret_path("credential:card-key")
    assert b"abc" == read_secret("credential:card-key")


def test_credential_without_the_service_says_so():
    with pytest.raises(SeenByServiceOnly, match="handed over by systemd only to the service"):
        read_secret("credential:card-key")


@pytest.mark.parametrize("name", ["", ".", "..", "../shadow", "a/b", "a b", "a\0b", "\n", "é", "x" * 256])
def test_credential_name_cannot_leave_its_folder(tmp_path, monkeypatch, name):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))

    with pytest.raises(SecretUnavailable, match="not the name of a credential"):
        secret_path(f"credential:{name}")


@pytest.mark.parametrize("reference", ["", "hunter2", "deadbeefdeadbeef", "Credential:x", "~/key"])
def test_what_might_be_the_secret_itself_is_refused_and_not_repeated(reference):
    with pytest.raises(SecretUnavailable) as caught:
        read_secret(reference)

    assert not reference or reference not in str(caught.value)


@given(reference=st.text(max_size=50))
def test_any_reference_gives_bytes_or_a_plain_reason(reference):
    assert outcome(reference)


def outcome(reference):
    try:
        return read_secret(reference)
    except SecretUnavailable as exc:
        return str(exc)
