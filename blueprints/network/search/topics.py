"""The one topic that search sends."""
from app.events.topics import service_topic

ROWS_LEFT = service_topic("network", "search", "rows-left")
"""A page or a post of which an index has not looked at all rows again since it changed."""
