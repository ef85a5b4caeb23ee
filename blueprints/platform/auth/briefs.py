"""The brief of people, and what the services of a realm add to it, read in the one statement that reads the brief.

They stand on higher floors and cannot be called from here: a declaration hands the columns down (NET-32)."""
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, select

from app.data.folded import has_part
from app.data.id_sets import not_among
from app.data.reads import Listing, Page, fetch, list_rows
from app.data.reads.seen_rows import SeenRows, record_version
from app.data.serialization import Wire
from app.runtime import runtime
from blueprints.platform.auth.models import Account, account_model

Additions = Mapping[str, Callable[[Any], ColumnElement[Any]]]
"""Name on the wire → its column, made of the column that holds the id of an account."""


@dataclass(frozen=True)
class BriefColumns:
    """What is added in which realm. It must be for everybody's eyes: briefs are the same for whoever looks.

    Who changes what such a column holds invalidates the version key of users."""

    of_realm: Mapping[str, Additions] = field(default_factory=dict)


def added_to_briefs(realm: str) -> Additions:
    """Return what is added to the briefs of a realm's people."""
    return runtime().part(BriefColumns).of_realm.get(realm, {})


def brief_users(realm: str, user_ids: Iterable[str | None]) -> dict[str, Wire]:
    """Return id → public face of the active users among `user_ids`, in one statement: with what others add to it."""
    wanted = {user_id for user_id in user_ids if user_id}
    if not wanted:
        return {}
    model = account_model(realm)
    added = added_to_briefs(realm)
    rows = fetch(select(model.id, model.fullname, model.avatar, *(make(model.id) for make in added.values())).where(
        model.id.in_(wanted), model.is_active.is_(True)))
    return {row.id: {"id": row.id, "fullname": row.fullname, "avatar": row.avatar,
                     **dict(zip(added, row[3:], strict=True)), "isActive": True} for row in rows}


def _version_shown(model: type[Account]) -> ColumnElement[str]:
    """Return in which version a brief is shown: what others add to it is no column of the account."""
    mark = record_version(model)
    for make in added_to_briefs(model.__realm__).values():
        mark = mark + func.coalesce(literal(":") + make(model.id), "")
    return mark


BRIEF_USERS = SeenRows(account_model, mark=_version_shown)
"""The same people as of `brief_users`, whoever looks; of them the marks alone are asked."""


def named_accounts(realm: str, name: str, page: Page, without: Iterable[str], nor: Select[str]) -> Listing:
    """Return a page of the active accounts whose fullname holds this part, by id; nothing but signs finds nobody.

    `without` are ids, `nor` is a query of ids that are left out. The rows are whole: show others a brief of them."""
    model = account_model(realm)
    return list_rows(model, page, has_part(model.folded_fullname, name), not_among(model.id, without),
                     model.id.not_in(nor))
