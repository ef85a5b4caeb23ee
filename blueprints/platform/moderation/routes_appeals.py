"""URL map of strikes and appeals; adminModeration mounts it."""
from typing import Any

from app.actor import Actor
from app.data.reads import Listing
from app.data.reads.read_request import ReadRequest
from app.http.declaration import Routes
from app.http.envelope import Answer
from app.http.naming import ApiNames
from app.http.request import path_id
from app.http.schemas import Flag, InputSchema, Text, Whole
from app.identity.access import Predicate, logged_in, public, staff
from blueprints.platform.moderation import appeals, strikes
from blueprints.platform.moderation.counters import read_number
from blueprints.platform.moderation.models import Appeal, Strike

LONGEST_TEXT = 5000
POLICIES: dict[str, Predicate] = {
    "createAppeal": public,  # the token of the letter stands for a login (M-10)
    "decideAppeal": staff,
    "listAppeals": logged_in,
    "listStrikes": logged_in,
}
api = Routes(POLICIES, {"decideAppeal": ApiNames("appeal-decided", "appeal")})


class NewAppeal(InputSchema):
    """Body of createAppeal."""

    strike_number = Whole(least=1, metadata={"description": "needed without a token, which names it by itself"})
    text = Text(most=LONGEST_TEXT, required=True)
    token = Text(most=1000, metadata={"description": "what the letter brought; without it a login is needed"})


class AppealDecision(InputSchema):
    """Body of decideAppeal."""

    granted = Flag(required=True)
    reason = Text(most=2000, required=True)


@api.list("/v1/strikes", name="listStrikes", returns=Strike, cached=False,
          arguments={"userId": "staff: whose strikes; without it one's own"})
def list_strikes(actor: Actor, asked: ReadRequest) -> Listing:
    """List the caller's own strikes, the latest first; staff those of anybody."""
    named = asked.arguments.get("userId")
    return strikes.list_strikes(actor, asked, path_id("userId", named) if named else None)


@api.create("/v1/appeals", name="createAppeal", body=NewAppeal, returns=Appeal, id_name="appealId")
def create_appeal(actor: Actor, data: dict[str, Any]) -> Appeal:
    """Appeal against an own strike, with a login or with the token of the letter."""
    return appeals.appeal(actor, **data)


@api.list("/v1/appeals", name="listAppeals", returns=Appeal, filters=appeals.APPEAL_FILTERS, cached=False)
def list_appeals(actor: Actor, asked: ReadRequest) -> Listing:
    """List the caller's own appeals, the newest first; staff those of everybody."""
    return appeals.list_appeals(actor, asked)


@api.update("/v1/appeals/{number}/decide", name="decideAppeal", method="POST", body=AppealDecision, returns=Appeal,
            text_parameters=("number",), extras={"lost": {
                "type": "array", "items": {"type": "string"}, "description": "what cannot come back"}})
def decide_appeal(actor: Actor, data: dict[str, Any], number: str) -> Answer:
    """Grant or deny an appeal; granted, what was done is undone."""
    decision = appeals.decide(actor, read_number(number, "p"), **data)
    return Answer(decision.appeal, {"lost": decision.lost})
