"""Staff bring back what was deleted by mistake, in any realm: a command of its own, since nothing is judged by it."""
from app.actor import Actor
from app.data.unit_of_work import unit_of_work
from app.errors import InvalidInput
from blueprints.platform.moderation.moderators import require_moderator
from blueprints.platform.moderation.record import record_restoring
from blueprints.platform.moderation.subjects import kind_of


def restore_thing(actor: Actor, *, entity_type: str, entity_id: str, reason: str) -> bool:
    """Bring a soft-deleted object back, and write it down; returns whether it was gone (moderation.md M-25).

    One that is there changes nothing and leaves no entry; nor does what is refused (decision 075). Raises Forbidden
    (not staff), InvalidInput for a type whose service brings no kind (app/data/moderated_kinds.py), NotFound,
    RuleViolated for what may not come back: what is held, or taken meanwhile, and as its service says."""
    require_moderator(actor)
    kind = kind_of(actor.realm, entity_type)
    if kind is None or kind.restore is None:
        said = f"nothing of type {entity_type} can be restored"
        raise InvalidInput(f"entityType: {said}", detail={"entityType": said})
    with unit_of_work(actor) as work:
        was_gone = kind.restore(actor, entity_id)
        if was_gone:
            record_restoring(work, entity_type, entity_id, reason)
        work.commit()
    return was_gone
