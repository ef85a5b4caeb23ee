"""What becomes of the payments of a person who is gone for good."""
from app.data.person_rows import ERASED, KEPT, PersonRows, exported, rows_of_people
from app.payments.checkout import Checkout


def rows_of_payers(checkout: Checkout) -> tuple[PersonRows, ...]:
    """Return it for the three tables of a checkout: references belong to the books, the rest names the person alone."""
    return (rows_of_people(checkout.reference, KEPT, "owner_id", why="the ledger: the reference of a payment",
                           export=exported("payments", "owner_id", without=("redirect_url",))),
            rows_of_people(checkout.customer, ERASED, "user_id", export="an id at the payment provider"),
            rows_of_people(checkout.method, ERASED, "user_id", export=exported(
                "cards", "user_id", without=("payment_method_id", "customer_id"))))
