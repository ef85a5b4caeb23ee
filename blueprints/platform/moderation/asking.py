"""Cases that a service opens because staff must do something about a thing that nobody has reported."""
from app.actor import Actor
from app.clock import now
from app.data.ids import uuid7
from app.data.unit_of_work import unit_of_work
from blueprints.platform.moderation.case_file_models import CaseNote
from blueprints.platform.moderation.cases import open_case
from blueprints.platform.moderation.rules import NOBODY, REASON_WEIGHTS
from blueprints.platform.moderation.subjects import find_subject


def ask_staff(actor: Actor, entity_type: str, entity_id: str, text: str) -> int:
    """Open a case of kind OWN that says in a note what is to be done, or join the one of the thing that waits.

    Returns its number."""
    subject = find_subject(actor, entity_type, entity_id)
    with unit_of_work(actor) as work:
        case = open_case(work, kind="OWN", entity_type=entity_type, entity_id=entity_id, subject=subject,
                         worst=REASON_WEIGHTS["OTHER"])
        work.insert(CaseNote(id=uuid7(), realm=case.realm, case_id=case.id, kind="NOTE", text=text, written_at=now(),
                             author_id=NOBODY))
        work.commit()
    return case.number
