"""Pure decisions of the equipment registry: roles, scopes, statuses, transitions and the order of dates."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta, tzinfo

ACTIVE, INACTIVE, SUSPENDED = "ACTIVE", "INACTIVE", "SUSPENDED"
DEVICE_TYPES = "DEVICE_TYPE"
DICTIONARIES = (DEVICE_TYPES,)
EQUIPMENT_STATUSES = (ACTIVE, INACTIVE)
DIVISION_STATUSES = (ACTIVE, INACTIVE)
LEGAL_ENTITY_STATUSES = (ACTIVE, SUSPENDED, INACTIVE)
LEGAL_ENTITY_TYPES = ("MSP", "OUTPATIENT", "PRIMARY_CARE", "EMERGENCY", "PHARMACY", "NHS")

ROLES = ("HR", "ADMIN", "OWNER", "NHS ADMIN")
STAFF_OF_LEGAL_ENTITY = frozenset({"HR", "ADMIN", "OWNER"})
OPERATORS = frozenset({"NHS ADMIN"})
EVERYBODY = STAFF_OF_LEGAL_ENTITY | OPERATORS

SCOPES = (
    "equipment:read",
    "equipment:write",
    "legal_entity:read",
    "legal_entity:write",
    "division:read",
    "division:write",
    "client:read",
    "client:write",
    "dictionary:read",
    "dictionary:write",
)
WORKING_STATUSES = frozenset({ACTIVE, SUSPENDED})
EQUIPPED_TYPES = frozenset({"MSP", "OUTPATIENT", "PRIMARY_CARE", "EMERGENCY"})

_STATUS_AFTER = {"activate": ACTIVE, "deactivate": INACTIVE, "suspend": SUSPENDED}
_STARTS = {
    ("equipment", "activate"): {INACTIVE},
    ("equipment", "deactivate"): {ACTIVE},
    ("division", "activate"): {INACTIVE},
    ("division", "deactivate"): {ACTIVE},
    ("legal entity", "activate"): {INACTIVE, SUSPENDED},
    ("legal entity", "suspend"): {ACTIVE},
    ("legal entity", "deactivate"): {ACTIVE, SUSPENDED},
}
_PARTICIPLES = {"activate": "ACTIVATED", "deactivate": "DEACTIVATED", "suspend": "SUSPENDED"}


def works(status: str, is_active: bool) -> bool:
    """True for a legal entity that may use the registry (equipment.md, rung 5)."""
    return is_active and status in WORKING_STATUSES


def may_hold_equipment(legal_entity_type: str) -> bool:
    """True for a type of legal entity that registers equipment (equipment.md, rung 5)."""
    return legal_entity_type in EQUIPPED_TYPES


def reads_everything(role: str) -> bool:
    """True for the role that reads any legal entity's rows: NHS ADMIN."""
    return role in OPERATORS


def status_after(subject: str, action: str, status: str) -> str | None:
    """Return the status that `action` leads to, None when it is not allowed from `status`."""
    return _STATUS_AFTER[action] if status in _STARTS[subject, action] else None


def refused_transition(subject: str, action: str, status: str) -> str:
    """Return the sentence of a refused action: "ACTIVE equipment cannot be ACTIVATED"."""
    return f"{status} {subject} cannot be {_PARTICIPLES[action]}"


def missing_scope(granted: Collection[str], wanted: str) -> str | None:
    """Return the scope that is wanted but not granted."""
    return None if wanted in granted else wanted


def as_moment(text: str, zone: tzinfo = UTC) -> datetime:
    """Return an ISO 8601 date (its first instant in `zone`) or date-time as an aware datetime; raises ValueError.

    A date-time without a zone of its own is UTC."""
    moment = datetime.fromisoformat(text)
    try:
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone if _is_a_day(text) else UTC)
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text!r} lies before year 1 or after year 9999 in UTC") from None


def _is_a_day(text: str) -> bool:
    return len(text) == len("2026-11-28")


def refused_dates(manufactured: str | None, expires: str | None, moment: datetime, zone: tzinfo) -> dict[str, str]:
    """Return field → what is wrong with it: manufactured after `moment`, or not before it expires.

    A date without a time is a day in `zone`, and one day later than today is accepted: it may be written where the
    day has begun already."""
    wrong = {}
    if manufactured:
        grace = timedelta(days=1) if _is_a_day(manufactured) else timedelta()
        if as_moment(manufactured, zone) > moment + grace:
            wrong["manufacture_date"] = "must not be in the future"
    if manufactured and expires and as_moment(expires, zone) <= as_moment(manufactured, zone):
        wrong["expiration_date"] = "must be after manufacture_date"
    return wrong
