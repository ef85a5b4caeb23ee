"""Streams of changes, in every realm, as one declaration; the web workers hold them open (app/ops/streams.py)."""
from app.service import EVERY_REALM, ServiceDeclaration

SERVICE = ServiceDeclaration(
    name="realtime", version="1.0.0", description="Changes of data objects as they happen, as Server-Sent Events.",
    realms=EVERY_REALM, path="realtime",
    routes="blueprints.platform.realtime.routes.api",
)
