"""How many notifications are unread, and marking many as read at once (decision 35)."""
import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, update

from app.data.ids import uuid7
from app.data.reads import fetch
from app.data.unit_of_work import unit_of_work
from app.ops.checks import examine
from blueprints.marketplace.notification_management import commands
from blueprints.marketplace.notification_management.models import Notification
from blueprints.platform.notification.models import UnreadCount
from tests.marketplace.notification_management.conftest import NOTIFICATIONS


def unread(user):
    return user.get(NOTIFICATIONS).json["unread"]


def recount(user):
    return fetch(select(func.count()).where(Notification.user_id == user.user_id, Notification.is_read.is_(False),
                                            Notification.is_active.is_(True)))[0][0]


def finding():
    return next(found.state for found in examine() if found.check == "unread notifications")


def mark(user, **body):
    answer = user.patch(NOTIFICATIONS, json=body)
    assert answer.status_code == 200, answer.json
    return answer.json["notificationsRead"]


@pytest.mark.parametrize("body", [{}, {"all": False}, {"ids": None}, {"ids": ["x"]}, {"ids": "x"},
                                  {"ids": [uuid7()] * 101}, {"all": True, "ids": []}, {"all": "yes"}, [],
                                  {"isRead": True}])
def test_what_to_mark_is_said_in_one_way(as_user, notified, body):
    ben = as_user("ben")
    notified(ben)
    assert ben.patch(NOTIFICATIONS, json=body).status_code == 400
    assert unread(ben) == 1


def test_marking_needs_a_login(client):
    assert client.patch(NOTIFICATIONS, json={"all": True}).status_code == 401


def test_the_list_tells_the_callers_own_unread_whatever_it_shows(as_user, as_admin, notified):
    ben, cleo = as_user("ben"), as_user("cleo")
    for _ in range(3):
        notified(ben)
    notified(ben, isRead=True)
    notified(ben, channel="EMAIL")
    notified(cleo)
    assert [unread(user) for user in (ben, cleo, as_admin)] == [3, 1, 0]
    assert ben.get(f"{NOTIFICATIONS}?isRead=true&pageRowCount=1").json["unread"] == 3
    assert as_admin.get(f"{NOTIFICATIONS}?userId={ben.user_id}").json["unread"] == 0


def test_those_named_are_marked_and_nobody_elses(as_user, notified):
    ben, cleo = as_user("ben"), as_user("cleo")
    mine, other, hers = notified(ben), notified(ben), notified(cleo)
    assert mark(ben, ids=[mine["id"], hers["id"], uuid7()]) == {"marked": 1, "unread": 1}
    assert mark(ben, ids=[mine["id"], hers["id"]]) == {"marked": 0, "unread": 1}
    assert ben.get(f"{NOTIFICATIONS}/{mine['id']}").json["notification"]["isRead"] is True
    assert ben.get(f"{NOTIFICATIONS}/{other['id']}").json["notification"]["isRead"] is False
    assert unread(cleo) == 1


def test_staff_mark_their_own_only(as_user, as_admin, notified):
    ben = as_user("ben")
    notice = notified(ben)
    assert mark(as_admin, ids=[notice["id"]]) == mark(as_admin, all=True) == {"marked": 0, "unread": 0}
    assert unread(ben) == 1


def test_all_are_marked_so_many_at_a_time(as_user, notified, monkeypatch):
    monkeypatch.setattr(commands, "MOST_AT_ONCE", 2)
    ben = as_user("ben")
    for _ in range(3):
        notified(ben)
    assert [mark(ben, all=True) for _ in range(3)] == [
        {"marked": 2, "unread": 1}, {"marked": 1, "unread": 0}, {"marked": 0, "unread": 0}]


def test_each_notification_that_is_marked_leaves_its_event(as_user, notified, sent):
    ben = as_user("ben")
    for _ in range(3):
        notified(ben)
    mark(ben, all=True)
    told = sent("ebaycclone-notificationmanagement-service-dbevent-notification-updated")
    assert [event.payload["notification"]["isRead"] for event in told] == [True] * 3
    assert len(sent("ebaycclone-notificationmanagement-service-notifications-read")) == 1


def test_marking_many_takes_no_more_statements_than_marking_one(as_user, notified, count_statements):
    counts = []
    for many in (1, 30):
        reader = as_user(f"reader{many}")
        for _ in range(many):
            notified(reader)
        with count_statements() as statements:
            assert mark(reader, all=True)["marked"] == many
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_after_anything_at_all_the_counter_is_what_a_recount_finds(as_user, as_admin, notified):
    ben, chance = as_user("ben"), random.Random(4)
    notices = [notified(ben, isRead=chance.random() < 0.3, channel=chance.choice(["IN_APP", "EMAIL"]))
               for _ in range(12)]
    for _ in range(40):
        one = f"{NOTIFICATIONS}/{chance.choice(notices)['id']}"
        match chance.randrange(5):
            case 0:
                ben.delete(one)
            case 1:
                mark(ben, ids=[chance.choice(notices)["id"] for _ in range(3)])
            case _:
                chance.choice([ben, as_admin]).patch(one, json={"isRead": chance.random() < 0.5})
        assert unread(ben) == recount(ben)
    assert finding() == "ok"


def test_what_subscribers_tell_is_counted(room, inbox):
    auction = room.auction()
    room.placed(room.ben, auction, 60)
    room.placed(room.cleo, auction, 70)
    assert inbox(room.ben, "BID_OUTBID")
    for user in (room.ben, room.cleo, room.seller):
        assert unread(user) == recount(user)
    assert finding() == "ok"


def test_the_doctor_finds_a_counter_that_is_wrong(as_user, as_admin, notified):
    ben = as_user("ben")
    notified(ben)
    assert finding() == "ok"
    with unit_of_work(as_admin.actor) as work:
        work.execute(update(UnreadCount).values(unread=5))
        work.commit()
    assert finding() == "fail"


def test_readers_at_the_same_time_count_each_notification_once(app, as_user, notified):
    ben = as_user("ben")
    notices = [notified(ben)["id"] for _ in range(20)]

    def act(number):
        with app.app_context():
            if number % 4 == 0:
                return commands.set_read(ben.actor)
            if number % 4 == 1:
                return commands.set_read(ben.actor, notices[::-1][number:number + 9])
            commands.update_notification(ben.actor, notices[number], is_read=number % 4 == 2)
            return 0

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(act, range(16)))
    assert unread(ben) == recount(ben)
