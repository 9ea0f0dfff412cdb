"""Readers that play a keyboard on USB: each line typed is a touch. Its keys reach nobody else while we have it."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Literal

from drivers import evdev
from drivers.contract import Reader, ReaderBroken, ReaderName
from drivers.evdev import Keyboard
from drivers.line import IDLE_S, Line
from drivers.wire.keys import Keys
from drivers.wire.token import NumberAs, TokenRule


class WedgeReader(Line):
    """One keyboard, found by the socket it is plugged into: driver `wedge`."""

    def __init__(
        self,
        *,
        name: ReaderName,
        now_ns: Callable[[], int],
        port: str = "",
        medium: Literal["card", "qr"] = "card",
        frame_pattern: str = "",
        number_as: NumberAs = "hex",
        number_bytes: int = 4,
        number_reversed: bool = False,
        reread_window_s: float = 1.5,
        grab: Callable[[int], None] = evdev.grab,
    ) -> None:
        try:
            rule = TokenRule.parse(
                medium=medium,
                number_as=number_as,
                number_bytes=number_bytes,
                number_reversed=number_reversed,
                pattern=frame_pattern,
            )
        except ValueError as exc:
            raise ReaderBroken(f"{name}: {exc}; correct the configuration") from exc
        super().__init__(
            name=name,
            now_ns=now_ns,
            path=port,
            opened=partial(Keyboard, name, port, grab=grab, patience_s=IDLE_S),
            frames=Keys(),
            token=rule.token,
            medium=rule.medium,
            reread_window_s=reread_window_s,
        )


if TYPE_CHECKING:
    _: type[Reader] = WedgeReader
