"""What happens to passwords before a transaction begins: hashing and comparing take 20 ms each."""
from typing import Any

from app.actor import Actor
from app.errors import InvalidInput
from app.identity.authentication import identity
from app.identity.login_throttle import Bound, Limit
from app.identity.passwords import ChosenPassword, choose_password, password_matches
from app.identity.security_events import record_refusal, recorded_throttle
from app.runtime import runtime
from blueprints.platform.auth.commands import makes_room
from blueprints.platform.auth.queries import find_account, personal_words, stored_hash

OLD_PASSWORD_TRIES = Limit("OldPassword", most=10, window=900)
REGISTRATIONS = Limit("Registration", most=100, window=900)
REPLACEMENTS = Limit("RegistrationOfEmail", most=3, window=3600)

Data = dict[str, Any]


def hashed(actor: Actor, data: Data) -> Data:
    """Replace `password` by `password_hash`; raises InvalidInput for one the policy refuses."""
    return data | {"password_hash": strong_hash(data.pop("password"), data["fullname"], data["email"])}


def registration(actor: Actor, data: Data) -> Data:
    """The same for a visitor; raises InvalidInput for a social code, there being no social login (§3.6).

    Raises Throttled after a hundred registrations from one address within 15 minutes, or three within an hour that take
    the place of an unverified account: no stranger goes on killing the code the owner of the e-mail waits for."""
    if data.pop("social_code", ""):
        raise InvalidInput("errMsg_socialCodeisNotValid", detail={"socialCode": "social login is not configured"})
    counted = _counted(actor, data["email"])
    with recorded_throttle(actor, "account", None):
        identity().throttle.take_all(*counted)
    try:
        return hashed(actor, data)
    except InvalidInput:
        identity().throttle.give_back(*counted)
        raise


def _counted(actor: Actor, email: str) -> list[tuple[Bound, tuple[str, ...]]]:
    address = actor.address or ""
    replaces = [(REPLACEMENTS, (actor.realm, email, address))] if makes_room(find_account(actor.realm, email)) else []
    return [(REGISTRATIONS, (actor.realm, address)), *replaces]


def profile_change(actor: Actor, data: Data, user_id: str) -> Data:
    """Prove the password that was sent with a change of one's own profile."""
    password = data.pop("current_password", None)
    is_own = password is not None and actor.is_user(user_id)
    return data | ({"proven_hash": proven_hash(actor, password)} if is_own else {})


def second_factor_change(actor: Actor, data: Data, user_id: str) -> Data:
    """Prove the password that was sent with a change of one's own second factors."""
    return {"proven_hash": None} | profile_change(actor, data, user_id)


def proven(actor: Actor, data: Data, **path: str) -> Data:
    """Prove the caller's own password, which is sent with the end of an account and for the secret of an API client."""
    return data | {"proven_hash": proven_hash(actor, data.pop("current_password"))}


def password_change(actor: Actor, data: Data, user_id: str) -> Data:
    """Prove the old password where the account is the actor's own, and hash the new one."""
    proven = proven_hash(actor, data["old_password"]) if actor.is_user(user_id) else None
    return {"proven_hash": proven, "chosen": _chosen(actor.realm, user_id, data["new_password"])}


def password_replacement(actor: Actor, data: Data, user_id: str) -> Data:
    """Hash the password staff gives a user."""
    return {"chosen": _chosen(actor.realm, user_id, data["password"])}


def proven_hash(actor: Actor, password: str) -> str | None:
    """Return the stored hash the actor's own password belongs to, or None; raises Throttled after ten wrong ones."""
    user_id, throttle = str(actor.user_id), identity().throttle
    with recorded_throttle(actor, "password", user_id):
        throttle.take(OLD_PASSWORD_TRIES, actor.realm, user_id)
    stored = stored_hash(actor.realm, user_id)
    if not password_matches(stored, password):
        record_refusal(actor, "password", user_id, reason="PasswordDoesNotMatch")
        return None
    throttle.forget(OLD_PASSWORD_TRIES, actor.realm, user_id)
    return stored


def strong_hash(password: str, *personal: str) -> str:
    """Return the hash of a password somebody chose; raises InvalidInput for one the policy refuses (decision 55)."""
    chosen = choose_password(password, runtime().settings.password_min_length, personal)
    if chosen.weakness is not None:
        raise InvalidInput(f"password: {chosen.weakness}", detail={"password": chosen.weakness})
    return chosen.hash


def _chosen(realm: str, user_id: str, password: str) -> ChosenPassword:
    return choose_password(password, runtime().settings.password_min_length, personal_words(realm, user_id))
