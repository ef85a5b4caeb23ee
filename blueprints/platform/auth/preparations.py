"""What happens to passwords before a transaction begins: hashing and comparing take 20 ms each."""
from typing import Any

from app.http.errors import InvalidInput
from app.identity.actor import Actor
from app.identity.authentication import identity
from app.identity.passwords import ChosenPassword, choose_password, hash_password, password_matches
from app.identity.throttle import Limit
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


def password_change(actor: Actor, data: Data) -> Data:
    """Prove the old password against the actor's own account and hash the new one."""
    throttle = identity().throttle
    throttle.take(OLD_PASSWORD_TRIES, actor.realm, str(actor.user_id))
    stored = stored_hash(actor.realm, actor.user_id)
    proven = password_matches(stored, data["old_password"])
    if proven:
        throttle.forget(OLD_PASSWORD_TRIES, actor.realm, str(actor.user_id))
    return {"proven_hash": stored if proven else None, "chosen": _chosen(data["new_password"])}


def password_replacement(actor: Actor, data: Data) -> Data:
    """Hash the password staff gives a user."""
    return {"chosen": _chosen(data["password"])}


def _chosen(password: str) -> ChosenPassword:
    return choose_password(password, runtime().settings.password_min_length)
