"""People who ask, and rows of one object of each realm to ask for."""
from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest
from flask import Flask

from app.data.entity import Entity
from blueprints.marketplace.category_management.models import Category
from blueprints.network.profile.models import Language
from tests.clients import ApiClient
from tests.platform.bff.rows import keep


class Shelf(NamedTuple):
    """An object that whoever is logged in sees, by its index; `text` is a property with texts."""

    index: str
    model: type[Entity]
    text: str
    attribute: str

    def keep(self, *texts: str | None, **more: Any) -> Sequence[str]:
        """Keep a row of each text; returns their ids."""
        return keep(self.model, *({self.attribute: text} | more for text in texts))


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


