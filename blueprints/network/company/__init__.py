"""Company pages of the network: their admins, their followers and what they publish."""
