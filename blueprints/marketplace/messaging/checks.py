"""What `flask doctor` asks of messaging, and how it is mended."""
from app.ops.findings import MOST_NAMED, agreement
from app.ops.mends import MOST_MENDED, mend_each
from blueprints.marketplace.messaging.commands import count_anew
from blueprints.marketplace.messaging.queries import miscounted_conversations


def check_conversations() -> tuple[str, str]:
    """Return what `flask doctor` says of the counts of conversations (decision 35)."""
    wrong = [f"counts of {user_id} with {counterpart_id} differ from a recount"
             for user_id, counterpart_id in miscounted_conversations(MOST_NAMED + 1)]
    return agreement(wrong, "the counts of every conversation equal a recount of its messages")


def mend_conversations(operator: str) -> int:
    """Count the messages anew of the conversations whose counts differ; returns how many."""
    return mend_each("marketplace", operator, "counts of a conversation", miscounted_conversations(MOST_MENDED),
                     count_anew)
