"""Text messages between two users of the marketplace (rules-marketplace §5)."""
