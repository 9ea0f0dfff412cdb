"""The settings of QR badges: declared as in `settings`, of which they are part."""

from dataclasses import dataclass

from edge_agent.config.declare import setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """
    QR badges.

    QR名札。
    """

    key_file: str = setting(
        "",
        en="The key that signs badges, made by `edge-agent badge key`: only where they are printed, else empty.",
        ja="名札に署名する鍵。`edge-agent badge key` で作る。印刷する機械だけに置き、ほかは空にする。",
        is_secret_file=True,
    )
    keys: list[str] = setting(
        factory=list,
        en="Public keys whose badges are believed, beside the own: 64 hex digits each, from `edge-agent badge key`.",
        ja="信じる公開鍵(16進64桁)。`edge-agent badge key` が表示する。自分の鍵は書かなくてよい。",
    )
    valid_days: int = setting(
        365, en="How long a printed badge counts.", ja="印刷した名札の有効日数。", unit="d", low=1, high=3650
    )
    travel_s: float = setting(
        10.0,
        en="A badge at two readers of this box within less time is refused as a copy. 0: never.",
        ja="この時間より短い間に、この箱の別のリーダーに現れた名札は、複製として断る。0 なら調べない。",
        unit="s",
        low=0,
        high=600,
    )
