"""The people of a realm as they stand beside what they did. Who only names people reads neither blocks nor sessions."""
from collections.abc import Iterable

from app.data.serialization import Wire
from blueprints.platform.auth.briefs import added_to_briefs, brief_users

BRIEF = ("id", "fullname", "avatar")


def user_briefs(realm: str, user_ids: Iterable[str | None]) -> dict[str, Wire]:
    """Return id → {id, fullname, avatar} of the people among the ids who are not gone, in one statement.

    In the network there is the headline of their profile, too (NET-32)."""
    shown = (*BRIEF, *added_to_briefs(realm))
    return {user_id: {name: row[name] for name in shown} for user_id, row in brief_users(realm, user_ids).items()}
