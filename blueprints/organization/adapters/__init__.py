"""The outside of the hexagon: databases, stream, schemas, tokens and HTTP, each behind a port."""
