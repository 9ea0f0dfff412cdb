"""A roster into a running agent: compared, entered, never half; history stays, and every field knows its source."""

import json

import pytest
from box import KEY
from box import box as a_box

from edge_agent.cli import main
from edge_agent.control.client import Refused, ask
from edge_agent.core.credential import credential_ref
from edge_agent.core.touch import CredentialRef, Trust, WorkerId
from edge_agent.ledger import people
from edge_agent.ledger.waiting import Waiting, note
from edge_agent.roster import entering
from edge_agent.roster.entering import enter_file
from edge_agent.roster.mistakes import RosterError

HEAD = "技能者ID,氏名,会社名,カード,電話\n"
TARO = "1,建設 太郎,山田組,0102,090-1234-5678\n"
HANAKO = "2,土木 花子,山田組,0103,\n"
CARD = credential_ref(KEY, bytes.fromhex("0102"))


def holders(box, ref=CARD):
    return [(each.worker.id, each.state) for each in box.journal.write(lambda tx: people.holders(tx, ref))]


def test_usual_list_is_entered_and_the_gate_knows_everybody(box, summary):
    told = summary(HEAD + TARO + HANAKO)

    assert {"added": 2, "same": 0} == told["counts"]["workers"]
    assert {"added": 1, "same": 0} == told["counts"]["companies"]
    assert {"added": 3, "same": 0} == told["counts"]["credentials"]
    [held] = box.journal.write(lambda tx: people.holders(tx, CARD))
    assert ("1", "建設 太郎", "山田組") == (held.worker.id, held.worker.name, held.company.name)


def test_same_list_again_changes_nothing(box, summary):
    summary(HEAD + TARO + HANAKO)
    before = box.everything()
    box.clock.advance(86_400)
    told = summary(HEAD + TARO + HANAKO)

    assert before == box.everything()
    assert {"same": 2} == told["counts"]["workers"]


@pytest.mark.parametrize("words", [["diff"], ["import", "--dry-run"]])
def test_dry_run_writes_nothing_and_says_what_would_change(box, roster, summary, words):
    summary(HEAD + TARO)
    before = box.everything()
    code, said = roster(words[0], *words[1:], content=HEAD + "1,建設 次郎,山田組,,\n3,新人,,0105,\n")

    assert 0 == code
    assert before == box.everything()
    assert "name: 建設 太郎 -> 建設 次郎  (was from list.csv 2026-11-23)" in said
    assert "added    workers 3 新人" in said
    assert "nothing was changed" in said


def test_no_card_or_phone_number_is_ever_shown(roster):
    _, said = roster("diff", "--json", content=HEAD + TARO)
    _, told = roster("import", content=HEAD + TARO)
    _, shown = roster("show", "--worker", "1", "--json")

    assert not [secret for secret in ("0102", "1234", "5678") for text in (said, told, shown) if secret in text]


def test_no_number_is_in_the_file(box, summary):
    summary(HEAD + "1,a,b,DEADBEEF00C0FFEE,090-8765-4321\n")

    kept = str(box.everything()).lower()
    assert "deadbeef" not in kept
    assert "4321" not in kept


def test_field_that_is_not_in_the_file_stays_and_an_empty_cell_too(box, summary):
    summary("技能者ID,氏名,職種\n1,建設 太郎,とび\n")
    summary("技能者ID,氏名\n1,\n")

    assert [("建設 太郎", "とび")] == box.rows("worker", "name", "job")


def test_dash_clears_a_field(box, summary):
    summary("技能者ID,氏名,職種,社会保険,入場終了日\n1,建設 太郎,とび,有,R8.11.24\n")
    summary("技能者ID,職種,社会保険,入場終了日\n1,-,－,ー\n")

    assert [("建設 太郎", "", None, "")] == box.rows("worker", "name", "job", "is_insured", "valid_to")


def test_every_field_keeps_the_source_and_day_of_its_last_change(box, roster):
    roster("import", content="技能者ID,氏名,職種\n1,建設 太郎,とび\n", name="first.csv")
    box.clock.advance(86_400)
    roster("import", content="技能者ID,氏名,職種\n1,建設 太郎,左官\n", name="second.csv")
    [shown] = box.shown(worker="1")

    assert ["first.csv", "2026-11-23"] == shown["origin"]["name"]
    assert ["second.csv", "2026-11-24"] == shown["origin"]["job"]


def test_all_that_does_not_fit_the_ledger_is_told_at_once_and_nothing_is_entered(box, roster, summary):
    summary("id,技能者ID,氏名\nA-1,9,a\n")
    before = box.everything()
    code, said = roster(
        "import", content="技能者ID,社員番号,氏名,カード,識別番号\n1,,a,0102,\n2,,b,0102,\n1,,c,,\n9,,,,B-2\n"
    )

    assert 1 == code
    assert before == box.everything()
    assert "row 3, card: the card of row 2 again, but with another worker" in said
    assert "row 4, name: row 2 says otherwise" in said
    assert "row 5, ccus_id: that ccus_id is another worker's already" in said


def test_two_cards_of_one_worker_are_two_rows(box, summary):
    summary(HEAD + "1,建設 太郎,,0102,\n1,,,0103,\n")

    assert 1 == len(box.table("worker"))
    assert 2 == len(box.table("credential"))


def test_one_telephone_may_be_that_of_several_workers(box, summary):
    summary(HEAD + "1,a,,,090-1234-5678\n2,b,,,+81 90 1234 5678\n")

    assert [("1", "active"), ("2", "active")] == holders(box, credential_ref(KEY, b"+819012345678", "phone"))


def test_ten_thousand_workers_are_one_import(box, summary):
    rows = "".join(
        f"{n},建設 太郎{n},山田組{n % 50},{n:016x},090-{n // 10_000:04}-{n % 10_000:04}\n" for n in range(1, 10_001)
    )
    told = summary(HEAD + rows)

    assert [50, 10_000, 20_000] == [told["counts"][kind]["added"] for kind in ("companies", "workers", "credentials")]
    assert {"same": 10_000} == summary(HEAD + rows, action="diff")["counts"]["workers"]
    assert [("7", "active")] == holders(box, credential_ref(KEY, (7).to_bytes(8, "big")))


# ---------------------------------------------------------------- who somebody is


def test_worker_without_a_ccus_id_goes_by_the_own_number_and_keeps_it_when_one_comes(box, summary):
    summary("社員番号,氏名\nA-1,a\n")
    summary("社員番号,技能者ID,氏名\nA-1,77,a\n")
    summary("技能者ID,職種\n77,とび\n")

    assert [("A-1", "77", "とび")] == box.rows("worker", "id", "ccus", "job")


def test_company_is_found_by_number_ccus_id_or_name(box, summary):
    summary("会社名,次数\n（株）山田 組,1\n")
    summary("技能者ID,会社名,事業者ID\n1,(株)山田組,12345678901234\n2,㈱山田組,\n")
    summary("技能者ID,事業者ID\n3,12345678901234\n")

    [(key, ccus)] = box.rows("company", "id", "ccus")
    assert "12345678901234" == ccus
    assert {key} == {company for (company,) in box.rows("worker", "company")}


def test_companies_of_one_name_with_different_ccus_ids_are_two(box, roster, summary):
    summary("会社名,事業者ID\n佐藤組,1\n佐藤組,2\n")
    code, said = roster("import", content="技能者ID,会社名\n5,佐藤組\n")

    assert 2 == len(box.table("company"))
    assert 1 == code
    assert "several companies have that name" in said


def test_company_names_the_one_it_works_for(box, summary):
    summary("会社名,上位会社,次数,一人親方\n孫請,子請,2,○\n子請,元請建設,1,\n")

    assert [("子請", "元請建設", 1, 0), ("孫請", "子請", 2, 1)] == box.rows(
        "company", "id", "parent", "tier", "is_sole"
    )


def test_sites_are_entered_and_a_ccus_id_may_come_later(box, summary):
    summary('現場番号,現場名,契約額,開始日\nS-1,新築工事,"120,000,000円",R8.4.1\n')
    summary("現場番号,現場ID\nS-1,12345678901234\n")

    assert [("S-1", "12345678901234", 120_000_000, "2026-04-01")] == box.rows(
        "site", "id", "ccus", "contract_yen", "valid_from"
    )


# ---------------------------------------------------------------- cards change hands


def test_card_of_another_worker_is_refused_unless_it_is_moved(box, roster, summary):
    summary(HEAD + TARO + HANAKO)
    code, said = roster("import", content="技能者ID,カード\n2,0102\n")
    assert (1, [("1", "active")]) == (code, holders(box))
    assert "row 2, card: is another worker's until now; give --move" in said

    told = summary("技能者ID,カード\n2,0102\n", "--move")

    assert 1 == told["counts"]["credentials"]["moved"]
    assert [("1", "replaced"), ("2", "active")] == holders(box)


def test_card_that_is_lost_in_the_same_list_may_go_to_another(box, summary):
    summary(HEAD + TARO)
    summary("技能者ID,氏名\n2,b\n")
    summary("技能者ID,種別,番号,状態\n2,カード,0102,有効\n1,カード,0102,紛失\n")

    assert [("1", "lost"), ("2", "active")] == holders(box)


def test_lost_card_stays_lost_when_a_list_names_it_again(box, summary):
    summary(HEAD + TARO)
    summary("技能者ID,番号,状態\n1,0102,紛失\n")
    summary(HEAD + TARO)

    assert [("1", "lost")] == holders(box)


def test_credential_of_a_worker_nobody_knows_is_told(roster):
    code, said = roster("import", content="技能者ID,番号\n1,0102\n")

    assert 1 == code
    assert "row 2: no such worker" in said


# ---------------------------------------------------------------- complete lists


def test_who_is_missing_from_a_complete_list_ends_yesterday_and_stays_in_the_ledger(box, summary):
    summary(HEAD + TARO + HANAKO)
    told = summary(HEAD + TARO, "--complete")

    assert 1 == told["counts"]["workers"]["ended"]
    assert [("1", ""), ("2", "2026-11-23")] == box.rows("worker", "id", "valid_to")
    assert [("2", "active")] == holders(box, credential_ref(KEY, bytes.fromhex("0103")))


def test_who_comes_back_on_a_later_list_is_valid_again(box, summary):
    summary(HEAD + TARO + HANAKO)
    summary(HEAD + TARO, "--complete")
    summary(HEAD + HANAKO)

    assert [("1", ""), ("2", "")] == box.rows("worker", "id", "valid_to")


def test_last_day_that_somebody_gave_does_not_fall_to_a_later_list(box, summary):
    summary("技能者ID,入場終了日\n1,2026-11-01\n2,2026-12-31\n3,\n")
    told = summary("技能者ID,氏名\n1,a\n3,c\n", "--complete")

    assert 1 == told["counts"]["workers"]["ended"]
    assert [("1", "2026-11-01"), ("2", "2026-11-23"), ("3", "")] == box.rows("worker", "id", "valid_to")


def test_list_without_workers_is_no_complete_one(box, roster, summary):
    summary(HEAD + TARO)
    code, said = roster("import", "--complete", content="会社名\n山田組\n")

    assert 1 == code
    assert "would end everybody" in said
    assert [("",)] == box.rows("worker", "valid_to")


def test_nobody_is_ended_while_the_date_is_not_known(box, roster):
    box.clock.believe(Trust.NONE)
    code, said = roster("import", "--complete", content=HEAD + TARO)

    assert 1 == code
    assert "does not know the date" in said


# ---------------------------------------------------------------- touches that waited


def test_touches_that_waited_for_an_owner_are_told_and_named(tmp_path, capsys):
    asked = []

    def named(_tx, epoch, ref, worker):
        asked.append((ref, worker))
        return 2 if epoch else 0

    with a_box(tmp_path, named=named) as box:
        for seq, ref in ((1, CARD), (2, CARD), (3, CredentialRef("hmac:" + "0" * 32))):
            box.journal.write(lambda tx, seq=seq, ref=ref: note(tx, waiting(seq, ref)))
        (tmp_path / "list.csv").write_text(HEAD + TARO, encoding="utf-8")
        main(["roster", "diff", str(tmp_path / "list.csv"), "--socket", str(box.socket)])
        assert not asked
        main(["roster", "import", str(tmp_path / "list.csv"), "--socket", str(box.socket)])

    assert [(CARD, WorkerId("1"))] == asked
    assert "2 touches waited for these; 2 are named" in capsys.readouterr().out


def waiting(seq, ref):
    return Waiting(
        epoch="e", seq=seq, utc_ns=1, day="2026-11-24", site="s", credential=ref, worker=None, company="",
        method="card", meaning="entry", because=["unknown"], flags=[],
    )  # fmt: skip


# ---------------------------------------------------------------- the daemon takes nobody's word


@pytest.mark.parametrize(
    "records",
    [
        None,
        [],
        {"source": "x"} | {"tables": [{"kind": "weather", "fields": ["name"], "rows": []}]},
        {"source": "x", "tables": [{"kind": "workers", "fields": ["origin"], "rows": [[2, "x"]]}]},
        {"source": "x", "tables": [{"kind": "workers", "fields": ["id"], "rows": [[2]]}]},
        {"source": "x", "tables": [{"kind": "workers", "fields": ["id"], "rows": [["2", "x"]]}]},
        {"source": "x", "tables": [{"kind": "workers", "fields": ["id"], "rows": [[2, 5]]}]},
        {"source": "x", "tables": [{"kind": "workers", "fields": ["id", "id"], "rows": [[2, "5", "5"]]}]},
        {"source": "x", "tables": [{"kind": "workers", "fields": ["ccus"], "rows": [[2, "12x"]]}]},
        {"source": "x", "tables": [{"kind": "workers", "fields": ["ccus", "name"], "rows": [[2, "1", "a\u0000"]]}]},
        {"source": "x", "tables": [{"kind": "workers", "fields": ["name"], "rows": [[2, "nobody"]]}]},
        {"source": "x", "tables": [{"kind": "companies", "fields": ["id", "tier"], "rows": [[2, "a", 2**70]]}]},
        {"source": "x", "tables": [{"kind": "credentials", "fields": ["id", "number"], "rows": [[2, "a", "zz"]]}]},
        {"source": "x", "tables": [{"kind": "credentials", "fields": ["id"], "rows": [[2, "a"]]}]},
        {"source": "x\n", "tables": []},
    ],
)
def test_anything_else_than_records_is_refused_and_the_spool_goes_on(box, records):
    before = box.everything()
    with pytest.raises(Refused):
        list(ask(box.socket, "roster-import", records=records))

    assert before == box.everything()
    assert not box.journal.is_refusing


def test_ledger_that_changes_between_comparing_and_entering_is_compared_again(box, summary, monkeypatch):
    """
    Somebody enrols a card at the gate while a list is being compared: the list must not undo it unseen.
    """
    summary(HEAD + "1,建設 太郎,,,\n2,土木 花子,,,\n")
    compare = entering.Roster.plan

    def compare_slowly(self, known):
        plan = compare(self, known)
        monkeypatch.setattr(entering.Roster, "plan", compare)
        summary("技能者ID,カード\n2,0102\n")
        return plan

    monkeypatch.setattr(entering.Roster, "plan", compare_slowly)
    code = main(["roster", "import", str(written(box, "技能者ID,カード\n1,0102\n")), "--socket", str(box.socket)])

    assert 1 == code
    assert [("2", "active")] == holders(box)


def written(box, content):
    path = box.folder / "slow.csv"
    path.write_text(content, encoding="utf-8")
    return path


# ---------------------------------------------------------------- the configured file


def test_configured_file_is_entered_once_and_again_when_it_has_changed(box):
    path = box.folder / "roster.csv"
    path.write_text("card,ccus_id,name\n0102,1,a\n", encoding="utf-8")

    def enter():
        enter_file(path, key=KEY, stamp=box.clock.stamp(), write=box.journal.write)
        return box.rows("worker", "id", "name")

    first = enter()
    box.journal.write(lambda tx: tx.execute("UPDATE worker SET name = 'b'").fetchall())
    second = enter()
    path.write_text("card,ccus_id,name\n0102,1,c\n", encoding="utf-8")
    third = enter()

    assert [[("1", "a")], [("1", "b")], [("1", "c")]] == [first, second, third]


def test_configured_workbook_is_told_and_not_read(box):
    (box.folder / "roster.xlsx").write_bytes(b"PK\x03\x04")
    with pytest.raises(RosterError, match="reads CSV only"):
        enter_file(box.folder / "roster.xlsx", key=KEY, stamp=box.clock.stamp(), write=box.journal.write)


# ---------------------------------------------------------------- show


def test_show_finds_by_id_number_and_name_and_tells_where_each_field_is_from(box, roster, summary):
    summary(HEAD + TARO)

    assert ["1"] == [each["id"] for each in box.shown(worker="建設 太郎")]
    assert ["山田組"] == [each["name"] for each in box.shown(company="山田組")]
    code, said = roster("show", "--worker", "1")
    assert 0 == code
    assert "list.csv 2026-11-23" in said
    assert 1 == roster("show", "--site", "nowhere")[0]


def test_json_of_mistakes_names_row_and_column(roster):
    code, said = roster("import", "--json", content="技能者ID\nx\n")
    mistake = json.loads(said)

    assert 1 == code
    assert (2, "技能者ID") == (mistake["row"], mistake["column"]["ja"])
