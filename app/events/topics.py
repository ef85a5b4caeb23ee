"""How topic names are written (rules-platform §7): services name their API events, the other two families follow."""
import re
from functools import cache
from typing import NamedTuple

from app.settings import REALM_CODENAMES

_VERB = "(?P<verb>created|updated|deleted)"
_DB = re.compile(rf"(?P<code>[a-z]+)-(?P<service>[a-z0-9]+)-service-dbevent-(?P<object>[a-z0-9_]+)-{_VERB}")
_INDEX = re.compile(rf"elastic-index-(?P<code>[a-z]+)_(?P<object>[a-z0-9_]+)-{_VERB}")
_REALMS = {code: realm for realm, code in REALM_CODENAMES.items()}


class Change(NamedTuple):
    """What a dbevent or an index event tells of; `service` and `object` in lower case, None is any service."""

    realm: str
    service: str | None
    object: str
    verb: str


def service_topic(realm: str, service: str, short: str) -> str:
    """Return the full topic of a service's own event, e.g. `ebaycclone-auth-service-user-registered`."""
    return f"{REALM_CODENAMES[realm]}-{service.lower()}-service-{short}"


def db_topic(realm: str, service: str, object_name: str, verb: str) -> str:
    """Return the topic of a dbevent; `verb` is created, updated or deleted."""
    return service_topic(realm, service, f"dbevent-{object_name.lower()}-{verb}")


def index_topic(realm: str, object_name: str, verb: str) -> str:
    """Return the topic of an index event; `verb` is created, updated, deleted or extended."""
    return f"elastic-index-{REALM_CODENAMES[realm]}_{object_name.lower()}-{verb}"


@cache
def change_of(topic: str) -> Change | None:
    """Return the change a topic tells of, or None for a topic that is neither a dbevent's nor an index event's."""
    found = _DB.fullmatch(topic) or _INDEX.fullmatch(topic)
    if found is None or found["code"] not in _REALMS:
        return None
    return Change(_REALMS[found["code"]], found.groupdict().get("service"), found["object"], found["verb"])
