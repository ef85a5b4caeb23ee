"""How orders of premium and their payments are read. Apart from index.py: who only opens an index settles no order."""
from app.data.visibility import ReadObject
from blueprints.network.profile.premium_queries import FILTERS
from blueprints.network.profile.premium_settlement import CHECKOUT
from blueprints.network.profile.visibility import ORDERS
from blueprints.platform.checkout.index import readable_payments

READABLE_ORDERS = (
    ReadObject(ORDERS, facets=("status", "_paymentConfirmation"), filters=FILTERS),
    *readable_payments(CHECKOUT),
)
