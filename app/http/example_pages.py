"""Pages that show the APIs at work, in demo and test only: they are no front end (docs/realtime.md)."""
from pathlib import Path

from flask import Flask, Response

from app.errors import NotFound
from app.settings import Settings

FOLDER = Path(__file__).parent / "examples"
_KINDS = {".html": "text/html", ".js": "text/javascript"}


def add_example_pages(app: Flask, settings: Settings) -> None:
    """Add `/examples/auction`, the demo's auctions as they run, where the marketplace is served outside production."""
    if settings.is_production or "marketplace" not in settings.realms:
        return
    app.add_url_rule("/examples/auction", "auctionExample", lambda: _file("auction.html"))
    app.add_url_rule("/examples/auction/<name>", "auctionExampleScript", _script)


def _script(name: str) -> Response:
    if name not in ("auction.js", "follow.js"):
        raise NotFound
    return _file(name)


def _file(name: str) -> Response:
    file = FOLDER / name
    return Response(file.read_bytes(), mimetype=_KINDS[file.suffix])
