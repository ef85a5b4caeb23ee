"""M-31: the statement of reasons: what it says, that it is previewed, sent once a person and case, and never muted."""
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from app.actor import system_actor
from app.clock import now
from app.data.ids import uuid7
from app.data.moderated_kinds import ModeratedKind, ModeratedKinds, Subject
from app.data.unit_of_work import unit_of_work
from app.errors import NotFound
from app.identity import appeal_tokens
from app.notify.mailbox import read_outbox
from app.runtime import runtime
from blueprints.platform.moderation.act_models import Act, Appeal
from blueprints.platform.moderation.models import Case
from blueprints.platform.moderation.sentences import Measure, cases_named, effect_on_all
from blueprints.platform.moderation.statements import preview
from blueprints.platform.moderation.strike_models import Strike

TITLE = "Rolex at www.evil.example\u202e <b>now</b>"


@pytest.fixture
def sara(people):
    return people.user("sara")


@pytest.fixture(autouse=True)
def listing(app, sara, realm, monkeypatch):
    """One listing of sara's, with a title that would like to be a link."""
    listing_id = uuid7()
    subject = Subject(TITLE, sara.user_id, {"title": TITLE}, TITLE)
    kinds = ModeratedKinds(runtime().part(ModeratedKinds))
    kinds[realm, "PRODUCT"] = ModeratedKind("PRODUCT", read=lambda actor, id: subject if id == listing_id else None)
    monkeypatch.setitem(runtime()._parts, ModeratedKinds, kinds)
    return listing_id


class Court:
    """Writes cases as cases.resolve leaves them, so that the letters are tested alone."""

    def __init__(self, realm, person_id, listing_id):
        self.realm, self.person_id, self.listing_id = realm, person_id, listing_id

    def opened(self, number=142, **fields):
        with unit_of_work(system_actor(self.realm)) as work:
            case = work.insert(Case(realm=self.realm, number=number, entity_type="PRODUCT", opened_at=now(),
                                    entity_id=self.listing_id, person_id=self.person_id,
                                    **{"kind": "REPORT", "report_count": 2, **fields}))
            work.commit()
        return case

    def resolved(self, *acts, strike=True, case=None, **fields):
        case = case or self.opened(**fields)
        made = []
        with unit_of_work(system_actor(self.realm)) as work:
            work.flush()
            work.lock(Case, case.id)
            for number, (kind, more) in enumerate(acts, 57):
                is_person = kind in ("SUSPEND", "BAN")
                made.append(work.insert(Act(
                    realm=self.realm, number=number, kind=kind, case_id=case.id, case_number=case.number,
                    entity_type="USER" if is_person else "PRODUCT",
                    entity_id=self.person_id if is_person else self.listing_id,
                    **{"person_id": self.person_id, "actor_id": uuid7(), "reason": "The crown is printed on.",
                       "rule": "fraud", "before": {"secret": "4711"},
                       "strike_number": 9 if strike else None, **more})))
            if strike:
                work.insert(Strike(
                    realm=self.realm, number=9, person_id=self.person_id, case_id=case.id, case_number=case.number,
                    act_kind="SUSPEND", reason="x", struck_by=uuid7(), lapses_at=datetime(2031, 5, 6, tzinfo=UTC),
                    appeal_until=datetime(2031, 1, 2, 3, 4, tzinfo=UTC)))
            work.change(work.lock(Case, case.id), state="RESOLVED", is_pending=False, closed_at=now())
            work.commit()
        return case, made


@pytest.fixture
def court(realm, sara, listing):
    return Court(realm, sara.user_id, listing)


REMOVE = ("REMOVE", {})
SUSPEND = ("SUSPEND", {"until": datetime(2030, 11, 28, 14, 5, tzinfo=UTC)})


def letters(email, template="STATEMENT_OF_REASONS"):
    return [letter for letter in read_outbox(email) if letter["template"] == template]


def test_m_31_it_says_what_why_by_which_rule_who_noticed_until_when_and_how_to_appeal(court, sara, settle, realm):
    _, acts = court.resolved(REMOVE, SUSPEND)
    settle()
    letter, = letters(sara.email)
    text = letter["text"]
    title = "Rolex at www. evil. example <b>now</b>"
    assert letter["subject"] == "Your account is suspended (case 142)"
    assert f"Your listing “{title}” is removed until further notice and can be seen by nobody." in text
    assert "Your account is suspended until 28 November 2030, 14:05 UTC" in text
    assert "Why: The crown is printed on." in text
    assert "The rule: Deceiving others. You may not deceive" in text
    assert "Somebody reported this to us. A member of our staff decided." in text
    assert "strike s9 on your record until 6 May 2031" in text
    assert "you can appeal until 2 January 2031, 03:04 UTC, without logging in: http" in text
    assert "4711" not in text
    assert "<b>" not in letter["html"]
    token = text.split("token=")[1].split()[0]
    grant = appeal_tokens.read(runtime().settings.secret_key, realm, token)
    assert (grant.act_id, grant.person_id) == (acts[1].id, sara.user_id)


def test_m_31_own_initiative_words_and_machines_are_named_as_such(court, sara, settle):
    court.resolved(("WARN", {"by_machine": True}), strike=False, kind="WORDS", report_count=0)
    settle()
    text = letters(sara.email)[0]["text"]
    assert "An automatic search for words drew our attention to this. An automatic check decided." in text
    assert "This is a warning" in text
    assert "It leaves no strike on your record." in text
    assert "appeal" not in text


def test_m_31_it_is_one_letter_a_person_and_case(court, sara, people, settle):
    other = people.user("olga")
    court.resolved(REMOVE, SUSPEND, ("WARN", {"person_id": other.user_id}))
    settle()
    assert len(letters(sara.email)) == len(letters(other.email)) == 1
    assert "warning" not in letters(sara.email)[0]["text"]
    assert "suspended" not in letters(other.email)[0]["text"]


def test_m_31_a_case_that_is_opened_and_resolved_at_once_is_told_too(court, sara, settle):
    with unit_of_work(system_actor(court.realm)) as work:
        court.resolved(REMOVE, kind="OWN", report_count=0)
        work.commit()
    settle()
    assert "We looked at this of our own accord." in letters(sara.email)[0]["text"]


def test_m_31_a_case_in_which_nothing_was_done_tells_nobody(court, sara, settle):
    court.opened(state="DISMISSED", is_pending=False)
    settle()
    assert read_outbox(sara.email) == []


def test_m_31_an_address_nobody_has_proved_gets_no_word_of_whoever_typed_it_in(people, realm, listing, settle):
    nina = people.user("nina", email_verified=False)
    Court(realm, nina.user_id, listing).resolved(REMOVE)
    settle()
    text = letters(nina.email)[0]["text"]
    assert "Your listing is removed" in text
    assert "Rolex" not in text
    assert "Nina" not in text


def test_m_31_the_preview_is_the_letter_but_for_what_the_acts_make(court, sara, people, settle):
    ada = people.admin().actor
    case = court.opened()
    orders = [SimpleNamespace(kind="REMOVE", entity_type="PRODUCT", entity_id=court.listing_id, days=None, scope=None)]
    shown = preview(ada, 142, orders, reason="The crown is printed on.", rule="fraud")
    assert letters(sara.email) == []
    court.resolved(REMOVE, case=case)
    settle()
    sent, = letters(sara.email)
    assert shown.subject == sent["subject"]
    assert shown.text.split("\n\n")[:5] == sent["text"].split("\n\n")[:5]
    assert "It leaves a strike on your record." in shown.text
    assert "It leaves no strike" in preview(ada, 142, orders, reason="r", strike=False).text
    with pytest.raises(NotFound):
        preview(ada, 143, orders, reason="r")


def test_m_31_what_was_taken_back_is_told(court, sara, settle):
    _, acts = court.resolved(REMOVE)
    with unit_of_work(system_actor(court.realm)) as work:
        work.change(work.lock(Act, acts[0].id), state="UNDONE", undone_reason="It is genuine.")
        work.commit()
    settle()
    letter, = letters(sara.email, "ACT_UNDONE")
    assert (letter["subject"], "Why: It is genuine." in letter["text"]) == ("Taken back: case 142", True)


@pytest.mark.parametrize(("state", "word"), [("GRANTED", "counts no more"), ("DENIED", "stays until it lapses")])
def test_m_31_how_an_appeal_ended_is_told(court, sara, settle, state, word):
    with unit_of_work(system_actor(court.realm)) as work:
        appeal = work.insert(Appeal(realm=court.realm, number=3, strike_id=uuid7(), strike_number=9, case_id=uuid7(),
                                    person_id=sara.user_id, text="It is genuine."))
        work.commit()
    settle()
    assert letters(sara.email, "APPEAL_DECIDED") == []
    with unit_of_work(system_actor(court.realm)) as work:
        work.change(work.lock(Appeal, appeal.id), state=state, reason="We asked the maker.")
        work.commit()
    settle()
    letter, = letters(sara.email, "APPEAL_DECIDED")
    assert letter["subject"] == f"Your appeal p3 was {state.lower()}"
    assert word in letter["text"]
    assert "We asked the maker." in letter["text"]


def test_m_31_it_is_shown_in_the_marketplace_too(court, sara, realm, settle):
    court.resolved(REMOVE, SUSPEND)
    settle()
    if realm == "marketplace":
        listed = sara.get("/marketplace/notificationmanagement-api/v1/notifications").json
        notice, = listed["notifications"]
        assert notice["notificationType"] == "SYSTEM_ALERT"
        assert notice["payload"]["message"] == "Your account is suspended (case 142). The letter tells why."
        assert notice["payload"]["actNumbers"] == [57, 58]


def test_m_31_it_is_shown_in_the_app_of_every_realm(court, sara, realm, settle):
    court.resolved(REMOVE, SUSPEND)
    settle()
    notice, = sara.get(f"/{realm}/notification-service/notifications").json["items"]
    assert notice["body"] == "Your account is suspended (case 142). The letter tells why."
    assert notice["metadata"]["actNumbers"] == [57, 58]


def test_m_31_many_things_are_named_up_to_a_hundred_and_without_titles_counted():
    until = datetime(2030, 11, 28, 14, 5, tzinfo=UTC)
    few = [Measure("marketplace", "HIDE", "CATEGORY", title, until) for title in ("Clocks", "Lamps")]
    assert effect_on_all(few) == (
        "2 of your categories are hidden from everybody but you until 28 November 2030, 14:05 UTC:\n"
        "- “Clocks”\n- “Lamps”")
    assert effect_on_all([Measure("marketplace", "REMOVE", "PRODUCT", "", until)] * 2) == (
        "2 of your listings are removed until 28 November 2030, 14:05 UTC and can be seen by nobody.")
    lamps = [Measure("marketplace", "SHOW_AGAIN", "PRODUCT", f"Lamp {number}") for number in range(120)]
    many = effect_on_all(lamps).splitlines()
    assert (many[0], many[-1], len(many)) == ("120 of your listings can be seen again:", "- and 20 more", 102)


@pytest.mark.parametrize(("numbers", "said"), [
    ([7], "case 7"), ([3, 1, 2], "cases 1 to 3"), ([1, 3], "cases 1 and 3"), ([1, 2, 4, 9], "cases 1 to 2, 4 and 9")])
def test_m_31_cases_are_named_in_spans(numbers, said):
    assert cases_named(numbers) == said


def test_m_31_half_a_day_is_told_in_utc():
    from blueprints.platform.moderation.sentences import spoken_moment

    assert spoken_moment(datetime(2026, 3, 1, tzinfo=UTC) - timedelta(minutes=1)) == "28 February 2026, 23:59 UTC"
