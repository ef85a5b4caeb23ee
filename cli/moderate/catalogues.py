"""`flask moderate words`, `rules`, `ladder`, `transparency`: what opens cases by itself, what is broken, what is
proposed then, the counts of a year."""
import re
from typing import Any

import click
from flask.cli import with_appcontext

from blueprints.platform.moderation.rules import REASONS
from cli import completing
from cli.moderate.options import realm_option, staff_acts
from cli.terminal import (
    agreed,
    as_json_option,
    minute,
    operator_actor,
    print_facts,
    print_fields,
    print_json,
    print_rows,
    reading_actor,
    rehearsed,
    spoken,
    unknown,
)

_STEP = re.compile(r"(?P<strikes>[0-9]{1,4})=(?P<kind>[a-z-]+)(:(?P<days>[0-9]{1,5}))?")


@click.group("words")
def words() -> None:
    """Words that open a case where they are written: list, add, remove, test.

    Example: flask moderate words list
    """


@words.command("list")
@click.option("--search", metavar="PART", help="Only those with this in them.")
@realm_option
@as_json_option
@with_appcontext
def list_words(search: str | None, realm: str, as_json: bool) -> None:
    """Show the words of the list.

    Example: flask moderate words list --search replica
    """
    rows = [row for row in _words(realm) if (search or "").casefold() in row["phrase"].casefold()]
    print_rows(rows if as_json else [{"word": row["phrase"], "reason": row["reason"], "added": minute(row["addedAt"])}
                                     for row in rows], as_json=as_json, empty="no words", cut=("word",))


@words.command("add")
@click.argument("phrase")
@click.option("--for", "reason", type=click.Choice(REASONS, case_sensitive=False), default="OTHER", show_default=True,
              help="The reason it opens a case for, which decides how early the case comes up.")
@staff_acts
@with_appcontext
def add_word(phrase: str, reason: str, realm: str, operator: str | None, dry_run: bool, yes: bool,
             as_json: bool) -> None:
    """Add a word or PHRASE; `*` at its end stands for any ending.

    Example: flask moderate words add "replica*" --for counterfeit --as ada@example.com --yes
    """
    from blueprints.platform.moderation import words as listed
    from blueprints.platform.moderation.schemas import NewWord

    actor = operator_actor(realm, operator)
    given = _given(NewWord(), {"phrase": phrase, "reason": reason})
    rehearsed(actor, lambda: listed.add_word(actor, **given))
    if agreed(f"“{given['phrase']}” opens a case for {reason} from now on", dry_run=dry_run, yes=yes):
        print_facts(spoken(lambda: listed.add_word(actor, **given)), as_json=as_json)


@words.command("remove")
@click.argument("phrase", shell_complete=completing.words)
@staff_acts
@with_appcontext
def remove_word(phrase: str, realm: str, operator: str | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Take PHRASE off the list; the cases that it opened stay.

    Example: flask moderate words remove "replica*" --as ada@example.com --yes
    """
    from blueprints.platform.moderation import words as listed

    actor = operator_actor(realm, operator)
    listed_words = _words(realm)
    found = [row["id"] for row in listed_words if row["phrase"].casefold() == phrase.strip().casefold()]
    if not found:
        raise unknown("word", phrase, [row["phrase"] for row in listed_words], "PHRASE")
    rehearsed(actor, lambda: listed.remove_word(actor, found[0]))
    if agreed(f"“{phrase}” opens no case any more", dry_run=dry_run, yes=yes):
        print_facts(spoken(lambda: listed.remove_word(actor, found[0])), as_json=as_json)


@words.command("test")
@click.argument("text")
@realm_option
@as_json_option
@with_appcontext
def test_words(text: str, realm: str, as_json: bool) -> None:
    """Show which words of the list stand in TEXT; nothing is opened.

    Example: flask moderate words test "a fine replica of a watch"
    """
    from blueprints.platform.moderation.words import find_words

    print_rows([{"word": hit.phrase, "reason": hit.reason} for hit in find_words(realm, text)], as_json=as_json,
               empty="none of the list", cut=("word",))


@click.group("rules", invoke_without_command=True)
@click.pass_context
def rules(context: click.Context) -> None:
    """The rules of the house, which --rule names: list, add, retire. Without a command, list.

    Example: flask moderate rules
    """
    if context.invoked_subcommand is None:
        context.invoke(list_rules)


@rules.command("list")
@realm_option
@as_json_option
@with_appcontext
def list_rules(realm: str, as_json: bool) -> None:
    """Show the rules, each with the text that is sent to whoever broke it.

    Example: flask moderate rules list --realm network
    """
    from blueprints.platform.moderation.catalogue import rules_of, wire_rule

    rows = [wire_rule(rule) for rule in rules_of(realm).values()]
    print_rows(rows if as_json else [{"rule": row["code"], "title": row["title"], "text": row["text"]} for row in rows],
               as_json=as_json, empty="no rules", cut=("title",), below="text")


@rules.command("add")
@click.argument("code", shell_complete=completing.rules)
@click.option("--title", required=True, help="Its name in a few words.")
@click.option("--text", required=True, help="What whoever broke it reads.")
@staff_acts
@with_appcontext
def add_rule(code: str, title: str, text: str, realm: str, operator: str | None, dry_run: bool, yes: bool,
             as_json: bool) -> None:
    """Write the rule CODE, or write it anew; acts that named it keep the code.

    Example: flask moderate rules add knives --title "Knives" --text "You may not offer …" --as ada@example.com
    """
    from blueprints.platform.moderation import catalogue
    from blueprints.platform.moderation.schemas import NewRule

    actor = operator_actor(realm, operator)
    given = _given(NewRule(), {"code": code, "title": title, "text": text})
    rehearsed(actor, lambda: catalogue.add_rule(actor, **given))
    verb = "written anew" if code in catalogue.rules_of(realm) else "written"
    if agreed(f"rule {code} is {verb}", dry_run=dry_run, yes=yes):
        print_facts(spoken(lambda: catalogue.add_rule(actor, **given)), as_json=as_json)


@rules.command("retire")
@click.argument("code", shell_complete=completing.rules)
@staff_acts
@with_appcontext
def retire_rule(code: str, realm: str, operator: str | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Let the rule CODE be named no more; acts that named it keep it.

    Example: flask moderate rules retire knives --as ada@example.com
    """
    from blueprints.platform.moderation import catalogue

    actor = operator_actor(realm, operator)
    rules = catalogue.rules_of(realm)
    if code not in rules:
        raise unknown("rule", code, rules, "CODE")
    rehearsed(actor, lambda: catalogue.retire_rule(actor, code))
    if agreed(f"rule {code} can be named no more", dry_run=dry_run, yes=yes):
        print_facts(spoken(lambda: catalogue.retire_rule(actor, code)), as_json=as_json)


@click.group("ladder", invoke_without_command=True)
@click.pass_context
def ladder(context: click.Context) -> None:
    """What `show` proposes by the strikes that stand against a person: list, set. Without a command, list.

    Example: flask moderate ladder
    """
    if context.invoked_subcommand is None:
        context.invoke(list_ladder)


@ladder.command("list")
@realm_option
@as_json_option
@with_appcontext
def list_ladder(realm: str, as_json: bool) -> None:
    """Show the ladder: from how many active strikes on it proposes what. It never acts.

    Example: flask moderate ladder list --json
    """
    from blueprints.platform.moderation.ladder import ladder as steps_of

    print_rows([_step(step) for step in steps_of(realm)], as_json=as_json)


@ladder.command("set")
@click.argument("steps", nargs=-1, metavar="[STRIKES=ACT ...]")
@click.option("--default", "as_built", is_flag=True, help="The ladder that stands before anybody has written one.")
@staff_acts
@with_appcontext
def set_ladder(steps: tuple[str, ...], as_built: bool, realm: str, operator: str | None, dry_run: bool, yes: bool,
               as_json: bool) -> None:
    """Write the ladder anew: from so many active strikes on ACT is proposed: warn, hide, remove, suspend:DAYS or ban.

    A superAdmin does it; below the lowest step nothing is proposed.

    Example: flask moderate ladder set 0=warn 2=suspend:7 4=ban --as admin@admin.com
    """
    from blueprints.platform.moderation.ladder import Proposal
    from blueprints.platform.moderation.ladder import ladder as steps_of
    from blueprints.platform.moderation.ladder import set_ladder as write_ladder

    actor = operator_actor(realm, operator)
    if bool(steps) == as_built:
        raise click.UsageError("say the steps, as 0=warn 2=suspend:7 4=ban, or --default")
    wanted = [Proposal(*_read_step(step)) for step in steps]
    rehearsed(actor, lambda: write_ladder(actor, wanted))
    said = ", ".join(f"{step.strikes} {_spoken_step(step)}" for step in sorted(wanted, key=lambda one: one.strikes))
    if agreed(f"the ladder of {realm}: {said or 'as it is built in'}", dry_run=dry_run, yes=yes):
        spoken(lambda: write_ladder(actor, wanted))
        print_rows([_step(step) for step in steps_of(realm)], as_json=as_json)


@click.command("transparency")
@click.option("--year", type=int, help="Which year (UTC); without it, the present one.")
@realm_option
@as_json_option
@with_appcontext
def transparency(year: int | None, realm: str, as_json: bool) -> None:
    """Count what was reported, decided and appealed in a year; medians are hours, nobody is named.

    Example: flask moderate transparency --year 2026 --json
    """
    from app.errors import InvalidInput
    from blueprints.platform.moderation.transparency import transparency as counted

    try:
        counts = counted(reading_actor(realm), year)
    except InvalidInput as error:
        raise click.BadParameter(error.detail["year"], param_hint="--year") from error
    if as_json:
        print_json(counts)
        return
    for part in ("reports", "cases", "appeals"):
        click.echo(f"{part} of {counts['year']}")
        print_fields({f"  {name}": _counted(value) for name, value in counts[part].items()})
    click.echo("acts")
    print_rows([{"rule": one["rule"], "kind": one["kind"], "by": "machine" if one["byMachine"] else "staff",
                 "done": one["count"], "undone": one["undone"]} for one in counts["acts"]], as_json=False,
               empty="none")


def _read_step(text: str) -> tuple[int, str, int | None]:
    """Return strikes, kind and days of a step as one types it: 2=suspend:7."""
    found = _STEP.fullmatch(text.strip().lower())
    if found is None:
        raise click.UsageError(f"{text!r} is no step as 0=warn or 2=suspend:7")
    return int(found["strikes"]), found["kind"].upper().replace("-", "_"), int(found["days"]) if found["days"] else None


def _step(step: Any) -> dict[str, Any]:
    return {"strikes": step.strikes, "proposed": step.kind, "days": step.days}


def _spoken_step(step: Any) -> str:
    return step.kind.lower() + ("" if step.days is None else f" for {step.days} days")


def _words(realm: str) -> list[dict[str, Any]]:
    from app.data.reads import Page
    from blueprints.platform.moderation.words import MOST_WORDS
    from blueprints.platform.moderation.words import list_words as listed

    return list(listed(reading_actor(realm), Page(1, MOST_WORDS)).rows)


def _given(schema: Any, data: dict[str, Any]) -> dict[str, Any]:
    """Return what was typed as the API would take it; a usage error for what it refuses."""
    from app.errors import InvalidInput
    from app.http.schemas import load

    try:
        return dict(load(schema, data))
    except InvalidInput as error:
        raise click.UsageError(error.message) from error


def _counted(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {count}" for name, count in value.items()) or "none"
    return "none" if value is None else str(value)
