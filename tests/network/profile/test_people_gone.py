"""Who is gone for good leaves no profile, no term of it and no view (decision 41)."""
import pytest
from sqlalchemy import func, select

from app.actor import system_actor
from app.data.person_rows import PersonTables, forget_person
from app.data.reads import fetch
from app.data.unit_of_work import unit_of_work
from app.runtime import runtime
from blueprints.network.profile.models import Profile, ProfileTerm, ProfileView
from blueprints.platform.auth.commands import delete_user
from blueprints.platform.auth.models import NetworkUser
from tests.clients import ApiClient
from tests.network.profile.cards import PROFILES, Person, got, write
from tests.network.profile.test_profile_views import written


def rows() -> list[int]:
    """Return how many profiles, terms and views there are."""
    return [fetch(select(func.count()).select_from(model))[0][0] for model in (Profile, ProfileTerm, ProfileView)]


@pytest.mark.parametrize(("gone", "left"), [("ann", [1, 1, 0]), ("ben", [1, 2, 0])])
def test_the_rows_of_who_is_gone_go_with_them(person: Person, gone: str, left: list[int]) -> None:
    ann, ben = person("ann"), person("ben")
    written()
    profile = write(ann, skills=["sql", "go"])
    write(ben, skills=["sql"])
    got(ben, profile)
    written()
    assert rows() == [2, 3, 1]
    forget_person(system_actor("network"), runtime().part(PersonTables), person(gone).user_id, None)
    assert rows() == left


def test_who_looked_and_is_gone_meanwhile_leaves_no_view(person: Person) -> None:
    ann, ben = person("ann"), person("ben")
    profile = write(ann)
    written()
    got(ben, profile)
    with unit_of_work(system_actor("network")) as work:
        work.delete(work.get(NetworkUser, ben.user_id))
        work.commit()
    written()
    assert rows() == [1, 0, 0]


def test_nobody_writes_a_profile_for_whom_staff_deleted(person: Person, super_admin: ApiClient) -> None:
    ann = person("ann")
    delete_user(super_admin.actor, ann.user_id)
    answer = super_admin.post(PROFILES, json={"fullName": "Ann", "userId": ann.user_id})
    assert (answer.status_code, rows()[0]) == (404, 0)
