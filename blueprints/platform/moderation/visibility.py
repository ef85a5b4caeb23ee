"""Who sees what moderation keeps: staff; strikes and appeals also whom they are about, reports who made them (M-20)."""
from sqlalchemy import select

from app.actor import Actor
from app.data.visibility import NOBODY, Visibility, ids_of_caller, me, member, not_
from blueprints.platform.moderation.act_models import Act, Appeal
from blueprints.platform.moderation.models import Case
from blueprints.platform.moderation.report_models import Report
from blueprints.platform.moderation.strike_models import Strike


def _is_no_admin(actor: Actor) -> bool:
    return not actor.is_staff or actor.is_super_admin


# What somebody says in a report may tell who it was.
_ABOUT_ADMIN = ids_of_caller("cases about the member of staff who looks", lambda actor: select(Case.id).where(
    Case.realm == actor.realm, Case.person_id == actor.user_id), depends_on=("rows:moderationCase",),
    unless=_is_no_admin)
REPORTS = Visibility(Report, me("reporterId"), there=not_(member("caseId", _ABOUT_ADMIN)))
CASES, ACTS = (Visibility(model, NOBODY) for model in (Case, Act))
STRIKES, APPEALS = (Visibility(model, me("personId")) for model in (Strike, Appeal))
