"""What the tests of moderation may ask for besides: things of some seller that staff moderate, in every realm."""
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.platform.moderation.things import Things


@pytest.fixture
def things(app, people) -> "Iterator[Things]":
    """People, listings and messages that stand in a dict: the kinds of real services come with their services."""
    from app.data.moderated_kinds import ModeratedKind, ModeratedKinds
    from app.runtime import runtime
    from app.settings import REALM_CODENAMES
    from tests.platform.moderation.things import Things

    made, former = Things(), runtime().part(ModeratedKinds)
    kinds = {(realm, entity_type): ModeratedKind(entity_type, read=made.read_as(entity_type))
             for realm in REALM_CODENAMES for entity_type in ("USER", "PRODUCT", "MESSAGE")}
    runtime().keep(ModeratedKinds(former | kinds))
    yield made
    runtime().keep(former)
