"""What messaging decides without a database."""
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from hashlib import sha256

MOST_PARTICIPANTS = 50
LONGEST_CONTENT = 10_000
MOST_ATTACHMENTS = 20
MOST_RECEIPTS = 1000
"""How many ids a list of readers may name: those who have left a group stay in it."""
NO_MESSAGE_YET = datetime(1970, 1, 1, tzinfo=UTC)
"""When the latest message of a conversation without any was: such conversations are listed last."""
_STEP = timedelta(milliseconds=1)


def next_moment(moment: datetime, latest: datetime) -> datetime:
    """Return the time of what happens in a conversation now: later than all before it, whatever the clocks say."""
    return max(moment, behind(latest))


def behind(moment: datetime) -> datetime:
    """Return the first instant after this one."""
    return moment + _STEP


def people_key(user_ids: Collection[str]) -> str:
    """Return what conversations of the same people have in common, in whatever order they are named."""
    return sha256(" ".join(sorted(user_ids)).encode()).hexdigest()


def why_unfit(user_ids: Collection[str], creator_id: str, *, is_group: bool) -> tuple[str, str] | None:
    """Return errCode and sentence of why these people can begin no such conversation, None when they can (108)."""
    if creator_id not in user_ids:
        return "CreatorNotAmongParticipants", "Who begins a conversation takes part in it"
    if not is_group and len(user_ids) != 2:
        return "NotTwoParticipants", "A conversation that is no group has exactly two participants"
    if is_group and len(user_ids) < 3:
        return "TooFewParticipants", "A group begins with at least three participants"
    return None


def foreign_receipts(former: Collection[str], wanted: Collection[str], me: str) -> set[str]:
    """Return whose receipts would come or go that are not one's own (NET-25)."""
    return (set(former) ^ set(wanted)) - {me}
