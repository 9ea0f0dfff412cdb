"""Settings of the face terminal: models, gallery, notice. Opens nothing."""

from dataclasses import dataclass

from edge_agent.config.declare import setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """
    Faces: what readers with driver "face" share.

    顔認証。driver = "face" のリーダーに共通の設定。
    """

    models_dir: str = setting(
        "/var/lib/edge-agent/models",
        en="Where `edge-agent models install` puts the models.",
        ja="`edge-agent models install` がモデルを置く場所。",
    )
    key_file: str = setting(
        "",
        en="File with the key of the gallery, 32 bytes; empty: no faces are kept on this box.",
        ja="顔の特徴量を暗号化する鍵(32バイト)のファイル。空ならこの箱に顔を登録しない。",
        is_secret_file=True,
    )
    prime: str = setting(
        "prime",
        en="Whose gallery it is: one for each prime contractor, the same name at all its sites.",
        ja="どの元請の顔情報か。元請ごとに一つ。同じ元請の現場では同じ名前にする。",
        pattern="[a-z0-9][a-z0-9-]{0,62}",
    )
    notice: str = setting(
        "1",
        en="Version of the notice shown to workers before their face is enrolled; written into each enrolment.",
        ja="登録の前に本人に示す説明書の版。登録ごとに記録される。",
        pattern="[A-Za-z0-9._-]{1,32}",
    )
    contact: str = setting(
        "",
        en="Whom workers ask about their face data, as on the notice by the camera.",
        ja="顔情報の問い合わせ先。カメラのそばの掲示に載る。",
    )
    verify_s: float = setting(
        2.5,
        en="At a reader with confirmed_by: how long a card waits for the face.",
        ja="confirmed_by のあるリーダーで、カードの後に顔を待つ時間。",
        unit="s",
        low=0.2,
        high=10,
    )
