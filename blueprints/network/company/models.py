"""The tables of company: pages, who administers and follows them, their updates (rules-network §1A), and the tally.

The tally is a side table: a follower more is no change of the page, so its version and its events stay as they are."""
from datetime import datetime

from sqlalchemy import Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.data.columns import choice, constant, folded, identifier, instant, string, text, web_address, web_address_list
from app.data.entity import Base, Entity
from app.data.held import Holdable
from app.data.orders import in_code_points, order_index
from app.data.short_ids import short_id_index
from blueprints.network.company.rules import APPROVED, FOLLOW_STATES, PUBLIC, REQUESTED, VISIBILITIES


class Company(Holdable, Entity):
    """A page. `name_key` is what names are compared by; `orphaned_at` is since when nobody with a live account
    administers it."""

    __tablename__ = "network_company"
    __service__ = "company"
    __object__ = "company"
    __realm__ = "network"
    __lock_rank__ = 420
    __owner__ = "created_by_user_id"
    __duplicates__ = {"uq_network_company_name": ("CompanyNameTaken", "Another company has this name")}

    name: Mapped[str] = string(required=True)
    website: Mapped[str | None] = web_address()
    location: Mapped[str | None] = string()
    logo_url: Mapped[str | None] = web_address()
    page_visibility: Mapped[str] = choice(VISIBILITIES, default=PUBLIC)
    created_by_user_id: Mapped[str] = identifier(required=True)
    description: Mapped[str | None] = text()
    industry: Mapped[str | None] = string()

    folded_name: Mapped[str | None] = folded("name")
    folded_location: Mapped[str | None] = folded("location")
    folded_industry: Mapped[str | None] = folded("industry")

    name_key: Mapped[str] = string(required=True, hidden=True)
    orphaned_at: Mapped[datetime | None] = instant(hidden=True)


class CompanyAdmin(Entity):
    """One person's right to act for a company, from its assignment to its removal."""

    __tablename__ = "network_company_admin"
    __service__ = "company"
    __object__ = "companyAdmin"
    __realm__ = "network"
    __lock_rank__ = 421
    __owner__ = "assigned_by"
    __duplicates__ = {"uq_network_company_admin": ("CompanyAdminExists", "This person is an admin of it already")}

    assigned_at: Mapped[datetime] = instant(required=True)
    user_id: Mapped[str] = identifier(required=True)
    company_id: Mapped[str] = identifier(required=True)
    assigned_by: Mapped[str] = identifier(required=True)


class CompanyFollower(Entity):
    """One person's following of a company; of a private page it grants nothing until an admin has approved (NET-10)."""

    __tablename__ = "network_company_follower"
    __service__ = "company"
    __object__ = "companyFollower"
    __realm__ = "network"
    __lock_rank__ = 422
    __owner__ = "user_id"
    __duplicates__ = {"uq_network_company_follower": ("AlreadyFollowing", "You follow this company already")}

    user_id: Mapped[str] = identifier(required=True)
    company_id: Mapped[str] = identifier(required=True)
    followed_at: Mapped[datetime] = instant(required=True)
    follow_state: Mapped[str] = choice(FOLLOW_STATES, default=APPROVED)  # additive


class CompanyUpdate(Entity):
    """News that a company publishes; it is the company's, whoever of its admins wrote it (NET-12)."""

    __tablename__ = "network_company_update"
    __service__ = "company"
    __object__ = "companyUpdate"
    __realm__ = "network"
    __lock_rank__ = 423
    __owner__ = "author_user_id"

    company_id: Mapped[str] = identifier(required=True)
    content: Mapped[str] = text(required=True)
    author_user_id: Mapped[str] = identifier(required=True)
    attachment_urls: Mapped[list[str]] = web_address_list(required=True, default=list)
    visibility: Mapped[str] = choice(VISIBILITIES, default=PUBLIC)


class CompanyTally(Base):
    """How many approved followers and public updates a company has; equal to a recount."""

    __tablename__ = "network_company_tally"
    __realm__ = "network"
    __lock_rank__ = 424

    company_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    followers: Mapped[int] = mapped_column(Integer)
    updates: Mapped[int] = mapped_column(Integer)


IS_REQUEST = CompanyFollower.is_active.is_(True) & (CompanyFollower.follow_state == constant(REQUESTED))

Index("uq_network_company_name", Company.name_key, unique=True,
      sqlite_where=Company.is_active.is_(True), postgresql_where=Company.is_active.is_(True))
Index("ix_network_company_created", Company.created_at, Company.id)
order_index("ix_network_company_name", in_code_points(Company.name), Company.id)
Index("ix_network_company_creator", Company.created_by_user_id)
Index("ix_network_company_orphaned", Company.orphaned_at,
      sqlite_where=Company.orphaned_at.is_not(None), postgresql_where=Company.orphaned_at.is_not(None))
Index("uq_network_company_admin", CompanyAdmin.company_id, CompanyAdmin.user_id, unique=True,
      sqlite_where=CompanyAdmin.is_active.is_(True), postgresql_where=CompanyAdmin.is_active.is_(True))
Index("ix_network_company_admin_user", CompanyAdmin.user_id)
Index("ix_network_company_admin_assigned_by", CompanyAdmin.assigned_by)
Index("uq_network_company_follower", CompanyFollower.company_id, CompanyFollower.user_id, unique=True,
      sqlite_where=CompanyFollower.is_active.is_(True), postgresql_where=CompanyFollower.is_active.is_(True))
Index("ix_network_company_follower_company", CompanyFollower.company_id, CompanyFollower.created_at,
      CompanyFollower.id)
Index("ix_network_company_follower_user", CompanyFollower.user_id, CompanyFollower.created_at, CompanyFollower.id)
Index("ix_network_company_follower_requested", CompanyFollower.company_id, CompanyFollower.created_at,
      CompanyFollower.id, sqlite_where=IS_REQUEST, postgresql_where=IS_REQUEST)
Index("ix_network_company_update_company", CompanyUpdate.company_id, CompanyUpdate.created_at, CompanyUpdate.id)
Index("ix_network_company_update_created", CompanyUpdate.created_at, CompanyUpdate.id)
Index("ix_network_company_update_author", CompanyUpdate.author_user_id)
short_id_index(Company)
