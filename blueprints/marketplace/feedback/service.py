"""feedback as one declaration."""
from app.data.moderated_kinds import ModeratedKind
from app.data.person_rows import ANONYMOUS, ERASED, exported, rows_of_people
from app.data.reads.joins import Relation, relations_of
from app.ops.mends import Mend
from app.service import ServiceDeclaration
from blueprints.marketplace.feedback import jobs
from blueprints.marketplace.feedback.commands import restore_feedback
from blueprints.marketplace.feedback.counting import check_reputations, mend_reputations
from blueprints.marketplace.feedback.index import READABLE, WORDS
from blueprints.marketplace.feedback.models import Feedback, StarCount
from blueprints.marketplace.feedback.moderation import edit_feedback, feedback_subject, hold_feedback, lock_feedback
from blueprints.marketplace.feedback.topics import FEEDBACK_CREATED, FEEDBACK_UPDATED, REPUTATION_CHANGED

SERVICE = ServiceDeclaration(
    name="feedback", version="1.0.1", description="What buyers say of their sellers, and the sellers' reputation.",
    realms=("marketplace",),
    routes="blueprints.marketplace.feedback.routes.api",
    background=(jobs,),
    emits=lambda _: (REPUTATION_CHANGED,),
    readable=READABLE,
    indexes=(WORDS.index,),
    relations=(
        relations_of(Feedback, Relation("buyerId", "user", visitors=False), Relation("sellerId", "user"),
                     Relation("orderId", "orderManagementOrder"),
                     Relation("orderItemId", "orderManagementOrderItem"),
                     Relation("productId", "productListingProduct")),
    ),
    moderated=(ModeratedKind("FEEDBACK", Feedback, restore_feedback, feedback_subject, hold_feedback, lock_feedback,
                             edit=edit_feedback, written=(FEEDBACK_CREATED, FEEDBACK_UPDATED)),),
    checks={"reputations": check_reputations},
    mends={"reputations": Mend("counts the stars of these sellers anew from their feedback", mend_reputations)},
    persons=(
        rows_of_people(Feedback, ANONYMOUS, "buyer_id", "seller_id", why="the rating is the seller's reputation",
                       blanks={"buyer_id": {"comment": None}, "seller_id": {"reply": None}},
                       export=exported("feedback", "buyer_id", "seller_id")),
        rows_of_people(StarCount, ERASED, "seller_id", export="counts of the feedback"),
    ),
)
