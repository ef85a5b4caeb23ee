"""The surface of every service, written down as it was before its declarations were made shorter.

A line changes only with the contract; a new API is a new line."""
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.http.realm_front import BusinessApi

HERE = Path(__file__).parent
pytestmark = pytest.mark.once("surfaces are made of declarations")


def written(name: str) -> list[str]:
    return (HERE / name).read_text().splitlines()[1:]


def declared_apis(app: Flask) -> Iterator[str]:
    for blueprint in app.blueprints.values():
        for api in getattr(blueprint, "apis", ()):
            if isinstance(api, BusinessApi):
                says = api.topic, api.data_name, api.policy.__name__
            else:
                says = "-", "-", f"{api.policy.scope} {'|'.join(sorted(api.policy.roles))}"
            yield "\t".join((blueprint.name, api.name, api.method, api.path, *says))


def test_every_api_keeps_its_path_its_topic_its_data_name_and_its_policy(app: Flask) -> None:
    assert sorted(declared_apis(app)) == written("frozen_apis.tsv")


def test_every_route_keeps_its_address(app: Flask) -> None:
    found = ("\t".join((rule.endpoint, ",".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})), rule.rule))
             for rule in app.url_map.iter_rules())
    assert sorted(found) == written("frozen_routes.tsv")
