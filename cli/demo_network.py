"""The people of the demo's network, what they say of themselves, and the words they choose it from.

What they have done with each other stands in demo_network_story.py."""
from dataclasses import dataclass
from typing import Any

from app.actor import Actor
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


# Some share a place, an industry or a skill, so that a search has something to count.
MEMBERS = (
    _member("Nora Network", "knows everybody", headline="Brings together people who build things",
            current_company="Harbour Labs", industry="Software", location="Hamburg",
            skills=["Product management", "SQL"], languages=["German", "English"], certifications=["PMP"],
            experience=[{"title": "Head of product", "company": "Harbour Labs", "from": "2021"},
                        {"title": "Product manager", "company": "Tidewater", "from": "2016", "to": "2021"}],
            education=[{"degree": "M.Sc. Computer Science", "school": "Hamburg", "to": "2016"}]),
    _member("Omar Optics", "looks for work", headline="Lenses, from the drawing to the glass",
            current_company="Folding Cameras Ltd", industry="Optics", location="Jena",
            skills=["Optical design", "Python", "PostgreSQL"], languages=["German", "Arabic", "English"]),
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
    _member("Ida Index", "keeps databases", headline="Finds it in a millisecond", current_company="Harbour Labs",
            industry="Software", location="Hamburg", skills=["PostgreSQL", "SQL", "Python"],
            languages=["German", "Swedish", "English"], certifications=["CKA"]),
    _member("Jon Junction", "plans tracks", headline="Where trains meet", industry="Transport", location="Zürich",
            skills=["Operations research", "C++"], languages=["German", "Italian"]),
    _member("Lars Ledger", "keeps books", headline="The books of three breweries", industry="Finance",
            location="Malmö", skills=["Risk", "SQL"], languages=["Swedish", "English"], certifications=["CFA"]),
    _member("Mina Mechanics", "mends robots", headline="A robot is a machine that may be oiled",
            current_company="Orchard Arms", industry="Agriculture", location="Lleida", skills=["Robotics", "C++"],
            languages=["Catalan", "Spanish"]),
    _member("Quentin Quick", "advertises everywhere", headline="1,000 followers for 9 dollars",
            industry="Advertising", location="Anywhere", skills=["Growth"], languages=["English"]),
    _member("Wanda Wave", "grinds glass", headline="Mirrors for small telescopes", industry="Optics", location="Jena",
            skills=["Optical design", "C++"], languages=["German", "English"]),
    _member("Yara Yesterday", "has done nothing yet"),
)
(NORA, OMAR, PIA, ROSA, SVEN, TARA, UGO, IDA, JON, LARS, MINA, QUENTIN, WANDA, _) = (
    member.person.email for member in MEMBERS)

LANGUAGES = ("Arabic", "Catalan", "English", "French", "German", "Italian", "Spanish", "Swedish")
CERTIFICATIONS = ("AWS Certified", "CFA", "CKA", "PMP")


def actor_of(email: str) -> Actor:
    """Return a person of the demo's network as the commands know whoever is logged in."""
    return Actor(REALM, demo_id(email), role="user")
