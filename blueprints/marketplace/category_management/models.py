"""Tables of categoryManagement (rules-marketplace §3.1)."""
from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from app.data.columns import choice, folded, identifier, string, web_address
from app.data.entity import Entity
from app.data.held import Holdable
from app.data.orders import in_code_points, order_index
from app.data.short_ids import short_id_index

GROUPS = ("MOST_POPULAR", "MORE")


class Category(Holdable, Entity):
    """A class of products; titles are not unique."""

    __tablename__ = "marketplace_category"
    __service__ = "categoryManagement"
    __object__ = "category"
    __in_common__ = True
    __realm__ = "marketplace"
    __lock_rank__ = 20

    image_url: Mapped[str | None] = web_address()
    subtitle: Mapped[str | None] = string()
    title: Mapped[str] = string(required=True)
    folded_title: Mapped[str | None] = folded("title")


class Subcategory(Entity):
    """A part of a category; `group` drives the landing tabs."""

    __tablename__ = "marketplace_subcategory"
    __service__ = "categoryManagement"
    __object__ = "subcategory"
    __in_common__ = True
    __realm__ = "marketplace"
    __lock_rank__ = 30

    category_id: Mapped[str] = identifier(required=True)
    name: Mapped[str] = string(required=True)
    group: Mapped[str] = choice(GROUPS)
    folded_name: Mapped[str | None] = folded("name")


short_id_index(Category)
Index("ix_marketplace_subcategory_category_id", Subcategory.category_id)
# The read layer pages through all of them in this order (docs/bff.md).
Index("ix_marketplace_category_created", Category.created_at, Category.id)
Index("ix_marketplace_subcategory_created", Subcategory.created_at, Subcategory.id)
order_index("ix_marketplace_category_title", in_code_points(Category.title), Category.id)
order_index("ix_marketplace_subcategory_name", in_code_points(Subcategory.name), Subcategory.id)
