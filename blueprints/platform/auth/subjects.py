"""An account as staff judge it. Apart from inspection.py: who names or finds accounts judges nothing."""
from app.actor import Actor
from app.data.moderated_kinds import Subject
from app.data.reads import find_any_row
from blueprints.platform.auth.models import account_model


def user_subject(actor: Actor, user_id: str) -> Subject | None:
    """Return an account of the actor's realm as staff judge it: what strangers see of it; None where there is none."""
    row = find_any_row(account_model(actor.realm), user_id)
    return row and Subject(row["fullname"], row["id"], {name: row[name] for name in (
        "id", "fullname", "avatar", "isActive", "createdAt")}, words=row["fullname"], is_active=row["isActive"])
