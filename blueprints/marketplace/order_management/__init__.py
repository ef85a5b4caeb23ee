"""Orders and the money that moves for them (rules-marketplace §7)."""
