"""The audit chain: what is written, and that nothing can be taken back from it unseen (M-26, decisions 31 and 52)."""
import hashlib

import orjson
import pytest
from sqlalchemy import delete, insert

from app.actor import Actor, system_actor
from app.clock import moved_clock
from app.data.reads import Page
from app.data.unit_of_work import unit_of_work
from app.errors import NotFound
from blueprints.platform.moderation import audit
from blueprints.platform.moderation.audit_models import AuditEntry, AuditHead
from tests.platform.moderation.chains import (
    REALM,
    breaks,
    entries,
    entry_set,
    head_set,
    noted,
    row_of,
    tampered,
)


def test_m_26_a_realm_without_entries_is_intact(app):
    verdict = audit.verify(REALM)
    assert (verdict.is_intact, verdict.entries) == (True, 0)


def test_m_26_entries_follow_from_one_another_and_say_who_acted(app):
    actor = Actor(REALM, "11111111-1111-1111-1111-111111111111", role="admin", operator="root")
    with unit_of_work(actor, request_id="r1") as work:
        audit.note(work, "act.done", number=57, kind="HIDE")
        audit.note(work, "act.done", number=58, kind="SUSPEND")
        work.commit()
    noted("act.undone", number=58)
    first, second, third = entries()
    assert [first["seq"], second["seq"], third["seq"]] == [1, 2, 3]
    assert first["what"] == "act.done"
    assert first["by"] == {"userId": actor.user_id, "role": "admin", "operator": "root"}
    assert (first["requestId"], first["facts"]) == ("r1", {"number": 57, "kind": "HIDE"})
    assert third["by"] == {"userId": None, "role": "system", "operator": None}
    assert audit.verify(REALM) == audit.Verdict(REALM, 3, ())


def test_m_26_each_realm_has_a_chain_of_its_own(app):
    noted("one", "two")
    noted("three", realm="network")
    assert [entry["seq"] for entry in entries("network")] == [1]
    assert audit.verify("network").is_intact


def test_m_26_what_was_taken_back_leaves_no_entry(app):
    with unit_of_work(system_actor(REALM)) as work:
        with pytest.raises(NotFound), work.attempt():
            audit.note(work, "attempted")
            raise NotFound
        audit.note(work, "done")
        work.commit()
    with unit_of_work(system_actor(REALM)) as work:
        audit.note(work, "rolled back")
        work.rollback()
    assert [entry["what"] for entry in entries()] == ["done"]


def test_m_26_what_was_judged_stands_in_an_entry_as_a_digest_alone(app):
    noted("act.done", before={"bidAmount": 100}, changes=[{"content": "meet me behind the bank"}])
    noted("act.done", before={"bidAmount": 100}, changes=[{"content": None}])
    first, second = (entry["facts"] for entry in entries())
    assert first["before"] == second["before"] == audit.digest({"bidAmount": 100})
    assert first["changes"] == [{"content": audit.digest("meet me behind the bank")}]
    assert second["changes"] == [{"content": None}]
    assert "100" not in row_of(2).payload
    assert "bank" not in row_of(1).payload


def test_m_26_a_changed_byte_is_found(app):
    noted("one", "two", "three")
    entry_set(2, payload=row_of(2).payload.replace("two", "twö"))
    assert breaks() == [(2, "entry 2 was changed")]


def test_m_26_a_changed_entry_with_its_hash_made_anew_is_found(app):
    noted("one", "two", "three")
    changed, before = row_of(2).payload.replace("two", "owt"), row_of(2).prev_hash
    entry_set(2, payload=changed, hash=hashlib.sha256(f"{before}\n{changed}".encode()).hexdigest())
    assert breaks() == [(3, "entry 3 does not follow from entry 2")]


def test_m_26_a_changed_time_beside_the_payload_is_found(app):
    noted("one", "two")
    with moved_clock(hours=1):
        noted("three")
    entry_set(1, written_at=row_of(3).written_at)
    assert breaks() == [(1, "entry 1 was changed beside its payload")]


def test_m_26_an_entry_taken_out_is_found(app):
    noted("one", "two", "three")
    tampered(delete(AuditEntry).where(AuditEntry.seq == 2))
    assert breaks() == [(2, "entry 2 is missing")]


def test_m_26_a_missing_beginning_is_found(app):
    noted("one", "two")
    tampered(delete(AuditEntry).where(AuditEntry.seq == 1))
    assert breaks() == [(1, "entry 1 is missing")]


def test_m_26_a_cut_tail_is_found(app):
    noted("one", "two", "three", "four")
    tampered(delete(AuditEntry).where(AuditEntry.seq > 2))
    assert breaks() == [(3, "the entries 3 to 4 are missing at the end")]


def test_m_26_a_cut_tail_with_the_head_moved_back_is_found(app):
    noted("one", "two", "three")
    tampered(delete(AuditEntry).where(AuditEntry.seq == 3))
    head_set(seq=2, hash=row_of(2).hash)
    assert breaks() == [(2, "the head at entry 2 is not signed with this server's SECRET_KEY")]


def test_m_26_a_head_moved_back_is_found_after_the_next_entry_too(app):
    """The next entry signs the head anew: it says what it met, or the cut would be forgotten."""
    noted("one", "two", "three")
    tampered(delete(AuditEntry).where(AuditEntry.seq == 3))
    head_set(seq=2, hash=row_of(2).hash)
    noted("four", "five")
    assert breaks() == [(3, "before entry 3 the head was not signed with this server's SECRET_KEY")]
    assert [entry["what"] for entry in entries()] == ["one", "two", "audit.headNotSigned", "four", "five"]


def test_m_26_a_wrong_head_is_found(app):
    noted("one", "two")
    head_set(hash="f" * 64)
    assert breaks() == [(2, "the head names another hash than entry 2 has")]


def test_m_26_an_entry_put_behind_the_end_is_found(app):
    noted("one")
    payload = row_of(1).payload.replace('"seq":1', '"seq":2')
    tampered(insert(AuditEntry).values(
        realm=REALM, seq=2, written_at=row_of(1).written_at, payload=payload, prev_hash=row_of(1).hash,
        hash=hashlib.sha256(f"{row_of(1).hash}\n{payload}".encode()).hexdigest()))
    assert breaks() == [(2, "the entries 2 to 2 stand behind the signed end")]


def test_m_26_entries_without_a_head_are_found(app):
    noted("one")
    tampered(delete(AuditHead))
    assert breaks() == [(1, "the entries 1 to 1 stand behind the signed end")]


def test_m_26_a_long_chain_is_read_in_batches(app, monkeypatch, count_statements):
    noted(*map(str, range(7)))
    monkeypatch.setattr(audit, "AT_ONCE", 3)
    with count_statements() as statements:
        assert audit.verify(REALM).entries == 7
    assert len([statement for statement in statements if "LIMIT" in statement]) == 4


def test_m_26_the_export_can_be_checked_without_us(app):
    noted("one", "two")
    *lines, head = map(orjson.loads, audit.export(REALM))
    last = "0" * 64
    for line in lines:
        assert line["prevHash"] == last
        last = hashlib.sha256(f"{last}\n{line['payload']}".encode()).hexdigest()
        assert line["hash"] == last
    assert (head["head"]["seq"], head["head"]["hash"]) == (2, last)


def test_m_26_entries_are_listed_newest_first_behind_a_cursor(app):
    noted(*"abcde")
    first = audit.list_entries(REALM, Page(1, 2))
    second = audit.list_entries(REALM, Page(1, 2, after=first.next))
    assert [[row["entry"]["what"] for row in page.rows] for page in (first, second)] == [["e", "d"], ["c", "b"]]
    assert first.total == 5


def test_m_26_the_doctor_says_where_a_chain_is_broken(app):
    noted("one", "two")
    assert audit.check_audit() == ("ok", "the audit is whole: 2 entries up to their signed ends")
    entry_set(1, payload="{}")
    assert audit.check_audit() == ("fail", "the audit is not what was written: marketplace: entry 1 was changed")
