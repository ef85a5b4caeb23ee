"""The same as test_leaks.py in the network: nobody finds what another keeps secret, whatever is read or changed.

Who reads: the owner of most secrets, a connection, one of second degree, a stranger, one whom the owner blocked, an
admin of two companies, a former admin, one who reports and looks at profiles, and staff."""
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.actor import system_actor
from app.clock import now
from app.data.reads import fetch
from app.data.unit_of_work import unit_of_work
from app.http.read_events import ReadEventBuffer
from app.identity.bucket_tokens import private_bucket
from app.jobs.worker import run_job
from app.runtime import runtime
from blueprints.network.profile.premium_models import Premiumsubscription
from blueprints.network.profile.premium_payment_models import NetworkCard, NetworkCustomer, PremiumPayment
from blueprints.platform.bucket.commands import Upload, store_files
from blueprints.platform.people.models import Block
from tests.clients import Callers
from tests.contract import leaks
from tests.contract.leaks import VISITOR, SmallRealm, change_everything, read_everything
from tests.contract.network_calls import Network
from tests.contract.terminal_leaks import performed, printed_by_every_reading_command
from tests.contract.who_may_see import (
    EVENTS,
    LOG,
    TERMINAL,
    Secret,
    Secrets,
    assert_nothing_leaks,
    assert_somebody_sees_each,
    known_to,
)
from tests.contract.world import Body

OWNER, CONNECTION, SECOND, STRANGER, BLOCKED, ADMIN, FORMER, QUIET, MODERATOR, SUPER = (
    "owner", "connection", "second", "stranger", "blocked", "admin", "former", "quiet", "moderator", "superadmin")
PERSONS = (OWNER, CONNECTION, SECOND, STRANGER, BLOCKED, ADMIN, FORMER, QUIET, MODERATOR, SUPER, VISITOR)
pytestmark = pytest.mark.once("what is shown is decided by policies and serializers, the same on both databases")
QUIET_ID, QUIET_NAME = "0195f00d-0000-7000-8000-0000c0ffee18", "Xq7 Who Keeps Quiet"  # reports and looks, no more
CARD, CUSTOMER, INTENT = "pm_Xq7card", "cus_Xq7customer", "pi_Xq7intent"

_BUS = "the contract's dbevent is the row, and the bus is the operator's"
_ONE_MESSAGE = ("/network/messaging-api/v1/messages/",)
_CASES = ("/network/adminmoderation-api/v1/cases/",)
_PAYMENTS = ("flask payments",)


def seen_by(*readers: str, **parts: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return who may see what stands in a row: these, superAdmin, and who listens to the bus (7)."""
    return known_to(*readers, SUPER, EVENTS, **parts)


def _message(text: str, *readers: str, **parts: tuple[str, ...]) -> Secret:
    return Secret(text, known_to(*readers, EVENTS, **{SUPER: _ONE_MESSAGE} | parts),
                  f"who takes part now (NET-24); superAdmin opens one, and that is recorded (NET-31); {_BUS}")


# Who may see what, and why. Numbers are those of design/network.md (NET-…), decisions.md and moderation.md (M-…).
SECRETS: Secrets = {
    "private post": Secret("Xq7 posted for oneself", seen_by(OWNER), f"its author alone (NET-14); {_BUS}"),
    "post for connections": Secret("Xq7 posted for connections", seen_by(OWNER, CONNECTION),
                                   f"the audience narrows what is private (NET-15); {_BUS}"),
    "public post": Secret(
        "Xq7 posted for all", seen_by(*{*PERSONS} - {BLOCKED, VISITOR}, terminal=("flask moderate",)),
        f"a block works both ways (NET-7), reads need a login (NET-31); it was reported; {_BUS}"),
    "post of the blocked": Secret("Xq7 posted by the blocked", seen_by(*{*PERSONS} - {OWNER, VISITOR}),
                                  f"a block works both ways (NET-7), reads need a login (NET-31); {_BUS}"),
    "comment of the blocked": Secret("Xq7 answered by the blocked", seen_by(*{*PERSONS} - {OWNER, VISITOR}),
                                     f"the same of comments; {_BUS}"),
    "comment on a private post": Secret("Xq7 answered to oneself", seen_by(OWNER), f"as its post (K-8); {_BUS}"),
    "private page": Secret("Xq7 about the private page", seen_by(ADMIN, CONNECTION),
                           f"admins and approved followers (072, NET-10); {_BUS}"),
    "post of the private page": Secret("Xq7 posted by the private page", seen_by(ADMIN, CONNECTION),
                                       f"followers and admins (NET-11); {_BUS}"),
    "news of the private page": Secret("Xq7 news of the private page", seen_by(ADMIN, CONNECTION),
                                       f"followers and admins (NET-11); {_BUS}"),
    "post for admins": Secret("Xq7 posted for admins", seen_by(ADMIN), f"current admins alone (NET-12); {_BUS}"),
    "news for followers": Secret("Xq7 news for followers", seen_by(ADMIN, SECOND),
                                 f"followers and admins (075); {_BUS}"),
    "job for insiders": Secret("Xq7 job for insiders", seen_by(
        ADMIN, former=("answer to POST /network/jobapplication-api/v1/jobpostings",)),
                               f"current admins, not the former one who posted it (NET-12); {_BUS}"),
    "letter": Secret("Xq7 letter to a company", seen_by(SECOND, ADMIN),
                     f"its applicant and current admins (102, NET-12); {_BUS}"),
    "résumé": Secret("Xq7 kept in private", known_to(SECOND, ADMIN, SUPER),
                     "its applicant, and who decides, while the application stands (NET-22)"),
    "letter to a person": Secret("Xq7 letter to a person", seen_by(STRANGER, OWNER),
                                 f"its applicant and who posted (102); {_BUS}"),
    "message": _message("Xq7 said to one", OWNER, CONNECTION),
    "message of the blocked": _message("Xq7 said by the blocked", OWNER, BLOCKED),
    "message to the group": _message("Xq7 said to the group", OWNER, CONNECTION, ADMIN),
    "attachment": Secret("Xq7 attached for the group", known_to(OWNER, CONNECTION, ADMIN, SUPER),
                         "as its message: not for who has left (NET-24)"),
    "hidden message": _message("Xq7 said and hidden", FORMER, moderator=_CASES, **{SUPER: (*_ONE_MESSAGE, *_CASES)}),
    "profile for connections": Secret("Xq7 told to connections", seen_by(OWNER, CONNECTION),
                                      f"the audience narrows what is private (NET-15); {_BUS}"),
    "private profile": Secret("Xq7 told to nobody", seen_by(QUIET), f"its owner alone (145); {_BUS}"),
    "profile of the blocked": Secret("Xq7 told by the blocked", seen_by(*{*PERSONS} - {OWNER, VISITOR}),
                                     f"a block works both ways (NET-7); {_BUS}"),
    "note": Secret("Xq7 asks to connect", seen_by(SECOND, OWNER), f"an invitation is its two people's (119); {_BUS}"),
    "strike": Secret("Xq7 warned for this", seen_by(FORMER, MODERATOR, TERMINAL),
                     f"a strike is its person's and staff's (M-15); {_BUS}"),
    "report": Secret("Xq7 complained of a post", seen_by(QUIET, MODERATOR, TERMINAL),
                     f"a report is between who made it and staff (M-20); {_BUS}"),
    **{f"{kind} of premium": Secret(text, seen_by(ADMIN, terminal=_PAYMENTS), f"its payer's (140, 148); {_BUS}",
                                    public_in=(text,))
       for kind, text in (("card", CARD), ("customer", CUSTOMER), ("payment", INTENT))},
    **{f"quiet one's {kind}": Secret(
        text, known_to(QUIET, MODERATOR, SUPER, TERMINAL, log=("guildhall.security",)),
        "who reported is known to staff alone (M-20), a viewer is named to premium, and not with a private profile "
        "(NET-26); the event of the receipt's notice says that somebody hears something, not of what",
        public_in=(QUIET_ID, "/people-api/v1/people", "/bff-service/user/", "/bff-service/search?q=Xq7", "user-created",
                   "linkedin-profile-", "linkedin_profile-", *more))
       for kind, text, more in (("id", QUIET_ID, ("notification-created",)), ("name", QUIET_NAME, ()))},
    **{f"{person}'s address": Secret(f"xq7-{person}@", seen_by(person, MODERATOR),
                                     f"others see id, fullname, avatar and headline (NET-32); {_BUS}")
       for person in (OWNER, CONNECTION, BLOCKED, ADMIN, FORMER, QUIET)},
}
JUDGED = {"MESSAGE": "messageId", "POST": "postId", "COMMENT": "commentId", "COMPANY": "companyId",
          "JOB": "jobPostingId", "PROFILE": "profileId", "INVITATION": "connectionRequestId", "USER": "userId"}


class SmallNetwork(SmallRealm):
    """Ten people who work, write, apply and fall out with each other; and what they hide."""

    realm, persons = "network", PERSONS
    names = {"service": ["content", "messaging"], "paymentId": [INTENT], "exportId": [QUIET_ID]}
    also = {"orderId": "premiumsubscriptionId", "orderManagementOrderId": "premiumsubscriptionId"}

    def __init__(self, app: Flask, callers: Callers) -> None:
        super().__init__(app, {person: callers.user(
            person, realm="network", email=f"xq7-{person}@guildhall.test",
            role="admin" if person == MODERATOR else "user",
            **({"id": QUIET_ID, "fullname": QUIET_NAME} if person == QUIET else {}))
            for person in PERSONS if person not in (SUPER, VISITOR)} | {SUPER: callers.super_admin(realm="network")})
        self._introduce()
        self._found()
        self._post()
        self._offer_jobs()
        self._talk()
        self._fall_out()
        self._buy_premium()
        self._moderate()
        self._look()

    @property
    def secrets(self) -> Secrets:
        """Return the secrets, and who blocked whom by the id of that row."""
        [block] = fetch(select(Block.id))
        # Whoever asks for a row by its id, the log has the path; others are told that there is none.
        return {**SECRETS, "block": Secret(block.id, known_to(OWNER, EVENTS, log=("/bff-service/block/",)),
                                           "whom one blocks is one's own (NET-7)")}

    def good_calls(self, callers: Callers) -> Callable[[str], Body]:
        """Return what makes a good body of an operation, about what these people have made."""
        world = Network(self.app, callers)
        ids = self.ids()
        world.ids |= {name: ids[name][0] for name in (
            "postId", "companyId", "jobPostingId", "conversationId", "messageId")}
        world.ann, world.ben = self.people[ADMIN], self.people[OWNER]
        return lambda name: world.good[name](world) if name in world.good else {}

    def _id(self, person: str) -> str:
        return self.people[person].user_id

    def _introduce(self) -> None:
        for person, said in ((OWNER, {"profileVisibility": "private", "audience": "connections",
                                      "headline": SECRETS["profile for connections"].text}),
                             (QUIET, {"profileVisibility": "private", "headline": SECRETS["private profile"].text}),
                             (BLOCKED, {"headline": SECRETS["profile of the blocked"].text}),
                             (CONNECTION, {}), (ADMIN, {})):
            self.profiles = getattr(self, "profiles", {}) | {person: self.make(
                person, "profile-api/v1/profiles", {"fullName": person, "profileVisibility": "public"} | said)["id"]}
        for sender, receiver in ((OWNER, CONNECTION), (CONNECTION, SECOND), (BLOCKED, OWNER)):
            request = self._invite(sender, receiver)
            self.change(receiver, f"networking-api/v1/connectionrequests/{request}", {"status": "accepted"})
        self._invite(SECOND, OWNER, message=SECRETS["note"].text)

    def _invite(self, sender: str, receiver: str, **said: str) -> str:
        return str(self.make(sender, "networking-api/v1/connectionrequests", {
            "receiverUserId": self._id(receiver), "status": "pending"} | said)["id"])

    def _found(self) -> None:
        """Two pages of the admin's: a private one that one follows and one waits for, and a public one."""
        self.pages = {name: self.make(ADMIN, "company-api/v1/companies", {
            "name": f"Acme {name}", "pageVisibility": name, "description": about})["id"]
            for name, about in (("private", SECRETS["private page"].text), ("public", "d"))}
        self.rights = [self.make(ADMIN, "company-api/v1/assigncompanyadmin", {
            "companyId": page, "userId": self._id(FORMER)})["id"] for page in self.pages.values()]
        follows = {(person, page): self.make(person, "company-api/v1/followcompany", {
            "companyId": self.pages[page]})["id"] for person, page in (
                (CONNECTION, "private"), (SECOND, "private"), (SECOND, "public"))}
        self.change(ADMIN, f"company-api/v1/companyfollowers/{follows[CONNECTION, 'private']}",
                    {"followState": "approved"})
        for page, visibility, secret in (("private", "public", "news of the private page"),
                                         ("public", "private", "news for followers")):
            self.make(ADMIN, "company-api/v1/companyupdates", {
                "companyId": self.pages[page], "visibility": visibility, "content": SECRETS[secret].text})

    def _post(self) -> None:
        posts = {}
        for secret, person, said in (
                ("private post", OWNER, {"visibility": "private"}),
                ("post for connections", OWNER, {"visibility": "private", "audience": "connections"}),
                ("public post", OWNER, {}), ("post of the blocked", BLOCKED, {}),
                ("post of the private page", ADMIN, {"companyId": self.pages["private"]}),
                ("post for admins", ADMIN, {"companyId": self.pages["public"], "visibility": "private"})):
            posts[secret] = self.make(person, "content-api/v1/posts", {"content": SECRETS[secret].text} | said)["id"]
        self.public_post = posts["public post"]
        meeting = self.make(CONNECTION, "content-api/v1/posts", {"content": "Where all meet"})["id"]
        for person, post, secret in ((OWNER, posts["private post"], "comment on a private post"),
                                     (BLOCKED, meeting, "comment of the blocked")):
            self.make(person, "content-api/v1/comments", {"postId": post, "content": SECRETS[secret].text})

    def _offer_jobs(self) -> None:
        jobs = {}
        for name, person, said in (
                ("insiders", FORMER, {"companyId": self.pages["public"], "visibility": "private",
                                      "description": SECRETS["job for insiders"].text}),
                ("company's", FORMER, {"companyId": self.pages["public"]}), ("own", OWNER, {"companyName": "Self"})):
            jobs[name] = self.make(person, "jobapplication-api/v1/jobpostings", {
                "title": "Baker", "description": "d", "employmentType": "full_time", "workplaceType": "on_site",
                "visibility": "public", "status": "active"} | said)["id"]
        for person, job, said in (
                (SECOND, "company's", {"coverLetter": SECRETS["letter"].text,
                                       "resumeUrl": self._private_file(SECOND, "résumé")}),
                (STRANGER, "own", {"coverLetter": SECRETS["letter to a person"].text})):
            self.make(person, "jobapplication-api/v1/jobapplications", {"jobPostingId": jobs[job]} | said)
        for right in self.rights:
            assert self.people[ADMIN].delete(
                f"/network/company-api/v1/removecompanyadmin/{right}").status_code == 200

    def _private_file(self, person: str, secret: str) -> str:
        actor = self.people[person].actor
        [file] = store_files(actor, private_bucket(str(actor.user_id)), [
            Upload("a.txt", SECRETS[secret].text.encode())])
        return str(file["downloadUrl"])

    def _talk(self) -> None:
        """Letters between two, and a group that one has left and another one joined after the message."""
        self.messages = {}
        for person, others, secret, said in (
                (OWNER, (CONNECTION,), "message", {}), (BLOCKED, (OWNER,), "message of the blocked", {}),
                (FORMER, (CONNECTION,), "hidden message", {}),
                (OWNER, (CONNECTION, SECOND), "message to the group", {
                    "attachmentUrls": [self._private_file(OWNER, "attachment")]})):
            people = [self._id(one) for one in (person, *others)]
            room = self.make(person, "messaging-api/v1/conversations", {
                "isGroup": len(people) > 2, "participantIds": people})["id"]
            self.messages[secret] = self.make(person, "messaging-api/v1/messages", {
                "conversationId": room, "content": SECRETS[secret].text} | said)["id"]
        group = f"messaging-api/v1/conversations/{room}"
        self.change(SECOND, group, {"participantIds_remove": [self._id(SECOND)]})
        self.change(CONNECTION, group, {"participantIds_append": [self._id(ADMIN)]})

    def _fall_out(self) -> None:
        self.make(OWNER, "people-api/v1/blocks", {"userId": self._id(BLOCKED)})

    def _buy_premium(self) -> None:
        """Let the admin have paid for premium with a card."""
        payer = self._id(ADMIN)
        with unit_of_work(system_actor("network")) as work:
            order = work.insert(Premiumsubscription(
                user_id=payer, profile_id=self.profiles[ADMIN], currency="USD", price=1000, days=30,
                status="completed", payment_confirmation="paid", priced_at=now(), paid_at=now(), period_start=now(),
                period_end=now() + timedelta(days=30)))
            work.flush()
            work.insert(PremiumPayment(owner_id=payer, order_id=order.id, payment_id=INTENT,
                                       payment_status="succeeded", status_literal="success"))
            work.insert(NetworkCustomer(user_id=payer, customer_id=CUSTOMER))
            work.insert(NetworkCard(user_id=payer, customer_id=CUSTOMER, payment_method_id=CARD, card_info={}))
            work.commit()

    def _moderate(self) -> None:
        for person, kind, thing, text in (
                (QUIET, "POST", self.public_post, SECRETS["report"].text),
                (CONNECTION, "MESSAGE", self.messages["hidden message"], "t")):
            self.make(person, "adminmoderation-api/v1/reports", {
                "entityType": kind, "entityId": thing, "reason": "HARASSMENT", "text": text})
        self.make(MODERATOR, "adminmoderation-api/v1/acts", {
            "entityType": "MESSAGE", "entityId": self.messages["hidden message"], "kind": "HIDE", "strike": True,
            "reason": SECRETS["strike"].text})

    def _look(self) -> None:
        """Let the quiet one look at profiles, one of them a premium member's."""
        for person in (CONNECTION, ADMIN):
            answer = self.people[QUIET].get(f"/network/profile-api/v1/profiles/{self.profiles[person]}")
            assert answer.status_code == 200, answer.text
        runtime().part(ReadEventBuffer).send()
        run_job("write-profile-views")


@pytest.fixture
def log() -> Iterator[Any]:
    """Everything that is logged while the network is made and read."""
    with leaks.everything_logged() as written:
        yield written


@pytest.fixture
def network(app: Flask, log: Any, callers: Callers, settle: Callable[[], None]) -> SmallNetwork:
    """The small network, at rest."""
    made = SmallNetwork(app, callers)
    settle()
    return made


@pytest.mark.slow
def test_no_answer_and_no_log_line_of_the_network_shows_what_its_reader_must_not_see(
        network: SmallNetwork, log: Any) -> None:
    secrets = network.secrets
    answers = read_everything(network, PERSONS, secrets)
    assert_nothing_leaks(answers | {LOG: leaks.log_lines(log)}, secrets)
    assert_somebody_sees_each(answers, secrets)


@pytest.mark.slow
def test_no_answer_to_a_change_in_the_network_shows_what_its_caller_must_not_see(
        network: SmallNetwork, paying_app: Flask, callers: Callers, settle: Callable[[], None], log: Any) -> None:
    bodies, secrets = leaks.good_bodies(network, network.good_calls(callers)), network.secrets
    for persons in ((OWNER, CONNECTION, SECOND, STRANGER, BLOCKED, ADMIN, FORMER), (MODERATOR,)):
        change_everything(network, persons, bodies)
    assert_nothing_leaks(network.answered() | {LOG: leaks.log_lines(log)}, secrets)
    settle()
    assert_nothing_leaks(leaks.sent_to_people(network, MODERATOR), secrets)


def test_no_event_no_letter_no_command_and_no_act_of_the_network_shows_what_its_reader_must_not_see(
        network: SmallNetwork, paying_app: Flask) -> None:
    sent, secrets = leaks.sent_to_people(network, MODERATOR), network.secrets
    assert {EVENTS, OWNER, CONNECTION, ADMIN} <= sent.keys()
    assert {"email", "push"} <= {kind.split()[0] for kind, _ in sent[OWNER]}
    told = list(printed_by_every_reading_command(network))
    assert len(told) > 20
    acts = list(performed(network, JUDGED, "--yes", each_once=True, staff=MODERATOR))
    assert len([line for line, result in acts if result.exit_code == 0]) > 10
    told += [(line, result.output) for line, result in acts]
    assert_nothing_leaks(sent | {TERMINAL: told}, secrets)
