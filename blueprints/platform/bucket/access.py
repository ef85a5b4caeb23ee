"""Who holds a token of the buckets, where he may write, and which private files he may read (rules-platform §4)."""
from dataclasses import dataclass

from app.actor import Actor
from app.errors import Forbidden, InvalidInput, LoginRequired
from app.identity.access import require_proved
from app.identity.authentication import identity
from app.identity.bucket_tokens import BucketTokenRefused, application_bucket, read_bucket_token
from app.identity.file_tokens import FileTokenRefused, read_file_token
from app.identity.roles import STAFF
from app.identity.sessions import LiveSession
from app.runtime import runtime
from blueprints.platform.bucket.queries import StoredFile
from blueprints.platform.bucket.rules import is_user_bucket


@dataclass(frozen=True, slots=True)
class BucketHolder:
    """Who holds a good bucket token, and the buckets it names."""

    actor: Actor
    bucket_ids: tuple[str, ...]


def bucket_holder(realm: str, token: str) -> BucketHolder:
    """Return who shows this token; raises LoginRequired when it is no good or its session has ended."""
    refused = LoginRequired("errMsg_BucketTokenIsNotValid")
    try:
        grant = read_bucket_token(runtime().settings.secret_key, realm, token)
    except BucketTokenRefused:
        raise refused from None
    session = _live(realm, grant.session_id, grant.user_id, refused)
    actor = Actor(realm, session.user_id, session.id, session.role, session.email, session.fullname)
    return BucketHolder(actor, grant.bucket_ids)


def require_bucket(holder: BucketHolder, bucket_id: str) -> None:
    """Raise InvalidInput for a bucket that cannot exist, Forbidden for one not the holder's (rules-platform §4).

    The token has to name it, and the common bucket takes a role that is still staff's."""
    of_application = bucket_id == application_bucket(holder.actor.realm)
    if not of_application and not is_user_bucket(bucket_id):
        raise InvalidInput("errMsg_bucketIdisNotAValidID", detail={"bucketId": "expected the id of a bucket"})
    if bucket_id not in holder.bucket_ids or (of_application and holder.actor.role not in STAFF):
        raise Forbidden("errMsg_BucketNotAllowed")


def require_reader(actor: Actor, file: StoredFile, *, read_token: str | None, bucket_token: str | None) -> None:
    """Raise LoginRequired or Forbidden unless whoever asks may read the file: anybody a public one (decision 50).

    A private one is read with the token of an answer that shows it, by him whom it was given to while that login lives;
    and by its owner with his bucket token. `actor` is who is logged in beside, if anybody is."""
    if file.is_public:
        return
    if read_token is not None:
        _require_read_token(actor, file, read_token)
    elif bucket_token is not None:
        require_bucket(bucket_holder(actor.realm, bucket_token), file.bucket_id)
    else:
        raise LoginRequired("errMsg_FileNeedsAToken")


def _require_read_token(actor: Actor, file: StoredFile, token: str) -> None:
    refused = LoginRequired("errMsg_FileTokenIsNotValid")
    try:
        reader = read_file_token(runtime().settings.secret_key, actor.realm, token, file.id, file.owner_id)
    except FileTokenRefused:
        raise refused from None
    _live(actor.realm, reader.session_id, reader.user_id, refused)
    if not actor.is_anonymous and not actor.is_user(reader.user_id):
        raise refused


def _live(realm: str, session_id: str, user_id: str, refused: LoginRequired) -> LiveSession:
    """Return the session a token hangs on, all its factors proved; raises `refused` when it has ended."""
    session = identity().sessions.live(realm, session_id, user_id)
    if session is None:
        raise refused
    require_proved(session.owed_factor)
    return session
