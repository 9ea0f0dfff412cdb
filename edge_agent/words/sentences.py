"""
What the terminal says about configuration and files; all that it says, by key.

A sentence says what is wrong and what to do. It never holds a secret, a card number or a name.
"""

from edge_agent.words import Fact, Language, Phrase
from edge_agent.words.desk import DESK_SENTENCES
from edge_agent.words.faces import FACE_SENTENCES


def phrase(key: str, /, **facts: Fact) -> Phrase:
    """Return the sentence in both languages."""
    return SENTENCES[key].filled(**facts)


def text(key: str, language: Language, /, **facts: Fact) -> str:
    """Return the sentence in one language."""
    return phrase(key, **facts).text(language)


SENTENCES: dict[str, Phrase] = {
    # ------------------------------------------------------------ a file that cannot be used
    "file.missing": Phrase(en="there is no such file", ja="ファイルがありません"),
    "file.forbidden": Phrase(
        en="this user may not read it; correct its owner or permissions",
        ja="このユーザーには読めません。所有者か権限を直してください",
    ),
    "file.folder": Phrase(en="is a folder; give a file", ja="フォルダーです。ファイルを指定してください"),
    "file.kind": Phrase(en="is a device or pipe; give a file", ja="機器かパイプです。ファイルを指定してください"),
    "file.large": Phrase(
        en="is larger than {limit}; is it the right file?", ja="{limit}より大きいです。正しいファイルですか"
    ),
    "file.empty": Phrase(en="is empty; is it the right file?", ja="空です。正しいファイルですか"),
    "file.failed": Phrase(en="cannot be read: {reason}", ja="読めません: {reason}"),
    # ------------------------------------------------------------ the configuration file as a whole
    "toml.not-utf8": Phrase(
        en="line {line} is not UTF-8; save the file as UTF-8",
        ja="{line}行目がUTF-8ではありません。UTF-8で保存してください",
    ),
    "toml.wrong": Phrase(
        en="line {line}, column {column}: {reason}\n{excerpt}",
        ja="{line}行目{column}文字目: TOMLとして読めません ({reason})\n{excerpt}",
    ),
    "toml.full-width": Phrase(en="a full-width character or space", ja="全角の文字か空白"),
    "toml.hidden": Phrase(
        en="  (the line is not shown: it may hold a secret)", ja="  (秘密を含むかもしれないため、行は表示しません)"
    ),
    "toml.deep": Phrase(en="brackets are nested too deeply", ja="かっこの入れ子が深すぎます"),
    "toml.number": Phrase(en="holds a number or date that is out of all bounds", ja="範囲外の数か日付があります"),
    # ------------------------------------------------------------ tables
    "table.unknown": Phrase(
        en="no such table; there are: {known}", ja="このような表はありません。あるのは {known} です"
    ),
    "table.like": Phrase(en="no such table; did you mean {like}?", ja="このような表はありません。{like} のことですか"),
    "table.other-program": Phrase(
        en="no such table in this file; it belongs in the file of `{program}`",
        ja="この表は `{program}` の設定ファイルに書くものです",
    ),
    "table.once": Phrase(
        en="is written once, as [{name}] with single brackets", ja="[{name}] と一重のかっこで一度だけ書いてください"
    ),
    "table.each": Phrase(
        en="write [[{name}]] with double brackets, once for each",
        ja="[[{name}]] と二重のかっこで、台数分書いてください",
    ),
    "table.least": Phrase(
        en="none is written; write at least one [[{name}]] ({about})",
        ja="[[{name}]] を一つ以上書いてください ({about})",
    ),
    # ------------------------------------------------------------ settings
    "key.missing": Phrase(
        en="is missing; write for example: {key} = {example} ({about})",
        ja="がありません。例: {key} = {example} ({about})",
    ),
    "key.unknown": Phrase(
        en="no such setting; there are: {known}", ja="このような設定はありません。あるのは {known} です"
    ),
    "key.like": Phrase(
        en="no such setting; did you mean {like}?", ja="このような設定はありません。{like} のことですか"
    ),
    "key.elsewhere": Phrase(
        en="`{key}` belongs to {tables}; move it there", ja="`{key}` は {tables} の設定です。そこに移してください"
    ),
    "key.like-elsewhere": Phrase(
        en="no such setting; did you mean `{like}` of {tables}?",
        ja="このような設定はありません。{tables} の `{like}` のことですか",
    ),
    "key.type": Phrase(en="{value} is not {kind}; {about}", ja="{value} は{kind}ではありません。{about}"),
    "key.quoted": Phrase(
        en="{value} is not {kind}; write it without quotation marks: {key} = {bare}",
        ja="{value} は{kind}ではありません。引用符なしで書いてください: {key} = {bare}",
    ),
    "key.choice": Phrase(en="{value} is not one of {choices}", ja="{value} は {choices} のどれでもありません"),
    "key.choice-like": Phrase(
        en="{value} is not one of {choices}; did you mean {like}?",
        ja="{value} は {choices} のどれでもありません。{like} のことですか",
    ),
    "key.bounds": Phrase(
        en="{value} is out of bounds; write {bounds}", ja="{value} は範囲外です。{bounds} の値を書いてください"
    ),
    "key.form": Phrase(
        en="{value} has not the right form ({form}). {about}", ja="{value} は正しい形 ({form}) ではありません。{about}"
    ),
    "key.control": Phrase(
        en="holds a control character; write it again by hand", ja="制御文字が入っています。手で書き直してください"
    ),
    # ------------------------------------------------------------ secrets and files
    "secret.inline": Phrase(
        en="secrets come from files: put it into a file of its own and name that file in {settings}",
        ja="秘密は別のファイルに置きます。ファイルに書いて、その名前を {settings} に書いてください",
    ),
    "secret.reference": Phrase(
        en="is neither an absolute path nor credential:NAME; the secret itself never stands here",
        ja="絶対パスでも credential:名前 でもありません。秘密そのものはここに書きません",
    ),
    "secret.name": Phrase(
        en="{reference} is not the name of a credential: letters, digits, points, hyphens, underscores",
        ja="{reference} はクレデンシャルの名前ではありません。英数字、点、ハイフン、下線だけ使えます",
    ),
    "secret.no-key": Phrase(
        en="{reference} holds no key; make one in a new file with `edge-agent badge key`",
        ja="{reference} は鍵ではありません。`edge-agent badge key` で新しいファイルに作ってください",
    ),
    "secret.no-face-key": Phrase(
        en="[face] key_file is not set, so no faces are kept on this box; make a key: edge-agent face key --out FILE",
        ja="[face] key_file がないため、この箱に顔は登録できません。鍵を作る: edge-agent face key --out ファイル",
    ),
    "secret.bad-face-key": Phrase(
        en="{reference} holds {count} bytes, and a key of faces has 32; make one with `edge-agent face key --out FILE`",
        ja="{reference} は{count}バイトです。顔の鍵(32バイト)は `edge-agent face key --out ファイル` で作ってください",
    ),
    "secret.no-service": Phrase(
        en="{reference} is handed over by systemd only to the service; started by hand, give a path instead",
        ja="{reference} はsystemdがサービスにだけ渡します。手で動かすときはパスを書いてください",
    ),
    "secret.file": Phrase(en="{reference}: {reason}", ja="{reference}: {reason}"),
    "secret.not-checked": Phrase(
        en="{reference} is seen only by the service; it is checked when that starts",
        ja="{reference} はサービスからだけ見えます。サービスの起動時に確かめます",
    ),
    "secret.open": Phrase(
        en="{reference} may be read by everybody on this machine; chmod o-rwx {reference}",
        ja="{reference} は誰でも読めます。chmod o-rwx {reference} としてください",
    ),
    # ------------------------------------------------------------ what must fit together
    "together.name": Phrase(
        en="{value} is the name of {other} too; each needs a name of its own",
        ja="{value} は {other} の名前でもあります。別の名前にしてください",
    ),
    "together.device": Phrase(
        en="same driver, match, usb_path, port, video as {other}: both take one device; tell them apart by one of them",
        ja="driver, match, usb_path, port, video が {other} と同じで、1台を取り合います。どれかで区別してください",
    ),
    "together.reserved": Phrase(
        en="{value} is the name of the receiver in [gnss]; take another", ja="{value} は [gnss] の受信機の名前です"
    ),
    "together.fence": Phrase(
        en="is missing: latitude, longitude and radius_m make the fence together; none of them can be 0",
        ja="がありません。latitude, longitude, radius_m は三つで範囲になります。0 にはできません",
    ),
    "together.driver": Phrase(
        en="no driver named {value}; there are: {known}",
        ja="{value} というドライバーはありません。あるのは {known} です",
    ),
    "together.driver-like": Phrase(
        en="no driver named {value}; did you mean {like}?",
        ja="{value} というドライバーはありません。{like} のことですか",
    ),
    "together.lab": Phrase(
        en="{value} simulates hardware: only with `lab = true` in [agent]",
        ja="{value} は模擬機器です。[agent] に lab = true と書いたときだけ使えます",
    ),
    "together.plain": Phrase(
        en="without TLS everything can be read on the way: only for a broker on this machine (localhost), or with"
        " `lab = true` in [agent]",
        ja="TLSなしでは途中で読まれます。同じ機械のブローカー (localhost) か、[agent] に lab = true のときだけ使えます",
    ),
    "together.authority": Phrase(
        en="is not set: with TLS the broker cannot be reached until it is",
        ja="がありません。TLSでは、これがないとブローカーにつながりません",
    ),
    "together.pair": Phrase(
        en="is set without {missing}; the two belong together", ja="{missing} がありません。二つは組で使います"
    ),
    "together.public-key": Phrase(
        en="number {number} is no public key: 64 small hex digits, as `edge-agent badge key` prints them",
        ja="{number}番目は公開鍵ではありません。`edge-agent badge key` が表示する16進64桁(小文字)を書いてください",
    ),
    "together.video": Phrase(
        en='which camera? give its name, such as "/dev/v4l/by-path/...", or its address',
        ja="どのカメラか分かりません。/dev/v4l/by-path/... のような名前か、アドレスを書いてください",
    ),
    "together.confirmed-by": Phrase(
        en='no reader with driver = "face" is named {value}',
        ja='driver = "face" のリーダーに {value} という名前のものはありません',
    ),
    "together.face-key": Phrase(
        en="without a key no face can be enrolled; the camera reads badges only",
        ja="鍵がないため顔を登録できません。カメラはバッジだけを読みます",
    ),
    "together.face-turn": Phrase(
        en="a turn of the head takes longer; set {seconds} or more",
        ja="首を振ってもらうには短すぎます。{seconds} 以上にしてください",
    ),
    "together.face-alone": Phrase(
        en="where a face is enough by itself, a good photograph may be, too; set challenge, and let somebody look on",
        ja="顔だけで入場できるため、写真で通られるおそれがあります。challenge にし、人の目も置いてください",
    ),
    "together.script": Phrase(en="{reason}", ja="手順が読めません: {reason}"),
    "together.hex": Phrase(
        en="{reason}; write bytes in hex such as FF 00 40 00", ja="16進ではありません: {reason}。例: FF 00 40 00"
    ),
    # ------------------------------------------------------------ edge-agent config
    "config.good": Phrase(en="{file}: good", ja="{file}: 問題ありません"),
    "config.warning": Phrase(en="note: {says}", ja="注意: {says}"),
    **DESK_SENTENCES,
    **FACE_SENTENCES,
}
"""Key to sentence. Keys are constants in the code; tests hold that each one here is used."""
