"""How an act goes: it is tried, its letter is shown, it is asked for, done, and told in one line."""
from collections.abc import Callable, Sequence
from typing import Any

import click

from app.actor import Actor
from cli.terminal import agreed, paragraphs, print_json, print_sentence, rehearsed, spoken


def judged(command: Callable[[], Any], letter: Any, question: str, *, actor: Actor, dry_run: bool, yes: bool,
           as_json: bool) -> None:
    """Do what a command does to a case, after its letter was shown and it was agreed to; print what became of it.

    `letter` is the statement of reasons, None where nobody is written to. `command` returns a Resolution."""
    rehearsed(actor, command)
    show_letter(letter)
    if agreed(question, dry_run=dry_run, yes=yes):
        print_resolution(spoken(command), as_json=as_json)


def show_letter(letter: Any) -> None:
    """Show a letter that is going to be sent (M-31)."""
    if letter is None:
        click.echo("nobody is written to", err=True)
        return
    click.echo("the letter:\n", err=True)
    click.echo(paragraphs(f"{letter.subject}\n\n{letter.text.strip()}\n", "  ", "  "), err=True)
    click.echo(err=True)


def print_resolution(resolution: Any, *, as_json: bool) -> None:
    """Print what became of a case: `a57 a58, strike s9, 3 told`."""
    numbers, heard = [f"a{act.number}" for act in resolution.acts], resolution.informed
    strike = None if resolution.strike is None else f"s{resolution.strike.number}"
    if as_json:
        print_json({"case": resolution.case.number, "acts": numbers, "strike": strike, "told": heard})
        return
    click.echo(", ".join(part for part in (
        " ".join(numbers), strike and f"strike {strike}", heard and f"{heard} told") if part))


def print_undoing(numbers: Sequence[str], lost: Sequence[str], *, as_json: bool) -> None:
    """Print what was undone, and what could not come back."""
    if as_json:
        print_json({"undone": list(numbers), "lost": list(lost)})
        return
    click.echo(f"{' '.join(numbers) or 'nothing'} undone")
    say_lost(lost)


def say_lost(lost: Sequence[str]) -> None:
    """Say what an undo cannot bring back."""
    for sentence in lost:
        print_sentence(f"does not come back: {sentence}", err=True)
