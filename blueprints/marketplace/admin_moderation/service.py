"""adminModeration as one declaration."""
from app.data.person_rows import KEPT, rows_of_people
from app.data.reads.joins import Relation, relations_of
from app.service import ServiceDeclaration
from blueprints.marketplace.admin_moderation.commands import note_act, record_feedback_correction, record_payment_fix
from blueprints.marketplace.admin_moderation.index import READABLE
from blueprints.marketplace.admin_moderation.models import ModerationAction
from blueprints.marketplace.feedback.audit import FeedbackCorrections
from blueprints.marketplace.order_management.audit import PaymentFixes
from blueprints.platform.moderation.record import ActRecord
from blueprints.platform.moderation.service import own_topics

SERVICE = ServiceDeclaration(
    name="adminModeration", version="1.0.0", description="Reports, cases and acts of staff, and the record of it all.",
    realms=("marketplace",),
    routes="blueprints.marketplace.admin_moderation.routes.api",
    emits=own_topics,
    readable=READABLE,
    relations=(relations_of(ModerationAction, Relation("adminId", "user")),),
    cli=("cli.moderate",),
    hands_down=(PaymentFixes(record_payment_fix), FeedbackCorrections(record_feedback_correction),
                ActRecord(note_act, frozenset({"marketplace"}))),
    persons=(
        rows_of_people(ModerationAction, KEPT, "admin_id", "entity_id", why="the record of what staff did",
                       export="what staff did; the person was told by notices and letters"),
    ),
)
