"""Who may call the moderation of a realm: whoever is logged in reports, staff do everything else (moderation.md)."""
from app.identity.access import Predicate, logged_in, staff

POLICIES: dict[str, Predicate] = {
    "createReport": logged_in,
    "listReports": logged_in,
    "getModerationCase": staff,
    "listModerationCases": staff,
    "takeModerationCase": staff,
    "releaseModerationCase": staff,
    "noteModerationCase": staff,
    "askModerationCase": staff,
    "dismissModerationCase": staff,
    "resolveModerationCase": staff,
    "createModerationAct": staff,
    "undoModerationAct": staff,
}
