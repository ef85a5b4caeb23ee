"""Who may call which API of feedback; whose sale or feedback it is, the commands check (rules-marketplace §4.2)."""
from app.identity.access import Predicate, logged_in, public_read

POLICIES: dict[str, Predicate] = {
    "createFeedback": logged_in,
    "deleteFeedback": logged_in,
    "getFeedback": public_read,
    "getReputation": public_read,
    "listFeedbacks": public_read,
    "replyToFeedback": logged_in,
    "updateFeedback": logged_in,
}
