"""Where clients find a path of ours: a proxy may serve us below a path of its own, which PUBLIC_URL names."""
from app.runtime import runtime


def public_path(path: str) -> str:
    """Return the path as clients see it, for links, headers and documents."""
    return runtime().settings.public_path + path
