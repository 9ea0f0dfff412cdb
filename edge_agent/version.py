"""The one place the program's version is read from. Not the wire's version, which is in core.wire."""

from importlib.metadata import version

VERSION = version("genba-edge-agent")
