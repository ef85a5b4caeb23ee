"""Words of objects that have an index of words: the best match first, and what is forgiven (FD-1, FD-4, FD-8)."""
import shutil
from typing import Any

import pytest
from sqlalchemy import update

from app.data.connections import writing_engine
from app.runtime import runtime
from app.search.catalogue import OpenIndexes, rebuild_index
from blueprints.network.job_application.models import JobPosting
from tests.clients import ApiClient
from tests.flow import statements
from tests.platform.bff.rows import ask, ids, keep, minutes

pytestmark = pytest.mark.parametrize("realm", ["network"])
INDEX = "jobPosting"


def jobs(*texts: str, **more: Any) -> list[str]:
    """Keep a posting of each title and let the index know of them."""
    made = keep(JobPosting, *({"title": title, "description": "Work.", "created_at": minutes(number)} | more
                              for number, title in enumerate(texts)))
    rebuild_index("jobs")
    return made


def test_what_a_person_may_not_see_is_found_by_no_word(realm: str, ben: ApiClient, cleo: ApiClient) -> None:
    jobs("Secret navigator", visibility="private", posted_by_user_id=ben.user_id, owner=ben.user_id)
    for query in ("navigator", "secret", "navigatr"):
        assert ask(cleo, realm, INDEX, q=query)["total"] == 0
        assert "corrected" not in ask(cleo, realm, INDEX, q=query)


def test_a_private_row_of_ones_own_is_found_beside_the_index(realm: str, ben: ApiClient) -> None:
    [public] = jobs("Navigator")
    [private] = jobs("Navigator at night", visibility="private", posted_by_user_id=ben.user_id, owner=ben.user_id)
    answer = ask(ben, realm, INDEX, q="navigator")
    assert ids(answer) == [public, private]
    assert answer["total"] == ask(ben, realm, INDEX, verb="count", q="navigator")["total"] == 2
    assert "degraded" not in answer


def test_a_row_that_is_gone_is_found_no_more_before_the_index_knows(realm: str, ben: ApiClient) -> None:
    jobs("Navigator")
    [id_] = ids(ask(ben, realm, INDEX, q="navigator"))
    with writing_engine().begin() as connection:
        connection.execute(update(JobPosting.__table__).where(JobPosting.id == id_).values(is_active=False))
    assert ask(ben, realm, INDEX, q="navigator")["total"] == 0


def test_the_best_match_comes_first_and_pages_go_on_behind_it(realm: str, ben: ApiClient) -> None:
    best, other = jobs("Navigator navigator", "A ship has a pilot, a navigator and a cook on board every day")
    first = ask(ben, realm, INDEX, q="navigator", limit=1)
    assert ids(first) == [best]
    assert ids(ask(ben, realm, INDEX, q="navigator", limit=1, after=first["next"])) == [other]
    assert ids(ask(ben, realm, INDEX, q="navigator", sortBy="createdAt", sortOrder="desc")) == [other, best]


def test_plurals_slips_and_missing_words_are_forgiven_and_told(realm: str, ben: ApiClient) -> None:
    jobs("Cook", "Baker", "Smith")
    [id_] = jobs("Navigator of ships")
    assert ids(ask(ben, realm, INDEX, q="navigators")) == [id_]
    slipped = ask(ben, realm, INDEX, q="navigatpr")
    assert (ids(slipped), slipped["corrected"]) == ([id_], "navigator")
    missing = ask(ben, realm, INDEX, q="navigator wanted")
    assert (ids(missing), missing["relaxed"]) == ([id_], True)


def test_filters_and_facets_hold_for_what_words_find(realm: str, ben: ApiClient) -> None:
    jobs("Navigator", workplace_type="remote")
    [here] = jobs("Navigator", workplace_type="on_site")
    jobs("Cook", workplace_type="on_site")
    answer = ask(ben, realm, INDEX, q="navigator", facets="workplaceType,status",
                 filters={"workplaceType": {"operator": "eq", "value": "on_site"}})
    assert ids(answer) == [here]
    assert answer["facets"] == {"workplaceType": {"on_site": 1, "remote": 1}, "status": {"active": 1}}


def test_without_the_index_the_newest_rows_are_looked_through(realm: str, ben: ApiClient) -> None:
    old, new = jobs("Navigator navigator", "Navigator")
    shutil.rmtree(runtime().settings.home / "search" / "jobs", ignore_errors=True)
    runtime().own(OpenIndexes, lambda _: OpenIndexes()).pop("jobs", None)
    answer = ask(ben, realm, INDEX, q="navigator")
    assert ids(answer) == [new, old]
    assert answer["degraded"] is True


def test_words_cost_the_same_statements_however_much_they_find(realm: str, ben: ApiClient) -> None:
    told = []
    for number in (12, 40):
        jobs(*["Navigator"] * number)
        ask(ben, realm, INDEX, q="navigator")
        with statements() as sent:
            ask(ben, realm, INDEX, q="navigator")
        told.append(len(sent))
    assert told[0] == told[1]
