"""The number of statements does not grow with messages, and a conversation is read from its index alone."""
import re
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from app.data.entity import db
from tests.marketplace.messaging.talk import CONVERSATIONS, MESSAGES, listed, thread, written


@contextmanager
def plans():
    """Collect how SQLite finds messages and conversations in the block."""
    found = []

    def explain(_connection, cursor, statement, parameters, *_rest):
        if statement.startswith("SELECT") and "FROM messaging_" in statement:
            found.append([row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)])

    event.listen(db.engine, "before_cursor_execute", explain)
    try:
        yield found
    finally:
        event.remove(db.engine, "before_cursor_execute", explain)


# The page of all messages of a person, as each database reads it: both sides in their order up to the end of the page.
MERGED = {
    "sqlite": ["MERGE (UNION ALL)",
               "LEFT", "CO-ROUTINE anon", "SEARCH messaging_message USING INDEX ix_messaging_message_from", "SCAN anon",
               "USE TEMP B-TREE FOR ORDER BY",
               "RIGHT", "CO-ROUTINE anon", "SEARCH messaging_message USING INDEX ix_messaging_message_to", "SCAN anon",
               "USE TEMP B-TREE FOR ORDER BY"],
    "postgresql": ["Limit", "Merge Append",
                   "Limit", "Index Scan Backward using ix_messaging_message_from on messaging_message",
                   "Limit", "Index Scan Backward using ix_messaging_message_to on messaging_message"],
}


@contextmanager
def plans_of_pages():
    """Collect how either database finds the messages of a page; PostgreSQL as if the table were large."""
    found, name = [], db.engine.dialect.name

    def explain(connection, _cursor, statement, parameters, *_rest):
        if not statement.startswith("SELECT anon") or "FROM messaging_message" not in statement:
            return
        cursor = connection.connection.dbapi_connection.cursor()
        if name == "sqlite":
            steps = [row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
        else:
            cursor.execute("SET enable_seqscan = off")
            cursor.execute(f"EXPLAIN {statement}", parameters)
            steps = [row[0].partition("  (cost")[0].lstrip(" ->") for row in cursor.fetchall() if "  (cost" in row[0]]
            cursor.execute("RESET enable_seqscan")
        found.append([re.sub(r"(?<=anon)_\d+| messaging_message_\d+| \(\w+=.*", "", step) for step in steps])

    event.listen(db.engine, "before_cursor_execute", explain)
    try:
        yield found
    finally:
        event.remove(db.engine, "before_cursor_execute", explain)


def test_a_message_needs_as_many_statements_in_a_long_conversation_as_in_a_short_one(people, count_statements):
    counts = []
    written(people.ben, people.sara)
    for _ in range(4):
        with count_statements() as told:
            written(people.ben, people.sara)
        counts.append(len(told))
    assert len(set(counts)) == 1


def test_lists_need_as_many_statements_for_many_rows_as_for_few(people, callers, count_statements):
    def counted(read):
        with count_statements() as told:
            read()
        return [one for one in told if one.startswith("SELECT")]

    def reads_after_a_message(number):
        written(callers.user(f"other{number}"), people.sara)  # what is remembered of people is read anew
        return [len(counted(read)) for read in (
            lambda: thread(people.sara, people.ben, "&caching=false"), lambda: listed(people.sara, "?caching=false"),
            lambda: people.sara.get(f"{CONVERSATIONS}?caching=false"))]

    written(people.ben, people.sara)
    reads_after_a_message(0)  # the session is known from now on
    few = reads_after_a_message(1)
    for number in range(2, 8):
        written(people.ben, people.sara)
        written(callers.user(f"other{number}"), people.sara)
    assert reads_after_a_message(8) == few


def test_a_page_of_a_long_conversation_asks_its_counter_for_the_total(people, count_statements):
    for _ in range(4):
        written(people.ben, people.sara)
    with count_statements() as told:
        page = people.sara.get(f"{MESSAGES}?withUserId={people.ben.user_id}&pageRowCount=2&getJoins=false").json
    assert page["paging"]["totalRowCount"] == 4
    reads = [one for one in told if one.startswith("SELECT")]
    assert not [one for one in reads if "count(" in one]
    assert len([one for one in reads if "FROM messaging_message" in one]) == 1
    assert len([one for one in reads if "FROM messaging_conversation" in one]) == 1


@pytest.mark.once("SQLite tells its plan in words")
def test_a_conversation_is_read_from_its_index_in_its_order(people):
    for _ in range(3):
        written(people.ben, people.sara)
    path = f"{MESSAGES}?withUserId={people.ben.user_id}&pageRowCount=1&getJoins=false"
    with plans() as first:
        page = people.sara.get(path).json
    with plans() as second:
        people.sara.get(f"{path}&after={page['paging']['next']}")
    for plan, total in (first, second):
        assert len(plan) == 1, "no sorting"
        assert "USING INDEX ix_messaging_message_thread" in plan[0]
        assert total == ["SEARCH messaging_conversation USING INDEX sqlite_autoindex_messaging_conversation_1 "
                         "(user_id=? AND counterpart_id=?)"]


@pytest.mark.once("SQLite tells its plan in words")
def test_nothing_that_people_do_with_messages_walks_their_tables(people):
    sent = [written(people.ben, people.sara) for _ in range(3)]
    with plans() as found:
        written(people.sara, people.ben)
        listed(people.sara, "?pageRowCount=2")
        listed(people.sara, "?isRead=false&pageRowCount=1")
        listed(people.sara, f"?fromUserId={people.ben.user_id}&pageRowCount=1")
        people.sara.get(f"{CONVERSATIONS}?pageRowCount=1")
        people.sara.patch(f"{MESSAGES}/{sent[0]}", json={"isRead": True})
        people.sara.delete(f"{MESSAGES}/{sent[2]}")
    assert not [step for plan in found for step in plan if step.startswith("SCAN messaging_")]


@pytest.mark.both("each database plans for itself")
@pytest.mark.parametrize("filters", ["", "&isRead=false"])
def test_all_messages_of_a_person_are_merged_from_two_indexes_and_never_sorted(people, filters):
    for _ in range(3):
        written(people.ben, people.sara)
        written(people.sara, people.eve)
    path = f"{MESSAGES}?pageRowCount=2&getJoins=false{filters}"
    with plans_of_pages() as found:
        page = people.sara.get(path).json
        people.sara.get(f"{path}&pageNumber=2")
        people.sara.get(f"{path}&after={page['paging']['next']}")
    assert found == [MERGED[db.engine.dialect.name]] * 3
