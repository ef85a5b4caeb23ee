"""The twelve views that the documents name: the rows of an object, with what they point at (rules-platform §5.2)."""
from app.data.visibility import read_objects
from blueprints.platform.bff.views import views_of
from tests.clients import ApiClient
from tests.platform.bff.rows import ask, ids, keep


def test_a_view_is_asked_as_its_object_is(realm: str, ben: ApiClient) -> None:
    for view, name in views_of(realm).items():
        if name != "user":
            keep(read_objects().get(realm, name).model, {}, {})
        # Who is no staff lists no accounts: he asks for one that he has the id of.
        filters = {"id": {"operator": "eq", "value": ben.user_id}} if name == "user" else {}
        seen = ask(ben, realm, name, filters=filters)
        assert ids(ask(ben, realm, view.upper(), filters=filters)) == ids(seen)
        assert ask(ben, realm, view, verb="count", filters=filters)["total"] == seen["total"]
        assert ben.get(f"/{realm}/bff-service/{view}/schema").json == ben.get(
            f"/{realm}/bff-service/{name}/schema").json
        for id_ in ids(seen):
            answer = ben.get(f"/{realm}/bff-service/{view}/{id_}").json
            assert answer[answer["dataName"]]["id"] == id_
            assert answer["dataName"] == view


def test_a_view_shows_what_its_rows_point_at_whatever_is_asked(realm: str, ben: ApiClient) -> None:
    view, name = next(iter(views_of(realm).items()))
    model = read_objects().get(realm, name).model
    keep(model, {str(model.__owner__): ben.user_id})
    [row] = ask(ben, realm, view, getJoins="false")["items"]
    assert set(row) > set(ask(ben, realm, name, getJoins="false")["items"][0])


def test_a_filter_that_is_kept_for_a_view_is_the_views(realm: str, ben: ApiClient) -> None:
    view = next(iter(views_of(realm)))
    made = ben.post(f"/{realm}/bff-service/{view}/filters", json={"filterName": "x", "conditions": {}})
    assert made.json["indexName"] == view
    assert ben.get(f"/{realm}/bff-service/{view}/filters").json["total"] == 1
