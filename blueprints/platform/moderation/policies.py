"""Who may call the moderation of a realm: whoever is logged in reports and appeals, staff do everything else
(moderation.md). Staff keep words and rules, as they keep the categories."""
from app.identity.access import Predicate, logged_in, public, staff

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
    "listStrikes": logged_in,
    "createAppeal": public,  # the token of the letter stands for a login (M-10)
    "listAppeals": logged_in,
    "decideAppeal": staff,
    "listAuditEntries": staff,
    "verifyAudit": staff,
    "createWord": staff,
    "deleteWord": staff,
    "listWords": staff,
    "createRule": staff,
    "deleteRule": staff,
    "listRules": logged_in,
    "getTransparency": staff,
    # The link of a letter leads there; whoever is suspended cannot log in.
    "appealPage": public,
    "appealPageScript": public,
}
