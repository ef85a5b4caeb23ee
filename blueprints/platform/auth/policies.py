"""Who may call the APIs of auth at all; whose row it is, and which rank decides, the commands check after the fetch."""
from app.identity.access import Predicate, logged_in, public, staff
from blueprints.platform.auth.parties import VERIFICATIONS

POLICIES: dict[str, Predicate] = {
    "getUser": logged_in,
    "updateUser": staff,
    "updateProfile": logged_in,
    "createUser": staff,
    "deleteUser": staff,
    "archiveProfile": logged_in,
    "listUsers": staff,
    "searchUsers": staff,
    "updateUserRole": staff,
    "updateUserPassword": logged_in,
    "updateUserPasswordByAdmin": staff,
    "getBriefUser": public,
    "registerUser": public,
    # Sessions and keys; a code is asked for by whoever cannot log in yet
    "loginPage": public,
    "loginPageScript": public,
    "verificationPage": public,
    "verificationPageScript": public,
    "login": public,
    "relogin": public,
    "logout": public,
    "publicKey": public,
    **{f"{name}-{phase}": public for name in VERIFICATIONS for phase in ("start", "complete")},
}
