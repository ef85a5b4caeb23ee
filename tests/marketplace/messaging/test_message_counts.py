"""What conversations keep equals a recount whatever happens to the messages, and doctor proves it (decision 35)."""
import random

import pytest
from sqlalchemy import update

from app.actor import system_actor
from app.clock import moved_clock
from app.data.person_rows import PersonTables, forget_person
from app.data.reads import fetch
from app.data.unit_of_work import unit_of_work
from app.runtime import runtime
from blueprints.marketplace.messaging.checks import check_conversations
from blueprints.marketplace.messaging.models import Conversation, Message
from tests.marketplace.messaging.recount import kept, recount
from tests.marketplace.messaging.talk import MESSAGES, conversations, listed, thread, written

SYSTEM = system_actor("marketplace")


@pytest.mark.parametrize("seed", range(3))
def test_counts_equal_a_recount_after_any_acts(people, seed):
    dice, sent, everybody = random.Random(seed), [], [people.ben, people.sara, people.eve, people.admin]
    for second in range(40):
        caller = dice.choice(everybody)
        with moved_clock(seconds=dice.randrange(second + 1)):  # also against the order of time
            if not sent or dice.random() < 0.5:
                sent.append(written(caller, dice.choice([one for one in everybody if one is not caller])))
            elif dice.random() < 0.5:
                caller.patch(f"{MESSAGES}/{dice.choice(sent)}", json={"isRead": dice.random() < 0.7})
            else:
                caller.delete(f"{MESSAGES}/{dice.choice(sent)}")
    assert kept() == recount()
    assert check_conversations()[0] == "ok"


@pytest.mark.parametrize("wrong", [{"unread": 7}, {"messages": 0}, {"last_message_id": None}])
def test_doctor_names_a_conversation_that_is_miscounted(people, wrong):
    written(people.ben, people.sara)
    with unit_of_work(SYSTEM) as work:
        work.execute(update(Conversation).where(Conversation.user_id == people.sara.user_id).values(**wrong))
        work.commit()
    state, says = check_conversations()
    assert (state, people.sara.user_id in says) == ("fail", True)


def test_who_is_gone_for_good_leaves_the_others_their_messages(people):
    written(people.ben, people.sara, "kept")
    both = written(people.ben, people.sara, "deleted by sara")
    people.sara.delete(f"{MESSAGES}/{both}")
    written(people.sara, people.ben, "answer")
    forget_person(SYSTEM, runtime().part(PersonTables), people.ben.user_id, None)
    assert sorted(thread(people.sara, people.ben)) == ["answer", "kept"]
    assert sorted(row.content for row in fetch(Message.__table__.select())) == ["answer", "kept"]
    assert kept() == recount()
    assert check_conversations()[0] == "ok"
    for row in listed(people.sara):
        assert people.sara.delete(f"{MESSAGES}/{row['id']}").status_code == 200
    assert conversations(people.sara) == []
