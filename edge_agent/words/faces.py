"""What the terminal says about faces, and why one was not enrolled. Says nothing of whom a face is like."""

from edge_agent.words import Language, Phrase

_ALONE = Phrase(en="more than one face; one person alone, please", ja="複数の顔が写っています。一人で写ってください")
_NOBODY = Phrase(
    en="no face was seen; look straight into the camera", ja="顔が見つかりません。カメラを正面から見てください"
)
_DISAGREE = Phrase(
    en="the looks do not agree with each other; one person alone, hold still, begin again",
    ja="撮るたびに違う結果になりました。一人で、動かずに、やり直してください",
)
_CARD = Phrase(
    en="this face cannot be told surely from others enrolled here; card required: enrol no face for them",
    ja="登録済みの顔と確実に区別できません。この人は顔ではなくカードを使ってください",
)
_PICTURE = Phrase(
    en="it looks like a picture or a screen; the worker themselves, please, and nothing shiny behind them",
    ja="写真か画面のように見えます。本人がカメラの前に立ってください。背後に光るものがないか確かめてください",
)
_TURN = Phrase(
    en="the head was not turned as asked; begin again, turn slowly",
    ja="指示どおりに顔が動きません。ゆっくりやり直してください",
)
_TIME = Phrase(en="no look was good enough in time; begin again", ja="時間内に良い画像が撮れません。やり直してください")
_AGAIN = Phrase(
    en="the faces of this box were changed meanwhile; begin again", ja="途中で登録が変わりました。やり直してください"
)

REFUSALS: dict[str, Phrase] = {
    "no_face": _NOBODY,
    "nobody": _NOBODY,
    "no_picture": Phrase(en="that is no picture; give a JPEG or PNG", ja="画像ではありません。JPEGかPNGにしてください"),
    "several_faces": _ALONE,
    "two_faces": _ALONE,
    "small": Phrase(en="the face is too small; come closer", ja="顔が小さすぎます。カメラに近づいてください"),
    "blurred": Phrase(
        en="the picture is blurred; hold still, and wipe the lens",
        ja="ぼけています。動かないでください。レンズも拭いてください",
    ),
    "dark": Phrase(en="too dark; more light on the face", ja="暗すぎます。顔に光を当ててください"),
    "bright": Phrase(
        en="too bright; no sun or lamp straight on the face", ja="明るすぎます。強い日光や照明を避けてください"
    ),
    "turned": Phrase(en="the head is turned; look straight ahead", ja="横を向いています。正面を向いてください"),
    "tilted": Phrase(en="the head is tilted; hold it upright", ja="傾いています。頭をまっすぐにしてください"),
    "covered": Phrase(
        en="the face is covered; take off mask and sunglasses, push up the helmet's brim",
        ja="顔が隠れています。マスクとサングラスを外し、ヘルメットのつばを上げてください",
    ),
    "cut_off": Phrase(
        en="the face is cut off at the edge; step into the middle", ja="顔が端で切れています。中央に立ってください"
    ),
    "unsure_face": Phrase(
        en="it cannot be told for certain that this is a face; better light, look straight ahead",
        ja="顔とはっきり分かりません。明るい場所で正面を向いてください",
    ),
    "disagree": _DISAGREE,
    "frames_differ": _DISAGREE,
    "other_face": _DISAGREE,
    "look_alike": _CARD,
    "like_many": _CARD,
    "unlike_own": Phrase(
        en="not like the face enrolled for this worker before; is it the same person? If the earlier one was"
        " wrong, erase it first: edge-agent face erase",
        ja="以前の登録と似ていません。本人ですか。以前の登録が誤りなら先に edge-agent face erase で消してください",
    ),
    **dict.fromkeys(
        ("replay", "frozen", "screen", "paper", "nested", "fills_picture", "pad_model", "failed"), _PICTURE
    ),
    **dict.fromkeys(("no_turn", "wrong_turn"), _TURN),
    "model": Phrase(
        en="enrolled earlier by another model; enrol bare-headed anew first",
        ja="以前の登録は別のモデルです。先に素顔で登録し直してください",
    ),
    "away": Phrase(
        en="the camera or its models cannot be used now; see edge-agent status",
        ja="カメラかモデルがいま使えません。edge-agent status を見てください",
    ),
    "no_secret": _AGAIN,
    "secret_changed": _AGAIN,
    "time": _TIME,
    "pending": _TIME,
}
"""What the program that looks at faces may say was in the way."""


def refusal(why: str, language: Language) -> str:
    """Return the reason in this language; one that a later version has found, as it is written."""
    return REFUSALS[why].text(language) if why in REFUSALS else why


FACE_SENTENCES: dict[str, Phrase] = {
    "face.agreed": Phrase(
        en="was notice version {notice} shown to {worker}, and do they agree? [y/N] ",
        ja="説明書(版 {notice})を {worker} に見せ、同意を得ましたか [y/N] ",
    ),
    "face.look": Phrase(
        en="{worker}: look into the camera now ({left} s left)", ja="{worker} はカメラを見てください(残り {left} 秒)"
    ),
    "face.photo": Phrase(en="photo {number}: {why}", ja="写真 {number}: {why}"),
    "face.refused": Phrase(en="not enrolled: {why}", ja="登録していません: {why}"),
    "face.done": Phrase(
        en="face of {worker} enrolled ({wearing}); enrolled looks: {looks}",
        ja="{worker} の顔を登録しました ({wearing})。登録済み: {looks}",
    ),
    "face.columns": Phrase(
        en="worker|looks|taken|notice|agreed|model", ja="技能者|登録|登録日時|説明書の版|同意日時|モデル"
    ),
    "face.people": Phrase(en="{prime}: {people} people", ja="{prime}: {people}人"),
    "face.nothing": Phrase(en="{worker}: no face is kept on this box", ja="{worker}: この箱に顔の登録はありません"),
    "face.kept": Phrase(
        en="{worker}: {count} templates (numbers, no picture), model {model}",
        ja="{worker}: 特徴量 {count}件 (数値だけ。画像はありません)、モデル {model}",
    ),
    "face.kept-look": Phrase(
        en="  {wearing}: taken {at} by {by}, {source}, of {frames} looks",
        ja="  {wearing}: {at} {by} が登録、{source}、{frames}枚から",
    ),
    "face.kept-consent": Phrase(
        en="  agreed to notice {notice}: {at}, says {by}", ja="  説明書 {notice} に同意: {at} (記録 {by})"
    ),
    "face.kept-log": Phrase(en="  {at} {did} by {by} {detail}", ja="  {at} {did} {by} {detail}"),
    "face.exported": Phrase(
        en="{file}: hand it to the worker only; it holds their face data",
        ja="{file}: 本人の顔情報です。本人だけに渡してください",
    ),
    "face.erased": Phrase(en="{worker}: erased", ja="{worker}: 消去しました"),
    "face.type-prime": Phrase(
        en="this erases every face of {prime} on this box. Type {prime} to go on: ",
        ja="この箱にある {prime} の顔をすべて消去します。続けるには {prime} と入力してください: ",
    ),
    "face.emptied": Phrase(
        en="{prime}: {count} people erased, the secret too", ja="{prime}: {count}人と秘密値を消去しました"
    ),
    "face.renewed": Phrase(
        en="{count} people turned by a new secret", ja="{count}人の特徴量を新しい秘密値で変換しました"
    ),
    "face.passphrase": Phrase(en="passphrase of the pack: ", ja="パックの合言葉: "),
    "face.packed": Phrase(
        en="{file}: {count} people, signed by {key}; tell the other site key and passphrase by another way",
        ja="{file}: {count}人、署名 {key}。鍵と合言葉は別の手段で相手の現場に伝えてください",
    ),
    "face.signed-by": Phrase(
        en="made {made} by {gateway} for {prime}, {count} people, signed by\n  {key}\nask that site for its key"
        " (edge-agent face pack key); if it is the same: --from-key {key}",
        ja="{made} に {gateway} が {prime} 用に作成、{count}人、署名\n  {key}\n相手の現場で edge-agent face pack key"
        " と照らし合わせ、同じなら --from-key {key} を付けてください",
    ),
    "face.unpacked": Phrase(
        en="{taken} people taken in; left out: {not_here} not on this site's roster, {other_model} of another model"
        " (enrol them anew), {erased} erased here since; {same} had nothing newer",
        ja="{taken}人を取り込みました。除外: 名簿にない {not_here}人、別モデル {other_model}人 (登録し直し)、"
        "消去済み {erased}人。新しいもの無し {same}人",
    ),
    "face.key": Phrase(
        en="{file}: the key of faces; name it in [face] key_file, and keep a copy away from the box",
        ja="{file}: 顔の鍵です。[face] key_file に書き、控えを箱とは別の場所に保管してください",
    ),
}
"""Part of `SENTENCES`."""
