"""`flask doctor --fix audit`: a broken chain goes on behind an entry that acknowledges the break."""
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select

from app.actor import system_actor
from app.data.reads import fetch
from app.data.unit_of_work import unit_of_work
from app.errors import RuleViolated
from app.ops.checks import FAIL, WARN
from blueprints.platform.moderation import audit
from blueprints.platform.moderation.audit_mend import acknowledge_break
from blueprints.platform.moderation.audit_models import AuditEntry
from tests.cli.market import Market
from tests.cli.mending import ONCE, Run, assert_mended, named
from tests.cli.test_doctor_fix import told
from tests.concurrency.together import together
from tests.platform.moderation.chains import entries, entry_set, head_set, noted, row_of, tampered


def chain() -> list[tuple[Any, ...]]:
    columns = select(*AuditEntry.__table__.columns).where(AuditEntry.realm == "marketplace")
    return [tuple(row) for row in fetch(columns.order_by(AuditEntry.seq))]


def a_changed_entry() -> None:
    entry_set(2, payload=row_of(2).payload.replace("two", "owt"))


def a_missing_entry() -> None:
    tampered(delete(AuditEntry).where(AuditEntry.seq == 2))


def a_cut_tail() -> None:
    tampered(delete(AuditEntry).where(AuditEntry.seq > 1))


def a_head_that_is_not_ours() -> None:
    head_set(signature="f" * 64)


def entries_behind_the_end() -> None:
    head_set(seq=1, hash=row_of(1).hash)


AUDITS = [a_changed_entry, a_missing_entry, a_cut_tail, a_head_that_is_not_ours, entries_behind_the_end]


@ONCE
@pytest.mark.parametrize("wrong", AUDITS, ids=lambda wrong: wrong.__name__)
def test_a_broken_audit_goes_on_behind_an_entry_that_acknowledges_the_break(
        app: Flask, wrong: Callable[[], None]) -> None:
    noted("one", "two", "three")
    wrong()
    kept, broken = chain(), audit.verify("marketplace").breaks
    said = acknowledge_break(system_actor("marketplace", "root"), "marketplace", "the disk broke")
    assert chain()[:-1] == kept
    assert all(one.says in said for one in broken)
    [seen] = audit.verify("marketplace").acknowledged
    assert (seen.first_broken, seen.reason) == (min(one.seq for one in broken), "the disk broke")
    noted("four", "five")
    assert audit.verify("marketplace").is_intact
    assert f"acknowledged in entry {seen.seq} by system" in audit.check_audit()[1]


def test_an_acknowledged_break_is_told_by_doctor_and_verify(run: Run, only: Callable[[str], None]) -> None:
    only("audit")
    noted("one", "two", "three")
    a_changed_entry()
    assert_mended(run, "audit", as_found=WARN)
    for words in (("doctor",), ("moderate", "audit", "verify")):
        said = run(*words)
        assert said.exit_code == 0
        assert "the disk broke" in " ".join(said.stdout.split())


@ONCE
def test_a_second_break_behind_the_acknowledged_one_is_a_failure_again(run: Run, only: Callable[[str], None]) -> None:
    only("audit")
    noted("one", "two", "three")
    a_changed_entry()
    named(run, "audit", "--yes")
    noted("four")
    entry_set(5, payload=row_of(5).payload.replace("four", "ruof"))
    assert told("audit") == (FAIL, "the audit is not what was written: marketplace: entry 5 was changed")
    verdict = json.loads(run("moderate", "audit", "verify", "--json").stdout)
    assert (verdict["intact"], len(verdict["acknowledged"])) == (False, 1)
    named(run, "audit", "--yes")
    assert [one.seq for one in audit.verify("marketplace").acknowledged] == [4, 6]


@ONCE
def test_what_is_changed_before_the_acknowledged_end_later_is_a_failure_again(
        run: Run, only: Callable[[str], None]) -> None:
    only("audit")
    noted("one", "two", "three")
    a_changed_entry()
    named(run, "audit", "--yes")
    entry_set(2, payload=row_of(2).payload.replace("owt", "wto"))
    assert "what stands before entry 4 is not what it acknowledges" in told("audit")[1]


@ONCE
def test_an_acknowledgement_that_this_server_did_not_write_counts_for_nothing(
        run: Run, only: Callable[[str], None]) -> None:
    only("audit")
    noted("one", "two", "three")
    a_changed_entry()
    part, broken = audit.read_chain("marketplace").part.hexdigest(), row_of(2).payload
    with unit_of_work(system_actor("marketplace")) as work:
        head = audit.lock_head(work, "marketplace")
        audit.append_to(work, head, [{"what": audit.ACKNOWLEDGED, "by": audit.by(work.actor), "facts": {
            "firstBroken": 2, "found": [], "reason": "so", "part": part, "seal": "0" * 64}},
            *({"what": audit.ACKNOWLEDGED, "by": audit.by(work.actor), "facts": facts} for facts in ({}, None))])
        work.commit()
    assert broken == row_of(2).payload
    for seq in (4, 5, 6):
        assert f"entry {seq} acknowledges a break, but not with this server's SECRET_KEY" in told("audit")[1]
    assert "entry 2 was changed" in told("audit")[1]


@ONCE
def test_a_sealed_acknowledgement_that_says_something_else_by_now_keeps_no_chain_from_being_read(app: Flask) -> None:
    noted("one")
    part = audit.read_chain("marketplace").part.hexdigest()
    noted(audit.ACKNOWLEDGED, part=part, seal=audit.seal("marketplace", 2, part), firstBroken=1, found=1, reason="so")
    assert [one.says for one in audit.verify("marketplace").breaks] == ["entry 2 is none of ours"]
    acknowledge_break(system_actor("marketplace"), "marketplace", "so")
    assert audit.verify("marketplace").is_intact


@ONCE
def test_an_acknowledgement_says_how_many_breaks_it_does_not_name(
        app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a theft would be hidden behind twenty entries that were changed before it."""
    monkeypatch.setattr(audit, "MOST_BREAKS", 1)
    noted("two", "two", "two", "two")
    for seq in (1, 2, 4):
        entry_set(seq, payload=row_of(seq).payload.replace("two", "owt"))
    said = acknowledge_break(system_actor("marketplace"), "marketplace", "so")
    assert "entry 1 was changed; 2 more, the last: entry 4 was changed" in said
    assert "2 more, the last: entry 4 was changed" in audit.check_audit()[1]


@ONCE
def test_the_superadmin_alone_acknowledges_a_break(run: Run, only: Callable[[str], None], market: Market) -> None:
    only("audit")
    noted("one", "two", "three")
    a_changed_entry()
    refused = run("doctor", "--fix", "audit", "--reason", "so", "--as", market.ada.email, "--yes")
    assert refused.exit_code == 1
    assert "only the super admin acknowledges a break" in refused.output
    assert not audit.verify("marketplace").acknowledged


def test_of_several_who_acknowledge_a_break_at_once_one_does(app: Flask) -> None:
    noted("one", "two", "three")
    a_changed_entry()

    def act() -> bool:
        try:
            return bool(acknowledge_break(system_actor("marketplace"), "marketplace", "so"))
        except RuleViolated:
            return False

    assert sorted(together(app, *[act] * 4)) == [False, False, False, True]
    assert audit.verify("marketplace").is_intact


@ONCE
def test_the_entry_names_hashes_operator_and_reason(run: Run, only: Callable[[str], None]) -> None:
    only("audit")
    noted("one", "two", "three")
    stored = row_of(2).hash
    a_changed_entry()
    named(run, "audit", "--yes")
    entry = entries()[-1]
    facts = entry["facts"]
    assert (facts["storedHash"], facts["firstBroken"], facts["entries"]) == (stored, 2, 3)
    assert facts["computedHash"] == audit.hash_behind(row_of(2).prev_hash, row_of(2).payload) != stored
    assert (entry["by"]["role"], facts["reason"]) == ("superAdmin", "the disk broke")
