"""People as moderation reads them."""
from sqlalchemy import select

from app.actor import Actor
from app.data.moderated_kinds import Subject
from app.data.reads import fetch_one
from blueprints.platform.auth.models import account_model


def user_subject(actor: Actor, user_id: str) -> Subject | None:
    """Return a person of the actor's realm by name and picture, nothing by which one could reach him."""
    model = account_model(actor.realm)
    row = fetch_one(select(model.fullname, model.avatar, model.is_active).where(model.id == user_id))
    if row is None:
        return None
    return Subject(title=row.fullname, person_id=user_id, content={"fullname": row.fullname, "avatar": row.avatar},
                   words=row.fullname, is_active=row.is_active)
