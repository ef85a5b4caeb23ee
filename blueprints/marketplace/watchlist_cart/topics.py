"""The topic of watchlistCart that others listen to; it is ours (decisions/073)."""

WATCHED_NEWS = "ebaycclone-watchlistcart-service-watched-news"
"""What is new of a listing, and to which of its watchers: `news`, `productId`, `title`, `price`, `currency`, `endsAt`,
`userIds`. A listing that very many watch makes several of them."""
