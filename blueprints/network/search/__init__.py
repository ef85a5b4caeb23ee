"""search: people, companies, jobs and posts of the network, found by words, filters and facets."""
