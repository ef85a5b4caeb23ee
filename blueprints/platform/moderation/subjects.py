"""Things as moderation reads them: each kind is read by the service that has it, which the realm and the type name."""
from app.actor import Actor
from app.data.moderated_kinds import ModeratedKind, ModeratedKinds, Read, Subject
from app.errors import InvalidInput, NotFound
from app.runtime import runtime


def kind_of(realm: str, entity_type: str) -> ModeratedKind | None:
    """Return what can be done to things of a type, None where nobody moderates them."""
    return runtime().part(ModeratedKinds).get((realm, entity_type))


def subject_of(actor: Actor, entity_type: str, entity_id: str) -> Subject:
    """Return a thing as moderation reads it.

    Raises InvalidInput for a kind that nobody moderates here, NotFound."""
    read = _read_of(actor, entity_type)
    if read is None:
        said = f"nothing of type {entity_type} is moderated here"
        raise InvalidInput(f"entityType: {said}", detail={"entityType": said})
    subject = read(actor, entity_id)
    if subject is None:
        raise NotFound
    return subject


def find_subject(actor: Actor, entity_type: str, entity_id: str) -> Subject | None:
    """The same, None where there is no such thing and for a kind that nobody moderates here."""
    read = _read_of(actor, entity_type)
    return None if read is None else read(actor, entity_id)


def _read_of(actor: Actor, entity_type: str) -> Read | None:
    kind = kind_of(actor.realm, entity_type)
    return None if kind is None else kind.read
