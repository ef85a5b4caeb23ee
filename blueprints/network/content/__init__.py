"""What people and companies of the network say: posts, comments on them, likes, and the feed."""
