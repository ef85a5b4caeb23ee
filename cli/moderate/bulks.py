"""`flask moderate remove-listing` and `bulk`: many listings at once; their ids are frozen when it is agreed to."""
from collections.abc import Sequence
from typing import Any

import click
from flask.cli import with_appcontext

from app.data.ids import short_id
from blueprints.platform.moderation.rules import LETTER_STAYS
from cli import completing
from cli.moderate.options import DAYS, grounds, number_argument, realm_option, staff_acts, why
from cli.moderate.outcome import say_lost, show_letter
from cli.naming import named_account, named_listing, named_thing
from cli.terminal import (
    Part,
    acts,
    agreed,
    as_json_option,
    cut_line,
    limit_option,
    minute,
    operator_actor,
    operator_option,
    print_fields,
    print_json,
    print_parts,
    print_rows,
    print_sentence,
    say_unchanged,
    spoken,
)

_REALM = "marketplace"
_LOOKS = {"said": Part(("id", "says"), ids=("id",), cut=("says",))}
SHOWN = 3
"""How many of the letters are shown before it asks."""
MOST = 10_000
"""How many listings one bulk takes at most: what is meant by a filter can be read before it is agreed to."""

OUTRUN = "Auctions that have closed meanwhile do not go on; offers whose time is over stay lapsed."


@click.command("remove-listing")
@click.argument("ids", nargs=-1, shell_complete=completing.listings)
@click.option("--seller", metavar="USER", shell_complete=completing.traders,
              help="All listings of this user, by e-mail or id.")
@click.option("--title", metavar="TEXT", help="All with this in the title.")
@click.option("--category", metavar="ID", shell_complete=completing.categories,
              help="All in this category.")
@click.option("--days", type=DAYS, help="For so many days; without it, until it is taken back.")
@why
@operator_option
@acts
@with_appcontext
def remove_listing(ids: tuple[str, ...], seller: str | None, title: str | None, category: str | None,
                   days: int | None, rule: str | None, reason: str | None, strike: bool | None, operator: str | None,
                   dry_run: bool, yes: bool, as_json: bool) -> None:
    """Remove listings by their IDS, or all that --seller, --title and --category name; `undo b2` takes it back.

    Each seller gets one strike and one letter for all of them; the letter is shown before it asks. When it breaks off,
    `bulk resume` goes on. Exit code 1 when a listing was refused.

    Example: flask moderate remove-listing --seller sara@example.com --title rolex --rule fraud --as ada@example.com
    """
    from blueprints.marketplace.product_listing.queries import find_product_ids, listing_facts
    from blueprints.platform.moderation import bulk

    actor, said = operator_actor(_REALM, operator), grounds(_REALM, rule, reason)
    filters = {"seller_id": seller and named_account(_REALM, seller), "text": title,
               "category_id": category and named_thing(_REALM, "CATEGORY", category)}
    if bool(ids) == any(filters.values()):
        raise click.UsageError("name listings by their IDS, or by --seller, --title, --category")
    wanted = [named_listing(one) for one in ids] or find_product_ids(**filters, limit=MOST + 1)
    if not wanted:
        say_unchanged("no listing is meant")
        return
    if len(wanted) > MOST:
        raise click.ClickException(f"more than {MOST} listings are meant; say it more narrowly")
    facts = listing_facts(wanted)
    for one in wanted[:10]:
        click.echo(cut_line(f"  {short_id(one)}  {facts.get(one, {}).get('title', '')}"), err=True)
    if len(wanted) > 10:
        click.echo(f"  … and {len(wanted) - 10} more", err=True)
    _show_letters(facts, reason=said, rule=rule, days=days, strike=strike)
    question = f"{len(wanted)} listing{'' if len(wanted) == 1 else 's'} {'is' if len(wanted) == 1 else 'are'} removed"
    terms: dict[str, Any] = {"reason": said, "rule": rule, "days": days, "strikes": strike is not False}
    if agreed(question, dry_run=dry_run, yes=yes, reports=True):
        begun = spoken(lambda: bulk.begin(actor, "REMOVE", "PRODUCT", wanted, **terms))
        _print_bulk(spoken(lambda: bulk.run(actor, begun.number)), as_json=as_json)
    else:
        _print_refused(spoken(lambda: bulk.refused_of(actor, "REMOVE", "PRODUCT", wanted, **terms)), question,
                       as_json=as_json)


@click.group("bulk")
def bulks() -> None:
    """Many things judged at once: list, resume; `undo b2` takes one back.

    Example: flask moderate bulk list
    """


@bulks.command("list")
@realm_option
@limit_option("Rows at most.")
@as_json_option
@with_appcontext
def list_bulks(realm: str, limit: int, as_json: bool) -> None:
    """Show the latest bulks and how they stand.

    Example: flask moderate bulk list --limit 5
    """
    from blueprints.platform.moderation import bulk

    print_rows([_row(report) for report in bulk.list_bulks(realm, limit)], as_json=as_json, empty="no bulks")


@bulks.command("resume")
@number_argument("number", "BULK", "b")
@staff_acts
@with_appcontext
def resume(number: tuple[str, int], realm: str, operator: str | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Go on with BULK, as b2, where it broke off, also with its undo. Exit code 1 when something of it was refused.

    Example: flask moderate bulk resume b2 --as ada@example.com
    """
    from blueprints.platform.moderation import bulk

    actor = operator_actor(realm, operator)
    stands = spoken(lambda: bulk.report(realm, number[1]))
    left = stands.done if stands.is_undoing else stands.pending
    if not left:
        say_unchanged(f"b{stands.number} is through")
        return
    question = f"b{stands.number}: {left} are left to {'undo' if stands.is_undoing else 'do'}"
    if agreed(question, dry_run=dry_run, yes=yes, reports=True):
        _print_bulk(spoken(lambda: bulk.run(actor, stands.number)), as_json=as_json)
    else:
        _print_refused(spoken(lambda: bulk.refused_of_rest(actor, stands.number)), question, as_json=as_json)


def show_bulk(realm: str, number: int, *, as_json: bool) -> None:
    """Print who began a bulk and why, how it stands, and what was said of those of its things that were refused."""
    from blueprints.platform.moderation import bulk

    report = spoken(lambda: bulk.report(realm, number))
    row, facts = _row(report), bulk.bulk_facts(realm, number)
    said = [{"id": one, "says": says} for one, says in report.said]
    if as_json:
        print_json({**row, **facts, "said": said})
        return
    facts["begunAt"] = minute(facts["begunAt"])
    print_fields({name: value for name, value in {**row, **facts}.items() if value not in (None, "")})
    if said:
        print_parts({"said": said}, _LOOKS)


def undo_bulk(actor: Any, number: int, *, reason: str, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Undo what a bulk did, the last thing first, once it is agreed to."""
    from blueprints.platform.moderation import bulk

    stands = spoken(lambda: bulk.report(actor.realm, number))
    if not stands.done and not stands.pending:
        say_unchanged(f"b{number} has nothing to undo")
        return
    lost = [LETTER_STAYS] if stands.done else []
    say_lost([*lost, OUTRUN] if stands.done else [])
    question = f"b{number}: {stands.done} things are undone, {stands.pending} that wait stay as they are"
    if agreed(question, dry_run=dry_run, yes=yes, reports=True):
        _print_bulk(spoken(lambda: bulk.undo(actor, number, reason=reason)), as_json=as_json, lost=lost)
    else:
        _print_refused(spoken(lambda: bulk.refused_of_rest(actor, number, undo_reason=reason)), question,
                       as_json=as_json)


def _row(report: Any) -> dict[str, Any]:
    return {"bulk": f"b{report.number}", "kind": report.kind, "pending": report.pending, "done": report.done,
            "refused": report.refused, "undone": report.undone, "undoing": "yes" if report.is_undoing else ""}


def _show_letters(facts: dict[str, dict[str, Any]], *, reason: str, rule: str | None, days: int | None,
                  strike: bool | None) -> None:
    """Show the letters to the sellers of these listings, the first SHOWN of them (M-31)."""
    from blueprints.platform.moderation.bulk_letters import preview

    sellers: dict[str, list[tuple[str, str]]] = {}
    for listing_id, listing in facts.items():
        sellers.setdefault(listing["sellerId"], []).append(("PRODUCT", listing_id))
    for seller_id, things in list(sellers.items())[:SHOWN]:
        show_letter(preview(_REALM, "REMOVE", seller_id, things, reason=reason, rule=rule, days=days,
                            strike=False if strike is False else None))
    if len(sellers) > SHOWN:
        click.echo(f"{len(sellers) - SHOWN} more people get such a letter\n", err=True)


def _print_refused(refused: Sequence[tuple[str, str]], question: str, *, as_json: bool) -> None:
    """Print what a dry run found: which things would be refused; exit code 1 for any."""
    if as_json:
        print_json({"changed": False, "would": question,
                    "refused": [{"id": one, "says": says} for one, says in refused]})
    else:
        _say_of_each(refused)
    if refused:
        click.echo(f"refused: {len(refused)}", err=True)
        raise click.exceptions.Exit(1)


def _say_of_each(said: Sequence[tuple[str, str]]) -> None:
    for one, says in said:
        print_sentence(f"{short_id(one)}: {says}", err=True)


def _print_bulk(report: Any, *, as_json: bool, lost: Sequence[str] = ()) -> None:
    if as_json:
        said = [{"id": one, "says": says} for one, says in report.said]
        print_json(_row(report) | {"said": said} | ({"lost": list(lost)} if lost else {}))
    else:
        print_rows([_row(report)], as_json=False)
        _say_of_each(report.said)
    if report.done if report.is_undoing else report.refused:
        raise click.exceptions.Exit(1)
