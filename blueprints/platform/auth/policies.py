"""Who may call the APIs of auth at all; whose row it is, and which rank decides, the commands check after the fetch."""
from app.identity.access import logged_in, public, staff

POLICIES = {
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
}
