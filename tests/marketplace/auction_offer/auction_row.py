"""An auction's row without a database, by the names its listing has for it, for the tests of pure rules."""
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Self

from blueprints.marketplace.auction_offer import rules


@dataclass(frozen=True, slots=True)
class AuctionRow:
    """What `rules.Auction` asks for: an OPEN auction from one minor unit, without an end, that nobody has bid on."""

    bidding_mode: str = rules.OPEN
    start_price: int | None = 1
    start_bid: int | None = None
    end_bid: int | None = None
    reserve_price: int | None = None
    buy_now_price: int | None = None
    start_bid_date: datetime | None = None
    soft_close_seconds: int | None = None
    hard_end_date: datetime | None = None
    current_bid: int | None = None
    highest_bidder_id: str | None = None
    leader_max: int | None = None
    runner_up_max: int | None = None
    bid_count: int = 0
    effective_end: datetime | None = None
    closed_at: datetime | None = None

    def now_at(self, standing: rules.Standing) -> Self:
        """Return the row after a decision was recorded."""
        return replace(self, **asdict(standing))
