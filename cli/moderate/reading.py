"""`flask moderate queue` and `show`: what waits, and a case with all that one decides by."""
import re
from functools import partial
from typing import Any

import click
from flask.cli import with_appcontext

from blueprints.platform.moderation.rules import CASE_KINDS, CASE_STATES, appeal_name
from cli.moderate.bulks import show_bulk
from cli.moderate.options import number_argument, realm_option
from cli.terminal import (
    Part,
    as_json_option,
    limit_option,
    minute,
    operator_actor,
    operator_option,
    print_fields,
    print_json,
    print_parts,
    print_rows,
    reading_actor,
    say_more,
    spoken,
)

_IS_BOOKKEEPING = re.compile(r"_.*|id|.*Id|.*_idx|isActive|recordVersion|updatedAt")
"""What nobody judges by; `--json` has it."""
_FOUND_BY = {"ORDER": "order", "APPEAL": "appeal", "WORDS": "words", "OWN": "own"}
_ACTS = ("act", "kind", "on", "until", "rule", "strike", "state", "done")
_LOOKS = {
    "reports": Part(("reported", "reason", "by", "upheld", "declined", "state"), cut=("by",), below="text"),
    "notes": Part(("written", "kind", "by"), cut=("by",), below="text"),
    "acts": Part(_ACTS, cut=("rule", "on"), below="reason"),
    "strikes": Part(("strike", "case", "kind", "rule", "lapses"), cut=("rule",), below="reason"),
    "before": Part(_ACTS, cut=("rule", "on"), below="reason"),
    "under appeal": Part(_ACTS, cut=("rule", "on"), below="reason"),
}


@click.command("queue")
@realm_option
@click.option("--state", type=click.Choice(CASE_STATES, case_sensitive=False),
              help="Only those of this state; without it, all that wait.")
@click.option("--kind", type=click.Choice(CASE_KINDS, case_sensitive=False), help="Only those opened for this.")
@click.option("--mine", is_flag=True, help="Only those that --as has taken.")
@limit_option("Rows at most.")
@operator_option
@as_json_option
@with_appcontext
def queue(realm: str, state: str | None, kind: str | None, mine: bool, limit: int, operator: str | None,
          as_json: bool) -> None:
    """Show the cases that wait, the most urgent first.

    Example: flask moderate queue --limit 10
    """
    from app.data.reads import Page
    from app.data.reads.read_request import ReadRequest
    from blueprints.platform.moderation.case_queue import list_cases
    from blueprints.platform.moderation.models import Case
    from blueprints.platform.people.briefs import user_briefs

    actor = operator_actor(realm, operator) if mine else reading_actor(realm)
    asked = ReadRequest(page=Page(1, limit), where=[] if kind is None else [Case.kind == kind])
    asked.arguments = ({} if state is None else {"state": state}) | ({"mine": "true"} if mine else {})
    listing = list_cases(actor, asked)
    if as_json:
        print_rows(listing.rows, as_json=True)
        return
    names = user_briefs(realm, [row["assigneeId"] for row in listing.rows])
    print_rows([_in_queue(row, names) for row in listing.rows], as_json=False, empty="no cases", cut=("thing", "state"))
    say_more(listing.total - len(listing.rows))


@click.command("show")
@number_argument("case", "CASE", "", "p", "b")
@realm_option
@operator_option
@as_json_option
@with_appcontext
def show(case: tuple[str, int], realm: str, operator: str | None, as_json: bool) -> None:
    """Show CASE: its thing, the person and that record, reports, notes, acts, strikes, and what the ladder proposes; of
    an appeal what it says, and what it is against. As p3 it is the case of that appeal, as b2 that bulk: how it stands.

    Reading a message between others is recorded, so a case about one needs --as.

    Example: flask moderate show 142
    """
    from blueprints.platform.moderation.case_queue import case_subject
    from blueprints.platform.moderation.case_reading import read_case
    from blueprints.platform.moderation.queries import case_of_appeal
    from cli.parts import keep_kind_to_read

    what, number = case
    if what == "b":
        show_bulk(realm, number, as_json=as_json)
        return
    if what == "p":
        number = spoken(partial(case_of_appeal, realm, number))
    entity_type = spoken(lambda: case_subject(realm, number))[0]
    actor = operator_actor(realm, operator) if entity_type == "MESSAGE" else reading_actor(realm)
    keep_kind_to_read(realm, entity_type)
    row, facts = read_case(actor, number)
    if as_json:
        print_json(row | facts)
        return
    print_fields(_facts(row, facts))
    appeal = facts["appeal"]
    if appeal is None:
        _print_content(facts)
    else:
        _print_appeal(appeal)
    parts = {
        "under appeal": [] if appeal is None else [_act(one) for one in appeal["acts"]],
        "reports": [{"reported": minute(one["createdAt"]), "reason": one["reason"], "by": _name(one["reporter"]),
                     "upheld": one["reporterUpheld"], "declined": one["reporterDeclined"],
                     "state": one["state"].lower(), "text": one["text"]} for one in facts["reports"]],
        "notes": [{"written": minute(one["writtenAt"]), "kind": one["kind"].lower(), "by": _name(one["author"]),
                   "text": one["text"]} for one in facts["notes"]],
        "acts": [_act(one) for one in facts["acts"]],
        "strikes": [{"strike": f"s{one['number']}", "case": one["caseNumber"], "kind": one["actKind"],
                     "rule": one["rule"], "lapses": minute(one["lapsesAt"]), "reason": one["reason"]}
                    for one in facts["strikes"]],
        "before": [_act(one) for one in facts["record"]["acts"]],
    }
    print_parts({name: rows for name, rows in parts.items() if rows}, _LOOKS)


def _in_queue(row: dict[str, Any], names: dict[str, Any]) -> dict[str, Any]:
    many = row["reportCount"]
    title = "" if row["title"] is None else f'"{row["title"]}"'
    found_by = _many(many, "report") if many else _FOUND_BY.get(row["kind"], "")
    state = f"with {_name(names.get(row['assigneeId']))}" if row["state"] == "ASSIGNED" else row["state"].lower()
    return {"case": row["number"], "priority": row["priority"], "type": row["entityType"], "thing": title,
            "found by": found_by, "state": state, "opened": minute(row["openedAt"])}


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _facts(row: dict[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
    """Return what stands at the head of a case; what does not apply is left out."""
    thing, person = facts["thing"], facts["person"]
    held = "" if thing is None else f", {thing['held'].lower()}" if thing["held"] else ""
    gone = "" if thing is not None and thing["isActive"] else ", gone"
    said = {
        "case": f"{row['number']}  {row['state'].lower()}, priority {row['priority']}",
        "opened": minute(row["openedAt"]),
        "thing": f"{row['entityType']} {row['entityId']}{held}{gone}",
        "title": row["title"],
        "person": None if row["personId"] is None else f"{_name(person)}  {row['personId']}",
        "record": f"{_many(facts['record']['cases'], 'other case')}, {_many(len(facts['strikes']), 'active strike')}",
        "proposed": None if facts["appeal"] else _proposed(row, facts["proposal"]),
        "former": row["previous"],
        "closed": row["closedAt"] and f"{minute(row['closedAt'])}  {row['reason']}",
    }
    return {name: value for name, value in said.items() if value is not None}


def _proposed(row: dict[str, Any], step: dict[str, Any] | None) -> str | None:
    """Return what the ladder proposes, as `resolve` takes it (M-16); nothing for a closed case."""
    if row["closedAt"] is not None or step is None:
        return None
    return f"--{step['kind'].lower()}" + ("" if step["days"] is None else f" {step['days']}")


def _act(one: dict[str, Any]) -> dict[str, Any]:
    kind = f"{one['kind']} {one['scope']}" if one["scope"] else one["kind"]
    return {"act": f"a{one['number']}", "kind": kind, "on": one["entityType"], "until": minute(one["until"]),
            "rule": one["rule"], "strike": one["strikeNumber"] and f"s{one['strikeNumber']}",
            "state": one["state"].lower(), "done": minute(one["createdAt"]), "reason": one["reason"]}


def _name(brief: dict[str, Any] | None) -> str:
    return "nobody" if brief is None else str(brief["fullname"])


def _print_appeal(appeal: dict[str, Any]) -> None:
    """Print what an appeal says, in the place of its thing: what is judged is what was decided of that."""
    decided = appeal["decidedAt"] and f"{minute(appeal['decidedAt'])}  {appeal['reason']}"
    click.echo("\nappeal")
    print_fields({name: value for name, value in {
        "appeal": f"p{appeal['number']}  {appeal['state'].lower()}, made {minute(appeal['createdAt'])}",
        "against": appeal_name(appeal["strikeNumber"], appeal["actNumber"]),
        "text": appeal["text"], "decided": decided}.items() if value is not None})


def _print_content(facts: dict[str, Any]) -> None:
    """Print what is judged, as it is now; of what is gone, the first copy of it."""
    thing, copies = facts["thing"], facts["evidence"]
    content = thing["content"] if thing is not None else next((one["content"] for one in copies), None)
    if content:
        click.echo("\ncontent" if thing is not None else "\ncontent, as it was copied")
        print_fields({name: value for name, value in content.items()
                      if value not in (None, "", [], {}) and not _IS_BOOKKEEPING.fullmatch(name)})
