"""The rules of the house, each with the text that is sent to whoever broke it (M-34).

The rules below stand without anybody having written them; a row of the table with the same code takes the place of
one, or retires it."""
from dataclasses import dataclass

from sqlalchemy import select

from app.actor import Actor
from app.data.reads import Listing, Page, fetch
from app.data.reads.keyset import position_cursor, position_of
from app.data.serialization import Wire
from app.data.unit_of_work import UnitOfWork, unit_of_work
from app.data.upserts import upsert
from app.errors import InvalidInput, NotFound
from blueprints.platform.moderation import audit
from blueprints.platform.moderation.catalogue_models import Rule
from blueprints.platform.moderation.moderators import require_moderator

_ORDER = "moderation rules"


@dataclass(frozen=True)
class HouseRule:
    """One rule: its name for people, and its text, which speaks to whoever broke it. `own`: written by the staff."""

    code: str
    title: str
    text: str
    own: bool = False


_EVERYWHERE = (
    HouseRule("counterfeit", "Counterfeit goods",
              "You may not offer copies or imitations that carry the brand of somebody else, however they are "
              "described. What you sell under a brand is made by its owner, or with its permission."),
    HouseRule("prohibited", "Prohibited goods",
              "You may not offer what the law or the rules of this place forbid to be sold, such as weapons, "
              "drugs, stolen or recalled goods, and parts of protected animals."),
    HouseRule("fraud", "Deceiving others",
              "You may not deceive others about who you are, what you offer, or what they will get."),
    HouseRule("spam", "Unwanted advertising",
              "You may not send or post the same thing again and again, nor advertise where nobody asked for it."),
    HouseRule("harassment", "Harassment and threats",
              "You may not insult, threaten, stalk or pressure anybody, in public or in messages."),
    HouseRule("hate", "Hatred against groups",
              "You may not attack people for their origin, religion, sex, orientation, disability or age, nor offer "
              "things that glorify such attacks."),
    HouseRule("sexual", "Sexual content",
              "You may not post sexual pictures or texts, nor approach anybody in a sexual way."),
    HouseRule("privacy", "Private data of others",
              "You may not publish addresses, telephone numbers, documents or pictures of people who did not agree."),
)
_MARKETPLACE = (
    HouseRule("off-platform", "Payment outside the marketplace",
              "You may not ask others to pay or to finish a sale outside the marketplace: they would lose the "
              "protection they rely on."),
    HouseRule("shill-bidding", "Bidding on your own auctions",
              "You may not raise the price of your auctions by bids of your own, nor by those of friends, family or "
              "other accounts of yours."),
)
DEFAULTS: dict[str, tuple[HouseRule, ...]] = {"marketplace": _MARKETPLACE + _EVERYWHERE, "network": _EVERYWHERE}


def rules_of(realm: str) -> dict[str, HouseRule]:
    """Return the rules of a realm by code, in the order of the codes, without those that were retired."""
    rules = {rule.code: rule for rule in DEFAULTS[realm]}
    for row in fetch(select(Rule.code, Rule.title, Rule.text, Rule.is_active).where(Rule.realm == realm)):
        if row.is_active:
            rules[row.code] = HouseRule(row.code, row.title, row.text, own=True)
        else:
            rules.pop(row.code, None)
    return dict(sorted(rules.items()))


def rule_named(realm: str, code: str) -> HouseRule:
    """Return the rule with that code; raises InvalidInput, which names those there are."""
    rules = rules_of(realm)
    if code not in rules:
        raise InvalidInput("errMsg_RuleIsNotKnown", detail={"rule": f"expected one of {', '.join(rules)}"})
    return rules[code]


def text_behind(realm: str, code: str) -> HouseRule | None:
    """Return the rule an act was done by, retired or not, for its statement of reasons; None when it never was."""
    row = next(iter(fetch(select(Rule.title, Rule.text).where(Rule.realm == realm, Rule.code == code))), None)
    if row is not None:
        return HouseRule(code, row.title, row.text, own=True)
    return next((rule for rule in DEFAULTS[realm] if rule.code == code), None)


def add_rule(actor: Actor, *, code: str, title: str, text: str) -> Wire:
    """Write a rule, or write one anew: acts that named it keep the code, letters from now on carry the new text.

    Raises Forbidden (not staff)."""
    require_moderator(actor)
    rule = HouseRule(code, title, text, own=True)
    with unit_of_work(actor) as work:
        _keep(work, rule, is_active=True)
        audit.note(work, "rule.written", code=code, title=title, text=text)
        work.commit()
    return wire_rule(rule)


def retire_rule(actor: Actor, code: str) -> Wire:
    """Let a rule be named no more; acts that named it keep it. Raises Forbidden (not staff), NotFound."""
    require_moderator(actor)
    with unit_of_work(actor) as work:
        rule = rules_of(actor.realm).get(code)
        if rule is None:
            raise NotFound("Rule not found")
        _keep(work, rule, is_active=False)
        audit.note(work, "rule.retired", code=code)
        work.commit()
    return wire_rule(rule)


def list_rules(actor: Actor, page: Page) -> Listing:
    """Return a page of the realm's rules in the order of their codes."""
    rules = [wire_rule(rule) for rule in rules_of(actor.realm).values()]
    first = page.offset if page.after is None else position_of(_ORDER, page.after)
    last = first + page.rows
    return Listing(rules[first:last], len(rules), page, position_cursor(_ORDER, last) if last < len(rules) else None)


def wire_rule(rule: HouseRule) -> Wire:
    """Return a rule as staff see it."""
    return {"id": rule.code, "code": rule.code, "title": rule.title, "text": rule.text, "isOwn": rule.own}


def _keep(work: UnitOfWork, rule: HouseRule, *, is_active: bool) -> None:
    values = {"title": rule.title, "text": rule.text, "is_active": is_active}
    work.execute(upsert(Rule).values(realm=work.actor.realm, code=rule.code, **values).on_conflict_do_update(
        index_elements=(Rule.realm, Rule.code), set_=values))
