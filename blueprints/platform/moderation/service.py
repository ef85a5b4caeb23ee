"""The moderation core as one declaration; its routes stand at adminModeration's mount, in every realm."""
from app.data.person_rows import ANONYMOUS, ERASED, EXPIRING, KEPT, Obligation, exported, rows_of_people
from app.data.reads.joins import Relation, relations_of
from app.data.staff_changes import StaffAudit
from app.ops.mends import Mend, NamedMend
from app.service import EVERY_REALM, ServiceDeclaration
from blueprints.platform.auth.suspensions import Suspensions
from blueprints.platform.moderation import jobs, questions, subscribers, subscribers_notices
from blueprints.platform.moderation.act_models import Act, Appeal
from blueprints.platform.moderation.audit import check_audit, note, note_staff_changes
from blueprints.platform.moderation.audit_mend import acknowledge_break, broken_chains
from blueprints.platform.moderation.bulk_models import Bulk
from blueprints.platform.moderation.case_file_models import CaseNote, Evidence
from blueprints.platform.moderation.catalogue_models import Word
from blueprints.platform.moderation.checks import check_queue, mend_queue
from blueprints.platform.moderation.index import READABLE
from blueprints.platform.moderation.letters import LETTERS
from blueprints.platform.moderation.models import Case
from blueprints.platform.moderation.persons import is_banned_address, suspension_facts
from blueprints.platform.moderation.queries import waiting_cases_of
from blueprints.platform.moderation.questions import question_topic
from blueprints.platform.moderation.queues import OPEN_CASES
from blueprints.platform.moderation.report_models import Report, ReporterRecord
from blueprints.platform.moderation.strike_models import Strike
from blueprints.platform.moderation.written_words import word_subscription


def own_topics(realm: str) -> tuple[str, ...]:
    """Return the topics that moderation sends in a realm beside those of its rows and APIs."""
    return (question_topic(realm),)


_RECORD = "the record of what staff did; the id leads to nobody"
_STAFF = "how staff work; what they decided about the person stands in strikes, notices and letters"

SERVICE = ServiceDeclaration(
    name="moderation", version="1.0.0", description="Reports, cases, acts, strikes, appeals, and the record of them.",
    realms=EVERY_REALM,
    checks={"audit": check_audit, "queue": check_queue},
    mends={"queue": Mend("counts the cases that wait, and their reports, anew", mend_queue),
           "audit": NamedMend("appends the entry of a superAdmin that acknowledges what is broken; nothing is "
                              "rewritten, and the audit goes on behind it", broken_chains, acknowledge_break,
                              "first compare the named entries with earlier `flask moderate audit export` and with the "
                              "last backups")},
    queues={"cases": OPEN_CASES},
    background=(jobs, questions, subscribers, subscribers_notices),
    letters=LETTERS,
    reads_what_is_written=word_subscription,
    hands_down=(Suspensions(suspension_facts, is_banned_address), StaffAudit(note_staff_changes, note)),
    readable=READABLE,
    relations=(relations_of(Case, Relation("personId", "user"), Relation("assigneeId", "user"),
                            Relation("closedBy", "user", "closer")),),
    obligations=(Obligation(waiting_cases_of, of_staff=True),),
    persons=(
        rows_of_people(Report, ANONYMOUS, "reporter_id", why="the case goes on",
                       export=exported("reports", "reporter_id")),
        rows_of_people(Case, KEPT, "person_id", "assignee_id", "closed_by", why=_RECORD, export=_STAFF),
        rows_of_people(Act, KEPT, "person_id", "actor_id", "undone_by", why=_RECORD, export=_STAFF),
        rows_of_people(Strike, KEPT, "person_id", "struck_by", why=_RECORD,
                       export=exported("strikes", "person_id")),
        rows_of_people(Appeal, KEPT, "person_id", "decided_by", why=_RECORD,
                       export=exported("appeals", "person_id")),
        rows_of_people(CaseNote, KEPT, "author_id", why=_RECORD, export=_STAFF),
        rows_of_people(Word, KEPT, "added_by", why=_RECORD, export=_STAFF),
        rows_of_people(Bulk, KEPT, "actor_id", why=_RECORD, export=_STAFF),
        rows_of_people(Evidence, EXPIRING, "person_id", why="removed when nobody can appeal any more",
                       export="a copy of what the person's own rows say, for staff"),
        rows_of_people(ReporterRecord, ERASED, "person_id", export="counts of how reports ended, for staff"),
    ),
)
