"""The audit: one chain of entries a realm, only ever added to, whose end is signed (M-26, decisions 31 and 52).

An entry holds no secret maximum, no reserve and no text of a message: what could stand in them is digested."""
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import Row, func, insert, select, update

from app.actor import Actor
from app.clock import now
from app.data.columns import iso
from app.data.reads import Listing, Page, fetch, list_query
from app.data.reads.keyset import row_order
from app.data.serialization import Wire
from app.data.staff_changes import StaffChange
from app.data.upserts import upsert
from app.identity.encryption import fingerprint
from app.runtime import runtime
from blueprints.platform.moderation.audit_models import AuditEntry, AuditHead

if TYPE_CHECKING:  # who only reads imports nothing that writes
    from app.data.unit_of_work import UnitOfWork

DIGESTED = frozenset({"after", "before", "content", "text", "words"})
"""Facts of which an entry keeps a keyed digest alone: what was judged may hold what nobody else may read."""
NO_HASH = "0" * 64
"""What the first entry names as the hash before it."""
ACKNOWLEDGED = "audit.breakAcknowledged"
"""The entry that says that a break was seen, by whom and why; behind it the chain is verified anew (audit_mend.py)."""
AT_ONCE = 1000
ROWS_AN_ENTRY = 100
MOST_BREAKS = 20
_NEWEST_FIRST = row_order(AuditEntry.seq.desc())


@dataclass(frozen=True, slots=True)
class Break:
    """One place where a chain is not what was written; `seq` is the entry at fault or the first that is missing."""

    seq: int
    says: str


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A break that somebody has acknowledged by the entry `seq`: where it begins, what was found, who said why."""

    seq: int
    first_broken: int
    found: tuple[str, ...]
    by: str
    at: str
    reason: str

    @property
    def says(self) -> str:
        """The break and its acknowledgement as a sentence."""
        return (f"{'; '.join(self.found)}: acknowledged in entry {self.seq} by {self.by} at {self.at}, "
                f"“{self.reason}”")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verify() found: the first MOST_BREAKS of the breaks nobody has acknowledged, and the acknowledgements;
    `entries` is how many it read."""

    realm: str
    entries: int
    breaks: tuple[Break, ...]
    acknowledged: tuple[Acknowledged, ...] = ()

    @property
    def is_intact(self) -> bool:
        """True when every entry is there as it was written, up to the signed end, but for what was acknowledged."""
        return not self.breaks

    def wire(self) -> Wire:
        """Return it as the API answers and the terminal prints it."""
        return {"realm": self.realm, "intact": self.is_intact, "entries": self.entries,
                "breaks": [{"seq": found.seq, "says": found.says} for found in self.breaks],
                "acknowledged": [{"seq": seen.seq, "firstBroken": seen.first_broken, "says": seen.says}
                                 for seen in self.acknowledged]}


@dataclass(slots=True)
class Reading:
    """What is found of a chain while its entries are read in their order; `part` digests every byte of them.

    `breaks` are the first MOST_BREAKS, `further` the number of the others and `last` the last of these."""

    realm: str
    seq: int = 0
    last_hash: str = NO_HASH
    entries: int = 0
    breaks: list[Break] = field(default_factory=list)
    further: int = 0
    last: Break | None = None
    acknowledged: list[Acknowledged] = field(default_factory=list)
    part: Any = field(default_factory=sha256)

    def read(self, row: Row[Any]) -> None:
        """Look at the next entry, and take the breaks before it as seen when it acknowledges them."""
        self.entries += 1
        if row.seq != self.seq + 1:
            self.add(Break(self.seq + 1, f"entry {self.seq + 1} is missing"))
        elif row.prev_hash != self.last_hash:
            self.add(Break(row.seq, f"entry {row.seq} does not follow from entry {self.seq}"))
        faults = list(_faults(row))
        self.add(*faults)
        if not faults and orjson.loads(row.payload)["what"] == ACKNOWLEDGED:
            self._acknowledge(row.seq, orjson.loads(row.payload))
        self.part.update(f"{row.seq}\n{iso(row.written_at)}\n{row.prev_hash}\n{row.hash}\n{row.payload}\n".encode())
        self.seq, self.last_hash = row.seq, row.hash

    def add(self, *breaks: Break) -> None:
        """Keep the first MOST_BREAKS, and count the others."""
        for one in breaks:
            if len(self.breaks) < MOST_BREAKS:
                self.breaks.append(one)
            else:
                self.further, self.last = self.further + 1, one

    @property
    def found(self) -> list[str]:
        """Return what is broken in sentences, and how much more than these tell."""
        said = [one.says for one in self.breaks]
        return [*said, f"{self.further} more, the last: {self.last.says}"] if self.last else said

    def _acknowledge(self, seq: int, entry: dict[str, Any]) -> None:
        """Only for exactly what stood there then: who changes more of the part before it later is found."""
        facts, part = entry.get("facts"), self.part.hexdigest()
        if not isinstance(facts, dict) or facts.get("seal") != seal(self.realm, seq, str(facts.get("part"))):
            self.add(Break(seq, f"entry {seq} acknowledges a break, but not with this server's SECRET_KEY"))
        elif facts["part"] != part:
            self.add(Break(seq, f"what stands before entry {seq} is not what it acknowledges"))
        else:
            self._take_as_seen(seq, entry, facts)

    def _take_as_seen(self, seq: int, entry: dict[str, Any], facts: dict[str, Any]) -> None:
        """The seal is of the part before it: what else the entry says may be somebody else's by now."""
        try:
            seen = Acknowledged(seq, facts["firstBroken"], tuple(map(str, facts["found"])), _name(entry["by"]),
                                entry["at"], facts["reason"])
        except (KeyError, TypeError):
            self.add(Break(seq, f"entry {seq} is none of ours"))
            return
        self.breaks, self.further, self.last = [], 0, None
        self.acknowledged.append(seen)


@dataclass(frozen=True, slots=True)
class _End:
    """Where a chain ends by its head, and the last entry that is there; 0 where there is none."""

    seq: int
    hash: str
    signature: str
    last: int


@dataclass(frozen=True, slots=True)
class _Noted:
    """An entry that waits for the commit."""

    realm: str
    entry: dict[str, Any]


def note(work: "UnitOfWork", what: str, **facts: Any) -> None:
    """Add an entry to the chain of the realm when the transaction is about to be committed.

    `facts` is JSON and may hold moments; those named in DIGESTED, at any depth, are kept as digests."""
    work.take_as_audited()
    _note(work, work.actor, what, facts)


def note_staff_changes(work: "UnitOfWork", changes: Sequence[StaffChange]) -> None:
    """Add what staff changed of others' rows, where no entry names what was done: one a transaction, of at most
    ROWS_AN_ENTRY rows (decision 52, docs/decisions/079)."""
    for actor in dict.fromkeys(change.actor for change in changes):
        rows = [_line(change) for change in changes if change.actor == actor]
        for first in range(0, len(rows), ROWS_AN_ENTRY):
            _note(work, actor, "rows.changed", {"rows": rows[first:first + ROWS_AN_ENTRY]})


def digest(value: Any) -> str:
    """Return the keyed digest of JSON, which tells whether two are the same and nothing else."""
    return fingerprint(runtime().settings.secret_key, "audit-digest", _canonical(value))


def verify(realm: str) -> Verdict:
    """Read the whole chain of a realm, and say where it is not what was written.

    Found are an entry that was changed, taken out, put in or added behind the end, a cut tail, and a wrong head. Not
    found is a chain that was taken back to an earlier state of its own, head included: for that, keep exports.

    An entry that acknowledges a break divides the chain: what was found before it is told as acknowledged, and from it
    on the chain is verified anew (docs/decisions/117)."""
    reading = read_chain(realm)
    return Verdict(realm, reading.entries, tuple(reading.breaks), tuple(reading.acknowledged))


def read_chain(realm: str) -> Reading:
    """Return what is found of the whole chain of a realm."""
    end, reading = _end(realm), Reading(realm)
    for row in _entries(realm, end.last):
        reading.read(row)
    reading.add(*_faults_of_end(realm, end, reading.seq, reading.last_hash))
    return reading


def seal(realm: str, seq: int, part: str) -> str:
    """Return what only this server can write into the entry that acknowledges that part of a chain."""
    return fingerprint(runtime().settings.secret_key, "audit-acknowledged", f"{realm} {seq} {part}")


def export(realm: str) -> Iterator[str]:
    """Yield the chain as lines of JSON, the oldest entry first and the signed head at last.

    Whoever keeps them elsewhere can prove later what stood in the chain: the hash of an entry is the SHA-256 of the
    hash before it, a line feed and the payload as it stands here."""
    end = _end(realm)
    for row in _entries(realm, end.last):
        yield orjson.dumps({"seq": row.seq, "prevHash": row.prev_hash, "hash": row.hash,
                            "payload": row.payload}).decode()
    yield orjson.dumps({"head": {"realm": realm, "seq": end.seq, "hash": end.hash,
                                 "signature": end.signature}}).decode()


def list_entries(realm: str, page: Page) -> Listing:
    """Return a page of the entries of a realm, the newest first."""
    query = select(*AuditEntry.__table__.columns).where(AuditEntry.realm == realm)
    return list_query(query, _NEWEST_FIRST, page, _wire, counted=lambda: _end(realm).seq)


def check_audit() -> tuple[str, str]:
    """Return what `flask doctor` says of the chains of all realms."""
    verdicts = [verify(realm) for realm in runtime().settings.realms]
    wrong = [f"{verdict.realm}: {found.says}" for verdict in verdicts for found in verdict.breaks]
    if wrong:
        return "fail", f"the audit is not what was written: {'; '.join(wrong[:MOST_BREAKS])}"
    if seen := [f"{verdict.realm}: {one.says}" for verdict in verdicts for one in verdict.acknowledged]:
        return "warn", f"the audit is whole but for what was acknowledged: {'; '.join(seen)}"
    return "ok", f"the audit is whole: {sum(verdict.entries for verdict in verdicts)} entries up to their signed ends"


def _note(work: "UnitOfWork", actor: Actor, what: str, facts: dict[str, Any]) -> None:
    entry = {"what": what, "by": by(actor), "requestId": work.request_id, "facts": _kept(facts)}
    work.before_commit(_append, _Noted(actor.realm, entry))


def _line(change: StaffChange) -> dict[str, Any]:
    return {"realm": change.row.realm_of_row, "object": change.row.__object__, "id": change.row.id,
            "version": change.version, "verb": change.verb, "changed": change.changed, "before": change.before,
            "after": change.after}


def _name(acted: dict[str, Any]) -> str:
    return f"{acted['role']} {acted['userId'] or ''} ({acted['operator'] or 'by the API'})"


def by(actor: Actor) -> dict[str, Any]:
    """Return how an entry names who acted."""
    return {"userId": actor.user_id, "role": actor.role, "operator": actor.operator}


def _kept(value: Any) -> Any:
    """Return facts as an entry keeps them."""
    if isinstance(value, dict):
        return {name: digest(one) if name in DIGESTED and one is not None else _kept(one)
                for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_kept(one) for one in value]
    return iso(value) if isinstance(value, datetime) else value


def _append(work: "UnitOfWork", noted: list[_Noted]) -> None:
    """Write the entries of a transaction behind the last one of their realm; the lock of the head puts all that is
    committed at once in a row."""
    for realm in dict.fromkeys(one.realm for one in noted):
        head = lock_head(work, realm)
        entries = [one.entry for one in noted if one.realm == realm]
        if head.signature != _signature(realm, head.seq, head.hash):
            # Signed anew without a word, a head that somebody has moved would be as good as a true one.
            entries.insert(0, {"what": "audit.headNotSigned", "facts": {"seq": head.seq, "hash": head.hash}})
        append_to(work, head, entries)


def append_to(work: "UnitOfWork", head: "Head", entries: Sequence[dict[str, Any]]) -> None:
    """Write entries behind a head that this transaction holds, and sign the new end."""
    work.execute(insert(AuditEntry.__table__), [_link(head, entry) for entry in entries])
    work.execute(update(AuditHead).where(AuditHead.realm == head.realm).values(
        seq=head.seq, hash=head.hash, signature=_signature(head.realm, head.seq, head.hash)))


@dataclass(slots=True)
class Head:
    """The end of the chain that this transaction holds."""

    realm: str
    seq: int
    hash: str
    signature: str


def lock_head(work: "UnitOfWork", realm: str) -> Head:
    """Return the end of a chain, locked; an empty one is begun."""
    columns = (AuditHead.realm, AuditHead.seq, AuditHead.hash, AuditHead.signature)
    query = select(*columns).where(AuditHead.realm == realm).with_for_update()
    found = work.rows(query)
    if not found:
        work.execute(upsert(AuditHead).values(
            realm=realm, seq=0, hash=NO_HASH, signature=_signature(realm, 0, NO_HASH)).on_conflict_do_nothing())
        found = work.rows(query)
    return Head(*found[0])


def _link(head: Head, entry: dict[str, Any]) -> dict[str, Any]:
    """Return the row of an entry behind `head`, which is it from then on."""
    moment, seq = now(), head.seq + 1
    payload = _canonical({"seq": seq, "realm": head.realm, "at": iso(moment), **entry}).decode()
    before, head.seq, head.hash = head.hash, seq, hash_behind(head.hash, payload)
    return {"realm": head.realm, "seq": seq, "written_at": moment, "payload": payload, "prev_hash": before,
            "hash": head.hash}


def _canonical(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def hash_behind(before: str, payload: str) -> str:
    """Return the hash of an entry with this payload behind one with that hash."""
    return sha256(f"{before}\n{payload}".encode()).hexdigest()


def _signature(realm: str, seq: int, end: str) -> str:
    return fingerprint(runtime().settings.secret_key, "audit-head", f"{realm} {seq} {end}")


def _end(realm: str) -> _End:
    """Return head and last entry as they stood at one moment: one statement."""
    last = select(func.coalesce(func.max(AuditEntry.seq), 0)).where(AuditEntry.realm == realm).scalar_subquery()
    found: Any = fetch(select(AuditHead.seq, AuditHead.hash, AuditHead.signature, last).where(AuditHead.realm == realm))
    if found:
        return _End(*found[0])
    return _End(0, NO_HASH, "", int(fetch(select(last))[0][0]))


def _entries(realm: str, last: int) -> Iterator[Row[Any]]:
    """Yield the entries up to `last` in their order, AT_ONCE a statement."""
    query = select(*AuditEntry.__table__.columns).where(AuditEntry.realm == realm, AuditEntry.seq <= last).order_by(
        AuditEntry.seq).limit(AT_ONCE)
    seq = -1
    while rows := fetch(query.where(AuditEntry.seq > seq)):
        yield from rows
        seq = rows[-1].seq


def _faults(row: Row[Any]) -> Iterator[Break]:
    """Yield what is wrong with one entry by itself."""
    if hash_behind(row.prev_hash, row.payload) != row.hash:
        yield Break(row.seq, f"entry {row.seq} was changed")
        return
    try:
        payload = orjson.loads(row.payload)
        said, what = (payload["seq"], payload["realm"], payload["at"]), payload["what"]
    except (ValueError, TypeError, KeyError):
        yield Break(row.seq, f"entry {row.seq} is none of ours")
        return
    if said != (row.seq, row.realm, iso(row.written_at)):
        yield Break(row.seq, f"entry {row.seq} was changed beside its payload")
    if what == "audit.headNotSigned":
        yield Break(row.seq, f"before entry {row.seq} the head was not signed with this server's SECRET_KEY")


def _faults_of_end(realm: str, end: _End, seq: int, last_hash: str) -> Iterator[Break]:
    """Yield what is wrong with the end of a chain whose last entry is `seq`."""
    if end.seq > seq:
        yield Break(seq + 1, f"the entries {seq + 1} to {end.seq} are missing at the end")
    elif end.seq < seq:
        yield Break(end.seq + 1, f"the entries {end.seq + 1} to {seq} stand behind the signed end")
    elif end.hash != last_hash:
        yield Break(seq, f"the head names another hash than entry {seq} has")
    elif end.seq and end.signature != _signature(realm, end.seq, end.hash):
        yield Break(end.seq, f"the head at entry {end.seq} is not signed with this server's SECRET_KEY")


def _wire(row: Row[Any]) -> Wire:
    return {"seq": row.seq, "writtenAt": iso(row.written_at), "entry": orjson.loads(row.payload),
            "prevHash": row.prev_hash, "hash": row.hash}
