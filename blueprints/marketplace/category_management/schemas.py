"""What clients send to categoryManagement; answers are documented from the models."""
from app.http.schemas import Choice, Identifier, InputSchema, Line, Text
from blueprints.marketplace.category_management.models import GROUPS


class CategoryChange(InputSchema):
    """PATCH of a category."""

    title = Line()
    subtitle = Line()
    image_url = Text(most=2048)


class NewCategory(CategoryChange):
    """POST of a category."""

    title = Line(required=True)


class SubcategoryChange(InputSchema):
    """PATCH of a subcategory."""

    category_id = Identifier()
    name = Line()
    group = Choice(GROUPS)


class NewSubcategory(InputSchema):
    """POST of a subcategory."""

    category_id = Identifier(required=True)
    name = Line(required=True)
    group = Choice(GROUPS, required=True)
