"""Who sees messages: their parties, while they have not deleted them; staff, too, their own alone (§5.2, M-22)."""
from app.data.held import Viewer
from app.data.visibility import Visibility, all_of, any_of, is_, me, no_one, not_
from blueprints.marketplace.messaging.models import Message

NOT_DELETED = all_of(any_of(not_(me("fromUserId")), is_("senderDeleted", False)),
                     any_of(not_(me("toUserId")), is_("recipientDeleted", False)))
"""Whoever has deleted a message has it no more, whatever the other party does."""
MESSAGES = Visibility(Message, all_of(any_of(me("fromUserId"), me("toUserId")), NOT_DELETED), sees_all=no_one,
                      sees_held=lambda actor: Viewer(actor.user_id))
