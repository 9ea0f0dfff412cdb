"""One short message as a modem takes it in PDU mode (3GPP TS 23.040): any language, one part. Sends nothing."""

LETTERS_MAX = 70
"""UTF-16 units in one message."""
_SUBMIT_WITHOUT_VALIDITY = "0100"
_INTERNATIONAL = "91"
_UCS2 = "08"


def pdu(number: str, text: str) -> tuple[int, str]:
    """
    Return the length for AT+CMGS and the message in hex.

    Args:
        number: In international form, with its +.
        text: What is to be read; cut where it does not fit into one message.

    """
    digits = number.removeprefix("+")
    padded = digits + "F" * (len(digits) % 2)
    address = "".join(padded[i + 1] + padded[i] for i in range(0, len(padded), 2))
    words = text.encode("utf-16-be")[: 2 * LETTERS_MAX]
    message = (
        f"{_SUBMIT_WITHOUT_VALIDITY}{len(digits):02X}{_INTERNATIONAL}{address}00{_UCS2}{len(words):02X}"
        f"{words.hex().upper()}"
    )
    # "00": through the service centre the SIM knows; it does not count.
    return len(message) // 2, "00" + message
