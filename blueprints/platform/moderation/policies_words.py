"""Who may call what stands beside the cases: the words, the rules of the house, and the transparency report.

Staff keep both lists, as they keep the categories; only what is a record is a superAdmin's to delete."""
from app.identity.access import Predicate, logged_in, public, staff

POLICIES: dict[str, Predicate] = {
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
