"""messaging as one declaration."""
from app.data.moderated_kinds import ModeratedKind
from app.data.person_rows import ERASED, KEPT, exported, rows_of_people
from app.data.reads.joins import Relation, relations_of
from app.ops.mends import Mend
from app.service import ServiceDeclaration
from blueprints.marketplace.messaging.checks import check_conversations, mend_conversations
from blueprints.marketplace.messaging.commands import hold_message, leave_conversations, lock_messages
from blueprints.marketplace.messaging.index import READABLE, WORDS
from blueprints.marketplace.messaging.models import Conversation, Message
from blueprints.marketplace.messaging.queries import messages_kept_by
from blueprints.marketplace.messaging.subjects import message_subject
from blueprints.marketplace.messaging.topics import MESSAGE_CREATED

SERVICE = ServiceDeclaration(
    name="messaging", version="1.0.0", description="Text messages between two users.",
    realms=("marketplace",),
    routes="blueprints.marketplace.messaging.routes.api",
    readable=READABLE,
    indexes=(WORDS.index,),
    relations=(relations_of(Message, Relation("fromUserId", "user"), Relation("toUserId", "user")),),
    moderated=(ModeratedKind("MESSAGE", Message, read=message_subject, set_hold=hold_message, lock=lock_messages,
                             written=(MESSAGE_CREATED,)),),
    checks={"conversations": check_conversations},
    mends={"conversations": Mend("counts the messages of these conversations anew", mend_conversations)},
    persons=(
        rows_of_people(Message, KEPT, "from_user_id", "to_user_id", first=leave_conversations,
                       why="the other party keeps what was said; what that one has deleted, too, is removed",
                       export=exported("messages", where=messages_kept_by)),
        rows_of_people(Conversation, ERASED, "user_id", export="counts of the messages"),
        rows_of_people(Conversation, KEPT, "counterpart_id", why="the other party's own list of conversations",
                       export="the other party's"),
    ),
)
