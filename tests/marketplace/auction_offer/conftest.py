"""What the tests of auctionOffer may ask for besides the common fixtures."""
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.clients import Callers
    from tests.marketplace.auction_offer.saleroom import Saleroom


@pytest.fixture
def room(callers: "Callers") -> "Saleroom":
    """A saleroom with seller S, buyers B (ben) and B2 (cleo), and an admin."""
    from tests.marketplace.auction_offer.saleroom import Saleroom

    return Saleroom(callers)
