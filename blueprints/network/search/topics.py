"""The one topic that search sends."""
from app.events.topics import service_topic

ROWS_LEFT = service_topic("network", "search", "rows-left")
"""A page whose rows an index has not all looked at again since it changed."""
