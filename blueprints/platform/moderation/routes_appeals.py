"""URL map of strikes and appeals; routes.py includes it."""
from typing import Any

from app.actor import Actor
from app.data.reads import Listing
from app.data.reads.read_request import ReadRequest
from app.http.declaration import Routes
from app.http.envelope import Answer
from app.http.naming import ApiNames
from app.http.request import path_id
from blueprints.platform.moderation import appeals, strike_queries
from blueprints.platform.moderation.act_models import Appeal
from blueprints.platform.moderation.counters import read_number
from blueprints.platform.moderation.policies import POLICIES
from blueprints.platform.moderation.schemas import AppealDecision, NewAppeal
from blueprints.platform.moderation.strike_models import Strike

api = Routes(POLICIES, {"decideAppeal": ApiNames("appeal-decided", "appeal")})


@api.list("/v1/strikes", name="listStrikes", returns=Strike, cached=False,
          arguments={"userId": "staff: whose strikes; without it one's own"})
def list_strikes(actor: Actor, asked: ReadRequest) -> Listing:
    """List the caller's own strikes, the latest first; staff those of anybody."""
    named = asked.arguments.get("userId")
    return strike_queries.list_strikes(actor, asked, path_id("userId", named) if named else None)


api.create("/v1/appeals", appeals.appeal, "Appeal against an own strike, with a login or with the token of the letter.",
           name="createAppeal", body=NewAppeal, returns=Appeal, id_name="appealId")
api.list("/v1/appeals", appeals.list_appeals,
         "List the caller's own appeals, the newest first; staff those of everybody.",
         name="listAppeals", returns=Appeal, filters=appeals.APPEAL_FILTERS, cached=False)


@api.update("/v1/appeals/{number}/decide", name="decideAppeal", method="POST", body=AppealDecision, returns=Appeal,
            text_parameters=("number",), extras={"lost": {
                "type": "array", "items": {"type": "string"}, "description": "what cannot come back"}})
def decide_appeal(actor: Actor, data: dict[str, Any], number: str) -> Answer:
    """Grant or deny an appeal; granted, what was done is undone."""
    decision = appeals.decide(actor, read_number(number, "p"), **data)
    return Answer(decision.appeal, {"lost": decision.lost})
