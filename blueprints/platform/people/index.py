"""How accounts and blocks are read: of others id, fullname and avatar, found by their name (decision 47)."""
from app.data.visibility import ReadObject
from blueprints.platform.auth.queries import user_filters
from blueprints.platform.people.queries import with_blocked
from blueprints.platform.people.visibility import BLOCKS, USERS

READABLE = (
    *(ReadObject(users, words=("fullname",), filters=user_filters(realm), named_only=True)
      for realm, users in USERS.items()),
    ReadObject(BLOCKS, completed=with_blocked, adds=("blocked",)),
)
