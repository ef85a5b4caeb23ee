"""Moderation, once for every realm: reports, cases, acts, strikes, appeals, and the record of them (moderation.md)."""
