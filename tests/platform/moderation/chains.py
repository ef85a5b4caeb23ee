"""What the tests of the audit do to a chain, and read of it."""
import orjson
from sqlalchemy import select, update

from app.actor import system_actor
from app.data.reads import fetch
from app.data.unit_of_work import unit_of_work
from blueprints.platform.moderation import audit
from blueprints.platform.moderation.audit_models import AuditEntry, AuditHead

REALM = "marketplace"


def entries(realm=REALM):
    """The entries of a realm as JSON, the oldest first."""
    rows = fetch(select(AuditEntry.payload).where(AuditEntry.realm == realm).order_by(AuditEntry.seq))
    return [orjson.loads(row.payload) for row in rows]


def noted(*whats, realm=REALM, **facts):
    """Note each of them in a transaction of its own."""
    for what in whats:
        with unit_of_work(system_actor(realm)) as work:
            audit.note(work, what, **facts)
            work.commit()


def tampered(statement):
    """Change the tables as somebody with the database's password would."""
    with unit_of_work(system_actor(REALM)) as work:
        work.execute(statement)
        work.commit()


def head_set(**values):
    tampered(update(AuditHead).where(AuditHead.realm == REALM).values(**values))


def entry_set(seq, **values):
    tampered(update(AuditEntry).where(AuditEntry.realm == REALM, AuditEntry.seq == seq).values(**values))


def row_of(seq):
    [row] = fetch(select(*AuditEntry.__table__.columns).where(AuditEntry.realm == REALM, AuditEntry.seq == seq))
    return row


def breaks():
    """What verify() says of the marketplace's chain: (seq, sentence)."""
    return [(found.seq, found.says) for found in audit.verify(REALM).breaks]
