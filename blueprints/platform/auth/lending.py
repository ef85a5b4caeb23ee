"""What this service lends of accounts: that they stay as they are until the borrower's transaction ends."""
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from sqlalchemy import CompoundSelect, Select, select

from app.data.unit_of_work import UnitOfWork
from blueprints.platform.auth.models import Account, account_model
from blueprints.platform.auth.rules import Standing
from blueprints.platform.auth.standings import standing_columns, standing_of


def lock_accounts(work: UnitOfWork, user_ids: Iterable[str]) -> frozenset[str]:
    """Lock these accounts of the actor's realm in the order of their ids; returns the ids of those that exist."""
    return frozenset(account.id for account in work.all(_accounts(work, user_ids), lock=True))


def share_accounts(work: UnitOfWork, user_ids: Iterable[str]) -> frozenset[str]:
    """The same, shared with others who only want them unchanged: who locks or changes one of them waits."""
    return frozenset(account.id for account in work.share(_accounts(work, user_ids)))


def share_standings(work: UnitOfWork, user_ids: CompoundSelect[Any], values: Mapping[str, Any]) -> dict[str, Standing]:
    """Return id → standing of the accounts whose ids the query gives, shared as by share_accounts, in one statement.

    The query is built once for all calls: `values` are its parameters."""
    rows = work.raw_rows(_sharing(account_model(work.actor.realm), user_ids), values)
    return {row[0]: standing_of(row) for row in rows}


@cache  # every bid asks it
def _sharing(model: type[Account], user_ids: CompoundSelect[Any]) -> Select[Any]:
    return (select(*standing_columns(model)).where(model.id.in_(user_ids)).order_by(model.id)
            .with_for_update(read=True, of=model))


def _accounts(work: UnitOfWork, user_ids: Iterable[str]) -> Select[Account]:
    model = account_model(work.actor.realm)
    return select(model).where(model.id.in_(sorted(user_ids))).order_by(model.id)
