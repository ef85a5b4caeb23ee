"""People who ask, and rows of one object of each realm to ask for."""
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pytest
from flask import Flask

from app.data.entity import Entity
from app.data.ids import uuid7
from app.data.visibility import EVERYONE, ReadObject, ReadObjects, Visibility, me, read_objects
from app.runtime import runtime
from blueprints.marketplace.category_management.models import Category
from blueprints.network.profile.models import Language
from blueprints.platform.auth.models import account_model
from tests.clients import ApiClient
from tests.platform.bff.rows import keep


@pytest.fixture(autouse=True)
def meanwhile(app: Flask) -> Iterator[None]:
    """Declare what its service does not declare yet."""
    before, said = runtime().part(ReadObjects), list(read_objects())
    for realm, visibility in (("network", Visibility(Language, EVERYONE)), *(
            (realm, Visibility(account_model(realm), me("id"))) for realm in ("marketplace", "network"))):
        if read_objects().find(realm, visibility.model.__object__) is None:
            said.append((realm, ReadObject(visibility, words={"name": 1.0} if visibility.model is Language else {})))
    runtime().keep(ReadObjects(said))
    yield
    runtime().keep(before)


class Shelf(NamedTuple):
    """An object that whoever is logged in sees, by its index; `text` is a property with texts."""

    index: str
    model: type[Entity]
    text: str
    attribute: str

    def keep(self, *texts: str | None, **more: Any) -> Sequence[str]:
        """Keep a row of each text; returns their ids."""
        unique = {"name_key"} & set(self.model.__table__.columns.keys())
        return keep(self.model, *({self.attribute: text} | {name: uuid7() for name in unique} | more
                                  for text in texts))


@pytest.fixture
def shelf(app: Flask, realm: str) -> Shelf:
    if realm == "marketplace":
        return Shelf("category", Category, "title", "title")
    return Shelf("language", Language, "name", "name")


@pytest.fixture
def ben(people: Any) -> ApiClient:
    found: ApiClient = people.user("ben")
    return found


@pytest.fixture
def cleo(people: Any) -> ApiClient:
    found: ApiClient = people.user("cleo")
    return found


