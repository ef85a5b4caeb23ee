"""Acts of all kinds in the network in random order, undone in reverse, leave every table as it was (M-27)."""
import random

import pytest
from sqlalchemy import select

from app.data.reads import fetch
from blueprints.platform.moderation import audit
from blueprints.platform.moderation.act_models import Act
from blueprints.platform.moderation.acts import ActOrder
from blueprints.platform.moderation.effects import EFFECTS
from blueprints.platform.moderation.rules import ACTS_ON_PEOPLE
from tests.network.company.pages import ok
from tests.network.content.wall import CONTENT, Wall
from tests.network.job_application.offers import Offers
from tests.network.messaging.chat import Chat
from tests.network.profile.cards import write
from tests.passes import LONG
from tests.platform.moderation.chains import entries
from tests.platform.moderation.undoing import perform, tables, undo_in_reverse

ACTS = 200 if LONG else 30
KINDS = sorted(EFFECTS.keys() - {"OVERRIDE_FEEDBACK"})
SHOWN, FED, GONE = (200, 200, True, False), (200, 200, True, True), (404, 404, False, False)


class Neighbours:
    """Pages, posts, comments, jobs, messages, profiles and invitations of Ann, Bob and Cleo: what the acts are done to.

    Dan, who is connected with Ann, and Fay, who knows nobody, look on."""

    def __init__(self, callers, chance):
        self.wall, self.chance = Wall(callers), chance
        wall, offers, chat = self.wall, Offers(callers), Chat(callers)
        self.people, self.dan, self.fay = [wall.a, wall.b, wall.c], wall.d, callers.user("fay", realm="network")
        wall.circle.connect(wall.a, wall.d)
        self.post = wall.posted()
        self.comment = wall.commented(wall.b, self.post)
        posts = [self.post, wall.posted(wall.b), wall.posted(companyId=offers.acme["id"])]
        pair, group = chat.pair(), chat.group()
        rows = {
            "COMPANY": [offers.acme, offers.found(wall.c)], "POST": posts,
            "COMMENT": [self.comment, *(wall.commented(wall.c, post) for post in posts)],
            "JOB": [offers.offered(), offers.own(wall.c)],
            "MESSAGE": [chat.written(wall.a, pair), chat.written(wall.b, pair), chat.written(wall.c, group)],
            "PROFILE": [write(wall.a), write(wall.b)]}
        self.things = {entity_type: [row["id"] for row in some] for entity_type, some in rows.items()} | {
            "INVITATION": [wall.circle.invited(wall.b, wall.c, message="hi"), wall.circle.invited(wall.c, wall.a)]}

    def draw(self):
        """An act of any kind, on anything that it can be done to."""
        kind = self.chance.choice(KINDS)
        if kind in ACTS_ON_PEOPLE:
            days = self.chance.randint(1, 30) if kind == "SUSPEND" else None
            return ActOrder(kind, "USER", self.chance.choice(self.people).user_id, days=days)
        entity_type = self.chance.choice(sorted(self.things))
        days = self.chance.choice([None, 7]) if kind in ("HIDE", "REMOVE") else None
        return ActOrder(kind, entity_type, self.chance.choice(self.things[entity_type]), days=days)

    def seen_by(self, reader):
        """How a reader gets the post and its comment, whether he lists the comment, and has the post in his feed."""
        listed = self.wall.lists(reader, "comments", postId=self.post["id"])
        fed = [row["id"] for row in ok(reader.get(f"{CONTENT}/feed"))["posts"]]
        return (self.wall.read(reader, self.post).status_code, self.wall.read_comment(reader, self.comment).status_code,
                self.comment["id"] in listed, self.post["id"] in fed)

    def seen(self):
        """The same of a connection of the author's, and of a stranger."""
        return self.seen_by(self.dan), self.seen_by(self.fay)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(27, 32) if LONG else [27])
def test_m_27_acts_of_all_kinds_in_the_network_undone_in_reverse_leave_every_table_as_it_was(callers, settle, seed):
    neighbours, staff = Neighbours(callers, random.Random(seed)), callers.admin("sue", realm="network").actor
    settle()
    assert neighbours.seen() == (FED, SHOWN)
    before = tables()
    numbers = perform(staff, lambda: ActOrder("REMOVE", "POST", neighbours.post["id"]), 1)
    settle()
    assert neighbours.seen() == (GONE, GONE)
    numbers += perform(staff, neighbours.draw, ACTS - 1)
    done = fetch(select(Act.kind, Act.entity_type))
    assert {row.kind for row in done} == set(KINDS)
    assert {row.entity_type for row in done} == {*neighbours.things, "USER"}
    settle()
    undo_in_reverse(staff, numbers)
    settle()
    after = tables()
    assert (sorted(before - after), sorted(after - before)) == ([], [])
    assert neighbours.seen() == (FED, SHOWN)
    assert audit.verify("network").is_intact
    assert sum(entry["what"] == "act.undone" for entry in entries("network")) == ACTS
