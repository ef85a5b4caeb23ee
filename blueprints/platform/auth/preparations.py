"""What happens to passwords before a transaction begins: hashing and comparing take 20 ms each."""
from typing import Any

from app.actor import Actor
from app.errors import InvalidInput
from app.identity.authentication import identity
from app.identity.login_throttle import Limit
from app.identity.passwords import ChosenPassword, choose_password, hash_password, password_matches
from app.runtime import runtime
from blueprints.platform.auth.queries import stored_hash

OLD_PASSWORD_TRIES = Limit("OldPassword", most=10, window=900)

Data = dict[str, Any]


def hashed(actor: Actor, data: Data) -> Data:
    """Replace `password` by `password_hash`."""
    password = data.pop("password")
    return data | {"password_hash": hash_password(password)}


def registration(actor: Actor, data: Data) -> Data:
    """The same for a visitor; raises InvalidInput for a social code, there being no social login (§3.6)."""
    if data.pop("social_code", ""):
        raise InvalidInput("errMsg_socialCodeisNotValid", detail={"socialCode": "social login is not configured"})
    return hashed(actor, data)


def password_change(actor: Actor, data: Data, user_id: str) -> Data:
    """Prove the old password where the account is the actor's own, and hash the new one."""
    proven = _proven_hash(actor.realm, user_id, data["old_password"]) if actor.is_user(user_id) else None
    return {"proven_hash": proven, "chosen": _chosen(data["new_password"])}


def password_replacement(actor: Actor, data: Data, user_id: str) -> Data:
    """Hash the password staff gives a user."""
    return {"chosen": _chosen(data["password"])}


def _proven_hash(realm: str, user_id: str, password: str) -> str | None:
    """Return the stored hash the password belongs to, or None; raises TooManyRequests after ten wrong ones."""
    throttle = identity().throttle
    throttle.take(OLD_PASSWORD_TRIES, realm, user_id)
    stored = stored_hash(realm, user_id)
    if not password_matches(stored, password):
        return None
    throttle.forget(OLD_PASSWORD_TRIES, realm, user_id)
    return stored


def _chosen(password: str) -> ChosenPassword:
    return choose_password(password, runtime().settings.password_min_length)
