"""The roles of a realm and their ranks (rules-platform §3.2): one role per user, the higher decides over the lower."""

USER = "user"
ADMIN = "admin"
SUPER_ADMIN = "superAdmin"
STAFF = (ADMIN, SUPER_ADMIN)

SUPER_ADMIN_ID = "f7103b85-fcda-4dec-92c6-c336f71fd3a2"

# There is exactly one superAdmin; nobody can be made one or unmade.
ASSIGNABLE = (ADMIN, USER)

# The operator at the console and the system stand above every account but the superAdmin's, whom nobody unmakes.
_RANKS = {"system": 20, SUPER_ADMIN: 20, ADMIN: 18, USER: 13}


def rank(role: str | None) -> int:
    """Return the rank of a role; an unknown one ranks lowest."""
    return _RANKS.get(role or "", 0)


def outranks(role: str | None, other: str | None) -> bool:
    """Tell whether `role` stands strictly above `other`; equals do not decide over each other."""
    return rank(role) > rank(other)
