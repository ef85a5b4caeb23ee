"""URL map of the words that open cases, the rules of the house, the transparency report, and the page of appeals.

routes.py includes it."""
from typing import Any

from flask import Response

from app.actor import Actor
from app.data.reads import Listing
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.http.declaration import Routes
from app.http.naming import ApiNames
from app.http.openapi import answer
from blueprints.platform.moderation import catalogue, words
from blueprints.platform.moderation.appeal_page import APPEAL_PAGE, APPEAL_SCRIPT
from blueprints.platform.moderation.policies import POLICIES
from blueprints.platform.moderation.schemas import NewRule, NewWord
from blueprints.platform.moderation.transparency import transparency, year_of

api = Routes(POLICIES, {
    "createWord": ApiNames(data_name="word"), "deleteWord": ApiNames(data_name="word"),
    "listWords": ApiNames(data_name="words"), "createRule": ApiNames(data_name="rule"),
    "deleteRule": ApiNames(data_name="rule"), "listRules": ApiNames(data_name="rules"),
    "getTransparency": ApiNames(data_name="transparency")})

_PAGE: dict[str, Any] = {"responses": {"200": answer({"type": "string"}, media_type="text/html")}}
_SCRIPT: dict[str, Any] = {"responses": {"200": answer({"type": "string"}, media_type="text/javascript")}}

api.create("/v1/words", words.add_word, "Add a word that opens a case where it is written.",
           name="createWord", body=NewWord)


@api.list("/v1/words", name="listWords", cached=False)
def list_words(actor: Actor, asked: ReadRequest) -> Listing:
    """List the words that open cases."""
    return words.list_words(actor, asked.page)


api.delete("/v1/words/{wordId}", words.remove_word, "Take a word off the list.", name="deleteWord")
api.create("/v1/rules", catalogue.add_rule, "Write a rule of the house, or write one anew.",
           name="createRule", body=NewRule)


@api.list("/v1/rules", name="listRules", cached=False)
def list_rules(actor: Actor, asked: ReadRequest) -> Listing:
    """List the rules of the house."""
    return catalogue.list_rules(actor, asked.page)


api.delete("/v1/rules/{code}", catalogue.retire_rule, "Let a rule be named no more.",
           name="deleteRule", text_parameters=("code",))


@api.get("/v1/transparency", name="getTransparency", arguments={"year": "the present one by default"})
def get_transparency(actor: Actor, asked: ReadRequest) -> Wire:
    """Count what was reported, decided and appealed in a year."""
    return transparency(actor, year_of(asked.arguments.get("year")))


@api.system("/appeal-page", name="appealPage", **_PAGE)
def appeal_page(actor: Actor) -> Response:
    """Where the link of a statement of reasons leads: it takes an appeal without a login."""
    return Response(APPEAL_PAGE, mimetype="text/html")


@api.system("/appeal-page.js", name="appealPageScript", **_SCRIPT)
def appeal_script(actor: Actor) -> Response:
    """The script of that page."""
    return Response(APPEAL_SCRIPT, mimetype="text/javascript")
