"""What the people of the demo's network have done with each other: connections, pages, posts, jobs, conversations.

Tables of what happened, and what lets each row of them happen through the same commands as the API. Nobody is premium:
it is paid at Stripe, which a seed does not ask (docs/network.md buys it)."""
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from app.clock import now
from app.identity.bucket_tokens import private_bucket
from blueprints.network.company.commands import assign_admin, create_company
from blueprints.network.company.following import approve_follower, follow_company
from blueprints.network.company.updates import publish_update
from blueprints.network.content.comments import write_comment
from blueprints.network.content.likes import like_post
from blueprints.network.content.posts import publish_post
from blueprints.network.job_application.applications import apply, change_application
from blueprints.network.job_application.postings import create_posting
from blueprints.network.messaging.commands import create_conversation, read_conversation
from blueprints.network.messaging.writing import send_message
from blueprints.network.networking.commands import answer_request, invite
from blueprints.network.profile.commands import add_entry, create_profile
from blueprints.network.profile.models import Certification, Language
from blueprints.platform.bucket.commands import Upload, store_files
from cli.demo_factories import Values, demo_id
from cli.demo_network import (
    CERTIFICATIONS,
    IDA,
    JON,
    LANGUAGES,
    LARS,
    MEMBERS,
    MINA,
    NORA,
    OMAR,
    PIA,
    QUENTIN,
    ROSA,
    SVEN,
    TARA,
    UGO,
    WANDA,
    actor_of,
)
from cli.demo_reports import report_once

HARBOUR, ORCHARD, TIMETABLES = "Harbour Labs", "Orchard Arms", "Timetable Union"
DATABASES, MECHANIC, HARVEST, STAMPS = ("Database engineer", "Robot mechanic", "Hand for the harvest",
                                        "Sorter of old stamps")


@dataclass(frozen=True, slots=True)
class Said:
    """A post: the name by which the other tables know it, and what else publish_post takes; `company` speaks in it."""

    name: str
    author: str
    content: str
    company: str | None = None
    mentions: tuple[str, ...] = ()
    terms: Values = field(default_factory=dict)


# Who asked whom, in which words; the others have connected, these wait.
CONNECTED = ((NORA, OMAR), (NORA, PIA), (NORA, ROSA), (NORA, TARA), (PIA, IDA), (PIA, TARA), (ROSA, MINA), (TARA, JON),
             (OMAR, WANDA), (LARS, SVEN))
WAITING = ((UGO, NORA, "We met at the harbour festival."), (ROSA, TARA, None))

# Whose page, and what create_company takes.
COMPANIES = (
    (PIA, HARBOUR, {"industry": "Software", "location": "Hamburg", "website": "https://harbour-labs.example",
                    "description": "Databases that nobody hears of, because they run."}),
    (ROSA, ORCHARD, {"industry": "Agriculture", "location": "Lleida", "description": "Robots that pick apples."}),
    (TARA, TIMETABLES, {"industry": "Transport", "location": "Zürich", "page_visibility": "private",
                        "description": "For those who make timetables; ask to follow."}),
)
ADMINS = ((HARBOUR, PIA, NORA), (TIMETABLES, TARA, JON))
# Who follows which page, and which of its admins has approved; nobody has of who still waits at the private one.
FOLLOWERS = ((OMAR, HARBOUR, None), (ROSA, HARBOUR, None), (NORA, HARBOUR, None), (UGO, ORCHARD, None),
             (NORA, ORCHARD, None), (NORA, TIMETABLES, TARA), (OMAR, TIMETABLES, None))
UPDATES = (
    (PIA, HARBOUR, "We have moved: one pier further, the same view."),
    (ROSA, ORCHARD, "The second field is picked by robots alone, as of today."),
    (TARA, TIMETABLES, "The winter timetable is out. No train waits for another one any more."),
)

POSTS = (
    Said("gripper", ROSA, "The new gripper leaves no marks. Thank you for the introduction!", mentions=(NORA,)),
    Said("hiring", PIA, "We look for somebody who likes slow queries, to make them fast.", company=HARBOUR),
    Said("apples", ROSA, "4,000 apples today, 12 of them on the ground."),
    Said("delay", TARA, "Whoever believes in four minutes for a change of trains has never seen Zürich at eight.",
         terms={"visibility": "private", "audience": "connections"}),
    Said("festival", NORA, "The harbour festival is on Saturday. Bring somebody whom I do not know yet."),
)
# On which post, who, what; and the comment that it answers, by its place in this table.
COMMENTS = (
    ("gripper", NORA, "You did the hard part.", None),
    ("gripper", MINA, "It still wants oil every Monday.", 0),
    ("gripper", QUENTIN, "1,000 followers for 9 dollars! Write to me.", None),
    ("hiring", IDA, "I sit beside whoever gets this. It is quiet here.", None),
    ("festival", OMAR, "I bring a telescope.", None),
)
LIKES = (("gripper", NORA), ("gripper", MINA), ("gripper", WANDA), ("hiring", IDA), ("hiring", NORA), ("delay", JON),
         ("festival", PIA), ("festival", ROSA))

# Who offers which job, for which company, and what else create_posting takes.
POSTINGS = (
    (PIA, DATABASES, HARBOUR, {"location": "Hamburg", "salary_range": "70,000 to 85,000 EUR",
                               "workplace_type": "hybrid",
                               "description": "PostgreSQL, and the patience to read its plans."}),
    (ROSA, MECHANIC, ORCHARD, {"location": "Lleida", "description": "Oil, screws, and a cat that sleeps in the arm."}),
    (ROSA, HARVEST, None, {"company_name": "Rosa's own garden", "location": "Lleida", "employment_type": "temporary",
                           "description": "Two weeks in September. Lunch is included."}),
    (LARS, STAMPS, None, {"company_name": "Lars Ledger", "employment_type": "part_time", "status": "closed",
                          "description": "The job is given."}),
)
# Who applies for what, in which words, with which résumé; the states it went through, decided by who offers the job.
APPLICATIONS = (
    (OMAR, MECHANIC, "I mend what moves.", "Omar Optics. Lenses since 2011, robots since Sunday.", ()),
    (JON, DATABASES, "Trains are rows with wheels.", None, ("in_review",)),
    (WANDA, MECHANIC, "A mirror is a very slow robot.", None, ("rejected",)),
    (MINA, HARVEST, "I am there anyway.", None, ("in_review", "accepted")),
)

# The people of each conversation, and what they write; the second is a group.
CONVERSATIONS = (
    ("telescope", (NORA, OMAR), False),
    ("festival", (NORA, PIA, ROSA), True),
)
# In which conversation, who, what, and who has read it so far.
MESSAGES = (
    ("telescope", OMAR, "May I bring a telescope to the festival?", (NORA,)),
    ("telescope", NORA, "Bring two.", (OMAR,)),
    ("telescope", NORA, "And do you know Pia? She looks for people.", ()),
    ("festival", NORA, "Who brings the apples?", (PIA, ROSA)),
    ("festival", ROSA, "The robot does.", (NORA,)),
    ("festival", PIA, "Then I bring the cables.", ()),
)
# Who reports what, why: `flask moderate queue --realm network`.
REPORTS = (
    (ROSA, "COMMENT", demo_id("comment", "2"), "SPAM", "He writes this under every post."),
    (NORA, "PROFILE", demo_id("profile", QUENTIN), "FRAUD", "Nobody has ever got these followers."),
)


def _add_language(name: str) -> None:
    add_entry(actor_of(NORA), dictionary=Language, name=name, id=demo_id("language", name))


def _add_certification(name: str) -> None:
    add_entry(actor_of(NORA), dictionary=Certification, name=name, id=demo_id("certification", name))


def _write_profile(email: str, profile: Values) -> None:
    create_profile(actor_of(email), id=demo_id("profile", email), **profile)


def _connect(sender: str, receiver: str) -> None:
    _ask(sender, receiver, None)
    answer_request(actor_of(receiver), demo_id("request", sender, receiver), status="accepted")


def _ask(sender: str, receiver: str, message: str | None) -> None:
    invite(actor_of(sender), id=demo_id("request", sender, receiver), receiver_user_id=demo_id(receiver),
           message=message)


def _found(founder: str, name: str, terms: Values) -> None:
    create_company(actor_of(founder), id=_company(name), name=name, **terms)


def _make_admin(company: str, by: str, person: str) -> None:
    assign_admin(actor_of(by), id=demo_id("admin", company, person), company_id=_company(company),
                 user_id=demo_id(person))


def _follow(person: str, company: str, approved_by: str | None) -> None:
    follower = follow_company(actor_of(person), id=demo_id("follower", company, person), company_id=_company(company))
    if approved_by is not None:
        approve_follower(actor_of(approved_by), follower.id)


def _publish(author: str, company: str, content: str) -> None:
    publish_update(actor_of(author), id=demo_id("update", company, content), company_id=_company(company),
                   content=content)


def _post(said: Said) -> None:
    publish_post(actor_of(said.author), id=demo_id("post", said.name), content=said.content,
                 company_id=said.company and _company(said.company), mentions=[demo_id(one) for one in said.mentions],
                 **said.terms)


def _comment(number: int, post: str, author: str, content: str, parent: int | None) -> None:
    write_comment(actor_of(author), id=demo_id("comment", str(number)), post_id=demo_id("post", post), content=content,
                  parent_comment_id=None if parent is None else demo_id("comment", str(parent)))


def _like(post: str, person: str) -> None:
    like_post(actor_of(person), id=demo_id("like", post, person), post_id=demo_id("post", post))


def _offer(poster: str, title: str, company: str | None, terms: Values) -> None:
    create_posting(actor_of(poster), id=demo_id("posting", title), title=title,
                   company_id=company and _company(company), application_deadline=now() + timedelta(days=30), **terms)


def _apply(applicant: str, title: str, letter: str, resume: str | None, states: Sequence[str]) -> None:
    person, application_id = actor_of(applicant), demo_id("application", applicant, title)
    apply(person, id=application_id, job_posting_id=demo_id("posting", title), cover_letter=letter)
    if resume is not None:  # behind the application, so that a second run, which is refused, uploads nothing
        [file] = store_files(person, private_bucket(demo_id(applicant)),
                             [Upload("resume.txt", resume.encode(), "text/plain")])
        change_application(person, application_id, resume_url=file["downloadUrl"])
    for state in states:
        change_application(actor_of(_POSTERS[title]), application_id, status=state)


def _converse(name: str, people: Sequence[str], is_group: bool) -> None:
    create_conversation(actor_of(people[0]), id=demo_id("conversation", name), is_group=is_group,
                        participant_ids=[demo_id(person) for person in people])


def _write(number: int, conversation: str, sender: str, content: str, readers: Sequence[str]) -> None:
    conversation_id, message_id = demo_id("conversation", conversation), demo_id("message", str(number))
    send_message(actor_of(sender), id=message_id, conversation_id=conversation_id, content=content)
    for reader in readers:
        read_conversation(actor_of(reader), conversation_id, message_id=message_id)


def _report(reporter: str, *words: str) -> None:
    report_once(actor_of(reporter), *words)


def _company(name: str) -> str:
    return demo_id("company", name)


_POSTERS = {title: poster for poster, title, _, _ in POSTINGS}

# What is counted → what lets one happen, and all of them, in the order in which they need each other.
STORY: dict[str, tuple[Callable[..., None], Sequence[tuple[Any, ...]]]] = {
    "languages": (_add_language, tuple((name,) for name in LANGUAGES)),
    "certifications": (_add_certification, tuple((name,) for name in CERTIFICATIONS)),
    "profiles": (_write_profile, tuple((member.person.email, member.profile) for member in MEMBERS if member.profile)),
    "connections": (_connect, CONNECTED),
    "invitations": (_ask, WAITING),
    "companies": (_found, COMPANIES),
    "admins": (_make_admin, ADMINS),
    "followers": (_follow, FOLLOWERS),
    "updates": (_publish, UPDATES),
    "posts": (_post, tuple((said,) for said in POSTS)),
    "comments": (_comment, tuple((number, *comment) for number, comment in enumerate(COMMENTS))),
    "likes": (_like, LIKES),
    "postings": (_offer, POSTINGS),
    "applications": (_apply, APPLICATIONS),
    "conversations": (_converse, CONVERSATIONS),
    "messages": (_write, tuple((number, *message) for number, message in enumerate(MESSAGES))),
    "reports": (_report, REPORTS),
}
