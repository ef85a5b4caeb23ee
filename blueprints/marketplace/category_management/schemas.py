"""What clients send to categoryManagement; answers are documented from the models."""
from app.http.schemas import Choice, Identifier, InputSchema, Text, WebAddress
from blueprints.marketplace.category_management.models import GROUPS


class CategoryChange(InputSchema):
    """PATCH of a category."""

    title = Text()
    subtitle = Text()
    image_url = WebAddress()


class NewCategory(CategoryChange):
    """POST of a category."""

    title = Text(required=True)


class SubcategoryChange(InputSchema):
    """PATCH of a subcategory."""

    category_id = Identifier()
    name = Text()
    group = Choice(GROUPS)


class NewSubcategory(InputSchema):
    """POST of a subcategory."""

    category_id = Identifier(required=True)
    name = Text(required=True)
    group = Choice(GROUPS, required=True)
