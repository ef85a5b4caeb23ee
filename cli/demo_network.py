"""The demo's network: its people, what they say of their work, and what they have done with each other.

Fixed ids as in demo_seed.py: a second run adds nothing. What a service adds to it is one more line of STORY."""
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from app.actor import Actor
from blueprints.network.profile.commands import add_entry, create_profile
from blueprints.network.profile.models import Certification, Language
from cli.demo_factories import Person, Values, demo_id

REALM = "network"


@dataclass(frozen=True, slots=True)
class Member:
    """A person of the network and the profile, None of who has written none; `profile` is what create_profile takes."""

    person: Person
    profile: Values | None


def _member(name: str, does: str, **profile: Any) -> Member:
    email = f"{name.split()[0].lower()}@demo.test"
    return Member(Person(name, email, does), {"full_name": name, **profile} if profile else None)


MEMBERS = (
    _member("Nora Network", "knows everybody", headline="Brings together people who build things",
            current_company="Harbour Labs", industry="Software", location="Hamburg",
            skills=["Product management", "SQL"], languages=["German", "English"], certifications=["PMP"],
            experience=[{"title": "Head of product", "company": "Harbour Labs", "from": "2021"},
                        {"title": "Product manager", "company": "Tidewater", "from": "2016", "to": "2021"}],
            education=[{"degree": "M.Sc. Computer Science", "school": "Hamburg", "to": "2016"}]),
    _member("Omar Optics", "looks for work", headline="Lenses, from the drawing to the glass",
            current_company="Folding Cameras Ltd", industry="Optics", location="Jena",
            skills=["Optical design", "Python"], languages=["German", "Arabic", "English"]),
    _member("Pia Platform", "looks for people", headline="Hiring engineers for quiet databases",
            current_company="Harbour Labs", industry="Software", location="Hamburg",
            skills=["Hiring", "PostgreSQL"], languages=["German", "English"], certifications=["CKA"]),
    _member("Rosa Robotics", "writes much", headline="Robots that pick apples", current_company="Orchard Arms",
            industry="Agriculture", location="Lleida", skills=["Robotics", "Python", "C++"],
            languages=["Spanish", "Catalan", "English"]),
    _member("Sven Silent", "is seen by himself alone", headline="Between two jobs", industry="Finance",
            location="Malmö", skills=["SQL", "Risk"], languages=["Swedish", "English"], certifications=["CFA"],
            profile_visibility="private"),
    _member("Tara Timetable", "is seen by her connections", headline="Railway timetables that hold",
            industry="Transport", location="Zürich", skills=["Operations research", "Python"],
            languages=["German", "French"], profile_visibility="private", audience="connections"),
    _member("Ugo Undecided", "has no profile yet"),
)
NORA, OMAR, PIA, ROSA, SVEN, TARA, UGO = (member.person.email for member in MEMBERS)

LANGUAGES = ("Arabic", "Catalan", "English", "French", "German", "Italian", "Spanish", "Swedish")
CERTIFICATIONS = ("AWS Certified", "CFA", "CKA", "PMP")


def actor_of(email: str) -> Actor:
    """Return a person of the demo's network as the commands know whoever is logged in."""
    return Actor(REALM, demo_id(email), role="user")


def _add_language(name: str) -> None:
    add_entry(actor_of(NORA), Language, name=name, id=demo_id("language", name))


def _add_certification(name: str) -> None:
    add_entry(actor_of(NORA), Certification, name=name, id=demo_id("certification", name))


def _write_profile(email: str, profile: Values) -> None:
    create_profile(actor_of(email), id=demo_id("profile", email), **profile)


# What is counted → what lets one happen, and all of them, in the order in which they need each other.
STORY: dict[str, tuple[Callable[..., None], Sequence[tuple[Any, ...]]]] = {
    "languages": (_add_language, tuple((name,) for name in LANGUAGES)),
    "certifications": (_add_certification, tuple((name,) for name in CERTIFICATIONS)),
    "profiles": (_write_profile, tuple((member.person.email, member.profile) for member in MEMBERS if member.profile)),
}
