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
    # ------------------------------------------------------------ serial, wedge, wiegand
    parity: Literal["N", "E", "O"] = setting(
        "N", en="Parity of the serial port: none, even, odd.", ja="シリアルのパリティ。なし(N)、偶数(E)、奇数(O)。"
    )
    medium: Literal["card", "qr"] = setting(
        "card",
        en="What a serial or wedge reader reads: cards, or QR badges, whose token is their text.",
        ja="serial と wedge のリーダーが読むもの。カード(card)か、文字をそのまま使うQR(qr)。",
    )
    frame_start: str = setting(
        "",
        en="Driver serial: bytes before each frame, in hex; 02 is STX.",
        ja="serial: 先頭のバイト(16進)。02 は STX。",
    )
    frame_end: str = setting(
        "line",
        en='Driver serial: bytes behind each frame, in hex; "line" for CR, LF or both, "none" for none.',
        ja='serial: 末尾のバイト(16進)。"line" は CR か LF か両方、"none" は末尾なし。',
    )
    frame_length: int = setting(
        0,
        en="Driver serial: bytes between start and end, for binary frames; 0: they vary.",
        ja="serial: 先頭と末尾の間のバイト数(バイナリの場合)。0 は可変。",
        unit="B",
        low=0,
        high=1024,
    )
    frame_gap_ms: int = setting(
        100,
        en="Driver serial: the pause that ends a frame which has neither end nor length.",
        ja="serial: 末尾も長さも決まっていないとき、この間が空いたら一つの終わりとする。",
        unit="ms",
        low=10,
        high=1000,
    )
    frame_checksum: Literal["none", "xor", "xor-hex", "lrc"] = setting(
        "none",
        en="Driver serial: what the last byte is of the others: xor, xor of hex digits, two's complement of the sum.",
        ja="serial: 末尾の検査値。xor、16進の文字の xor (xor-hex)、和の2の補数 (lrc)。",
    )
    frame_pattern: str = setting(
        "",
        en="Drivers serial, wedge: regular expression for the whole frame; its group in brackets is the token.",
        ja="serial, wedge: 全体に合う正規表現。かっこの中だけを使う。",
    )
    number_as: Literal["hex", "decimal", "text", "bytes"] = setting(
        "hex",
        en="Drivers serial, wedge: how a card's number is written. Hex makes it the same card as at a PC/SC reader.",
        ja="serial, wedge: カード番号の書き方。hex なら PC/SC のリーダーと同じカードになる。",
    )
    number_bytes: int = setting(
        4,
        en="Drivers serial, wedge: how many bytes a decimal card number stands for.",
        ja="serial, wedge: 10進の番号を何バイトの番号とみなすか。",
        unit="B",
        low=1,
        high=32,
    )
    number_reversed: bool = setting(
        default=False,
        en="Drivers serial, wedge: the reader sends a card's last byte first.",
        ja="serial, wedge: リーダーがカード番号を逆順のバイトで送る。",
    )
    wiegand_bits: Literal["26", "34"] = setting(
        "26", en="Driver wiegand: bits of a number, parity included.", ja="wiegand: パリティを含むビット数。"
    )
    wiegand_as: Literal["bits", "hex", "data", "decimal"] = setting(
        "bits",
        en="Driver wiegand: 0 and 1, the same in hex, hex without parity, or facility,number.",
        ja="wiegand: 0と1(bits)、その16進(hex)、パリティなしの16進(data)、施設番号,番号(decimal)。",
    )
    # ------------------------------------------------------------ camera
    video: str = setting(
        "",
        en="Drivers camera, face: a device (/dev/v4l/by-path/...), an address (rtsp://, http:// of MJPEG), or a file.",
        ja="camera、face 用。機器(/dev/v4l/by-path/...)、rtsp:// か http:// (MJPEG)のアドレス、またはファイル。",
    )
    camera_fps: float = setting(
        8.0,
        en="Drivers camera, face: so many pictures a second are looked at, at most. For faces 12 is better.",
        ja="camera、face 用。1秒間に調べる画像の最大枚数。顔には 12 がよい。",
        low=0.5,
        high=30,
    )
    camera_roi: str = setting(
        "",
        en='Drivers camera, face: the part that counts; left, top, right, bottom in %: "25 0 75 100". Empty: all.',
        ja='camera、face 用。調べる範囲。左、上、右、下を百分率で("25 0 75 100")。空なら全体。',
        pattern=r"((100|[1-9]?[0-9])( (100|[1-9]?[0-9])){3})?",
    )
    camera_rotate: int = setting(
        0,
        en="Drivers camera, face: turn the picture clockwise by 0, 90, 180 or 270. Badges are read at any angle.",
        ja="camera、face 用。画像を時計回りに 0、90、180、270 度回す。バッジはどの向きでも読める。",
        unit="°",
        low=0,
        high=270,
    )
    # ------------------------------------------------------------ face
    face_mode: Literal["card+face", "face", "log"] = setting(
        "card+face",
        en="Driver face: a face confirms a card, is enough by itself, or is compared and only written down.",
        ja="face 用。顔でカードの本人を確かめる(card+face)、顔だけで通す(face)、記録だけ(log)。",
    )
    face_liveness: Literal["off", "passive", "challenge"] = setting(
        "passive",
        en="Driver face: against photographs: nothing, a look at what a camera can tell, or everybody turns the head.",
        ja="face 用。写真への対策。なし(off)、画像から見分ける(passive)、全員に首を振ってもらう(challenge)。",
    )
    face_min_px: int = setting(
        100,
        en="Driver face: a face must be so wide in the picture. The smaller, the more alike strangers are.",
        ja="face 用。画像の中の顔の最小の幅。小さいほど他人と区別しにくい。",
        unit="px",
        low=40,
        high=600,
    )
    face_codes: bool = setting(
        default=True,
        en="Driver face: read QR badges in the same pictures.",
        ja="face 用。同じ画像でQRバッジも読む。",
    )

    confirmed_by: str = setting(
        "",
        en='Name of the reader with driver "face" that looks at whoever shows a card, phone or badge here.',
        ja='ここでカードなどを示した人の顔を確かめる、driver = "face" のリーダーの名前。',
        pattern="([a-z0-9][a-z0-9-]{0,31})?",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Gnss:
    """
    A satellite receiver: the time, and the place for the site's fence.

    衛星測位の受信機。時刻と、現場の範囲を確かめる位置。
    """

    port: str = setting(
        "",
        en="Serial port such as /dev/serial/by-path/...; empty: none.",
        ja="シリアルポート(例 /dev/serial/by-path/...)。空なら使わない。",
    )
    baud: int = setting(
        9600, en="Speed of the serial port.", ja="シリアルの速度。", unit="bit/s", low=300, high=4_000_000
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
