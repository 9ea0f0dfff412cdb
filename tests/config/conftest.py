"""A good configuration to spoil, in a known locale."""

from pathlib import Path

import pytest

from edge_agent.config.load import ConfigError, Mistake, load_agent, load_receiver

AGENT = """\
[agent]
gateway = "gw-0001"
card_key_file = "{folder}/card.key"
[site]
id = "13-0042"
[broker]
host = "mqtt.example.co.jp"
ca_file = "{folder}/ca.pem"
[[reader]]
name = "gate-1"
"""
RECEIVER = """\
[receiver]
[broker]
host = "127.0.0.1"
tls = false
"""
SECRET = b"0123456789abcdef-this-is-the-secret"


class Written:
    """Configuration files in one folder, and what the loader says of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "config.toml"
        self.agent = AGENT.format(folder=folder)
        self.secret("card.key")
        (folder / "ca.pem").write_text("a certificate", encoding="utf-8")

    def secret(self, name: str, content: bytes = SECRET) -> Path:
        """Write a secret nobody else may read."""
        path = self.folder / name
        path.write_bytes(content)
        path.chmod(0o600)
        return path

    def write(self, content: str | bytes) -> Path:
        """Write the configuration."""
        self.path.write_bytes(content.encode() if isinstance(content, str) else content)
        return self.path

    def with_(self, table: str, line: str) -> str:
        """Return the good configuration with a line more in this table, which is made if it is not there."""
        key = line.partition("=")[0]
        kept = [old for old in self.agent.splitlines() if old.partition("=")[0] != key]
        if table not in kept:
            return "\n".join([*kept, table, line, ""])
        place = kept.index(table) + 1
        return "\n".join([*kept[:place], line, *kept[place:], ""])

    def without(self, start: str) -> str:
        """Return the good configuration without the lines that begin so."""
        return "".join(f"{line}\n" for line in self.agent.splitlines() if not line.startswith(start))

    def mistakes(self, content: str | bytes) -> list[Mistake]:
        """Return what is wrong with this agent's configuration; nothing if it is good."""
        return self._mistakes(load_agent, content)

    def receiver_mistakes(self, content: str | bytes) -> list[Mistake]:
        """Return what is wrong with this receiver's configuration."""
        return self._mistakes(load_receiver, content)

    def said(self, content: str | bytes) -> list[str]:
        """Return the same as `[table] key: text`, in English."""
        return [f"{each.table} {each.key}: {each.says.en}" for each in self.mistakes(content)]

    def _mistakes(self, load, content):
        try:
            load(self.write(content))
        except ConfigError as exc:
            return list(exc.mistakes)
        return []


@pytest.fixture(autouse=True)
def _plain_surroundings(monkeypatch):
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)


@pytest.fixture
def written(tmp_path):
    return Written(tmp_path)
