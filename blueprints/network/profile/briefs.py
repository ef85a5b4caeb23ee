"""What the brief of a person says of their profile wherever people are shown: the headline of a public one (NET-32)."""
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, select

from app.data.held import is_free
from blueprints.network.profile.rules import PUBLIC
from blueprints.platform.auth.briefs import BriefColumns

if TYPE_CHECKING:
    from app.data.unit_of_work import UnitOfWork


def _headline(account_id: Any) -> ColumnElement[Any]:
    from blueprints.network.profile.models import Profile  # a list of the marketplace maps no table of the network

    return select(Profile.headline).where(
        Profile.user_id == account_id, Profile.is_active.is_(True), Profile.profile_visibility == PUBLIC,
        is_free(Profile)).scalar_subquery()


BRIEFS = BriefColumns({"network": {"headline": _headline}})


def invalidate_briefs(work: "UnitOfWork") -> None:
    """Let nobody remember the briefs of people as they were before this transaction."""
    work.invalidate("rows:user")
