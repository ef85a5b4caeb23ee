"""A case as staff read it: whoever reads in it a message between others leaves a trace (M-22)."""
from typing import Any

from app.actor import Actor
from app.data.serialization import Wire
from blueprints.platform.moderation import queries


def read_case(actor: Actor, number: int) -> tuple[Wire, dict[str, Any]]:
    """Return a case and what staff decide it by, as queries.get_case says it; raises NotFound.

    A message that is gone for good is read in what the case has copied of it, and that counts, too."""
    row, facts, subject = queries.get_case(actor, number)
    if row["entityType"] == "MESSAGE" and (subject is not None or facts["evidence"]):
        from blueprints.platform.moderation.record import record_reading

        parties = frozenset() if subject is None else subject.parties or frozenset()
        record_reading(actor, row["entityId"], row["personId"], parties)
    return row, facts
