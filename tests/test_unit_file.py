"""The systemd unit: what it must never wait for, and what it must be allowed."""

from pathlib import Path

UNIT = (Path(__file__).parents[1] / "systemd" / "edge-agent.service").read_text(encoding="utf-8")


def _values(key: str) -> set[str]:
    lines = (line.partition("=") for line in UNIT.splitlines() if not line.startswith("#"))
    return {word for name, _, value in lines if name.strip() == key for word in value.split()}


def test_the_unit_waits_for_neither_network_nor_clock() -> None:
    """A gate that opens at seven must open without a line, and after a night without a clock."""
    wanted = set().union(*(_values(key) for key in ("After", "Wants", "Requires", "BindsTo", "Requisite")))

    assert wanted == {"pcscd.socket"}
    assert not {word for word in wanted if "network" in word or "time" in word}


def test_the_unit_never_gives_up_starting() -> None:
    assert {"always"} == _values("Restart")
    assert {"0"} == _values("StartLimitIntervalSec")


def test_the_sandbox_lets_the_kernel_tell_of_the_network() -> None:
    assert {"AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK"} == _values("RestrictAddressFamilies")


def test_the_sandbox_lets_serial_ports_and_keyboards_through() -> None:
    """By number: a name is looked up once, at the start, when the adapter's driver may not be loaded yet."""
    assert {"char-4", "char-166", "char-188", "char-204"} <= _values("DeviceAllow")
    assert "DeviceAllow=char-13 r\n" in UNIT
    assert {"dialout", "input"} <= _values("SupplementaryGroups")
