"""What `flask doctor` asks of the auctions: each stands where its bids put it (decision 35), and what mends it."""
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from sqlalchemy import Row, Select, and_, func, select
from sqlalchemy.orm import aliased

from app.data.batches import BATCH_ROWS
from app.data.person_rows import NOBODY
from app.data.reads import fetch
from app.data.unit_of_work import UnitOfWork
from app.ops.findings import MOST_NAMED, agreement
from app.ops.mends import MOST_MENDED, mend_each
from blueprints.marketplace.auction_offer.models import ACTIVE_BID, Bid
from blueprints.marketplace.auction_offer.rules import standing_of
from blueprints.marketplace.product_listing.auction_state import auction_standings, lock_listing, record_standing


def check_auctions() -> tuple[str, str]:
    """Return what `flask doctor` says of the auctions: ok or fail, and a sentence. Maxima are named, never told."""
    wrong = [f"auction {auction_id}: {', '.join(names)} differ from its bids"
             for auction_id, names in islice(_misplaced(), MOST_NAMED + 1)]
    return agreement(wrong, "every auction stands where its bids put it")


def mend_auctions(operator: str) -> int:
    """Let auctions stand where their bids put them, behind each listing's lock; returns how many did not."""
    found = [auction_id for auction_id, _ in islice(_misplaced(), MOST_MENDED)]
    return mend_each("marketplace", operator, "standing of an auction", found, _place_anew)


def _place_anew(work: UnitOfWork, auction_id: str) -> None:
    listing = lock_listing(work, auction_id, withdrawn_too=True)
    query, about = _with_bids()
    [row] = work.rows(query.where(about.id == auction_id))
    record_standing(work, listing, replace(standing_of(listing), **_by_bids(row)))


def _misplaced() -> Iterator[tuple[str, list[str]]]:
    """Yield the auctions whose columns are not what their bids say, with the names of the columns.

    One statement a batch, so that a bid that comes meanwhile is on both sides or on neither."""
    (query, about), last = _with_bids(), ""
    query = query.order_by(about.id).limit(BATCH_ROWS)
    while rows := fetch(query.where(about.id > last)):
        for row in rows:
            names = [name for name, value in _by_bids(row).items() if getattr(row, name) != value]
            if names:
                yield row.id, names
        last = rows[-1].id


def _by_bids(row: Row[Any]) -> dict[str, Any]:
    """Return what an auction's columns must be. Of one that is closed only what its bids still say: how many there
    were, and to whom it went at what price; who is erased is not among the bidders any more."""
    if row.closed_at is None:
        return {"bid_count": row.bids, "current_bid": row.best_amount, "highest_bidder_id": row.best_bidder,
                "leader_max": row.best_maximum, "runner_up_max": row.next_maximum}
    if row.won_amount is None:
        return {"bid_count": row.bids}
    winner = {} if row.won_by == NOBODY else {"highest_bidder_id": row.won_by}
    return {"bid_count": row.bids, "current_bid": row.won_amount, **winner}


def _with_bids() -> tuple[Select[Any], Any]:
    """Return a query of the auctions beside what their bids say, and its auctions' columns."""
    auctions = auction_standings()
    about, won = auctions.selected_columns, aliased(Bid)
    of_it = select(Bid).where(Bid.product_id == about.id)
    standing = of_it.where(ACTIVE_BID).order_by(Bid.maximum.desc(), Bid.sequence).limit(1)
    said = {"bids": of_it.with_only_columns(func.count(Bid.id)),
            "best_bidder": standing.with_only_columns(Bid.user_id),
            "best_amount": standing.with_only_columns(Bid.bid_amount),
            "best_maximum": standing.with_only_columns(Bid.maximum),
            "next_maximum": standing.offset(1).with_only_columns(Bid.maximum)}
    is_won = and_(won.id == about.winner_bid_id, won.product_id == about.id, won.status == "WON")
    query = auctions.add_columns(
        *(one.correlate(about.id.table).scalar_subquery().label(name) for name, one in said.items()),
        won.user_id.label("won_by"), won.bid_amount.label("won_amount")).outerjoin(won, is_won)
    return query, about
