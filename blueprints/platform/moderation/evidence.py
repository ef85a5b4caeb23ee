"""What was judged, as it stood when the case opened, kept until nobody can appeal any more (M-33)."""
from datetime import timedelta
from hashlib import sha256

import orjson
from sqlalchemy import delete, select, union_all, update

from app.clock import now
from app.data.ids import uuid7
from app.data.moderated_kinds import Subject
from app.data.unit_of_work import UnitOfWork
from app.runtime import runtime
from blueprints.platform.moderation.act_models import Act, Appeal
from blueprints.platform.moderation.case_file_models import Evidence
from blueprints.platform.moderation.models import Case
from blueprints.platform.moderation.strike_models import Strike

LONGEST_TITLE = 255


def digest_of(subject: Subject) -> str:
    """Return the SHA-256 of what is judged, in hexadecimal, over its canonical JSON."""
    return sha256(orjson.dumps(dict(subject.content), option=orjson.OPT_SORT_KEYS)).hexdigest()


def keep_evidence(work: UnitOfWork, case: Case, subject: Subject) -> None:
    """Copy the thing for its case, unless it stands there as it is now."""
    digest = digest_of(subject)
    if work.rows(select(Evidence.id).where(Evidence.case_id == case.id, Evidence.digest == digest)):
        return
    work.insert(Evidence(id=uuid7(), realm=case.realm, case_id=case.id, entity_type=case.entity_type,
                         entity_id=case.entity_id, person_id=subject.person_id, taken_at=now(),
                         title=subject.title[:LONGEST_TITLE], content=dict(subject.content), digest=digest))


def let_evidence_expire(work: UnitOfWork, case: Case) -> None:
    """Let what the case copied go once the time to appeal has passed."""
    until = now() + timedelta(days=runtime().settings.appeal_days)
    work.execute(update(Evidence).where(Evidence.case_id == case.id).values(keep_until=until))


def purge_evidence(work: UnitOfWork) -> int:
    """Remove what nobody can appeal any more, but nothing an open appeal is about; returns how many copies went."""
    realm = work.actor.realm
    is_open = Appeal.state == "OPEN"
    appealed = union_all(
        select(Strike.case_id).join(Appeal, Appeal.strike_id == Strike.id).where(is_open, Strike.realm == realm),
        select(Act.case_id).join(Appeal, Appeal.act_id == Act.id).where(is_open, Act.realm == realm))
    gone = work.execute(delete(Evidence).where(
        Evidence.realm == realm, Evidence.keep_until < now(), Evidence.case_id.not_in(appealed)))
    return int(gone.rowcount)
