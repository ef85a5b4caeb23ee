"""What a realm shows a person in the app of what was done to them: whom to tell, and the payload (M-31)."""
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from app.data.unit_of_work import UnitOfWork
from blueprints.platform.moderation.act_models import Act, Appeal
from blueprints.platform.moderation.sentences import Measure, summary_of

Payload = dict[str, Any]


def of_case(work: UnitOfWork, case_id: str) -> list[tuple[str, Payload]]:
    """Return the notices of what a resolved case did, one a person, in the order of their ids."""
    acts = work.all(select(Act).where(Act.case_id == case_id, Act.person_id.is_not(None)).order_by(Act.number))
    return [(person_id, _payload([act for act in acts if act.person_id == person_id], ""))
            for person_id in sorted({str(act.person_id) for act in acts})]


def of_undone(work: UnitOfWork, act_id: str) -> tuple[str | None, Payload]:
    """Return whom to tell that an act was taken back, None for nobody, and the payload."""
    act = work.get(Act, act_id)
    return act.person_id, _payload([act], "Taken back: ")


def of_decision(work: UnitOfWork, appeal_id: str) -> tuple[str, Payload]:
    """Return whom to tell how an appeal ended, and the payload."""
    appeal = work.get(Appeal, appeal_id)
    return appeal.person_id, {"message": f"Your appeal p{appeal.number} was {appeal.state.lower()}.",
                              "appealNumber": appeal.number, "strikeNumber": appeal.strike_number,
                              "actNumber": appeal.act_number}


def _payload(acts: Sequence[Act], before: str) -> Payload:
    said = summary_of([Measure(act.realm, act.kind, act.entity_type, scope=act.scope) for act in acts])
    return {"message": f"{before}{said} (case {acts[0].case_number}). The letter tells why.",
            "caseNumber": acts[0].case_number, "actNumbers": [act.number for act in acts],
            "strikeNumber": acts[0].strike_number}
