"""How a modem stands with its SIM and its network, put together from what it says; and that in words. Asks nothing."""

from drivers.wire.at_message import ClockTime, Message, Operator, PinTries, Registration, Signal, Sim

_AT_HOME, _SEARCHING, _DENIED, _ROAMING, _EMERGENCY = 1, 2, 3, 5, 8
_SMS_ONLY = {6, 7}
_ON = {_AT_HOME, _ROAMING, 9, 10}
YEARS_S = (1_767_225_600, 3_155_760_000)
"""2026 to 2070: every other year is that of a clock nobody set, which begins at 1970, 1980, 2000, 2004, ..."""
_NONE = "no network"
_WORDS = {
    _SEARCHING: "no network yet: searching; is the antenna on? see: edge-agent help phone",
    _DENIED: "the network refuses the SIM: is its contract in force, and does it allow this modem?",
    _EMERGENCY: "emergency calls only: is it the SIM of a network that reaches this place?",
}


class ModemState:
    """What is known of one modem since it was opened."""

    def __init__(self) -> None:
        self.model = ""
        self.sim = ""
        self.pin_tries: int | None = None
        self.dbm: int | None = None
        self.operator = ""
        self.clock: ClockTime | None = None
        """The last one it told; None: none yet."""
        self._registered: dict[str, int] = {}

    def take(self, message: Message) -> None:
        """Take note of what the modem said."""
        match message:
            case Registration(of=of, state=state):
                self._registered[of] = state
            case Signal(dbm=dbm):
                self.dbm = dbm
            case Operator(name=name):
                self.operator = name
            case Sim(state=state):
                self.sim = state
            case PinTries(left=left):
                self.pin_tries = left
            case ClockTime():
                self.clock = message
            case _:
                pass

    @property
    def is_registered(self) -> bool:
        """Whether a network has us."""
        return any(self._registered.get(of) in _ON for of in ("voice", "data"))

    def network_time(self) -> ClockTime | None:
        """Return the modem's time if it can be the network's; None if it cannot, or is not known."""
        told = self.clock
        is_sane = told is not None and told.utc_s is not None and YEARS_S[0] <= told.utc_s < YEARS_S[1]
        return told if is_sane and self.is_registered else None

    def __str__(self) -> str:
        signal = "no signal" if self.dbm is None else f"{self.dbm} dBm"
        if not self.is_registered:
            return f"{self._why_not()} ({signal})"
        told = f"{self.operator or 'registered'}, {signal}"
        return f"{told}; {self._why_no_calls()}" if self._why_no_calls() else told

    def _why_not(self) -> str:
        states = set(self._registered.values())
        if states & _SMS_ONLY:
            return "short messages only, no calls: does the SIM's contract have telephony?"
        return next((words for state, words in _WORDS.items() if state in states), _NONE)

    def _why_no_calls(self) -> str:
        # Where a modem says nothing of it, calls may well come. In Japan no other telephony is left.
        if self._registered.get("ims", 1):
            return ""
        return "no telephony over LTE: calls will not come; see: edge-agent help phone"
