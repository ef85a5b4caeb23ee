"""Notes are words that strangers write (M-30, decisions/090); who is gone for good leaves nobody tied (NET-8)."""
from sqlalchemy import select

from app.clock import moved_clock
from app.data.reads import fetch
from blueprints.network.networking.checks import check_ties
from blueprints.network.networking.models import Connection, ConnectionRequest, InvitationBar, Person
from blueprints.platform.auth.commands import archive_profile, purge_archived
from blueprints.platform.moderation.models import Case
from blueprints.platform.moderation.words import add_word
from tests.network.networking.circle import REQUESTS, ROOT, refused

MODERATION = "/network/adminmoderation-api/v1"
HELLO, MAIL = f"{ROOT}/helloworld", f"{ROOT}/sendmail"


def test_m_30_a_word_of_the_list_in_a_note_opens_a_case(circle, callers, settle):
    add_word(callers.admin(realm="network").actor, phrase="crypto*", reason="FRAUD")
    circle.invited(circle.a, circle.b, message="Hello")
    request = circle.invited(circle.a, circle.c, message="Get rich with CRYPTOcoins")
    settle()
    cases = [tuple(row) for row in fetch(select(Case.kind, Case.entity_type, Case.entity_id, Case.person_id))]
    assert cases == [("WORDS", "INVITATION", request, circle.a.user_id)]


def test_a_removed_invitation_is_there_for_nobody_and_comes_back(circle, callers):
    admin, request = callers.admin(realm="network"), circle.invited(circle.a, circle.b, message="Buy")
    assert refused(circle.c.post(f"{MODERATION}/reports", json={
        "entityType": "INVITATION", "entityId": request, "reason": "SPAM"}))[0] == 404
    assert circle.b.post(f"{MODERATION}/reports", json={
        "entityType": "INVITATION", "entityId": request, "reason": "SPAM"}).status_code == 201
    act = admin.post(f"{MODERATION}/acts", json={"kind": "REMOVE", "entityType": "INVITATION", "entityId": request,
                                                 "reason": "It is spam."})
    assert act.status_code == 201, act.json
    for person in (circle.a, circle.b):
        assert person.get(f"{REQUESTS}/{request}").status_code == 404
        assert person.get(REQUESTS).json["connectionRequests"] == []
    assert circle.answer(circle.b, request).status_code == 404
    assert refused(circle.invite(circle.a, circle.b)) == (400, "ConnectionRequestExists")
    number = act.json["moderationAct"]["number"]
    assert admin.post(f"{MODERATION}/acts/{number}/undo", json={"reason": "It was none."}).status_code == 200
    assert circle.answer(circle.b, request).status_code == 200


def test_who_is_purged_leaves_no_row_and_no_tie(circle, settle):
    circle.connect(circle.a, circle.b)
    circle.invited(circle.a, circle.c)
    circle.b.delete(f"{REQUESTS}/{circle.invited(circle.d, circle.b)}")
    archive_profile(circle.a.actor, circle.a.user_id)
    archive_profile(circle.d.actor, circle.d.user_id)
    with moved_clock(days=31):
        purge_archived("network")
        settle()
    gone = {circle.a.user_id, circle.d.user_id}
    for column in (Connection.user_id1, Connection.user_id2, ConnectionRequest.sender_user_id,
                   ConnectionRequest.receiver_user_id, InvitationBar.sender_id, Person.user_id):
        assert not fetch(select(column).where(column.in_(gone)))
    assert circle.connections(circle.b) == []
    assert check_ties()[0] == "ok"


def test_the_sample_functions_of_the_documents_answer(client, circle):
    for method in ("GET", "POST"):
        hello = client.request(method, HELLO)
        assert (hello.status_code, hello.json["message"]) == (200, "Hello from the networking edge function!")
        assert client.request(method, MAIL).status_code == 401
        refusal = circle.a.request(method, MAIL)
        assert (refusal.status_code, refusal.json["message"]) == (
            500, "Not Implemented: Use notification microservice for emails.")
