"""NET-30: the eleven scenarios of rules-platform §6.3 for the network, each told once, in the app and by letter."""
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.actor import system_actor
from app.clock import now
from app.data.reads import Page, fetch
from app.data.unit_of_work import unit_of_work
from app.events.deliveries import drain_deliveries
from app.events.event_delivery import EventDelivery
from app.notify.letters import greeted, write_letter
from app.notify.mailbox import read_outbox
from app.ops.checks import examine
from blueprints.network.notices import subscribers_companies
from blueprints.network.notices.topics import FOLLOWERS_LEFT
from blueprints.network.notices.words import KINDS
from blueprints.platform.auth.commands import lock_user
from blueprints.platform.notification.queries import list_notices
from tests.network.company.pages import COMPANY, ok

BLOCKS = "/network/people-api/v1/blocks"


def kinds(items):
    return [item["type"] for item in items]


def letters(person):
    return [(letter["template"], letter["subject"]) for letter in reversed(read_outbox(person.email))]


def block(blocker, other):
    assert blocker.post(BLOCKS, json={"userId": other.user_id}).status_code == 201


def test_net_30_who_is_asked_for_a_connection_is_told_without_the_note(circle, inbox):
    request = circle.invited(circle.a, circle.b, message="private words")
    notice, = inbox(circle.b)
    assert (notice["type"], notice["title"]) == ("CONNECTION_REQUEST_RECEIVED", "Somebody wants to connect with you")
    assert notice["metadata"] == {"connectionRequestId": request, "actorUserId": circle.a.user_id}
    assert notice["actor"] == {"id": circle.a.user_id, "fullname": "Ann", "avatar": None, "headline": None}
    assert letters(circle.b) == [("CONNECTION_REQUEST_RECEIVED", "Ann wants to connect with you")]
    assert inbox(circle.a) == []
    assert "private words" not in f"{read_outbox()} {notice}"


def test_net_30_who_asked_is_told_of_the_acceptance_and_of_no_rejection(circle, inbox):
    circle.answer(circle.b, circle.invited(circle.a, circle.b))
    circle.answer(circle.c, circle.invited(circle.a, circle.c), "rejected")
    notice, = inbox(circle.a)
    assert (notice["type"], notice["metadata"]["actorUserId"]) == ("CONNECTION_REQUEST_ACCEPTED", circle.b.user_id)
    assert letters(circle.a) == [("CONNECTION_REQUEST_ACCEPTED", "Bob accepted your invitation")]
    assert kinds(inbox(circle.b)) == ["CONNECTION_REQUEST_RECEIVED"]


def test_net_30_the_other_participants_are_told_of_a_message_without_a_word_of_it(chat, inbox):
    group = chat.group()
    message = chat.written(chat.a, group, "private words")
    for reader in (chat.b, chat.c):
        notice, = inbox(reader)
        assert notice["metadata"] == {"messageId": message["id"], "conversationId": group["id"],
                                      "actorUserId": chat.a.user_id}
        assert letters(reader) == [("MESSAGE_RECEIVED", "You have a new message")]
    assert inbox(chat.a) == []
    assert "private words" not in f"{read_outbox()} {inbox(chat.b)}"


def like(wall, doer, post):
    wall.liked(doer, post)


def comment(wall, doer, post):
    ok(wall.comment(doer, post, content="private words"), 201)


@pytest.mark.parametrize(("does", "kind"), [(like, "POST_LIKED"), (comment, "POST_COMMENTED")])
def test_net_30_an_author_is_told_of_likes_and_comments_of_others(wall, inbox, does, kind):
    """NET-30; NET-19: one's own likes are not notified."""
    post = wall.posted()
    for doer in (wall.b, wall.a):
        does(wall, doer, post)
    notice, = inbox(wall.a)
    assert (notice["type"], notice["metadata"]["actorUserId"]) == (kind, wall.b.user_id)
    (template, subject), = letters(wall.a)
    assert (template, subject[:4]) == (kind, "Bob ")
    assert inbox(wall.b) == []
    assert "private words" not in f"{read_outbox()} {notice}"


def test_net_30_a_like_that_is_taken_back_and_given_again_is_told_once(wall, inbox):
    post = wall.posted()
    for _ in range(2):
        ok(wall.unlike(wall.b, wall.liked(wall.b, post)))
    wall.liked(wall.b, post)
    assert len(inbox(wall.a)) == len(letters(wall.a)) == 1


def test_net_30_of_a_post_that_is_gone_nobody_is_told(wall, inbox):
    post = wall.posted()
    wall.liked(wall.b, post)
    ok(wall.delete(wall.a, post))
    assert inbox(wall.a) == []


def test_net_17_an_edit_tells_only_whom_it_names_anew(wall, inbox):
    a, b, c = wall.a, wall.b, wall.c
    post = wall.posted(mentions=[b.user_id, a.user_id])
    assert (kinds(inbox(b)), inbox(a), inbox(c)) == (["POST_MENTIONED"], [], [])
    ok(wall.change(a, post, mentions=[c.user_id, b.user_id]))
    ok(wall.change(a, post, content="private words"))
    assert (kinds(inbox(b)), kinds(inbox(c))) == (["POST_MENTIONED"], ["POST_MENTIONED"])
    assert letters(c) == [("POST_MENTIONED", "Ann mentioned you")]
    assert "private words" not in str(read_outbox())


def test_net_17_a_post_without_mentions_tells_nobody(wall, inbox):
    wall.posted()
    assert inbox(wall.b) == []


def test_net_30_applicant_and_poster_are_told_of_an_application(offers, inbox):
    posting = offers.own(offers.a)
    application = offers.applied(offers.d, posting, coverLetter="private words", resumeUrl="https://f.example/1")
    receipt, = inbox(offers.d)
    news, = inbox(offers.a, "JOB_APPLICATION_RECEIVED")
    about = {"jobApplicationId": application["id"], "jobPostingId": posting["id"], "jobTitle": "Baker",
             "companyName": "Home"}
    assert (receipt["type"], receipt["metadata"]) == ("JOB_APPLICATION_SUBMITTED", about)
    assert news["metadata"] == about | {"actorUserId": offers.d.user_id}
    assert letters(offers.d) == [("JOB_APPLICATION_SUBMITTED", "Your application for “Baker” at Home was submitted")]
    assert ("JOB_APPLICATION_RECEIVED", "New application for “Baker” at Home") in letters(offers.a)
    for secret in ("private words", "f.example"):
        assert secret not in f"{read_outbox()} {news} {receipt}"


def test_net_12_an_application_to_a_company_is_told_to_its_present_admins(offers, inbox):
    posting = offers.offered()
    ok(offers.remove(offers.b, offers.right_of(offers.a, offers.acme)))
    offers.applied(offers.d, posting)
    assert kinds(inbox(offers.b, "JOB_APPLICATION_RECEIVED")) == ["JOB_APPLICATION_RECEIVED"]
    assert inbox(offers.a, "JOB_APPLICATION_RECEIVED") == []
    assert ("JOB_APPLICATION_RECEIVED", "New application for “Baker” at Acme") in letters(offers.b)


def test_net_30_an_applicant_is_told_of_each_decision_but_not_of_own_edits(offers, inbox):
    application = offers.applied(offers.d, offers.own(offers.a))
    ok(offers.move(offers.d, application, coverLetter="other"))
    ok(offers.move(offers.a, application, status="in_review"))
    notice, = inbox(offers.d, "JOB_APPLICATION_STATUS_UPDATED")
    assert notice["metadata"]["status"] == "in_review"
    assert notice["body"] == "Your application for “Baker” at Home is now in review."
    assert notice["actor"] is None
    assert ("JOB_APPLICATION_STATUS_UPDATED", "News of your application for “Baker” at Home") in letters(offers.d)


@pytest.mark.parametrize(("visibility", "state"), [("public", "approved"), ("private", "requested")])
def test_net_30_admins_are_told_of_followers_and_of_who_asks_to_follow(pages, inbox, visibility, state):
    page = pages.found(pageVisibility=visibility)
    pages.followed(pages.d, page)
    notice, = inbox(pages.a)
    assert (notice["type"], notice["metadata"]["followState"]) == ("COMPANY_FOLLOWED", state)
    assert (notice["metadata"]["companyName"], notice["actor"]["fullname"]) == (page["name"], "Dan")
    subject = "Somebody asks to follow" if state == "requested" else "A new follower of"
    assert letters(pages.a) == [("COMPANY_FOLLOWED", f"{subject} {page['name']}")]
    assert inbox(pages.d) == []


def test_who_follows_again_and_again_is_told_of_once_for_each_company(pages, inbox):
    page, other = pages.found(), pages.found()
    for _ in range(3):
        pages.unfollow(pages.d, pages.followed(pages.d, page))
    for person, followed in ((pages.d, page), (pages.c, page), (pages.d, other)):
        pages.followed(person, followed)
    assert len(inbox(pages.a)) == len(letters(pages.a)) == 3


def test_net_10_who_followed_an_open_page_and_asks_to_follow_the_private_one_is_told_again(pages, inbox):
    page = pages.found()
    ok(pages.unfollow(pages.d, pages.followed(pages.d, page)))
    ok(pages.change(pages.a, page, pageVisibility="private"))
    pages.followed(pages.d, page)
    assert [notice["metadata"]["followState"] for notice in inbox(pages.a)] == ["approved", "requested"]


def test_net_9_who_is_made_an_admin_is_told_and_the_founder_is_not(pages, inbox):
    page = pages.found()
    pages.assign(pages.a, page, pages.b)
    assert (kinds(inbox(pages.b)), inbox(pages.a)) == (["COMPANY_ADMIN_ASSIGNED"], [])
    assert letters(pages.b) == [("COMPANY_ADMIN_ASSIGNED", f"You administer {page['name']} now")]


def test_net_30_followers_are_told_of_an_update_some_at_a_time_and_each_once(
        pages, callers, inbox, sent, monkeypatch):
    monkeypatch.setattr(subscribers_companies, "AT_ONCE", 2)
    page = pages.found()
    followers = [callers.user(f"fan{number}", realm="network") for number in range(5)]
    for follower in (*followers, pages.a):
        pages.followed(follower, page)
    update = pages.published(page, content="private words")
    for follower in followers:
        notice, = inbox(follower)
        assert (notice["type"], notice["title"]) == ("COMPANY_UPDATE_PUBLISHED", f"News from {page['name']}")
        assert notice["metadata"] == {"companyId": page["id"], "companyName": page["name"],
                                      "companyUpdateId": update["id"]}
        assert letters(follower) == [("COMPANY_UPDATE_PUBLISHED", f"News from {page['name']}")]
    assert inbox(pages.a, "COMPANY_UPDATE_PUBLISHED") == []
    assert len(sent(FOLLOWERS_LEFT)) == 3
    assert "private words" not in str(read_outbox())


def test_net_30_of_a_company_that_is_gone_nobody_is_told_any_more(pages, inbox):
    page = pages.found()
    pages.followed(pages.b, page)
    pages.published(page)
    ok(pages.a.delete(f"{COMPANY}/companies/{page['id']}"))
    assert inbox(pages.b, "COMPANY_UPDATE_PUBLISHED") == []


def test_of_the_news_of_a_held_page_nobody_is_told(pages, callers, inbox):
    page, staff = pages.found(), callers.admin(realm="network")
    pages.followed(pages.b, page)
    held = staff.post("/network/adminmoderation-api/v1/acts", json={
        "entityType": "COMPANY", "entityId": page["id"], "kind": "HIDE", "reason": "r"})
    assert held.status_code == 201
    pages.published(page)
    assert inbox(pages.b, "COMPANY_UPDATE_PUBLISHED") == []


def test_net_7_of_two_who_block_each_other_neither_is_told_of_the_other(wall, chat, inbox):
    a, b, c = wall.a, wall.b, wall.c
    group, post = chat.group(a, b, c), wall.posted()
    block(a, b)
    for doer, other in ((a, b), (b, a)):
        chat.written(doer, group)
        wall.posted(doer, mentions=[other.user_id])
    assert wall.like(b, post).status_code == 404
    assert inbox(a) == inbox(b) == []
    assert letters(a) == letters(b) == []
    assert kinds(inbox(c)) == ["MESSAGE_RECEIVED"] * 2


def test_net_7_a_block_keeps_nobody_from_a_company_s_voice_nor_an_application_from_its_end(offers, inbox):
    offers.followed(offers.d, offers.acme)
    application = offers.applied(offers.d, offers.own(offers.a))
    inbox(offers.a)
    block(offers.d, offers.a)
    offers.published(offers.acme)
    ok(offers.move(offers.a, application, status="rejected"))
    assert kinds(inbox(offers.d)) == ["JOB_APPLICATION_SUBMITTED", "COMPANY_UPDATE_PUBLISHED",
                                      "JOB_APPLICATION_STATUS_UPDATED"]


def test_net_8_inactive_people_are_not_told_and_nobody_hears_what_they_did(circle, inbox):
    circle.invited(circle.a, circle.b)
    circle.invited(circle.c, circle.d)
    for person in (circle.b, circle.c):
        lock_user(system_actor("network"), person.user_id, now() + timedelta(days=1))
    assert inbox(circle.d) == []
    assert letters(circle.b) == letters(circle.d) == []
    assert list_notices(circle.b.actor, Page(), newest_first=True).rows == []


def test_decision_44_an_address_nobody_has_proved_gets_no_letter(callers, circle, inbox):
    eve = callers.user("eve", realm="network", email_verified=False)
    circle.invited(circle.a, eve)
    assert kinds(inbox(eve)) == ["CONNECTION_REQUEST_RECEIVED"]
    assert letters(eve) == []


def test_42_every_letter_is_in_the_outbox_and_names_its_event_once(circle, inbox):
    circle.answer(circle.b, circle.invited(circle.a, circle.b))
    before = inbox(circle.a), inbox(circle.b), len(read_outbox())
    with unit_of_work(system_actor("network")) as work:
        work.execute(EventDelivery.__table__.update().values(status="pending"))
        work.commit()
    drain_deliveries()
    assert {row.status for row in fetch(select(EventDelivery.status))} == {"done"}
    assert (inbox(circle.a), inbox(circle.b), len(read_outbox())) == before
    assert next(found.state for found in examine() if found.check == "unread notifications") == "ok"


def test_45_nobody_sees_another_s_notices(circle, inbox):
    circle.invited(circle.a, circle.b)
    assert len(inbox(circle.b)) == 1
    assert inbox(circle.c) == []


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_46_what_people_call_things_stays_in_its_line(kind):
    hostile = "Acme\r\nBcc: all@evil.example\n\nhttps://evil.example {{ 7 * 7 }} <b>"
    plain, odd = (write_letter(greeted(KINDS[kind].words), dict.fromkeys(
        ("fullname", "name", "jobTitle", "companyName", "status", "followState"), said)) for said in ("x", hostile))
    assert "\n" not in odd.subject
    assert odd.text.count("\n") == plain.text.count("\n")
    assert not any(sign in part for part in (odd.subject, odd.text, odd.html) for sign in ("https://", "all@", "<b>x"))
    assert "<b>" not in odd.html


def test_a_fan_out_takes_no_more_statements_for_many_followers_than_for_one(pages, callers, settle, count_statements):
    counts = []
    for many in (1, 20):
        page = pages.found()
        for number in range(many):
            pages.followed(callers.user(f"fan{many}x{number}", realm="network"), page)
        settle()
        pages.published(page)
        with count_statements() as told:
            settle()
        counts.append(len([one for one in told if "notice" in one or "mail_message" in one]))
    assert counts[0] == counts[1]
