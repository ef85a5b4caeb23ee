"""What clients send to the BFF; the filters themselves are judged by rules.py, with the index they are for."""
from app.http.schemas import InputSchema, JsonObject, Line
from blueprints.platform.bff.rules import LONGEST_FILTER_NAME


class NewSavedFilter(InputSchema):
    """POST of a filter to be kept: `conditions`, which may be called `filters`, is what a list takes as filters."""

    filter_name = Line(most=LONGEST_FILTER_NAME, required=True)
    conditions = JsonObject()
    filters = JsonObject()
