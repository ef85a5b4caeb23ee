"""What `flask doctor` asks of messaging."""
from blueprints.marketplace.messaging.queries import miscounted_conversations

_NAMED_AT_MOST = 5


def check_conversations() -> tuple[str, str]:
    """Return what `flask doctor` says of the counts of conversations (decision 35)."""
    wrong = miscounted_conversations(_NAMED_AT_MOST)
    if not wrong:
        return "ok", "the counts of every conversation equal a recount of its messages"
    named = ", ".join(f"{user_id} with {counterpart_id}" for user_id, counterpart_id in wrong)
    return "fail", f"counts of messages or unread ones differ from a recount: {named}"
