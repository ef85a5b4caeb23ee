"""What the commands of `flask moderate` take alike: a realm, a number as people say it, a thing, a reason, a rule."""
from collections.abc import Callable
from typing import Any

import click

from blueprints.platform.moderation.rules import ENTITY_TYPES, SCOPES, number_in
from cli import completing
from cli.terminal import acts, operator_option, served_realm_option, unknown

realm_option = served_realm_option("Whose moderation.")
reason_option = click.option("--reason", required=True, help="Why; it is recorded.")
type_argument = click.argument("entity_type", metavar="TYPE", type=click.Choice(ENTITY_TYPES, case_sensitive=False))
DAYS = click.IntRange(1, 36_500)


class Numbered(click.ParamType):
    """A number as people write it: 142, a57, s9, p3, b2 (moderation.md M-29)."""

    name = "number"

    def __init__(self, prefix: str = "", *more: str) -> None:
        self._prefixes = (prefix, *more)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        """Return the prefix and the number; where there is one prefix only, it may be left out."""
        if isinstance(value, tuple):
            return value
        for prefix in self._prefixes:
            number = number_in(str(value), prefix)
            if number is not None and (len(self._prefixes) == 1 or str(value).lower().startswith(prefix)):
                return prefix, number
        said = " or ".join(f"{prefix}12" for prefix in self._prefixes)
        self.fail(f"{value!r} is no number as {said}", param, ctx)


def number_argument(name: str, metavar: str, *prefixes: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command a number as its argument: its parameter `name` is (prefix, number)."""
    return click.argument(name, metavar=metavar, type=Numbered(*prefixes),
                          shell_complete=completing.numbers(*prefixes or ("",)))


def staff_acts(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command --realm, --as, --dry-run, --yes and --json: what every act has."""
    return realm_option(operator_option(acts(command)))


def why(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command --rule, --reason and --strike: its parameters are rule, reason, strike; see `grounds`."""
    for option in (
        click.option("--strike/--no-strike", default=None, help="Leave a strike, or none; else the acts decide."),
        click.option("--reason", help="Why; its person reads it. Without it, the title of the rule."),
        click.option("--rule", metavar="CODE", shell_complete=completing.rules,
                     help="The rule that was broken: `flask moderate rules list`."),
    ):
        command = option(command)
    return command


def only_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command --only, what a suspension is limited to (its parameter only)."""
    return click.option("--only", type=click.Choice([scope.lower() for scope in SCOPES]),
                        help="Suspend from this alone, where people trade; else from everything, login too.")(command)


def grounds(realm: str, rule: str | None, reason: str | None) -> str:
    """Return the reason of an act, which is the title of its rule where none is given; a usage error for neither.

    A rule that the realm does not have is one, too."""
    from blueprints.platform.moderation.catalogue import rules_of

    title = None
    if rule is not None:
        rules = rules_of(realm)
        if rule not in rules:
            raise unknown("rule", rule, rules, "--rule")
        title = rules[rule].title
    said = (reason or "").strip() or title
    if not said:
        raise click.UsageError("say why: --rule CODE (`flask moderate rules list`) or --reason TEXT")
    return said
