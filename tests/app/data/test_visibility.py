"""Who sees what is one expression: SQL and Python say the same of any rows and callers; a wrong one never starts."""
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, exists, insert, select

from app.actor import Actor, anonymous, system_actor
from app.clock import now
from app.data.connections import reading, writing_engine
from app.data.held import Viewer, viewer, viewer_of_role
from app.data.holdings import holdings
from app.data.reads import Page, fetch, list_rows
from app.data.visibility import (
    EVERYONE,
    NOBODY,
    ReadObject,
    ReadObjects,
    Visibility,
    all_of,
    any_of,
    each_shown,
    each_visible,
    expression_in_sql,
    facts_by_id,
    holds,
    ids_known,
    ids_of_caller,
    is_,
    mask,
    mask_all_but,
    masked_fields,
    me,
    member,
    no_one,
    not_,
    read_objects,
    rule_in_index,
    rule_in_sql,
    sets,
    signed_in,
    staff,
    super_admin,
    those_shown,
    those_visible,
    through,
    visible_in_sql,
)
from app.runtime import runtime
from app.search import Document, IndexSchema, SearchQuery, WhooshIndex, keyword, port
from blueprints.network.content.models import Comment, Like, Post

REALM, MOMENT = "network", now()
IDS = [f"00000000-0000-7000-8000-00000000000{number}" for number in range(6)]
ANN, BEN, *_ = IDS
CALLERS = [anonymous(REALM), *(Actor(REALM, one, role=role) for one in IDS[:3] for role in ("user", "admin")),
           Actor(REALM, ANN, role="superAdmin"), system_actor(REALM), Actor("marketplace", ANN, role="user")]

LIKED = ids_of_caller("posts that the caller likes", lambda actor: select(Like.post_id).where(
    Like.user_id == actor.user_id, Like.is_active.is_(True)))
LIKED_BY_LOOKUP = ids_of_caller(
    "the same, asked of each row", lambda actor: select(Like.post_id).where(Like.user_id == actor.user_id),
    condition=lambda actor, column: exists(select(Like.id).where(
        Like.post_id == column, Like.user_id == actor.user_id)))
SETS = [LIKED, LIKED_BY_LOOKUP, ids_known("nobody", lambda actor: ()), ids_known("two", lambda actor: IDS[:2])]

post_atoms = st.one_of(
    st.sampled_from([EVERYONE, NOBODY, signed_in, me("authorUserId"), me("companyId"),
                     is_("visibility", "public"), is_("visibility", "public", "private"), is_("audience", "owner"),
                     is_("companyId", None), is_("companyId", ANN, None), is_("companyId", ANN),
                     is_("visibility", None), is_("commentsClosed", True)]),
    st.builds(member, st.sampled_from(["id", "authorUserId", "companyId"]), st.sampled_from(SETS)))
comment_atoms = st.one_of(
    st.sampled_from([EVERYONE, NOBODY, signed_in, me("authorUserId"), me("parentCommentId"), me("_owner"),
                     is_("parentCommentId", None), is_("parentCommentId", ANN, BEN), through("postId", "post"),
                     through("parentCommentId", "POST")]),
    st.builds(member, st.sampled_from(["postId", "authorUserId", "parentCommentId"]), st.sampled_from(SETS)))


def rules(atoms: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(atoms, lambda parts: st.one_of(
        parts.map(not_), st.lists(parts, max_size=3).map(lambda some: any_of(*some)),
        st.lists(parts, max_size=3).map(lambda some: all_of(*some))), max_leaves=6)


def visibilities(model: Any, atoms: st.SearchStrategy[Any]) -> st.SearchStrategy[Visibility]:
    return st.builds(
        Visibility, st.just(model), rules(atoms), there=st.one_of(st.just(EVERYONE), rules(atoms)),
        sees_all=st.sampled_from([staff, super_admin, no_one]),
        sees_held=st.sampled_from([viewer, viewer_of_role, lambda actor: Viewer(actor.user_id)]))


people, maybe = st.sampled_from(IDS), st.one_of(st.none(), st.sampled_from(IDS))
heldness = st.sampled_from([None, None, "HIDDEN", "REMOVED"])
posts = st.fixed_dictionaries({
    "author_user_id": people, "company_id": maybe, "visibility": st.sampled_from(["public", "private"]),
    "audience": st.sampled_from(["owner", "connections"]), "mentions": st.lists(people, max_size=3),
    "comments_closed": st.booleans(), "is_active": st.sampled_from([True, True, False]), "held": heldness})
comments = st.fixed_dictionaries({
    "author_user_id": people, "post_id": people, "parent_comment_id": maybe,
    "is_active": st.sampled_from([True, True, False]), "held": heldness})
likes = st.sets(st.tuples(people, people), max_size=6)
some_callers = st.lists(st.sampled_from(CALLERS), min_size=2, max_size=3, unique=True)


@pytest.fixture
def declared(app: Flask) -> Iterator[ReadObjects]:
    """A table of declared objects of the test's own, in place of the services'."""
    former = read_objects()
    made = ReadObjects()
    runtime().keep(made)
    yield made
    runtime().keep(former)


def declare(table: ReadObjects, *objects: ReadObject) -> None:
    table.__init__((REALM, one) for one in objects)  # type: ignore[misc]


def store(model: Any, rows: list[dict[str, Any]]) -> None:
    common = {"record_version": 1, "created_at": MOMENT, "updated_at": MOMENT}
    with writing_engine().begin() as connection:
        connection.execute(delete(model))
        if rows:
            connection.execute(insert(model), [common | {"id": id} | row for id, row in zip(IDS, rows, strict=False)])


def store_world(written: list[dict[str, Any]], said: list[dict[str, Any]], liked: set[tuple[str, str]]) -> None:
    for model, rows in ((Post, written), (Comment, said)):
        store(model, [{"content": "x", "owner": row["author_user_id"], **row} for row in rows])
    store(Like, [{"liked_at": MOMENT, "is_active": True, "post_id": post, "user_id": user}
                 for post, user in sorted(liked)])


def in_sql(visibility: Visibility, actor: Actor) -> set[str]:
    model: Any = visibility.model
    return {row.id for row in fetch(select(model.id).where(visible_in_sql(visibility, actor)))}


def in_python(visibility: Visibility, actor: Actor) -> set[str]:
    facts = facts_by_id(visibility, IDS)
    return {id for id, seen in zip(facts, those_visible(visibility, list(facts.values()), actor), strict=True) if seen}


def seen_together(visibility: Visibility, actors: list[Actor]) -> dict[Actor, set[str]]:
    """Return what each sees where all are asked about at once, as those who follow a stream."""
    asked = [(actor, row) for actor in actors for row in facts_by_id(visibility, IDS).values()]
    seen: dict[Actor, set[str]] = {actor: set() for actor in actors}
    for (actor, row), is_visible in zip(asked, each_visible(visibility, asked), strict=True):
        if is_visible:
            seen[actor].add(str(row["id"]))
    return seen


def seen_in_list(visibility: Visibility, actor: Actor) -> set[str]:
    listing = list_rows(visibility.model, Page(1, 100), rule_in_sql(visibility, actor),
                        viewer=visibility.sees_held(actor))
    assert listing.total == len(listing.rows)
    return {row["id"] for row in listing.rows}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(of_posts=visibilities(Post, post_atoms), of_comments=visibilities(Comment, comment_atoms),
       written=st.lists(posts, max_size=6), said=st.lists(comments, max_size=6), liked=likes,
       actors=some_callers)
def test_sql_and_python_see_the_same_rows(declared: ReadObjects, of_posts: Visibility, of_comments: Visibility,
                                          written: Any, said: Any, liked: Any, actors: list[Actor]) -> None:
    declare(declared, ReadObject(of_posts), ReadObject(of_comments))
    declared.check()
    store_world(written, said, liked)
    for actor in actors:
        for visibility in (of_posts, of_comments):
            expected = in_python(visibility, actor)
            assert in_sql(visibility, actor) == expected, (actor, visibility)
            assert seen_in_list(visibility, actor) == expected, (actor, visibility)
    for visibility in (of_posts, of_comments):
        assert seen_together(visibility, actors) == {actor: in_python(visibility, actor) for actor in actors}


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(of_posts=visibilities(Post, post_atoms), hidden=rules(post_atoms), written=st.lists(posts, max_size=6),
       liked=likes, actors=some_callers)
def test_a_mask_hides_a_field_of_the_same_rows_in_sql_and_python(
        declared: ReadObjects, of_posts: Visibility, hidden: Any, written: Any, liked: Any,
        actors: list[Actor]) -> None:
    masked = replace(of_posts, masks=(mask(hidden, "content"), mask_all_but(hidden, "id", "content", "mentions")))
    declare(declared, ReadObject(masked))
    store_world(written, [], liked)
    for actor in actors:
        rows = list_rows(Post, Page(1, 100), viewer=Viewer(is_staff=True)).rows
        together = each_shown(masked, [(one, row) for one in (*actors, actor) for row in rows])
        assert together[len(actors) * len(rows):] == those_shown(masked, rows, actor)
        shown_of = {row["id"] for row in those_shown(masked, rows, actor) if "content" in row}
        found = {row.id for row in fetch(select(Post.id).where(
            Post.is_active.is_(True), expression_in_sql(masked.seen_fields("content", actor), Post, actor)))}
        assert shown_of == found
        assert all("mentions" in row for row in those_shown(masked, rows, actor))
        if "content" not in masked_fields(masked, actor):
            assert shown_of == {row["id"] for row in rows}


INDEXED = IndexSchema("posts", tuple(keyword(name, many=name == "mentions") for name in (
    "postId", "authorUserId", "companyId", "visibility", "audience", "commentsClosed", "mentions")))


class PostPort:
    """The port, where an index calls the id of its documents otherwise: it keeps none in a field."""

    AllOf, AnyOf = port.AllOf, port.AnyOf

    @staticmethod
    def Filter(field: str, operator: Any, value: Any = None) -> Any:  # noqa: N802
        return port.Filter("postId" if field == "id" else field, operator, value)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(of_posts=visibilities(Post, post_atoms), written=st.lists(posts, max_size=6), liked=likes, actors=some_callers)
def test_the_index_finds_the_same_rows(declared: ReadObjects, of_posts: Visibility, written: Any, liked: Any,
                                       actors: list[Actor]) -> None:
    declare(declared, ReadObject(of_posts))
    store_world([row | {"held": None, "is_active": True} for row in written], [], liked)
    fields = [one.name for one in INDEXED.fields if one.name != "postId"]
    all_fields = replace(of_posts, rule=any_of(*(is_(name, None) for name in fields)))
    with tempfile.TemporaryDirectory() as folder:
        index = WhooshIndex(Path(folder), INDEXED)
        index.create()
        index.apply([Document(id, 1, {**fact, "postId": id}) for id, fact in facts_by_id(all_fields, IDS).items()])
        for actor in actors:
            condition = rule_in_index(of_posts, actor, PostPort)
            found = index.search(SearchQuery("", [condition], limit=10))
            assert {hit.id for hit in found.hits} == in_python(of_posts, actor), (actor, of_posts, condition)


def test_what_an_index_cannot_tell_is_asked_of_sql(declared: ReadObjects) -> None:
    ben = Actor(REALM, BEN, role="user")
    of_comments = Visibility(Comment, any_of(me("authorUserId"), through("postId", "post")))
    assert rule_in_index(of_comments, ben, port) is None
    assert rule_in_index(of_comments, system_actor(REALM), port) == port.AllOf(())
    many = Visibility(Post, not_(member("authorUserId", ids_known("three", lambda actor: IDS[:3]))))
    assert rule_in_index(many, ben, port, most=2) is None
    assert rule_in_index(many, ben, port, most=3) == port.Filter("authorUserId", "not_in", IDS[:3])


def test_rows_cost_no_statement_more_however_many_they_are(declared: ReadObjects) -> None:
    of_posts = Visibility(Post, any_of(me("authorUserId"), member("id", LIKED), member("companyId", LIKED)))
    of_comments = Visibility(Comment, any_of(through("postId", "post"), member("parentCommentId", LIKED)))
    declare(declared, ReadObject(of_posts), ReadObject(of_comments))
    a_post = {"visibility": "public", "audience": "owner", "mentions": [], "comments_closed": False, "is_active": True}
    ben = Actor(REALM, BEN, role="user")
    counts = []
    for many in (1, 6):
        store_world([{**a_post, "author_user_id": ANN, "company_id": IDS[number]} for number in range(many)],
                    [{"author_user_id": ANN, "post_id": IDS[number], "parent_comment_id": IDS[number],
                      "is_active": True} for number in range(many)], {(ANN, ANN)})
        facts = list(facts_by_id(of_comments, IDS).values())
        counts.append(statements(lambda facts=facts: those_visible(of_comments, facts, ben)))
    assert counts == [4, 4]


def test_many_callers_cost_no_statement_more_than_one_and_each_is_asked_for_his_own(declared: ReadObjects) -> None:
    of_posts = Visibility(Post, member("id", LIKED), masks=(mask(member("companyId", LIKED), "content"),))
    of_comments = Visibility(Comment, through("postId", "post"))
    declare(declared, ReadObject(of_posts), ReadObject(of_comments))
    a_post = {"visibility": "public", "audience": "owner", "mentions": [], "comments_closed": False, "is_active": True}
    store_world([{**a_post, "author_user_id": ANN, "company_id": IDS[5 - number]} for number in range(6)],
                [{"author_user_id": ANN, "post_id": id, "is_active": True} for id in IDS], {(id, id) for id in IDS})
    facts = list(facts_by_id(of_comments, IDS).values())
    rows = list_rows(Post, Page(1, 100), viewer=Viewer(is_staff=True)).rows
    for callers in ([Actor(REALM, ANN, role="user")], [Actor(REALM, id, role="user") for id in IDS]):
        asked = [(actor, row) for actor in callers for row in facts]
        assert statements(lambda asked=asked: each_visible(of_comments, asked)) == 2, "the posts, and who likes them"
        assert [(actor.user_id, row["postId"]) for (actor, row), is_seen in zip(
            asked, each_visible(of_comments, asked), strict=True) if is_seen] == [
            (actor.user_id, actor.user_id) for actor in callers]
        shown = [(actor, row) for actor in callers for row in rows]
        assert statements(lambda shown=shown: each_shown(of_posts, shown)) == 1
        assert [(actor.user_id, row["companyId"]) for (actor, _), row in zip(
            shown, each_shown(of_posts, shown), strict=True) if "content" in row] == [
            (actor.user_id, actor.user_id) for actor in callers]


def test_more_callers_than_one_statement_takes_cost_two(
        declared: ReadObjects, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sets, "CALLERS_AT_ONCE", 4)
    of_posts = Visibility(Post, member("id", LIKED))
    declare(declared, ReadObject(of_posts))
    store_world([], [], {(id, id) for id in IDS})
    row = {"isActive": True, "_owner": ANN, "authorUserId": ANN, "id": BEN, "held": None}
    asked = [(Actor(REALM, id, role="user"), row) for id in IDS]
    assert statements(lambda: each_visible(of_posts, asked)) == 2
    assert [actor.user_id for (actor, _), is_seen in zip(
        asked, each_visible(of_posts, asked), strict=True) if is_seen] == [BEN]


def statements(do: Any) -> int:
    count = 0

    def counted(*_: Any) -> None:
        nonlocal count
        count += 1
    engine = holdings().engines.reads
    event.listen(engine, "before_cursor_execute", counted)
    try:
        do()
    finally:
        event.remove(engine, "before_cursor_execute", counted)
    return count


def test_what_needs_no_statement_is_decided_without_one(declared: ReadObjects) -> None:
    rule = Visibility(Post, any_of(member("id", LIKED), is_("visibility", "public")))
    declare(declared, ReadObject(rule))
    row = {"id": ANN, "isActive": True, "visibility": "public", "_owner": BEN, "authorUserId": BEN}
    assert statements(lambda: holds(rule, row, Actor(REALM, BEN, role="user"))) == 0


def test_a_wire_row_is_judged_like_the_stored_one(declared: ReadObjects) -> None:
    rule = Visibility(Post, me("authorUserId"))
    declare(declared, ReadObject(rule))
    store_world([{"author_user_id": ANN, "company_id": None, "visibility": "public", "audience": "owner",
                  "mentions": [BEN], "comments_closed": False, "is_active": True}], [], set())
    row = list_rows(Post, Page(), viewer=Viewer(is_staff=True)).rows[0]
    assert [holds(rule, row, Actor(REALM, one, role="user")) for one in (ANN, BEN)] == [True, False]


def test_an_entity_is_judged_like_the_stored_row(declared: ReadObjects) -> None:
    rule = Visibility(Comment, me("authorUserId"))
    entity = Comment(id=ANN, author_user_id=BEN, post_id=ANN, content="x", is_active=True, owner=BEN, held="HIDDEN")
    assert holds(rule, entity, Actor(REALM, BEN, role="user"))
    entity.held = "REMOVED"
    assert not holds(rule, entity, Actor(REALM, BEN, role="user"))


def test_a_masked_choice_takes_its_index_along(declared: ReadObjects) -> None:
    rule = Visibility(Post, EVERYONE, masks=(mask(me("authorUserId"), "visibility"),))
    row = {"id": ANN, "visibility": "public", "visibility_idx": 0, "authorUserId": ANN}
    assert those_shown(rule, [row], Actor(REALM, BEN, role="user"))[0] == {"id": ANN, "authorUserId": ANN}
    assert those_shown(rule, [row], Actor(REALM, ANN, role="user"))[0] == row
    assert those_shown(rule, [row], Actor(REALM, BEN, role="admin"))[0] == row


@pytest.mark.parametrize(("rule", "said"), [
    (me("author"), "its rule asks of author, which is no field of it"),
    (me("content"), "its rule asks whose id content holds, which holds none"),
    (is_("mentions", ANN), "its rule compares mentions, whose values (ids) no rule compares"),
    (is_("visibility", "secret"), "its rule asks whether visibility is secret, which it never is"),
    (not_(any_of(through("companyId", "firm"))), "goes through companyId to firm, which nobody declares in this realm"),
    (through("companyId", "comment"), "its rule goes through other objects back to itself"),
])
def test_a_rule_that_leads_nowhere_does_not_start(app: Flask, rule: Any, said: str) -> None:
    table = ReadObjects([(REALM, ReadObject(Visibility(Post, rule))),
                         (REALM, ReadObject(Visibility(Comment, through("postId", "post"))))])
    with pytest.raises(ValueError, match=r"network, (post|comment): ") as refused:
        table.check()
    assert said in str(refused.value)


@pytest.mark.parametrize("one", [
    ReadObject(Visibility(Post, EVERYONE), words=("title",)), ReadObject(Visibility(Post, EVERYONE), facets=("x",)),
    ReadObject(Visibility(Post, EVERYONE, masks=(mask(NOBODY, "secret"),)))])
def test_a_declaration_that_names_what_no_row_shows_does_not_start(app: Flask, one: ReadObject) -> None:
    with pytest.raises(ValueError, match="which no row shows"):
        ReadObjects([(REALM, one)]).check()


@pytest.mark.parametrize("one", [
    ReadObject(Visibility(Post, EVERYONE), facets=("visibility",), searched=("content",)),
    ReadObject(Visibility(Post, EVERYONE), facets=("visibility",), changing=("visibility",)),
    ReadObject(Visibility(Post, EVERYONE), facets=("content",)),
    ReadObject(Visibility(Post, EVERYONE), facets=("createdAt",))])
def test_a_facet_that_nobody_may_ask_for_does_not_start(app: Flask, one: ReadObject) -> None:
    with pytest.raises(ValueError, match=f"facets names {one.facets[0]}, which nobody may ask to have counted"):
        ReadObjects([(REALM, one)]).check()


def test_a_name_is_found_however_it_is_written_and_declared_once(app: Flask) -> None:
    one, other = (ReadObject(Visibility(Post, EVERYONE)) for _ in range(2))
    table = ReadObjects([(REALM, one), ("marketplace", one)])
    assert table.find(REALM, "pOsT") is one
    assert table.find("marketplace", "post") is None
    with pytest.raises(ValueError, match="the data object post is declared twice"):
        ReadObjects([(REALM, one), (REALM, other)])


def test_what_is_remembered_depends_on_all_that_decides(app: Flask) -> None:
    known = ids_known("x", lambda actor: (), depends_on=("rows:user",))
    table = ReadObjects([(REALM, ReadObject(Visibility(Post, member("authorUserId", known)))),
                         (REALM, comment := ReadObject(Visibility(Comment, through("postId", "post"))))])
    assert set(table.version_keys(REALM, comment.visibility)) == {"rows:comment", "rows:post", "rows:user"}


@pytest.mark.once("SQLite says its plan; the one of PostgreSQL depends on how many rows there are")
def test_a_condition_finds_its_rows_by_an_index(declared: ReadObjects) -> None:
    rule = Visibility(Post, any_of(me("authorUserId"), is_("companyId", ANN)))
    with reading() as connection:
        found = select(Post.id).where(visible_in_sql(rule, Actor(REALM, ANN, role="user")))
        text = str(found.compile(connection, compile_kwargs={"literal_binds": True}))
        plan = " ".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}"))
    assert "ix_network_post_author" in plan
    assert "ix_network_post_company" in plan
