"""What this service lends of accounts: that they stay as they are until the borrower's transaction ends."""
from collections.abc import Iterable

from sqlalchemy import Select, select

from app.data.unit_of_work import UnitOfWork
from blueprints.platform.auth.models import Account, account_model


def lock_accounts(work: UnitOfWork, user_ids: Iterable[str]) -> frozenset[str]:
    """Lock these accounts of the actor's realm in the order of their ids; returns the ids of those that exist."""
    return frozenset(account.id for account in work.all(_accounts(work, user_ids), lock=True))


def share_accounts(work: UnitOfWork, user_ids: Iterable[str]) -> frozenset[str]:
    """The same, shared with others who only want them unchanged: who locks or changes one of them waits."""
    return frozenset(account.id for account in work.share(_accounts(work, user_ids)))


def _accounts(work: UnitOfWork, user_ids: Iterable[str]) -> Select[Account]:
    model = account_model(work.actor.realm)
    return select(model).where(model.id.in_(sorted(user_ids))).order_by(model.id)
