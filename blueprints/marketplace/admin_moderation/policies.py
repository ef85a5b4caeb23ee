"""Who may call adminModeration: staff; only a superAdmin deletes from the record (rules-marketplace §1.2)."""
from app.identity.access import Predicate, staff, super_admin

POLICIES: dict[str, Predicate] = {
    "createModerationAction": staff,
    "deleteModerationAction": super_admin,
    "getModerationAction": staff,
    "listModerationActions": staff,
    "updateModerationAction": staff,
    # Corrections of what other services own (§1.2; AM2: all ADMIN roles)
    "rebuildAllSearchRecords": staff,
    "fixPaymentRecord": staff,
    "overrideFeedback": staff,
    "flagMediaAsset": staff,
    "restoreSoftDeletedEntity": staff,
}
