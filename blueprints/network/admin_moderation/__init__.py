"""Moderation of the network: the same core as everywhere, without the record of the marketplace's contract."""
