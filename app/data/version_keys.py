"""Under which version keys the caches of lists stand. Whoever only reads maps no outbox for it."""
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.data.entity import Entity


def version_key(entity: "Entity | type[Entity]") -> str:
    """Return the version key that caches of this object's lists stand under."""
    return f"rows:{entity.__object__}"
