"""The read layer answers at `bff-api`, too (rules-platform §1)."""
from tests.clients import ApiClient
from tests.platform.bff.conftest import Shelf


def test_the_read_layer_answers_by_its_other_name_as_by_its_own(realm: str, ben: ApiClient, client: ApiClient,
                                                                shelf: Shelf) -> None:
    [id_] = shelf.keep("Brass")
    for path in (f"{shelf.index}/list?q=Brass", f"{shelf.index}/{id_}", f"{shelf.index}/schema", "openapi.json", ""):
        own, other = (ben.get(f"/{realm}/{name}/{path}") for name in ("bff-service", "bff-api"))
        assert (other.status_code, other.data) == (own.status_code, own.data), path
        assert own.status_code == 200
    assert client.get(f"/{realm}/bff-api/user/list").status_code == 401
    for path in ("bff-apis/user/list", "bff-api-x", "auth-api/bff-api/user/list"):
        assert client.get(f"/{realm}/{path}").status_code == 404
    assert client.get("/bff-api/user/list").status_code == 404
