"""What is found, by which words, filters and facets, and how it is shown."""
from itertools import combinations

import pytest

from app.actor import system_actor
from app.data.ids import uuid7
from app.data.unit_of_work import unit_of_work
from app.folding import fold
from blueprints.network.job_application.rules import EMPLOYMENT_TYPES, POSTING_STATUSES, WORKPLACE_TYPES
from blueprints.network.profile.models import Profile
from tests.clients import ApiClient
from tests.flow import settle, statements
from tests.network.company.pages import Row, ok
from tests.network.profile.cards import write
from tests.network.search.town import LISTS, SEARCH, Town

ALL = list(LISTS)
FACETS = {"companies": ("industry", "location"), "posts": ("authorUserId", "companyId"),
          "jobs": ("companyName", "location", "employmentType", "workplaceType", "status", "companyId")}


@pytest.mark.once("refused before the database is asked")
@pytest.mark.parametrize("what", ALL)
def test_net_31_who_is_not_logged_in_searches_nothing(app, what):
    assert ApiClient(app).get(f"{SEARCH}/{what}").status_code == 401


@pytest.mark.once("refused before the database is asked")
def test_filters_and_pages_that_make_no_sense_are_refused(town):
    for what, arguments, named in (
            ("jobs", {"status": "sold"}, "status"), ("jobs", {"employmentType": "eternal"}, "employmentType"),
            ("posts", {"authorUserId": "ann"}, "authorUserId"), ("posts", {"companyId": "x"}, "companyId"),
            ("people", {"skills": ["x"] * 101}, "skills"),
            ("people", {"pageNumber": 401, "pageRowCount": 25}, "pageNumber"), ("people", {"after": "x"}, "after")):
        answer = town.ask(town.c, what, **arguments)
        assert (answer.status_code, list(answer.json["detail"])) == (400, [named]), what


@pytest.mark.once("refused before the database is asked")
def test_a_cursor_belongs_to_its_search(town):
    for name in ("One", "Two"):
        town.offers.found(name=name)
    following = town.found(town.c, "companies", pageRowCount=1)["paging"]["next"]
    assert town.ask(town.c, "companies", pageRowCount=1, after=following).status_code == 200
    for what, other in (("companies", {"q": "one"}), ("companies", {"industry": "x"}), ("jobs", {})):
        assert town.ask(town.c, what, pageRowCount=1, after=following, **other).status_code == 400


def test_people_are_found_by_what_their_profiles_say(town):
    ann = write(town.a, fullName="Ann Årud", headline="Baker", skills=["Sourdough", "SQL"], languages=["German"],
                certifications=["Master"], currentCompany="Acme, Inc.", location="Bern, Switzerland", industry="Food",
                summary="Rye.")
    bob = write(town.b, fullName="Bob", headline="Annotates", skills=["sql"], languages=["French"], location="Oslo")
    for words in ("arud", "bak", "sourdough", "acme inc", "switzerland", "rye", "master german"):
        assert town.ids(town.c, "people", q=words) == [ann["id"]], words
    assert town.ids(town.c, "people", q="ann") == [ann["id"], bob["id"]]  # a whole word of the name comes first
    for named, one in (({"skills": "Sql"}, [bob, ann]), ({"skills": ["sourdough", "sql"]}, [bob, ann]),
                       ({"skills": "SQL", "languages": "german"}, [ann]), ({"certifications": "master"}, [ann]),
                       ({"currentCompany": "ACME, inc."}, [ann]), ({"location": "bern, switzerland"}, [ann]),
                       ({"location": ["Oslo", "Bern, Switzerland"]}, [bob, ann]), ({"industry": "food"}, [ann]),
                       ({"industry": "Foo"}, []), ({"q": "ann", "location": "Oslo"}, [bob])):
        assert town.ids(town.c, "people", **named) == [row["id"] for row in one], named


def test_companies_jobs_and_posts_are_found_by_theirs(town):
    page = town.offers.found(name="Nordbakeri", description="Bread.", industry="Food", location="Oslo")
    job = town.offers.offered(companyId=page["id"], title="Night baker", description="Rises early.", location="Oslo",
                              employmentType="part_time", workplaceType="on_site")
    own = town.offers.own(town.a, title="Gardener", companyName="Home", status="closed")
    said, of_page = town.wall.posted(content="Rye is nice"), town.wall.posted(content="Rye!", companyId=page["id"])
    for what, named, found in (
            ("companies", {"q": "bread nord"}, [page]), ("companies", {"industry": "FOOD"}, [page]),
            ("companies", {"location": "oslo", "industry": ["Steel", "Food"]}, [page]),
            ("companies", {"industry": "Steel"}, []),
            ("jobs", {"q": "nordbakeri"}, [job]), ("jobs", {"q": "early"}, [job]),
            ("jobs", {"location": "oslo"}, [job]),
            ("jobs", {"employmentType": "part_time"}, [job]), ("jobs", {"workplaceType": "on_site"}, [job]),
            ("jobs", {"companyId": page["id"]}, [job]), ("jobs", {"companyName": "home"}, [own]),
            ("jobs", {"status": "closed"}, [own]), ("jobs", {"status": "active,closed"}, [own, job]),
            ("posts", {"q": "rye", "companyId": page["id"]}, [of_page]), ("posts", {"q": "nice"}, [said]),
            ("posts", {"authorUserId": town.a.user_id}, [of_page, said]), ("posts", {"companyId": str(uuid7())}, [])):
        assert town.ids(town.c, what, **named) == [row["id"] for row in found], (what, named)


@pytest.mark.parametrize("what", ALL)
def test_rows_are_those_of_the_list(town, what):
    """Wire objects, joins and what a list adds: equal members, and `getJoins=false` leaves out the same."""
    town.one_of(what)
    settle()
    for joins in ("true", "false"):
        found, listed = (ok(town.c.get(url, query_string={"getJoins": joins}))
                         for url in (f"{SEARCH}/{what}", LISTS[what]))
        name = found["dataName"]
        assert name == listed["dataName"]
        rows = {row["id"]: row for row in listed[name]}
        assert found[name] == [rows[row["id"]] for row in found[name]] != []


def test_facets_count_what_is_found_and_a_filter_does_not_narrow_its_own(town):
    made = [profile(number) for number in range(40)]
    with unit_of_work(system_actor("network")) as work:
        for one in made:
            work.insert(one)
        work.commit()
    assert town.found(town.c, "people")["facets"] == counts(made)
    some = [one for one in made if one.location in ("Oslo", "oslo")]
    assert town.found(town.c, "people", location="oslo")["facets"] == counts(some) | {
        "location": counts(made)["location"]}
    both = [one for one in some if "go" in map(fold, one.skills)]
    answer = town.found(town.c, "people", location="OSLO", skills="Go")
    assert answer["paging"]["totalRowCount"] == len(both) > 0
    assert answer["facets"] == counts(both) | {
        "skills": counts(some)["skills"],
        "location": counts([one for one in made if "go" in map(fold, one.skills)])["location"]}
    assert list(answer["facets"]["skills"].items()) == list(counts(some)["skills"].items())  # most frequent first


@pytest.mark.parametrize("what", FACETS)
def test_facets_of_companies_jobs_and_posts_are_those_of_their_lists_counted(town, what):
    """By no filter, by each alone and by each two."""
    for number in range(24):
        fill(town, what, number)
    settle()
    listed = ok(town.c.get(LISTS[what], query_string={"pageNumber": 0}))
    rows = listed[listed["dataName"]]
    full = next(row for row in rows if all(row[name] for name in FACETS[what]))
    for names in (names for size in range(3) for names in combinations(FACETS[what], size)):
        asked = {name: full[name] for name in names}
        answer = ok(town.ask(town.c, what, **asked))
        counted = counts_in(rows, FACETS[what], asked)
        assert answer["facets"] == counted, asked
        assert [list(one) for one in answer["facets"].values()] == [list(counted[name]) for name in answer["facets"]]
        assert answer["paging"]["totalRowCount"] == len(those_with(rows, asked)) > 0, asked


@pytest.mark.once("the index decides")
def test_a_whole_search_is_walked_by_its_cursors(town):
    pages = [town.offers.found(name=f"Bakery {number}")["id"] for number in range(5)]
    assert town.ids(town.c, "companies", q="bakery") == town.walk(town.c, "companies", q="bakery") != []
    assert town.walk(town.c, "companies") == [*reversed(pages), town.acme["id"]]


def test_a_search_asks_as_many_statements_for_many_rows_as_for_few(town):
    def more(number: int) -> None:
        for what in ("companies", "jobs", "posts"):
            town.one_of(what)
        write(town.callers.user(f"p{number}", realm="network"))
        settle()

    def asked(what: str) -> int:
        ok(town.ask(town.c, what))  # what is remembered of people
        with statements() as sent:
            ok(town.ask(town.c, what, caching="false"))
        return len(sent)

    more(0), more(1)
    few = {what: asked(what) for what in ALL}
    for number in range(2, 6):
        more(number)
    assert {what: asked(what) for what in ALL} == few


def test_a_remembered_answer_is_made_anew_when_the_index_or_what_it_shows_changes(town):
    post = town.wall.posted(content="Rye")
    shown = town.found(town.c, "posts", q="rye")
    again = town.found(town.c, "posts", q="rye")
    assert (again["source"], again["posts"]) == ("cache", shown["posts"])
    town.wall.liked(town.c, post)
    assert [row["likedByMe"] for row in ok(town.ask(town.c, "posts", q="rye"))["posts"]] == [True]
    more = town.wall.posted(content="Rye, too")
    assert {row["id"] for row in town.found(town.c, "posts", q="rye")["posts"]} == {post["id"], more["id"]}
    ok(town.wall.delete(town.a, more))
    assert [row["id"] for row in ok(town.ask(town.c, "posts", q="rye"))["posts"]] == [post["id"]]


def profile(number: int) -> Profile:
    """Return the public profile of somebody, drawn by a number."""
    skills = [["Go"], ["go", "SQL"], ["sql"], ["Rust", "GO"], []][number % 5]
    return Profile(user_id=uuid7(), full_name=f"P {number}", profile_visibility="public", skills=skills,
                   languages=[["German"], ["German", "French"], []][number % 3],
                   certifications=[[], ["Master"]][number % 2], location=["Oslo", "Bern", "oslo", None][number % 4],
                   current_company=["Acme", None][number % 2], industry=["Food", "Steel", "FOOD"][number % 3])


def counts(profiles: list[Profile]) -> dict[str, dict[str, int]]:
    """Count each value of each facet: the spellings of one together, under the most frequent."""
    said = {"skills": [one.skills for one in profiles], "languages": [one.languages for one in profiles],
            "certifications": [one.certifications for one in profiles],
            "currentCompany": [[one.current_company] for one in profiles],
            "location": [[one.location] for one in profiles], "industry": [[one.industry] for one in profiles]}
    return {name: _counted([value for values in lists for value in values if value]) for name, lists in said.items()}


def fill(town: Town, what: str, number: int) -> None:
    """Make a public page, posting or post, drawn by a number."""
    location = {"location": ["Oslo", "Bern", "oslo"][number // 2 % 3]} if number % 4 else {}
    if what == "companies":
        town.offers.found(industry=["Food", "Steel", "FOOD", "food", "Food"][number % 5], **location)
        return
    voice = {"companyId": town.acme["id"]} if number % 3 == 0 else {}
    if what == "posts":
        town.wall.posted((town.a, town.b)[number % 2], **voice)
        return
    town.offers.own((town.a, town.b)[number % 2], companyName=["Home", "HOME", "ACME", "home"][number % 4],
                    employmentType=EMPLOYMENT_TYPES[number % 5], workplaceType=WORKPLACE_TYPES[number // 2 % 3],
                    status=POSTING_STATUSES[number // 3 % 2], **voice, **location)


def those_with(rows: list[Row], asked: dict[str, str]) -> list[Row]:
    """Return the rows that have these values, in whatever spelling."""
    return [row for row in rows if all(fold(row[name] or "") == fold(value) for name, value in asked.items())]


def counts_in(rows: list[Row], facets: tuple[str, ...], asked: dict[str, str]) -> dict[str, dict[str, int]]:
    """Count each value of each facet among the rows that all filters but its own let through."""
    return {facet: _counted([row[facet] for row in those_with(
        rows, {name: value for name, value in asked.items() if name != facet}) if row[facet]]) for facet in facets}


def _counted(values: list[str]) -> dict[str, int]:
    spellings = sorted(set(values), key=lambda one: (-values.count(one), one))
    first = {fold(one): one for one in reversed(spellings)}
    found = [(first[key], sum(fold(one) == key for one in values)) for key in first]
    return dict(sorted(found, key=lambda one: (-one[1], one[0])))
