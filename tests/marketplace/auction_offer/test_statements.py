"""The number of statements does not grow with bids or rows (performance.md)."""


def test_a_bid_needs_six_statements_however_many_bids_there_are(room, callers, count_statements):
    auction = room.auction(biddingMode="PROXY")
    counts = []
    for number in range(6):
        bidder = callers.user(f"bidder{number}")
        bidder.get("/marketplace/auctionoffer-api/v1/auctionofferbids")  # the session is known from now on
        with count_statements() as told:
            room.placed(bidder, auction, 100 + 50 * number)
        counts.append(len([statement for statement in told if not statement.startswith("BEGIN")]))
    assert counts == [6] * 6


def test_a_list_of_bids_needs_as_many_statements_for_many_rows_as_for_few(room, callers, count_statements):
    def listed(bids):
        auction = room.auction(biddingMode="PROXY")
        for number in range(bids):
            room.placed(callers.user(f"bidder{number}"), auction, 100 + 50 * number)
        with count_statements() as told:
            assert len(room.history(room.ben, auction)) == bids
        return len(told)

    listed(1)
    assert listed(2) == listed(8)
