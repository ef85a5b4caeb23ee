"""The record of what staff changed by hand (rules-marketplace §1)."""
