"""Bids on auctions, their close, and offers on fixed-price listings."""
