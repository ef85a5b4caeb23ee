"""What staff ask the person of a case: a letter, sent by whoever listens to the question (decision 25)."""
from sqlalchemy import select

from app.data.unit_of_work import UnitOfWork
from app.events.event_delivery import Event
from app.events.subscriptions import subscribe
from app.events.topics import service_topic
from app.notify.mailbox import post_letter
from app.settings import REALM_CODENAMES
from blueprints.platform.auth.queries import contact_of
from blueprints.platform.moderation.case_file_models import CaseNote
from blueprints.platform.moderation.letters import QUESTION
from blueprints.platform.moderation.models import Case


def question_topic(realm: str) -> str:
    """Return the topic that says staff asked a person something; its payload names the note and the case."""
    return service_topic(realm, "adminModeration", "question-asked")


@subscribe(*(question_topic(realm) for realm in REALM_CODENAMES), name="moderation.question")
def send_question(work: UnitOfWork, event: Event) -> None:
    """Post the letter, unless the person is gone."""
    asked = work.rows(select(CaseNote.text, Case.number, Case.person_id).join(Case, Case.id == CaseNote.case_id).where(
        CaseNote.id == event.payload["noteId"]))
    contact = contact_of(event.realm, asked[0].person_id) if asked else None
    if contact is not None:
        post_letter(work, realm=event.realm, to=contact["email"], name=QUESTION.name, template=QUESTION,
                    facts={"number": asked[0].number, "question": asked[0].text}, cause=event.event_id,
                    user_id=contact["id"])
