"""Listings, their media, and (on the same row) their auction state and stock."""
