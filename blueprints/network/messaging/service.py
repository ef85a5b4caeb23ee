"""messaging as one declaration."""
from app.data.moderated_kinds import ModeratedKind
from app.data.person_rows import KEPT, exported, rows_of_people
from app.data.reads.joins import JoinTarget, Relation, relations_of
from app.http.private_files import FileProperty
from app.ops.mends import Mend
from app.service import ServiceDeclaration
from blueprints.network.messaging import subscribers
from blueprints.network.messaging.commands import leave_conversations
from blueprints.network.messaging.counting import check_conversations, mend_unread
from blueprints.network.messaging.index import READABLE, WORDS
from blueprints.network.messaging.models import Conversation, Message, Participant, Receipt
from blueprints.network.messaging.queries import conversations_of, conversations_seen_by, messages_of
from blueprints.network.messaging.subjects import message_subject
from blueprints.network.messaging.topics import CONVERSATION_ERASED, MESSAGE_CREATED, MESSAGE_UPDATED
from blueprints.network.messaging.writing import hold_message, lock_messages

_OTHERS = "the others' conversation; a group is left, and what nobody has any more is removed"

SERVICE = ServiceDeclaration(
    name="messaging", version="1.0.1", description="Conversations of two people or a group, and their messages.",
    realms=("network",),
    routes="blueprints.network.messaging.routes.api",
    background=(subscribers,),
    readable=READABLE,
    indexes=(WORDS.index,),
    emits=lambda _: (CONVERSATION_ERASED,),
    relations=(
        relations_of(Conversation, Relation("participantIds", "user", "participants", many=True)),
        relations_of(Message, Relation("senderUserId", "user", "sender"), Relation("conversationId", "conversation")),
    ),
    targets=(JoinTarget("conversation", ("id", "isGroup", "participantIds"), conversations_seen_by, personal=True),),
    files=(FileProperty(Message, "attachmentUrls"),),
    moderated=(ModeratedKind("MESSAGE", Message, read=message_subject, set_hold=hold_message, lock=lock_messages,
                             written=(MESSAGE_CREATED, MESSAGE_UPDATED)),),
    checks={"network conversations": check_conversations},
    mends={"network conversations": Mend("counts the unread messages of these participants anew", mend_unread)},
    persons=(
        rows_of_people(Conversation, KEPT, "creator_user_id", why=_OTHERS, first=leave_conversations,
                       export=exported("conversations", where=conversations_of)),
        rows_of_people(Participant, KEPT, "user_id", why=_OTHERS, export="the conversations name who takes part"),
        rows_of_people(Message, KEPT, "sender_user_id", why="the others keep what was said",
                       export=exported("messages", where=messages_of)),
        rows_of_people(Receipt, KEPT, "user_id", why="who wrote a message knows who read it",
                       export=exported("read-messages", "user_id")),
    ),
)
