"""A token that is not this realm's, not of a living session, or not an access token opens nothing, at any route."""
from collections.abc import Callable, Iterator, Sequence

import pytest
from flask import Flask

from app.clock import moved_clock
from app.identity.authentication import identity
from app.identity.bucket_tokens import bucket_tokens
from app.runtime import runtime
from tests.clients import ApiClient, Callers
from tests.contract.fronts import WORLDS, Front, front_of
from tests.contract.hostile import FORGED
from tests.contract.surface import Operation
from tests.passes import share

pytestmark = pytest.mark.sweep("every route of every service with every bad token: refused by the same lines")

each_world = pytest.mark.parametrize("mounts", WORLDS.values(), ids=WORLDS)
BY_BUCKET_TOKEN = "uploadFiles"  # it takes bucket tokens, and no access token, not even a good one
DAYS = 91  # longer than any session of the tests


class Holders:
    """People of one realm, and how their tokens go bad."""

    def __init__(self, callers: Callers, realm: str) -> None:
        self.realm, self.callers = realm, callers
        self.staff = callers.super_admin(realm=realm)
        self.auth = f"/{realm}/auth-api"

    def bad_tokens(self) -> dict[str, str]:
        """Return what went bad → the token."""
        other = "network" if self.realm == "marketplace" else "marketplace"
        made = {f"of {role} of {other}": caller(realm=other).token for role, caller in (
            ("a user", self.callers.user), ("an admin", self.callers.admin),
            ("the superAdmin", self.callers.super_admin))}
        made |= {what: self._spoilt(what, spoil) for what, spoil in self._accidents().items()}
        made |= self._bucket_tokens()
        return {what: token for what, token in made.items() if token}

    def _accidents(self) -> dict[str, Callable[[ApiClient], object]]:
        auth, staff = self.auth, self.staff
        return {
            "of a deleted user": lambda user: staff.delete(f"{auth}/v1/users/{user.user_id}"),
            "of an archived user": lambda user: user.delete(f"{auth}/v1/archiveprofile/{user.user_id}"),
            "of an ended session": lambda user: user.post(f"{auth}/logout"),
            "of a session that was replaced": lambda user: user.get(f"{auth}/relogin"),
            "of a user whose password staff replaced": lambda user: staff.patch(
                f"{auth}/v1/userpasswordbyadmin/{user.user_id}", json={"password": "another-horse-1"}),
        }

    def _spoilt(self, what: str, spoil: Callable[[ApiClient], object]) -> str:
        user = self.callers.user(what.replace(" ", "-"), realm=self.realm)
        assert user.get(f"{self.auth}/currentuser").status_code == 200
        spoil(user)
        return str(user.token)

    def _bucket_tokens(self) -> dict[str, str]:
        actor = self.staff.actor
        session = identity().sessions.live(self.realm, str(actor.session_id), str(actor.user_id))
        assert session is not None
        tokens = bucket_tokens(runtime().settings.secret_key, session)
        assert set(tokens) == {"userBucketToken", "applicationBucketToken"}
        return {f"that is the {name}": token for name, token in tokens.items()}


def opened_by_forged(front: Front) -> list[str]:
    """Return what is wrong where each operation is called with its share of the tokens that nobody signed."""
    forged = [*enumerate(FORGED)]
    return [said for place, operation in enumerate(front.operations) for number, token in share(forged, place)
            for said in opened(front, token, f"forged {number}", [operation])]


def opened(front: Front, token: str, what: str, operations: Sequence[Operation] = ()) -> Iterator[str]:
    """Yield every operation of these, or of all, that the token opens though it asks for a login."""
    visitor = ApiClient(front.caller._client.application, token=token)
    for operation in operations or front.operations:
        at_home = operation.name == BY_BUCKET_TOKEN and what.startswith("that is the")
        if not operation.public and not at_home:
            answer = visitor.request(operation.method, front.url(operation))
            if answer.status_code != 401 or not front.is_documented(answer):
                yield f"{operation.name} by a token {what}: {answer.status_code} {answer.text[:100]}"


@each_world
def test_no_bad_token_opens_any_route(fronts: list[Front], callers: Callers, mounts: Sequence[str]) -> None:
    bad = [*Holders(callers, mounts[0].split("/")[1]).bad_tokens().items()]
    found = [said for front in fronts for place, operation in enumerate(front.operations)
             for what, token in share(bad, place, 4) for said in opened(front, token, what, [operation])]
    assert not [*found, *(said for front in fronts for said in opened_by_forged(front))]


@each_world
def test_no_token_opens_any_route_after_its_time_or_its_key(fronts: list[Front], mounts: Sequence[str]) -> None:
    token = str(fronts[0].caller.token)
    for front in fronts:
        assert len(list(opened(front, token, "that is good"))) == len([
            operation for operation in front.operations if not operation.public and operation.name != BY_BUCKET_TOKEN])
    with moved_clock(days=DAYS):
        found = [said for front in fronts for said in opened(front, token, "that has expired")]
    identity().keys.rotate(mounts[0].split("/")[1], revoke_old=True)
    found += [said for front in fronts for said in opened(front, token, "whose key was revoked")]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("mount", ["/equipment-api", "/organization-api"])
def test_no_token_of_a_realm_or_of_the_other_service_opens_registry_or_store(
        front: Front, mount: str, paying_app: Flask, callers: Callers) -> None:
    other = next(one for one in ("/equipment-api", "/organization-api") if one != mount)
    with front_of(other, paying_app, callers) as elsewhere:
        tokens = {"of the marketplace": callers.super_admin().token, f"of {other}": elsewhere.caller.token,
                  "of the network": callers.super_admin(realm="network").token}
        found = [said for what, token in tokens.items() for said in opened(front, str(token), what)]
        found += opened_by_forged(front)
    with moved_clock(days=DAYS):
        found += opened(front, str(front.caller.token), "that has expired")
    assert not found, "\n".join(found)


@each_world
def test_a_bad_token_is_bad_wherever_it_stands(fronts: list[Front], callers: Callers, mounts: Sequence[str]) -> None:
    realm = mounts[0].split("/")[1]
    foreign = callers.user(realm="network" if realm == "marketplace" else "marketplace").token
    name = "ebaycclone-access-token" if realm == "marketplace" else "linkedin-access-token"
    visitor = fronts[0].visitor
    places: dict[str, tuple[str, dict[str, str]]] = {
        "query": (f"?access_token={foreign}", {}), "header": ("", {name: str(foreign)}),
        "cookie": ("", {"Cookie": f"{name}={foreign}"})}
    for front in fronts:
        of_all = (f"{front.mount}{path}" for path in ("/currentuser", "/permissions", "/permissions/x"))
        for url in (*of_all, *(front.url(one) for one in front.reads if not one.public)):
            for place, (query, headers) in places.items():
                assert visitor.get(url + query, headers=headers).status_code == 401, (url, place)


def test_buckets_take_no_access_tokens_and_no_bucket_tokens_of_others(app: Flask, callers: Callers) -> None:
    for realm, other in (("marketplace", "network"), ("network", "marketplace")):
        mine, theirs = Holders(callers, realm), Holders(callers, other)
        bad = {"access token": str(mine.staff.token), **theirs._bucket_tokens(),
               **{f"forged {number}": token for number, token in enumerate(FORGED)},
               **{what: token for what, token in mine.bad_tokens().items() if not what.startswith("that is")}}
        bucket = {"bucketId": f"{mine.staff.user_id}-public-user-bucket"}
        for what, token in bad.items():
            answer = ApiClient(app, token=token).post(f"/{realm}/bucket/upload", data=bucket)
            assert answer.status_code == 401, (realm, what, answer.text)
