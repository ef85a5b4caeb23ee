"""What `flask doctor` asks of messaging."""
from app.ops.checks import MOST_NAMED, agreement
from blueprints.marketplace.messaging.queries import miscounted_conversations


def check_conversations() -> tuple[str, str]:
    """Return what `flask doctor` says of the counts of conversations (decision 35)."""
    wrong = [f"counts of {user_id} with {counterpart_id} differ from a recount"
             for user_id, counterpart_id in miscounted_conversations(MOST_NAMED + 1)]
    return agreement(wrong, "the counts of every conversation equal a recount of its messages")
