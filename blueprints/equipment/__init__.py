"""The equipment registry: medical equipment of legal entities and their divisions (its own envelope and access rules).

Start reading at routes.py; the specification's decisions left open are docs/decisions/050 to 054."""
