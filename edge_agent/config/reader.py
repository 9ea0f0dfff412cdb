"""The settings of what hangs on the box: one class a table, its docstring the table's text, English, then Japanese."""

from dataclasses import dataclass
from typing import Literal

from edge_agent.config.declare import setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """
    One reader; write [[reader]] once for each.

    リーダー。台数分の [[reader]] を書く。
    """

    name: str = setting(
        en="Name in all messages.", ja="表示やイベントに使う名前。", pattern="[a-z0-9][a-z0-9-]{0,31}", example="gate-1"
    )
    driver: str = setting("pcsc", en="Which driver.", ja="ドライバーの名前。", pattern="[a-z0-9_-]{1,32}")
    role: Literal["in", "out", "toggle", "tap"] = setting(
        "toggle",
        en="Entry, exit, both in turn, or presence without direction.",
        ja="入場(in)、退場(out)、交互(toggle)、方向なし(tap)。",
    )
    match: str = setting(
        "*", en="Pattern of the device's name; * stands for anything.", ja="機器の名前のパターン。* は何にでも合う。"
    )
    usb_path: str = setting(
        "",
        en="USB port such as 1-1.4, where two readers have one name.",
        ja="同じ名前の機器が2台あるときのUSBポート(例 1-1.4)。",
        pattern=r"([0-9]+-[0-9]+(\.[0-9]+)*)?",
    )
    reread_window_s: float = setting(
        1.5,
        en="A card that comes back to the same reader within this time has not been away.",
        ja="この時間内に同じリーダーに戻ったカードは、離れなかったものとする。",
        unit="s",
        low=0,
        high=10,
    )
    lamp_by: Literal["escape", "transmit"] = setting(
        "escape",
        en="How lamp commands reach the reader: as an escape command, or over the card's connection.",
        ja="ランプの命令の送り方。escape 命令か、カードの接続(transmit)か。",
    )
    lamp: dict[str, list[str]] = setting(
        factory=dict,
        en="Pseudo-APDUs in hex by answer: entered, left, tapped, already, pending, refused, not_saved, enrolled.",
        ja="ランプとブザーの擬似APDU(16進)。英文にある答えの名前ごと。",
    )
    port: str = setting(
        "",
        en="Serial or input port such as /dev/serial/by-path/...: a name that stays with the socket.",
        ja="シリアルまたは入力ポート。差し込み口で決まる名前(例 /dev/serial/by-path/...)を使う。",
    )
    nfc_targets: list[str] = setting(
        factory=lambda: ["212F", "106A", "106B"],
        en="Driver nfc: what to ask for, in this order: FeliCa 212F, 424F; type A 106A; type B 106B. Each takes time.",
        ja="nfc用: 探すカードの種類と順番。FeliCaは 212F, 424F、Type Aは 106A、Type Bは 106B。種類ごとに時間がかかる。",
    )
    nfc_system_code: str = setting(
        "FFFF",
        en="Driver nfc: FeliCa system code to ask for; FFFF finds every card, with the IDm PC/SC would give.",
        ja="nfc用: 探すFeliCaのシステムコード。FFFF ならどのカードも見つかり、IDmはPC/SCと同じになる。",
        pattern="[0-9A-Fa-f]{4}",
    )
    nfc_poll_ms: int = setting(
        100,
        en="Driver nfc: pause between two looks. 0: a card is seen in 15 ms, 6 % of a core; 100: 50 ms, 1.3 %.",
        ja="nfc用: カードを探す間隔。0 なら15 msで読めるがCPUを6 %使う。100 なら50 msと1.3 %。",
        unit="ms",
        low=0,
        high=1000,
    )
    baud: int = setting(
        9600, en="Speed of the serial port.", ja="シリアルの速度。", unit="bit/s", low=300, high=4_000_000
    )
    # ------------------------------------------------------------ modem
    modem_hang_up: Literal["hang_up", "ring_out"] = setting(
        "hang_up",
        en="modem: cut the line once the call is on disk, or let it ring until the caller hangs up. Never answered.",
        ja="modem: 記録したら呼出しを切る(hang_up)か、相手が切るまで鳴らす(ring_out)。どちらも電話に出ることはない。",
    )
    modem_pin_file: str = setting(
        "",
        en="modem: file with the SIM's PIN; empty: it has none.",
        ja="modem: SIMのPINのファイル。空ならPINなし。",
        is_secret_file=True,
    )
    modem_sms: bool = setting(
        default=False,
        en="modem: answer each recorded call of a Japanese mobile telephone with a short message. Each costs money.",
        ja="modem: 記録した電話(日本の携帯番号)にSMSで答える。1通ごとに料金がかかる。",
    )
    modem_sms_a_day: int = setting(
        100,
        en="modem: so many short messages in 24 hours at most.",
        ja="modem: 24時間に送るSMSの上限。",
        low=1,
        high=2000,
    )
    modem_time: bool = setting(
        default=True,
        en="modem: hear the time from the network; off for a modem whose clock (AT+CCLK?) is not the local time.",
        ja="modem: 網の時刻を使う。時計(AT+CCLK?)が現地時刻でないモデムでは false にする。",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """
    What to read from a kind of card; without any, the UID or IDm.

    カードから何を読むか。なければUIDかIDm。
    """

    name: str = setting(
        en="Name in messages.", ja="表示に使う名前。", pattern="[a-z0-9][a-z0-9-]{0,31}", example="example-card"
    )
    atr: str = setting(
        "*",
        en="Pattern of the card's ATR in hex; x is any digit, * anything.",
        ja="ATRのパターン(16進)。x は任意の1桁。",
    )
    script: list[str] = setting(
        en='Steps such as "FF B0 00 00 10 -> 9000 take": send, expected status words, keep the data.',
        ja="手順。送るAPDU -> 期待する状態語 take(データを使う)。",
        example=["FF CA 00 00 00 -> 9000 take"],
    )
