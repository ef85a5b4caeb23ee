"""The reads of company: for its routes, and for the services above that ask who administers, follows and may see."""
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, and_, not_, or_, select, union_all

from app.actor import Actor
from app.data.columns import constant, iso
from app.data.held import Viewer, is_free, is_held_from, viewer_of_role
from app.data.person_rows import Person
from app.data.reads import Listing, fetch, fetch_one, get_row, list_rows
from app.data.reads.filters import Filters, contains, equal
from app.data.reads.read_request import ReadRequest
from app.data.reads.seen_rows import seen_rows
from app.data.serialization import Wire
from app.data.visibility import expression_in_sql, member, seen_by
from app.errors import NotFound
from app.identity.access import require
from blueprints.network.company.models import Company, CompanyAdmin, CompanyFollower, CompanyTally, CompanyUpdate
from blueprints.network.company.rights import administered_by, all_administered_by, is_of_active_company, opened_to
from blueprints.network.company.rules import APPROVED, PRIVATE, PUBLIC
from blueprints.network.company.visibility import ADMINS, COMPANIES, OPENED, UPDATES
from blueprints.platform.people.queries import people_at_rest

COMPANY_FILTERS = Filters((contains(Company.name), contains(Company.location), equal(Company.page_visibility),
                           contains(Company.industry)))
ADMIN_FILTERS = Filters((equal(CompanyAdmin.user_id), equal(CompanyAdmin.company_id)))
FOLLOWER_FILTERS = Filters((equal(CompanyFollower.user_id), equal(CompanyFollower.company_id),
                            replace(equal(CompanyFollower.follow_state), takes_null=False,
                                    clause=lambda states: _in_states(states))))
UPDATE_FILTERS = Filters((equal(CompanyUpdate.visibility), equal(CompanyUpdate.company_id)))
# By time and not by id: clients may choose the id (decision 4).
_OLDEST_FIRST = {model: (model.created_at, model.id) for model in (
    Company, CompanyAdmin, CompanyFollower, CompanyUpdate)}
_EVERYTHING = Viewer(is_staff=True)
_MOST_MERGED = 20


@dataclass(frozen=True, slots=True)
class CompanyFacts:
    """What other services must know of a company, gone or held ones too."""

    id: str
    name: str
    visibility: str
    """`public` or `private`."""
    is_active: bool
    is_held: bool
    """Moderation holds the page."""


# --- what the services above ask ---


def is_admin(company_id: str, user_id: str | None) -> bool:
    """Return whether this person administers the company now; also of one that is deleted (NET-11)."""
    return fetch_one(all_administered_by(user_id).where(CompanyAdmin.company_id == company_id)) is not None


def pages_of(person: Person) -> ColumnElement[bool]:
    """Return the condition of the companies that a person administers now: for the export of the person."""
    return Company.id.in_(all_administered_by(person.id))


def news_by(person: Person) -> ColumnElement[bool]:
    """Return the condition of the news that a person wrote for companies the person administers now (NET-12)."""
    return and_(CompanyUpdate.author_user_id == person.id, CompanyUpdate.company_id.in_(all_administered_by(person.id)))


def is_opened(company_id: str, actor: Actor) -> bool:
    """Return whether the actor sees the page even while it is private."""
    return fetch_one(select(Company.id).where(Company.id == company_id,
                                              Company.id.in_(opened_to(actor.user_id)))) is not None


def opened_among(company_id: str, user_ids: Collection[str]) -> set[str]:
    """Return which of these people see the page of the company while it is private, in one statement."""
    rights = [select(model.user_id).where(model.company_id == company_id, model.user_id.in_(user_ids), *conditions)
              for model, conditions in ((CompanyAdmin, (CompanyAdmin.is_active.is_(True),)), (CompanyFollower, (
                  CompanyFollower.is_active.is_(True), CompanyFollower.follow_state == constant(APPROVED))))]
    return {row.user_id for row in fetch(select(union_all(*rights).subquery()))}


def company_facts(company_id: str) -> CompanyFacts | None:
    """Return the facts of a company, deleted ones too; None where there never was one."""
    row = fetch_one(select(Company.id, Company.name, Company.page_visibility, Company.is_active,
                           not_(is_free(Company))).where(Company.id == company_id))
    return None if row is None else CompanyFacts(*row)


def admins_of(company_id: str) -> list[str]:
    """Return the ids of the current admins, who was assigned first at the beginning."""
    return [row.user_id for row in fetch(select(CompanyAdmin.user_id).where(
        CompanyAdmin.company_id == company_id, CompanyAdmin.is_active.is_(True)).order_by(
        CompanyAdmin.assigned_at, CompanyAdmin.id))]


def companies_of_admin(user_id: str) -> list[str]:
    """Return the ids of the companies, deleted ones too, that this person administers."""
    return [row.company_id for row in fetch(all_administered_by(user_id))]


def pages_of_admin(user_id: str, limit: int) -> list[Wire]:
    """Return the active pages, held too, that this person administers, the latest assignment first: for operators."""
    rows = fetch(select(Company.id, Company.name, Company.page_visibility, CompanyAdmin.assigned_at, Company.held)
                 .join(CompanyAdmin, CompanyAdmin.company_id == Company.id)
                 .where(CompanyAdmin.user_id == user_id, CompanyAdmin.is_active.is_(True), Company.is_active.is_(True))
                 .order_by(CompanyAdmin.assigned_at.desc(), CompanyAdmin.id.desc()).limit(limit))
    return [{"id": row.id, "name": row.name, "visibility": row.page_visibility, "since": iso(row.assigned_at),
             "held": row.held} for row in rows]


def followers_of(company_id: str, most: int, after: str = "") -> list[str]:
    """Return the ids of the first approved followers behind `after`, in order of ids."""
    return [row.user_id for row in fetch(select(CompanyFollower.user_id).where(
        CompanyFollower.company_id == company_id, CompanyFollower.is_active.is_(True),
        CompanyFollower.follow_state == constant(APPROVED), CompanyFollower.user_id > after)
        .order_by(CompanyFollower.user_id).limit(most))]


companies_seen_by = seen_rows(Company, lambda actor: seen_by(COMPANIES, actor), viewer=viewer_of_role)
"""For joins: companies whose page the actor sees."""


def companies_found(actor: Actor, ids: Iterable[str]) -> dict[str, Wire]:
    """Return the same with their counts, as a list shows them: for search."""
    rows = companies_seen_by(actor, ids)
    with_counts(list(rows.values()))
    return rows


def asks_private(actor: Actor, filters: Filters, asked: ReadRequest, name: str) -> bool:
    """Return whether only private rows are asked for by this filter: few are open to one person, and these are found
    by whom they are open to, where a walk over all would find almost none. superAdmin sees all."""
    return not actor.is_super_admin and filters.asks_only(asked.filters, name, PRIVATE)


# --- its own routes ---


def get_company(actor: Actor, company_id: str) -> Wire:
    """Return a page with its counts; raises NotFound, Forbidden (private, and not opened to the actor: NET-4)."""
    row = get_row(Company, company_id, viewer=_EVERYTHING)
    if (held := row.get("held")) and is_held_from(held, is_own=is_admin(company_id, actor.user_id),
                                                  is_staff=actor.is_staff):
        raise NotFound
    require(actor.is_super_admin or row["pageVisibility"] == PUBLIC or is_opened(company_id, actor))
    with_counts([row])
    return row


def list_companies(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of the companies that the actor may see, oldest first, with their counts."""
    where = seen_by(COMPANIES, actor)
    if asks_private(actor, COMPANY_FILTERS, asked, "pageVisibility"):
        where = (expression_in_sql(member("id", OPENED), Company, actor),)
    listing = list_rows(Company, asked.page, *asked.where, *where, order=_OLDEST_FIRST[Company],
                        viewer=viewer_of_role(actor))
    with_counts(listing.rows)
    return listing


def get_admin(actor: Actor, company_admin_id: str) -> Wire:
    """Return an admin's row to the admins of the same company; raises NotFound, Forbidden."""
    row = get_row(CompanyAdmin, company_admin_id, is_of_active_company(CompanyAdmin.company_id))
    require(actor.is_super_admin or is_admin(row["companyId"], actor.user_id))
    return row


def list_admins(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of the admins of the companies that the actor administers."""
    return list_rows(CompanyAdmin, asked.page, *asked.where, *seen_by(ADMINS, actor),
                     order=_OLDEST_FIRST[CompanyAdmin])


def get_follower(actor: Actor, company_follower_id: str) -> Wire:
    """Return a follower's row to the follower and the admins of the company; raises NotFound, Forbidden."""
    row = get_row(CompanyFollower, company_follower_id, is_of_active_company(CompanyFollower.company_id))
    require(actor.is_super_admin or actor.is_user(row["userId"]) or is_admin(row["companyId"], actor.user_id))
    return row


def list_followers(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of whom the actor's companies are followed by, and of what the actor follows: FOLLOWERS, read apart
    for each company, where `or_` would sort all of them."""
    if actor.is_super_admin:
        either = [is_of_active_company(CompanyFollower.company_id)]
    else:
        either = _of_own_companies(actor, asked)
        either.append(and_(CompanyFollower.user_id == actor.user_id, *map(not_, either),
                           is_of_active_company(CompanyFollower.company_id)))
    return list_rows(CompanyFollower, asked.page, *asked.where, either=either, order=_OLDEST_FIRST[CompanyFollower])


def get_update(actor: Actor, company_update_id: str) -> Wire:
    """Return an update; raises NotFound (also where its page is held or its author not active), Forbidden (private)."""
    row = get_row(CompanyUpdate, company_update_id, is_of_active_company(CompanyUpdate.company_id))
    if actor.is_super_admin or is_admin(row["companyId"], actor.user_id):
        return row
    page = get_row(Company, row["companyId"], viewer=viewer_of_role(actor))
    if row["authorUserId"] in people_at_rest(actor.realm):
        raise NotFound
    require(page["pageVisibility"] == row["visibility"] == PUBLIC or is_opened(row["companyId"], actor))
    return row


def list_updates(actor: Actor, asked: ReadRequest) -> Listing:
    """Return a page of the updates that the actor may see, oldest first."""
    where = [*seen_by(UPDATES, actor)]
    if asks_private(actor, UPDATE_FILTERS, asked, "visibility"):
        where.append(expression_in_sql(member("companyId", OPENED), CompanyUpdate, actor))
    return list_rows(CompanyUpdate, asked.page, *asked.where, *where, order=_OLDEST_FIRST[CompanyUpdate])


def _of_own_companies(actor: Actor, asked: ReadRequest) -> list[ColumnElement[bool]]:
    """Return one condition for each company that the actor administers among those asked for: each is read by its own
    index in order, however many follow it. Who administers very many has one condition for all."""
    own = administered_by(actor.user_id)
    named = FOLLOWER_FILTERS.values_named(asked.filters, "companyId")
    if named is not None:
        own = own.where(CompanyAdmin.company_id.in_(named))
    ids = [row.company_id for row in fetch(own.order_by(CompanyAdmin.company_id).limit(_MOST_MERGED + 1))]
    company_id = CompanyFollower.company_id
    return [company_id == one for one in ids] if len(ids) <= _MOST_MERGED else [company_id.in_(own)]


def _in_states(states: list[str]) -> ColumnElement[bool]:
    """Return the condition of these states, written out: requests have an index of their own."""
    return or_(*(CompanyFollower.follow_state == constant(state) for state in states))


def with_counts(rows: list[Wire]) -> list[Wire]:
    """Add to pages how many follow them and how many public updates they have, in one statement."""
    found = {row.company_id: row for row in fetch(select(CompanyTally.company_id, CompanyTally.followers,
                                                         CompanyTally.updates)
             .where(CompanyTally.company_id.in_([row["id"] for row in rows])))} if rows else {}
    for row in rows:
        tally = found.get(row["id"])
        row["followerCount"], row["updateCount"] = (tally.followers, tally.updates) if tally else (0, 0)
    return rows


