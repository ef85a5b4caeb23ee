"""The front of the store: signed tokens of tenants, problem details; what a body must be is the schemas' to say."""
from collections.abc import Callable
from dataclasses import dataclass

from flask import Response, request

from app.actor import Actor, anonymous
from app.http.bearer import bearer_token
from app.http.pipeline import Front, PathValues
from app.identity.client_secrets import digest
from blueprints.organization.adapters.http.conditions import json_body, terms_of
from blueprints.organization.adapters.http.problems import kernel_refusal_response
from blueprints.organization.application.access import Caller, admit, identify
from blueprints.organization.application.commands import Terms
from blueprints.organization.domain.refusals import Refusal
from blueprints.organization.domain.resource_type import ResourceType
from blueprints.organization.ports import Claims, Ports

REALM = "organization"


@dataclass(frozen=True)
class Call:
    """One of the six calls of a resource type: view(caller) reads, view(caller, body, terms) writes, each with its ids.

    A write without a media type has no body."""

    ports: Ports
    kind: ResourceType
    view: Callable[..., Response]
    writes: bool = False
    media_types: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sent:
    """What a write sends: ids beside the tenant's, the parsed body, and how the caller wants the write."""

    ids: PathValues
    body: object
    terms: Terms


def _identify(call: Call) -> tuple[Actor, Claims | Refusal]:
    claims = identify(call.ports, bearer_token())
    if isinstance(claims, Refusal):
        return anonymous(REALM), claims
    return Actor(REALM, digest(f"{claims.tenant_id} {claims.subject}")), claims


def _admit(call: Call, claims: Claims | Refusal, path: PathValues) -> Caller:
    return admit(call.ports, claims, path["tenant_id"], call.kind, writes=call.writes)


def _ids(path: PathValues) -> PathValues:
    return {name: value for name, value in path.items() if name != "tenant_id"}


def _check_read(_call: Call, _caller: Caller, path: PathValues) -> PathValues:
    return _ids(path)


def _check_write(call: Call, caller: Caller, path: PathValues) -> Sent:
    body = json_body(request, *call.media_types) if call.media_types else None
    return Sent(_ids(path), body, terms_of(request, caller.subject))


def _answer_read(call: Call, caller: Caller, ids: PathValues) -> Response:
    return call.view(caller, **ids)


def _answer_write(call: Call, caller: Caller, sent: Sent) -> Response:
    return call.view(caller, sent.body, sent.terms, **sent.ids)


READS: Front[Call, Claims | Refusal, Caller, PathValues] = Front(
    _identify, _admit, _check_read, _answer_read, kernel_refusal_response)
WRITES: Front[Call, Claims | Refusal, Caller, Sent] = Front(
    _identify, _admit, _check_write, _answer_write, kernel_refusal_response)
