"""A break of the audit is acknowledged: nothing is rewritten, an entry says what was found, who saw it and why.

`flask doctor --fix audit` does it; audit.py reads it (docs/decisions/117)."""
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from app.actor import Actor
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.errors import RuleViolated
from app.identity.access import require
from app.runtime import runtime
from blueprints.platform.moderation.audit import (
    ACKNOWLEDGED,
    Head,
    append_to,
    by,
    hash_behind,
    lock_head,
    read_chain,
    seal,
    verify,
)
from blueprints.platform.moderation.audit_models import AuditEntry


def broken_chains() -> Sequence[tuple[str, str]]:
    """Return the realms whose chain has a break that nobody has acknowledged, each with its name as what is broken."""
    return [(realm, realm) for realm in runtime().settings.realms if not verify(realm).is_intact]


def acknowledge_break(actor: Actor, realm: str, reason: str) -> str:
    """Append the entry that acknowledges all that is broken in the chain now; returns what it says.

    The head is locked first: of two at once the second finds nothing left. Raises Forbidden (not the superAdmin),
    RuleViolated (AuditWhole)."""
    require(actor.is_super_admin, "errMsg_OnlyTheSuperAdminAcknowledgesABreak")
    with unit_of_work(actor) as work:
        head = lock_head(work, realm)
        reading = read_chain(realm)
        if not reading.breaks:
            raise RuleViolated("AuditWhole", f"nothing of the audit of {realm} is broken that was not acknowledged")
        first = min(found.seq for found in reading.breaks)
        found, part = reading.found, reading.part.hexdigest()
        was = {"seq": head.seq, "hash": head.hash, "signature": head.signature}
        _go_on_behind(head, reading.seq, reading.last_hash)
        append_to(work, head, [{
            "what": ACKNOWLEDGED, "by": by(actor), "requestId": work.request_id, "facts": {
                "firstBroken": first, "found": found, **_hashes(work, realm, first), "head": was,
                "reason": reason, "part": part, "seal": seal(realm, head.seq + 1, part)}}])
        work.take_as_audited()
        seq = head.seq
        work.commit()
    return f"entry {seq} acknowledges that {'; '.join(found)}; no entry was changed, and the chain goes on behind it"


def _go_on_behind(head: Head, last: int, last_hash: str) -> None:
    """Let the next entry follow the last one that is there, under a number that none has had."""
    if last >= head.seq:
        head.seq, head.hash = last, last_hash


def _hashes(work: UnitOfWork, realm: str, seq: int) -> dict[str, Any]:
    """Return the hash that the first broken entry has and the one it should have; both None when it is missing."""
    rows = work.rows(select(AuditEntry.prev_hash, AuditEntry.payload, AuditEntry.hash).where(
        AuditEntry.realm == realm, AuditEntry.seq == seq))
    stored, computed = next(((row.hash, hash_behind(row.prev_hash, row.payload)) for row in rows), (None, None))
    return {"storedHash": stored, "computedHash": computed,
            "entries": work.rows(select(func.count()).where(AuditEntry.realm == realm))[0][0]}
