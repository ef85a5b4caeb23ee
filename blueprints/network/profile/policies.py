"""Who may call profile: whoever is logged in; whose profile it is and who sees it, commands and queries check.

Names go off a dictionary by staff alone (NET-29)."""
from app.identity.access import Predicate, logged_in, staff

POLICIES: dict[str, Predicate] = {
    "createCertification": logged_in,
    "createLanguage": logged_in,
    "createProfile": logged_in,
    "deleteCertification": staff,
    "deleteLanguage": staff,
    "deleteProfile": logged_in,
    "getCertification": logged_in,
    "getLanguage": logged_in,
    "getProfile": logged_in,
    "listCertifications": logged_in,
    "listLanguages": logged_in,
    "listProfileViews": logged_in,
    "listProfiles": logged_in,
    "updateCertification": logged_in,
    "updateLanguage": logged_in,
    "updateProfile": logged_in,
    "updateUserProfile": logged_in,
}
