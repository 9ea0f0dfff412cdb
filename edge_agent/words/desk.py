"""What the terminal says about the roster and at the desk: entries, approval, headcount, users. Looks nothing up."""

from edge_agent.words import Phrase

DESK_SENTENCES: dict[str, Phrase] = {
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
}
"""Part of `SENTENCES`."""
