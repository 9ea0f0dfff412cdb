"""Wiegand readers behind a converter to a serial line. Says facility and number, which is no card's UID."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Literal, cast

from drivers.contract import Medium, Reader, ReaderName
from drivers.line import IDLE_S, Line
from drivers.port import Parity, Port
from drivers.wire.framing import Frames, Framing
from drivers.wire.wiegand import WiegandFormat, Writing


class WiegandReader(Line):
    """A converter that sends a line for each card: driver `wiegand`."""

    def __init__(
        self,
        *,
        name: ReaderName,
        now_ns: Callable[[], int],
        port: str = "",
        baud: int = 9600,
        parity: Parity = "N",
        wiegand_bits: Literal["26", "34"] = "26",
        wiegand_as: Writing = "bits",
        reread_window_s: float = 1.5,
    ) -> None:
        bits = cast("Literal[26, 34]", int(wiegand_bits))
        super().__init__(
            name=name,
            now_ns=now_ns,
            path=port,
            opened=partial(Port, name, port, baud=baud, parity=parity, patience_s=IDLE_S),
            frames=Frames(Framing()),
            token=WiegandFormat(bits=bits, writing=wiegand_as).token,
            medium=Medium.CARD,
            reread_window_s=reread_window_s,
        )


if TYPE_CHECKING:
    _: type[Reader] = WiegandReader
