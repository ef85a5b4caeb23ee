"""Who may call the APIs of auth at all; whose row it is, and which rank decides, the commands check after the fetch."""
from app.identity.access import Predicate, anyone, logged_in, public, staff
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
    "getSecondFactors": logged_in,
    "updateSecondFactors": logged_in,
    "listSessions": logged_in,
    "deleteSession": logged_in,
    "deleteSessions": logged_in,
    "createPersonExport": logged_in,
    "listPersonExports": logged_in,
    "createErasure": logged_in,
    # Sessions and keys; a code is asked for by whoever cannot log in yet
    "loginPage": anyone,
    "loginPageScript": anyone,
    "verificationPage": anyone,
    "verificationPageScript": anyone,
    "login": anyone,
    "relogin": public,
    "reloginByPost": public,
    "logout": anyone,
    "publicKey": anyone,
    "downloadPersonExport": anyone,
    **{f"{name}-{phase}": anyone for name in VERIFICATIONS for phase in ("start", "complete")},
}
