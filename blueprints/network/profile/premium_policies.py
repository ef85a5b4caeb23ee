"""Who may call premium at all; whose order it is, commands and queries check (rules-network §6B, P-3, P-4).

What pays an order stands in blueprints/platform/checkout/policies.py."""
from app.identity.access import Predicate, logged_in, super_admin

PREMIUM_POLICIES: dict[str, Predicate] = {
    "createPremuimSub": logged_in,
    "getPremuimSub": logged_in,
    "listPremuimSub": logged_in,
    "updatePremuimSub": logged_in,
    "deletePremuimSub": logged_in,
    # Not in the contract: what premium costs, and its way back
    "getPremiumPlan": logged_in,
    "refundPremiumsubscription": super_admin,
}
