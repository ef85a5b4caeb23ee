"""How accounts stand: who is there, and until when what is shut to whom. Who asks that alone reads no session."""
from collections.abc import Collection, Sequence
from functools import cache, partial
from typing import Any

from sqlalchemy import Select, false, null, select, union

from app.clock import now
from app.data.columns import read_instant
from app.data.connections import reading
from app.data.reads import fetch, fetch_one
from app.data.reads.prepared import fetch_prepared_among, is_among
from blueprints.platform.auth.models import Account, account_model
from blueprints.platform.auth.person_models import PurgedAccount
from blueprints.platform.auth.rules import LONG_AGO, REST_AFTER_END, Standing


def is_user(realm: str, user_id: str) -> bool:
    """Tell whether an active user of the realm has that id."""
    model = account_model(realm)
    return fetch_one(select(model.id).where(model.id == user_id, model.is_active.is_(True))) is not None


def account_standings(realm: str, user_ids: Collection[str]) -> list[Standing]:
    """Return the standings of the accounts that exist among the ids (at least one), in one statement."""
    with reading() as connection:
        rows = fetch_prepared_among(connection, partial(_standings, account_model(realm)), user_ids)
    return [standing_of(row) for row in rows]


def standing_of(row: Sequence[Any]) -> Standing:
    """Return the Standing of a driver's own row of `standing_columns`."""
    return Standing(row[0], bool(row[1]), *(read_instant(value) for value in row[2:]))


@cache  # every write of a trader asks it, and building it anew costs many times as much as running it
def _standings(model: type[Account], count: int) -> Select[Any]:
    return select(*standing_columns(model)).where(is_among(model.id, count))


def standing_columns(model: type[Account]) -> tuple[Any, ...]:
    """Return the columns of a Standing, in its order."""
    return tuple(getattr(model, name) for name in Standing._fields)


def accounts_at_rest(realm: str) -> list[Standing]:
    """Return the standings of the accounts that are archived, locked, suspended, or deleted or purged within a week."""
    model, moment = account_model(realm), now()
    facts = select(*standing_columns(model))
    rows = fetch(union(  # each is a range of its own index; old locks and deletions pile up, and are not looked at
        facts.where(model.archived_at >= LONG_AGO),
        *(facts.where(until > moment) for until in (
            model.locked_until, model.suspended_until, model.no_selling_until, model.no_buying_until)),
        facts.where(model.is_active.is_(False), model.updated_at > moment - REST_AFTER_END),
        select(PurgedAccount.id, false(), *(null() for _ in Standing._fields[2:])).where(
            PurgedAccount.realm == realm, PurgedAccount.rests_until > moment)))
    return [Standing(*row) for row in rows]
