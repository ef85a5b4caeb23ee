"""Who may call people: whoever is logged in, for himself."""
from app.identity.access import Predicate, logged_in

POLICIES: dict[str, Predicate] = {
    "createBlock": logged_in,
    "deleteBlock": logged_in,
    "listBlocks": logged_in,
    "listPeople": logged_in,
}
