"""What the network's people are told of each other: it listens to events, and nobody calls it."""
