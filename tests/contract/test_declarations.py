"""Each thing is said once: a topic in one place, a service in one declaration; importing registers nothing."""
import re
from collections import Counter
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from flask import Flask

from app.annotations import annotations_in
from app.events.event_delivery import PARKED
from app.events.report import OWED, WAITING
from app.events.subscriptions import Subscriptions
from app.factory import SERVICES, create_app
from app.http.naming import ApiNames, api_names
from app.jobs.schedule import Schedule
from app.notify.report import STATES as LETTER_STATES
from app.payments.states import CANCELED, FAILED, OPEN, SENDING, SUCCESS
from app.runtime import runtime
from blueprints.platform.bucket.inspection import FILE_STATES
from cli import COMMANDS, load_command
from cli.parts import ALONE, READERS, kind_to_read, letter_templates, setting_grammars
from cli.payment_realms import CHECKOUT_NAMES, payments_of
from tests.testbed import Testbed

ROOT = Path(__file__).parents[2]
TOPIC = re.compile(r'"((?:ebaycclone|linkedin|elastic-index|equipment-registry-service)-[a-z0-9_-]+)"')


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def modules(*folders: str) -> list[ModuleType]:
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in sources(*folders)]
    return [import_module(name) for name in names if not name.endswith("__init__")]


def test_a_topic_is_written_once() -> None:
    texts = (path.read_text() for path in sources("app", "blueprints", "cli"))
    written = Counter(topic for text in texts for topic in TOPIC.findall(text))
    assert {topic.partition("-")[0] for topic in written} >= {"ebaycclone", "linkedin", "equipment"}
    assert [topic for topic, times in written.items() if times > 1] == []


@pytest.mark.parametrize(("pattern", "places"), [
    (r'headers(?:\.get\(|\[)"Authorization"|request\.authorization', {"app/http/bearer.py"}),
    (r'"grant_type"', {"app/http/oauth.py", "app/notify/fcm.py"}),  # the second asks Google for a token
    (r"jsonschema\.validators", {"app/json_schema.py"}), (r"flask_swagger_ui", {"app/http/default_routes.py"})],
    ids=["bearer reader", "OAuth token endpoint", "JSON-Schema validator", "Swagger page"])
def test_each_part_that_every_front_needs_stands_once(pattern: str, places: set[str]) -> None:
    found = {str(path.relative_to(ROOT)) for path in sources("app", "blueprints")
             if re.search(pattern, path.read_text())}
    assert found == places


def test_libraries_of_routes_and_tokens_are_used_by_their_public_interface() -> None:
    private = re.compile(r"\b_apidoc\b|\b10 ?\*\* ?10\b|from flask_(?:smorest|jwt_extended)[\w.]* import .*\b_")
    assert [path for path in sources("app", "blueprints") if private.search(path.read_text())] == []


def test_the_smallest_service_has_about_two_hundred_lines_of_code() -> None:
    lines = (line for path in sources("blueprints/marketplace/category_management")
             for line in re.sub(r'"""[^"]*"""', "", path.read_text()).splitlines())
    assert 100 < sum(bool(line.strip()) and not line.lstrip().startswith("#") for line in lines) <= 220


def test_whatever_is_marked_is_brought_by_a_service() -> None:
    brought = annotations_in(module for service in SERVICES for module in service.background)
    assert [said for said in annotations_in(modules("app", "blueprints")) if said not in brought] == []


def test_nothing_is_imported_for_its_side_effect() -> None:
    assert [path for path in sources("app", "blueprints", "cli") if "noqa: F401" in path.read_text()] == []


@pytest.mark.once("names know no database")
def test_what_is_imported_is_there_also_where_a_command_imports_it_late() -> None:
    """Nobody but `make run` loads the demo's story: a constant that moved was missed there by everything else."""
    named = re.compile(r"^ *from ((?:app|blueprints|cli)\.[\w.]+) import (\([^)]+\)|.+)$", re.M)
    asked = {(module, name) for path in sources("app", "blueprints", "cli")
             for module, names in named.findall(path.read_text())
             for name in re.findall(r"(\w+)(?: as \w+)?", re.sub("#.*", "", names))}
    missing = [f"{name} of {module}" for module, name in sorted(asked) if not hasattr(import_module(module), name)
               and not list((ROOT / module.replace(".", "/")).glob(f"{name}*"))]
    assert missing == []


def test_every_command_group_belongs_to_one_declaration() -> None:
    declared = [path for service in SERVICES for path in service.cli]
    assert sorted(declared) == sorted(f"cli.{name}" for name in COMMANDS)


@pytest.mark.once("declarations know no database")
@pytest.mark.parametrize("name", ALONE)
def test_what_a_listing_makes_alone_is_what_the_services_bring(app: Flask, name: str) -> None:
    def contents(part: object) -> object:
        if isinstance(part, Schedule):  # listed without what runs a job, and without what is due once
            return {job.name: (job.every, job.meaning) for job in part.jobs.values()}
        return part if isinstance(part, dict) else vars(part)

    alone = ALONE[name]()
    assert type(alone).__name__ == name
    with app.app_context():
        assert contents(alone) == contents(runtime().part(type(alone)))


@pytest.mark.once("declarations know no database")
def test_a_thing_is_read_for_the_terminal_as_its_service_says() -> None:
    declared = {(realm, kind.entity_type): kind.read for service in SERVICES for realm in service.realms
                for kind in service.moderated if kind.read is not None}
    alone = {named: kind.read for realm in READERS for entity_type in READERS[realm]
             for named, kind in kind_to_read(realm, entity_type).items()}
    assert alone == declared
    assert kind_to_read("marketplace", "SEARCHINDEX") == {}


@pytest.mark.once("declarations know no database")
def test_settings_are_read_by_what_their_services_say() -> None:
    def read(parse: object) -> object:
        return (parse.func, parse.keywords) if isinstance(parse, partial) else parse

    declared = {name: read(parse) for service in SERVICES for name, parse in service.settings.items()}
    assert {name: read(parse) for name, parse in setting_grammars().items()} == declared


@pytest.mark.once("declarations know no database")
def test_letters_are_known_to_the_terminal_as_their_services_say() -> None:
    declared = {template for service in SERVICES
                for template in (*service.letters, *(kind.words for kind in service.notices.values()))}
    assert set(letter_templates()) == declared


@pytest.mark.once("declarations know no database")
@pytest.mark.parametrize("realm", CHECKOUT_NAMES)
def test_payments_are_listed_by_the_name_of_their_checkout(realm: str) -> None:
    assert CHECKOUT_NAMES[realm] == payments_of(realm).checkout.name


@pytest.mark.parametrize("realm", CHECKOUT_NAMES)
def test_each_service_has_what_the_terminal_asks_of_its_orders(realm: str) -> None:
    orders = payments_of(realm)
    assert all(orders._of_service(name) is not None for name in orders._places)


@pytest.mark.once("declarations know no database")
@pytest.mark.parametrize(("words", "states"), [
    ("events list", (WAITING, OWED, PARKED)), ("notify list", tuple(LETTER_STATES)), ("media list", FILE_STATES),
    ("payments list", (SENDING, OPEN, SUCCESS, FAILED, CANCELED))])
def test_a_listing_offers_the_states_there_are(words: str, states: tuple[str, ...]) -> None:
    group, name = words.split()
    [option] = [one for one in load_command(group).commands[name].params if one.name == "state"]
    assert tuple(option.type.choices) == states


@pytest.mark.once("declarations know no database")
def test_an_application_has_what_its_declarations_bring_and_nothing_else(app: Flask, testbed: Testbed) -> None:
    services = [service for service in SERVICES if service.name in ("auth", "categoryManagement")]
    with create_app(testbed.settings(), services).app_context():
        assert {service.name for service in runtime().services} == {"auth", "categoryManagement"}
        assert runtime().part(Subscriptions).by_name == {}
        assert set(runtime().part(Schedule).jobs) == {
            "purge-archived", "purge-unverified", "purge-security-events", "sweep-sessions", "rotate-keys",
            "make-exports", "purge-exports"}


@pytest.mark.once("declarations know no database")
def test_two_services_cannot_bring_a_job_of_one_name(app: Flask, testbed: Testbed) -> None:
    with pytest.raises(ValueError, match="two of"):
        create_app(testbed.settings(), [*SERVICES, SERVICES[1]])


@pytest.mark.parametrize(("api", "named", "is_list", "expected"), [
    ("createCategory", "category", False, ("category-created", "category")),
    ("getCategory", "category", False, ("category-retrived", "category")),
    ("listCategories", "category", True, ("categories-listed", "categories")),
    ("lisOrderManagementOwnOrderItem", "orderManagementOrderItem", True,
     ("ordermanagementownorderitem-lissed", "orderManagementOrderItems")),
])
def test_event_and_data_name_follow_from_the_name_of_the_api(
        api: str, named: str, is_list: bool, expected: tuple[str, str]) -> None:
    assert api_names(api, named, is_list=is_list) == ApiNames(*expected)


def test_a_name_that_follows_no_rule_must_be_in_the_table() -> None:
    with pytest.raises(ValueError, match="reportCommissions"):
        api_names("reportCommissions", "", is_list=True)
    said = ApiNames("commissions-listed", "commissions")
    assert api_names("reportCommissions", "", is_list=True, irregular=said) == said
