"""Everything a running system says or keeps, as named texts, to be searched for what nobody may find there."""
import io
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

import orjson
from flask import Flask
from redis import Redis
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.actor import Actor, system_actor
from app.data.changes import OutboxRecord
from app.data.connections import reading
from app.data.entity import Base, Entity
from app.data.reads import fetch
from app.data.unit_of_work import unit_of_work
from app.data.visibility import read_objects
from app.errors import InvalidInput
from app.events.outward import MOST_TOPICS, VERBS, Selection
from app.events.topics import db_topic
from app.identity.api_clients import ApiClient as ProgramOfSomebody
from app.notify.device_tokens import ANDROID, devices_of, register_device
from app.notify.models import MailMessage
from app.ops.logs import QUIET, JsonFormatter
from blueprints.platform.auth.models import account_model
from blueprints.platform.bff.models import SavedFilter
from blueprints.platform.bucket.models import BucketFile
from blueprints.platform.moderation.models import Case
from blueprints.platform.webhooks.commands import create_endpoint
from blueprints.platform.webhooks.holders import holder_of
from blueprints.platform.webhooks.models import WebhookEndpoint
from blueprints.platform.webhooks.queries import events_for
from tests.clients import ApiClient
from tests.contract.fronts import LEFT_OUT
from tests.contract.surface import Operation, Schema, operations
from tests.contract.who_may_see import EVENTS, NEEDLE, Secrets, by_beginnings, standing_in
from tests.contract.world import Body
from tests.flow import everything_sent
from tests.passes import share

Texts = Iterator[tuple[str, str]]
NOBODY = "00000000-0000-7000-8000-000000000000"
VISITOR = "visitor"
PAGES = {"swagger", "swagger-assets", "swagger.json", "openapi.json", "getPostmanCollection", "favicon.ico", "health",
         "document"}  # the same for everybody, so only the visitor reads them
# The same lines of the kernel at every mount, and what the read layer says of an object and not of its rows.
_OF_MANY = re.compile(r"/(currentuser|permissions|admin/health)(/|$)|/bff-service/\w+/(count|filters|schema)$")
QUARTERS = 4
"""Of what is many of a kind each person asks a quarter, and the next ones the others; all of it in `make long`."""
# What a path or a command names besides the ids of data objects; each realm adds its own.
NAMED = {"permissionName": ["adminPanel.access"], "name": ["swagger-ui.css"], "tenant_id": ["nobody"],
         "guide": ["rest-api-guide", "event-guide", "service-design"], "text": [NEEDLE]}
# What each list takes, which only leaves parts of the answer out, or says how it is found.
_FOR_EVERY_LIST = {"getJoins", "excludeCQRS", "requestId", "caching", "cacheTTL", "after"}
_CHOICES = 4
_FAILS = "/sendmail"  # an edge function that the documents let fail (rules-network §5A)
_TOKEN = re.compile(rb"\?token=[^\"\s\\]+")
_FILE_LINK = re.compile(r"/(?:marketplace|network)/bucket/download/[^\"\s\\]+?\?token=[^\"\s\\]+")


class Recorder(ApiClient):
    """A client that remembers every answer, heads included."""

    answers: list[tuple[str, str]]

    @classmethod
    def of(cls, client: ApiClient) -> "Recorder":
        """Return the same caller, remembering from now on."""
        made = cls(client._client.application, client._actor, client.token)
        made.answers = []
        return made

    def request(self, method: str, path: str, **options: Any) -> TestResponse:
        """Send one request and keep its answer."""
        answer = super().request(method, path, **options)
        self.answers.append((f"answer to {method} {path}", f"{answer.headers}\n{answer.text}"))
        return answer


class SmallRealm:
    """People of one realm who keep things from each other; each of them remembers every answer.

    `names`: what paths name besides ids; `also`: parameter → whose ids it takes."""

    realm: str
    persons: Sequence[str]
    names: Mapping[str, Sequence[str]]
    also: Mapping[str, str]

    def __init__(self, app: Flask, people: Mapping[str, ApiClient]) -> None:
        self.app = app
        self.people = {person: Recorder.of(people.get(person, ApiClient(app))) for person in self.persons}
        self._give_devices()

    def _give_devices(self) -> None:
        """Let each of them have a telephone that push messages go to."""
        for person, client in self.people.items():
            if person != VISITOR:
                with unit_of_work(system_actor(self.realm)) as work:
                    register_device(work, client.user_id, token=device_token(person), platform=ANDROID)
                    work.commit()

    def make(self, person: str, path: str, body: Body) -> Body:
        """POST as a person; return the row that was made."""
        answer = self.people[person].post(f"/{self.realm}/{path}", json=body)
        assert answer.status_code == 201, (path, answer.text)
        row: Body = answer.json[answer.json["dataName"]]
        return row

    def change(self, person: str, path: str, body: Body) -> None:
        """PATCH as a person."""
        answer = self.people[person].patch(f"/{self.realm}/{path}", json=body)
        assert answer.status_code == 200, (path, answer.text)

    def answered(self) -> dict[str, Texts]:
        """Return what each person was answered so far."""
        return {person: iter(client.answers) for person, client in self.people.items()}

    def ids(self) -> dict[str, list[str]]:
        """Return name of a parameter → its values: the ids of all rows of each data object, and what is named."""
        found: dict[str, list[str]] = {}
        with reading() as connection:
            for model in _models():
                found.setdefault(f"{model.__object__}Id", []).extend(connection.scalars(select(model.id)))
        found["caseNumber"] = found["case"] = [str(row.number) for row in fetch(select(Case.number))]
        found["fileId"] = found["file_id"] = [row.id for row in fetch(select(BucketFile.id))]
        found["letter"] = [row.id for row in fetch(select(func.min(MailMessage.id).label("id")).group_by(
            MailMessage.template))]
        found["record"] = [str(row.id) for row in fetch(select(func.min(OutboxRecord.id).label("id")).group_by(
            OutboxRecord.object, OutboxRecord.verb, OutboxRecord.topic))]
        found["indexName"] = [one.name for realm, one in read_objects() if realm == self.realm]
        found["apiClientId"] = found["client"] = [row.id for row in fetch(select(ProgramOfSomebody.id))]
        found["webhookEndpointId"] = found["webhook"] = [row.id for row in fetch(select(WebhookEndpoint.id))]
        found["filterId"] = [row.id for row in fetch(select(SavedFilter.id))]
        found["userId"] = found["user"] = [
            client.user_id for person, client in self.people.items() if person != VISITOR]
        found |= {name: found[other] for name, other in self.also.items()} | NAMED
        found |= {name: list(values) for name, values in self.names.items()}
        return {name: values or [NOBODY] for name, values in found.items()}

    def mounts(self) -> list[str]:
        """Return where the services of the realm stand."""
        return sorted({"/".join(rule.rule.split("/")[:3]) for rule in self.app.url_map.iter_rules()
                       if rule.rule.startswith(f"/{self.realm}/")})

    def operations(self) -> list[Operation]:
        """Return every operation that the documents of the realm's services describe."""
        visitor = ApiClient(self.app)
        return [operation for mount in self.mounts()
                if visitor.get(f"{mount}/openapi.json").status_code == 200 for operation in operations(visitor, mount)]


@contextmanager
def everything_logged() -> Iterator[io.StringIO]:
    """Collect what every logger says while the block runs, down to the last detail, as the processes write it."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter("test"))
    root, before = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        yield written
    finally:
        root.removeHandler(handler)
        root.setLevel(before)


def log_lines(written: io.StringIO) -> Texts:
    """Yield each line of the log, named by its logger and by the path that was called."""
    for line in written.getvalue().splitlines():
        said = orjson.loads(line)
        yield f"log line of {said['logger']} {said.get('path', '')}", line


def kept_in_the_database(*but: str) -> Texts:
    """Yield every row of every table but the named columns (`table.column`)."""
    with reading() as connection:
        for table in Base.metadata.sorted_tables:
            columns = [column for column in table.columns if f"{table.name}.{column.name}" not in but]
            for row in connection.execute(select(*columns)):
                yield f"row of {table.name}", repr(tuple(row))


def kept_in_redis(redis: Redis) -> Texts:
    """Yield every key with its value, streams entry by entry."""
    for key in redis.scan_iter("*"):
        kind = redis.type(key).decode()
        read = {"stream": redis.xrange, "hash": redis.hgetall, "zset": lambda name: redis.zrange(name, 0, -1),
                "list": lambda name: redis.lrange(name, 0, -1), "set": redis.smembers, "string": redis.get}[kind]
        yield f"{kind} {key.decode(errors='replace')} of Redis", repr(read(key))


def without_tokens(answer: bytes) -> bytes:
    """Return a JSON answer with addresses of private files as they are stored: the token behind one says until when it
    holds, another each second."""
    return _TOKEN.sub(b"", answer)


def kept_in_files(folder: Path) -> Texts:
    """Yield every file below the folder, as far as it is text; a segment of an index of words by the index's name."""
    for file in folder.rglob("*"):
        if file.is_file() and not file.name.endswith((".db", ".db-wal", ".db-shm")):
            is_segment = file.suffix == ".seg"
            place = f"index {file.relative_to(folder).parts[1]}" if is_segment else f"file {file.name}"
            yield place, file.read_bytes().decode("latin1")


def told_in_events() -> Texts:
    """Yield the payload of every event."""
    for event in everything_sent():
        yield f"event {event.topic}", event.payload


def sent_to_people(world: SmallRealm, everybody_else: str) -> dict[str, list[tuple[str, str]]]:
    """Return what events say, and whom letters, SMS and push messages went to; those to nobody of the world are
    `everybody_else`'s."""
    clients = {person: client for person, client in world.people.items() if person != VISITOR}
    people = {client.email: person for person, client in clients.items()}
    people |= {device.id: person for person, client in clients.items()
               for device in devices_of(world.realm, [client.user_id])}
    phones = {client.user_id: person for person, client in clients.items()}
    if hasattr(account := account_model(world.realm), "phone"):
        people |= {row.phone: phones[row.id] for row in fetch(select(account.id, account.phone).where(
            account.id.in_(phones), account.phone.is_not(None)))}
    sent: dict[str, list[tuple[str, str]]] = {EVENTS: list(told_in_events())}
    for letter in fetch(select(MailMessage)):
        sent.setdefault(people.get(letter.recipient, everybody_else), []).append((
            f"{letter.channel} {letter.template}",
            f"{letter.subject}\n{letter.text}\n{letter.html}\n{letter.data or ''}"))
    return sent


def send_to_phone(world: SmallRealm, person: str, staff: ApiClient) -> None:
    """Give a person a phone, and have staff send there: no scenario of the marketplace writes SMS but for codes."""
    account = account_model(world.realm)
    with unit_of_work(system_actor(world.realm)) as work:
        work.change(work.lock(account, world.people[person].user_id), phone="+41791234567")
        work.commit()
    answer = staff.post(f"/{world.realm}/notification-service/notifications", json={"notification": {
        "types": ["sms"], "userId": world.people[person].user_id, "title": "Hours", "body": "We are closed today."}})
    assert answer.status_code == 201, answer.text


def device_token(person: str) -> str:
    """Return the token of a person's telephone: nobody is shown it."""
    return f"Xq7-token-{person}"


def read_everything(world: SmallRealm, persons: Sequence[str], secrets: Secrets,
                    about: str = "") -> dict[str, list[tuple[str, str]]]:
    """Return what each person gets by every GET route of the realm and by a share of the filters.

    Each asks for every row that holds a secret, and for a quarter of the others; where nothing in the path fits the
    pattern `about`, for a quarter, too. Private files are read by the links that these answers hand out."""
    ids, asked_by_all, shared = world.ids(), [], []
    quiet, filtering = rows_without_a_secret(secrets), filters(world, ids)
    for path, values in paths(world, ids):
        is_shared = not quiet.isdisjoint(values) or _OF_MANY.search(path) or not re.search(about, path)
        (shared if is_shared else asked_by_all).append(path)
    shared = by_last_signs(shared)
    answers = {}
    for person in persons:
        place = world.persons.index(person)
        asking = [*asked_by_all, *share(shared, place, QUARTERS), *share(filtering, place)]
        answers[person] = list(_read(world.people[person], person, asking))
    return answers


def _read(caller: Recorder, person: str, asking: Iterable[str]) -> Texts:
    opened = set()
    for path in sorted(asking, key=lambda path: "login" in path):  # a new login ends this one
        if person != VISITOR and PAGES.intersection(path.split("/")[2:4]):
            continue
        answer = caller.get(path)
        assert answer.status_code < 500 or path.endswith(_FAILS), (person, path, answer.text)
        yield f"GET {path}", caller.answers[-1][1]
        for link in _FILE_LINK.findall(answer.text):
            file = link.partition("?")[0]
            if file not in opened:
                opened.add(file)
                yield f"file behind {file}", caller.get(link).text


def rows_without_a_secret(secrets: Secrets) -> set[str]:
    """Return the ids of the rows of data objects in which no secret stands."""
    begun = by_beginnings(secrets)
    with reading() as connection:
        return {row.id for model in _models() for row in connection.execute(select(model.__table__))
                if not any(standing_in(repr(tuple(row)), begun))}


def _models() -> Iterator[Any]:
    """Yield the model of each data object."""
    for mapper in Entity.registry.mappers:
        if getattr(mapper.class_, "__object__", None) and getattr(mapper.class_, "__tablename__", None):
            yield mapper.class_


def by_last_signs(values: Iterable[str]) -> list[str]:
    """Return the values in the order of their ends: ids end in chance, so neighbours are others at each run."""
    return sorted(values, key=lambda value: value[::-1])


def sent_by_webhooks(world: SmallRealm) -> dict[str, Texts]:
    """Return person → the bodies of all that a webhook of theirs is sent which follows whatever they may follow."""
    topics = list(_all_topics(world, world.ids()))
    return {person: list(_webhooks_of(client.actor, topics)) for person, client in world.people.items()
            if person != VISITOR}


def _webhooks_of(actor: Actor, every: Sequence[str]) -> Iterator[tuple[str, str]]:
    topics = [topic for topic in every if _may_follow(actor, topic)]
    for start in range(0, len(topics), MOST_TOPICS):
        some = topics[start:start + MOST_TOPICS]
        endpoint_id = create_endpoint(actor, url="https://hooks.example/", topics=some)[0]["id"]
        [endpoint] = fetch(select(*WebhookEndpoint.__table__.columns).where(WebhookEndpoint.id == endpoint_id))
        holder, position = holder_of(endpoint), None
        while holder is not None:
            found = events_for(holder, endpoint_id, position)
            for event in found["events"]:
                yield f"webhook {event['type']} {event['data']['id']}", orjson.dumps(event).decode()
            if found["next"] == position:
                break
            position = found["next"]


def _all_topics(world: SmallRealm, ids: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for realm, found in read_objects():
        if realm == world.realm:
            yield from (db_topic(realm, found.model.__service__, found.name, verb) for verb in VERBS)
            yield from (f"{found.name}/{one}" for one in ids.get(f"{found.name}Id", ())[:4])


def _may_follow(actor: Actor, topic: str) -> bool:
    try:
        Selection.of(actor.realm, [topic], actor)
    except InvalidInput:
        return False
    return True


def good_bodies(world: SmallRealm, good: Callable[[str], Body]) -> dict[str, Body]:
    """Return name of an operation → a good body, of all that take one, made before any of them is called."""
    return {operation.name: good(operation.name) for operation in world.operations()
            if operation.takes_json and operation.fields and operation.name not in LEFT_OUT}


def change_everything(world: SmallRealm, persons: Sequence[str], bodies: Mapping[str, Body]) -> None:
    """Let each of the persons call every route that changes something, about a thing of each kind, removals last.

    The next person does so about another thing; who is alone calls about both.
    What ends accounts comes behind all of it: until then everybody is logged in. The answers they remember."""
    changes = [one for one in world.operations() if one.method != "GET" and one.name not in LEFT_OUT]
    endings = [one for one in changes if one.method == "DELETE" and "/auth-api/" in one.path]
    changes = [one for one in changes if one not in endings]
    _call(world, persons, sorted(changes, key=lambda one: one.method == "DELETE"), bodies)
    for person in persons:
        answer = world.people[person].get(f"/{world.realm}/auth-api/currentuser")
        assert answer.status_code == 200, f"{person} was logged out: what was refused since then proves nothing"
    _call(world, persons, endings, bodies)


def _call(world: SmallRealm, persons: Sequence[str], called: Sequence[Operation], bodies: Mapping[str, Body]) -> None:
    ids = {name: (*values[:1], *values[1:][-1:]) for name, values in world.ids().items()}
    halves = 1 if len(persons) == 1 else 2
    for operation in called:
        body = {"json": bodies[operation.name]} if operation.name in bodies else {}
        found = by_last_signs(path for path, _ in filled(operation.path, operation.places, ids))
        for path, person in ((path, person) for place, person in enumerate(persons)
                             for path in (share(found, place, halves) or found)):
            answer = world.people[person].request(operation.method, path, **body)
            assert answer.status_code < 500, (person, operation.name, answer.text)


def paths(world: SmallRealm, ids: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield every path that the application's URL map answers with GET below the realm's root; what it names."""
    for rule in world.app.url_map.iter_rules():
        if not rule.rule.startswith(f"/{world.realm}/") or "GET" not in (rule.methods or ()):
            continue
        unknown = rule.arguments - ids.keys()
        assert not unknown - {"rowId"}, f"{rule.rule}: say in `names` what {unknown} may be"
        pattern = re.sub(r"<(?:[^<>:]*:)?(\w+)>", r"{\1}", rule.rule)
        if "rowId" in rule.arguments:  # of each index its own rows
            yield from ((pattern.format(indexName=name, rowId=id), (id,)) for name in ids["indexName"]
                        for id in ids.get(f"{name}Id", (NOBODY,)))
        else:
            yield from filled(pattern, sorted(rule.arguments), ids)


def filters(world: SmallRealm, ids: Mapping[str, Sequence[str]]) -> list[str]:
    """Return every list of the realm with every one of its filters."""
    return [f"{operation.path}?{query}={value}" for operation in world.operations()
            if operation.method == "GET" and not operation.places
            for query, schema in operation.asked_for.items() for value in asked(query, schema, ids)]


def filled(pattern: str, names: Sequence[str],
           ids: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the path with every combination of values of what it names, and these values."""
    for values in product(*(ids.get(name, (NOBODY,)) for name in names)):
        yield pattern.format(**dict(zip(names, values, strict=True))), values


def asked(query: str, schema: Schema, ids: Mapping[str, Sequence[str]]) -> Iterable[str]:
    """Return what a list is asked for by this parameter: some choices, ids of what it names, a part of the secrets."""
    if query in _FOR_EVERY_LIST:
        return ()
    if "enum" in schema:
        return [str(choice) for choice in schema["enum"][:_CHOICES]]
    if query in ids:
        return ids[query]
    if schema.get("format") == "uuid":
        return ids["userId"][:2]
    return (NEEDLE,) if schema.get("type") == "string" and "format" not in schema else ()
