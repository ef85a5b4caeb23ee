"""How topic names are written (rules-platform §7): services name their API events, the other two families follow."""
from app.settings import REALM_CODENAMES


def service_topic(realm: str, service: str, short: str) -> str:
    """Return the full topic of a service's own event, e.g. `ebaycclone-auth-service-user-registered`."""
    return f"{REALM_CODENAMES[realm]}-{service.lower()}-service-{short}"


def db_topic(realm: str, service: str, object_name: str, verb: str) -> str:
    """Return the topic of a dbevent; `verb` is created, updated or deleted."""
    return service_topic(realm, service, f"dbevent-{object_name.lower()}-{verb}")


def index_topic(realm: str, object_name: str, verb: str) -> str:
    """Return the topic of an index event; `verb` is created, updated, deleted or extended."""
    return f"elastic-index-{REALM_CODENAMES[realm]}_{object_name.lower()}-{verb}"
