"""What becomes of the payments of a person who is gone for good."""
from app.data.person_rows import ERASED, KEPT, PersonRows, rows_of_people
from app.payments.checkout import Checkout


def rows_of_payers(checkout: Checkout) -> tuple[PersonRows, ...]:
    """Return it for the three tables of a checkout: tickets belong to the books, the rest names the person alone."""
    return (rows_of_people(checkout.ticket, KEPT, "owner_id", why="the ledger: the ticket of a payment"),
            rows_of_people(checkout.customer, ERASED, "user_id"),
            rows_of_people(checkout.method, ERASED, "user_id"))
