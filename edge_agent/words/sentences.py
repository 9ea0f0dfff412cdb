"""
What the terminal says about configuration, files and roster.

A sentence says what is wrong and what to do. It never holds a secret, a card number or a name.
"""

from edge_agent.words import Fact, Language, Phrase
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
    "together.script": Phrase(en="{reason}", ja="手順が読めません: {reason}"),
    "together.hex": Phrase(
        en="{reason}; write bytes in hex such as FF 00 40 00", ja="16進ではありません: {reason}。例: FF 00 40 00"
    ),
    # ------------------------------------------------------------ the roster
    "roster.encoding": Phrase(
        en="is neither UTF-8 nor Shift_JIS; save it as CSV UTF-8",
        ja="UTF-8でもShift_JISでもありません。「CSV UTF-8」で保存してください",
    ),
    "roster.csv": Phrase(en="row {row}: not CSV: {reason}", ja="{row}行目: CSVとして読めません ({reason})"),
    "roster.header": Phrase(
        en="the first row must name the columns; missing: one of {missing}",
        ja="1行目に列名が必要です。ないもの: {missing} のどれか",
    ),
    "roster.unknown-column": Phrase(
        en="column {number} of the first row has an unknown name; remove it",
        ja="1行目の{number}列目は知らない列名です。列を消してください",
    ),
    "roster.column-like": Phrase(
        en="column {number} of the first row has an unknown name; did you mean {like}?",
        ja="1行目の{number}列目は知らない列名です。{like} のことですか",
    ),
    "roster.column-twice": Phrase(en="the column {column} is there twice", ja="{column} の列が二つあります"),
    "roster.rows": Phrase(en="has more than {limit} rows", ja="{limit}行を超えています"),
    "roster.cells": Phrase(
        en="{count} cells, the first row has {columns}; a comma too many?",
        ja="{count}列あります (1行目は{columns}列)。コンマが余分ではありませんか",
    ),
    "roster.control": Phrase(en="holds a control character", ja="制御文字が入っています"),
    "roster.empty": Phrase(en="is empty", ja="空です"),
    "roster.card-hex": Phrase(
        en="not a card number in hex (character {place} is none); format the column as text",
        ja="16進のカード番号ではありません ({place}文字目)。列の書式を文字列にしてください",
    ),
    "roster.card-half": Phrase(
        en="{count} hex digits are no whole bytes; was a leading 0 lost? format the column as text",
        ja="16進で{count}桁は半端です。先頭の0が消えていませんか。列の書式を文字列にしてください",
    ),
    "roster.card-long": Phrase(
        en="{count} bytes; a card has at most {limit}", ja="{count}バイトあります。カードは{limit}バイトまでです"
    ),
    "roster.card-ref": Phrase(en="hmac: must be followed by 32 hex digits", ja="hmac: のあとは16進32桁です"),
    "roster.card-twice": Phrase(
        en="the card of row {other} again, but with another worker",
        ja="{other}行目と同じカードに、別の技能者が書かれています",
    ),
    "roster.id-digits": Phrase(
        en="must be digits only; format the column as text",
        ja="数字だけにしてください。列の書式を文字列にしてください",
    ),
    "roster.id-long": Phrase(en="{count} digits; there are at most {limit}", ja="{count}桁あります。{limit}桁までです"),
    "roster.number-long": Phrase(
        en="a spreadsheet keeps only {limit} digits of a number; format the column as text and type it again",
        ja="表計算ソフトは数を{limit}桁までしか保ちません。列の書式を文字列にして入れ直してください",
    ),
    "roster.zeros": Phrase(
        en="was typed as a number, leading zeros are lost; format the column as text and type it again",
        ja="数として入力され、先頭の0が消えています。列の書式を文字列にして入れ直してください",
    ),
    "roster.excel-error": Phrase(
        en="holds an error of the spreadsheet, or a formula without a result; save it in the spreadsheet again",
        ja="表計算のエラーか、結果のない数式です。表計算ソフトで直して保存し直してください",
    ),
    "roster.text-long": Phrase(
        en="{count} characters; there are at most {limit}", ja="{count}文字あります。{limit}文字までです"
    ),
    "roster.yen": Phrase(en="is no amount in yen such as 120,000,000", ja="円の金額ではありません。例: 120,000,000"),
    "roster.tier": Phrase(
        en="is no tier; write 0 for the prime, 1, 2 and so on",
        ja="次数ではありません。元請、一次、二次 と書いてください",
    ),
    "roster.date": Phrase(
        en="is no date such as 2026-11-24; format the column as text",
        ja="日付ではありません。例: 2026-11-24、令和8年11月24日",
    ),
    "roster.no-day": Phrase(en="there is no such day", ja="そのような日はありません"),
    "roster.choice": Phrase(en="is not one of {choices}", ja="{choices} のどれでもありません"),
    "roster.truth": Phrase(en="is neither yes nor no", ja="有・無 (○・×) のどちらでもありません"),
    "roster.phone": Phrase(en="is no telephone number", ja="電話番号ではありません"),
    "roster.nobody": Phrase(
        en="says of nobody in particular: fill one of {columns}, or add a column id with your own numbers",
        ja="誰のことか分かりません。{columns} のどれかを書くか、識別番号の列を加えてください",
    ),
    "roster.no-sheets": Phrase(en="has no sheets: it is CSV", ja="CSVなのでシートはありません"),
    "roster.which-sheet": Phrase(
        en="has no such sheet; there are: {sheets}", ja="そのシートはありません。あるのは {sheets} です"
    ),
    "roster.no-roster": Phrase(
        en="no sheet has columns of a roster in its first row", ja="1行目に名簿の列名があるシートがありません"
    ),
    "roster.old-excel": Phrase(
        en="is an old .xls, or protected by a password; save it as .xlsx without one",
        ja="古い .xls か、パスワード付きです。パスワードなしの .xlsx で保存してください",
    ),
    "roster.xlsx": Phrase(
        en="is no XLSX, or a damaged one; save it in the spreadsheet again",
        ja="XLSXとして読めません。表計算ソフトで保存し直してください",
    ),
    "roster.xlsx-large": Phrase(
        en="is too large once it is unpacked; is it the right file?", ja="展開すると大きすぎます。正しいファイルですか"
    ),
    "roster.xlsx-here": Phrase(
        en="the agent itself reads CSV only; use `edge-agent roster import` for XLSX",
        ja="エージェント自身が読むのはCSVだけです。XLSXは `edge-agent roster import` で取り込んでください",
    ),
    # ------------------------------------------------------------ the roster beside what the box knows
    "roster.otherwise": Phrase(en="row {other} says otherwise", ja="{other}行目と食い違っています"),
    "roster.same-ccus": Phrase(en="that ccus_id is another worker's already", ja="その技能者IDは別の人のものです"),
    "roster.no-worker": Phrase(
        en="no such worker, neither here nor in the file", ja="その人は箱にもファイルにもいません"
    ),
    "roster.two-companies": Phrase(
        en="several companies have that name; give the number", ja="同じ名前の会社が複数あります。番号で書いてください"
    ),
    "roster.card-moved": Phrase(
        en="is another worker's until now; give --move if it has changed hands",
        ja="今は別の人のものです。本当に渡したのなら --move を付けてください",
    ),
    "roster.no-one-listed": Phrase(
        en="lists no workers: as a complete list it would end everybody",
        ja="作業員がいません。これを完全な名簿とすると全員が終了になります",
    ),
    "roster.no-clock": Phrase(
        en="the box does not know the date, so it cannot end anybody; import without --complete",
        ja="箱の時計が信用できず、誰も終了にできません。--complete なしで取り込んでください",
    ),
    "roster.more": Phrase(en="... and {count} more", ja="…ほか{count}件"),
    "roster.sheet": Phrase(en="sheet {sheet}", ja="シート {sheet}"),
    "roster.row": Phrase(en="row {row}", ja="{row}行目"),
    "roster.place": Phrase(en="row {row}, {column}", ja="{row}行目、{column}"),
    # ------------------------------------------------------------ the desk: entry, approve, headcount, users
    "enroll.touch": Phrase(
        en="show the credential of {worker} at the reader now ({left} s left)",
        ja="{worker} のカードをいまリーダーにかざしてください(残り {left} 秒)",
    ),
    "enroll.done": Phrase(
        en="{kind} given to {worker}; {named} earlier touches named",
        ja="{kind} を {worker} に登録しました。以前のタッチ {named} 件も本人のものにしました",
    ),
    "enroll.lost": Phrase(en="{count} {kind} of {worker} blocked", ja="{worker} の {kind} {count} 件を止めました"),
    "enroll.found": Phrase(
        en="{count} {kind} of {worker} count again", ja="{worker} の {kind} {count} 件をまた使えるようにしました"
    ),
    "site.made": Phrase(
        en="{id} made and served from now on: {name}", ja="現場 {id} を作り、いまからここで記録します: {name}"
    ),
    "site.kept": Phrase(en="{id} kept: {name}", ja="現場 {id} を更新しました: {name}"),
    "site.used": Phrase(en="{id} is served from now on", ja="いまから現場 {id} として記録します"),
    "site.noted": Phrase(en="place note: {note}", ja="作業場所メモ: {note}"),
    "site.columns": Phrase(en="here|site|CCUS site id|name|period|part of", ja="いま|現場|現場ID|名前|期間|広域現場"),
    "desk.password": Phrase(en="password of {user}: ", ja="{user} のパスワード: "),
    "desk.new-password": Phrase(en="new password: ", ja="新しいパスワード: "),
    "desk.again": Phrase(en="once more: ", ja="もう一度: "),
    "desk.differ": Phrase(en="the two are not the same", ja="二つのパスワードが一致しません"),
    "desk.too-short": Phrase(
        en="at least {least} characters: whoever has the configuration can guess short ones",
        ja="{least}文字以上にしてください。短いと設定ファイルから推測されます",
    ),
    "desk.columns": Phrase(
        en="touch|time|way|worker|company|method|state|reasons|deadline",
        ja="番号|時刻|種別|技能者|事業者|方法|状態|理由|期限",
    ),
    "desk.days-left": Phrase(en="{deadline} ({days} days)", ja="{deadline} (あと{days}日)"),
    "desk.days-over": Phrase(en="{deadline} ({days} days over)", ja="{deadline} ({days}日超過)"),
    "desk.no-deadline": Phrase(en="day not known yet", ja="日付未定"),
    "desk.deadline": Phrase(en="waits for approval; deadline {left}", ja="承認待ち。期限 {left}"),
    "desk.presence-unsure": Phrase(
        en="who is inside cannot be told anew: it stays as it was until this worker's next touch",
        ja="在場の状態は決められません。この人の次のタッチまで、いままでのままにします",
    ),
    "desk.say-which": Phrase(
        en="say which: TOUCH, --day, --company, --worker, or --all",
        ja="対象を指定してください: 番号、--day、--company、--worker、--all のどれか",
    ),
    "desk.say-why": Phrase(en="--refuse wants --why", ja="--refuse には --why で理由が必要です"),
    "desk.say-yes": Phrase(
        en="nobody is here to be asked: say --yes if you are sure", ja="確認できません。よければ --yes を付けてください"
    ),
    "desk.not-there": Phrase(
        en="{touch}: nothing of that number waits or waited; see `edge-agent entry list --state all`",
        ja="{touch}: この番号のものはありません。`edge-agent entry list --state all` で確かめてください",
    ),
    "desk.unnamed": Phrase(
        en="{count} of these nobody has named: name them first (edge-agent entry name)",
        ja="うち{count}件はだれのものか未定です。先に edge-agent entry name で名付けてください",
    ),
    "desk.none": Phrase(en="nothing of that kind", ja="該当する記録はありません"),
    "desk.nothing": Phrase(en="nothing was judged", ja="承認・却下したものはありません"),
    "desk.ask-approve": Phrase(en="approve {count}? [y/N] ", ja="{count}件を承認しますか [y/N] "),
    "desk.ask-refuse": Phrase(en="refuse {count}? [y/N] ", ja="{count}件を却下しますか [y/N] "),
    "desk.judged": Phrase(
        en="{count} judged; {again} of these had been judged before",
        ja="{count}件を処理しました (うち再判定 {again}件)",
    ),
    "desk.headcount": Phrase(
        en="{site}, {day}, company {company}: {count} people", ja="{site}、{day}、事業者 {company}: {count}人"
    ),
    # ------------------------------------------------------------ edge-agent config
    "config.good": Phrase(en="{file}: good", ja="{file}: 問題ありません"),
    "config.warning": Phrase(en="note: {says}", ja="注意: {says}"),
    **FACE_SENTENCES,
}
"""Key to sentence. Keys are constants in the code; tests hold that each one here is used."""
