"""The settings of the construction site and its rules: one class a table, its docstring the table's text."""

from dataclasses import dataclass
from typing import Literal

from edge_agent.config.declare import setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """
    The construction site.

    現場について。
    """

    id: str = setting(
        en="現場ID, or the prime contractor's own name of the site.",
        ja="現場ID、または元請が決めた現場の名前。",
        pattern=r"[^\x00-\x1f]{1,64}",
        example="13-0042",
    )
    name: str = setting("", en="Name people know the site by.", ja="現場の呼び名。")
    day_cut_off: str = setting(
        "04:00",
        en="When the site's day begins, Japan time; 04:00 keeps night shifts whole.",
        ja="現場の一日の始まり(日本時間)。04:00 なら夜勤が二日に分かれない。",
        pattern=r"([01][0-9]|2[0-3]):[0-5][0-9]",
    )
    repeat_window_s: float = setting(
        180.0,
        en="The same touch again within this time is a repeat: kept, marked, changes nothing.",
        ja="この時間内の同じタッチは重複とする。記録し、印を付け、状態は変えない。",
        unit="s",
        low=0,
        high=3600,
    )
    longest_stay_h: float = setting(
        16.0,
        en="After this stay a missing exit is marked, and the next touch of a toggle reader is an entry.",
        ja="この時間を過ぎた滞在は退場の打刻漏れと印を付け、次のタッチは入場とする。",
        unit="h",
        low=1,
        high=72,
    )
    roster_file: str = setting(
        "",
        en="CSV with workers, their companies and cards, taken in at the start when it has changed; see help roster.",
        ja="作業員、会社、カードのCSV。内容が変わっていれば起動時に取り込む。edge-agent help roster を参照。",
        is_file=True,
        runs_without=True,
    )
    phone: str = setting(
        "",
        en="The number workers let ring once, for the poster; empty: none.",
        ja="ワンコールで記録する電話番号。ポスターに載せる。空なら載せない。",
        pattern=r"(\+?[0-9][0-9 ()-]{2,23})?",
    )
    poster_url: str = setting(
        "",
        en="Address the poster's QR code opens; the site's signed text is put at its end. Empty: the text alone.",
        ja="ポスターのQRコードが開くアドレス。末尾に現場の署名付きの文字列が付く。空なら文字列だけ。",
        pattern=r"(https?://[!-~]{1,120})?",
    )
    latitude: float = setting(
        0.0,
        en="Middle of the site's fence, north positive. All three, or none.",
        ja="現場の範囲の中心の緯度。三つとも書くか、三つとも書かない。",
        unit="deg",
        low=-90,
        high=90,
    )
    longitude: float = setting(0.0, en="The same, east positive.", ja="中心の経度。", unit="deg", low=-180, high=180)
    radius_m: float = setting(
        0.0,
        en="Reach of the fence; touches taken outside it are marked. 0: no fence.",
        ja="範囲の半径。外でのタッチには印を付ける。0 なら範囲を決めない。",
        unit="m",
        low=0,
        high=100_000,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """
    What the gate makes of it: `allow` says nothing, `warn` is green and explained, `block` is refused and recorded.

    ゲートでの扱い。allow は何も言わない。warn は記録して理由を示す。block は断り、断ったことを記録する。
    """

    unknown: Literal["allow", "block"] = setting(
        "allow",
        en="A credential nobody has named: allow records it as pending.",
        ja="まだだれのものか分からないもの(allow なら「あとで確認」として記録)。",
    )
    not_yet_valid: Literal["allow", "warn", "block"] = setting(
        "warn", en="A day before the worker's first.", ja="入場許可期間より前。"
    )
    no_longer_valid: Literal["allow", "warn", "block"] = setting(
        "warn", en="A day after the worker's last.", ja="入場許可期間より後。"
    )
    outside_period: Literal["allow", "warn", "block"] = setting(
        "warn", en="A day outside the site's 就業履歴蓄積期間.", ja="就業履歴蓄積期間の外の日。"
    )
    no_ccus: Literal["allow", "warn", "block"] = setting(
        "allow", en="A worker without 技能者ID.", ja="技能者ID のない技能者。"
    )
    not_insured: Literal["allow", "warn", "block"] = setting(
        "allow",
        en="A worker whose social insurance the roster says is missing.",
        ja="社会保険未加入と名簿にある技能者。",
    )
    company_unknown: Literal["allow", "warn", "block"] = setting(
        "allow", en="A worker without a company in the roster.", ja="名簿に所属事業者のない技能者。"
    )
    company_unregistered: Literal["allow", "warn", "block"] = setting(
        "allow", en="A company that is not registered in CCUS.", ja="CCUS に登録のない事業者。"
    )
    outside_fence: Literal["allow", "warn", "block"] = setting(
        "warn", en="A box outside the site's fence.", ja="箱が現場の範囲の外にあるとき。"
    )
    face_differs: Literal["allow", "warn", "wait", "block"] = setting(
        "wait",
        en="At a reader with confirmed_by: the camera sees somebody else. wait: recorded, and waits for approval.",
        ja="confirmed_by のあるリーダーで、カメラに別の人が写ったとき。wait は記録して承認を待つ。",
    )
    face_unsure: Literal["allow", "warn", "wait", "block"] = setting(
        "wait",
        en="The face could not be seen well enough, or may be a picture.",
        ja="顔がよく見えない、または写真かもしれないとき。",
    )
    face_unseen: Literal["allow", "warn", "wait", "block"] = setting(
        "wait", en="Nobody looked into the camera.", ja="だれもカメラを見なかったとき。"
    )
    face_not_enrolled: Literal["allow", "warn", "wait", "block"] = setting(
        "warn", en="The worker's face is not enrolled.", ja="顔が登録されていない人のとき。"
    )
    face_away: Literal["allow", "warn", "wait", "block"] = setting(
        "warn", en="The camera cannot be used now.", ja="カメラが使えないとき。"
    )
