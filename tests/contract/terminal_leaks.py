"""What the terminal prints about a small realm: by each reading command, and by each act, rehearsed or done."""
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product

import click
from click.testing import CliRunner, Result
from flask.cli import ScriptInfo
from sqlalchemy import select

from app.data.reads import fetch
from blueprints.platform.moderation.act_models import Act, Appeal
from cli import COMMANDS, load_command
from cli.terminal import TABLE_COLUMNS
from tests.contract.leaks import NOBODY, QUARTERS, SmallRealm, Texts
from tests.contract.who_may_see import NEEDLE
from tests.passes import share

EXPORTS = {("moderate", "audit", "export")}  # lines of JSON without being asked for
# What acts with which arguments: {…} is every id of that name, TYPE_IDS each kind that staff judge with its id.
_WHY, TYPE_IDS = "--reason because", "{type} {thing}"
ACTS = {
    "auctions close": ["{productListingProductId}"],
    "clients add": ["{userId} --name shop --scope notices"], "clients rotate": ["{apiClientId}"],
    "clients revoke": ["{apiClientId}"],
    "doctor": ["--fix", f"--fix books {_WHY}", f"--fix audit {_WHY}"],
    "notify unmute": ["ben@guildhall.test"], "notify retry": ["--refused"], "notify test": ["new@guildhall.test"],
    "moderate take": ["{case}"], "moderate release": ["{case}"], "moderate ask": ["{case} really?"],
    "moderate note": [f"{{case}} {_WHY}", f"USER {{userId}} {_WHY}"], "moderate dismiss": [f"{{case}} {_WHY}"],
    "moderate resolve": [f"{{case}} --warn {_WHY}", "{case} --remove --suspend 7 --rule fraud"],
    "moderate warn": [f"{TYPE_IDS} {_WHY}"], "moderate hide": [f"{TYPE_IDS} {_WHY}"],
    "moderate show-again": [f"{TYPE_IDS} {_WHY}"], "moderate restore": [f"{TYPE_IDS} {_WHY}"],
    "moderate override-feedback": [f"{{feedbackId}} --rating 1 {_WHY}"],
    "moderate remove-listing": [f"{{productListingProductId}} {_WHY}", f"--seller {{userId}} {_WHY}"],
    "moderate suspend": [f"{{userId}} --days 7 {_WHY}"], "moderate ban": [f"{{userId}} {_WHY}"],
    "moderate unban": [f"{{userId}} {_WHY}"], "moderate mute-reporter": ["{userId}"],
    "moderate undo": [f"{{act}} {_WHY}"], "moderate decide": [f"{{appeal}} --grant {_WHY}"],
    "moderate bulk resume": ["b1"], "moderate flag-media": [f"{NOBODY} {_WHY}"],
    "moderate words add": [NEEDLE], "moderate words remove": [NEEDLE], "moderate rules retire": ["fraud"],
    "moderate rules add": ["fraud --title t --text t"],
    "moderate ladder set": ["0=warn 2=suspend:7"],
    "moderate assign-admin": ["{companyId} {userId}"],
    "moderate second-chance": [f"{{productListingProductId}} {_WHY}"],
    "orders ship": [f"{{orderManagementOrderId}} --carrier c --tracking t {_WHY}"],
    "payments reconcile": [""], "payments fix": [f"{{orderManagementOrderId}} {_WHY}"],
    "payments refund": [f"{{orderManagementOrderId}} {_WHY}"],
    "users create": ["new@guildhall.test --fullname New"], "users verify": ["{userId}"],
    "users role": ["{userId} admin"], "users 2fa": ["admin email"], "users lock": ["{userId}"],
    "users ensure-super-admin": [""], "users password": ["{userId} --generate", "{userId} --send"],
    "users export": ["{userId} --to export.zip"], "users erase": ["{userId}"],
    "webhooks pause": ["{webhook}"], "webhooks test": ["{webhook}"], "webhooks replay": ["{webhook} --first 0"],
}
FROM_FILES = {"users import", "notify bounce"}
Judged = Mapping[str, str]
"""Kind of thing that staff judge → the name of its ids."""
Chosen = Callable[[click.Command, tuple[str, ...]], bool]


def printed_by_every_reading_command(world: SmallRealm) -> Texts:
    """Yield what each command prints that has --json and changes nothing: as JSON, and as people read it."""
    ids, system = world.ids(), ScriptInfo(create_app=lambda: world.app)
    ids["case"] = [*ids.get("case", ()), "p1", "b1"]  # `moderate show` takes an appeal and a bulk, too
    for name in COMMANDS:
        for command, words in commands_below(load_command(name), (name,), is_reading):
            needed = [one.name for one in command.params if isinstance(one, click.Argument) and one.required]
            for values in product(*(ids.get(str(one), [NOBODY]) for one in needed)):
                for form in ([],) if words in EXPORTS else ([], ["--json"]):
                    line = [*words[1:], *values, *_realm_of(command, world), *form]
                    yield f"flask {name} {' '.join(line)}", CliRunner().invoke(
                        load_command(name), line, obj=system).output


def wider_than_the_terminal(told: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return command → the first line that does not fit, of those that print no JSON; refusals are sentences."""
    wide = [(command, line) for command, text in told for line in text.splitlines()
            if len(line) > TABLE_COLUMNS and not command.endswith("--json") and "audit export" not in command
            and not line.startswith("Error: ")]
    return dict(reversed(wide))


def performed(world: SmallRealm, judged: Judged, option: str, *, each_once: bool = False,
              staff: str) -> Iterator[tuple[str, Result]]:
    """Yield what became of each act of the terminal with `--dry-run` or `--yes`, as that member of staff.

    With a quarter of the things that it can be about, others at each run; `each_once`: with the first alone."""
    ids, system = world.ids(), ScriptInfo(create_app=lambda: world.app)
    ids |= {"act": [f"a{row.number}" for row in fetch(select(Act.number))],
            "appeal": [f"p{row.number}" for row in fetch(select(Appeal.number))]}
    if each_once:
        ids = {name: values[:1] for name, values in ids.items()}
    things = [{"type": kind, "thing": one} for kind, name in judged.items() for one in ids[name]]
    for words, forms in ACTS.items():
        name, *more = words.split()
        command = _acts_of(name)[words]
        if world.realm != "marketplace" and not takes(command, "realm"):
            continue
        options = [*_realm_of(command, world), *_signed(command, world, staff), option]
        for form in forms:
            every = sorted(_chosen(form, things, ids), key=lambda values: str(values)[::-1])
            for values in share(every, 0, 1 if each_once else QUARTERS):
                line = [*more, *form.format(**values).split(), *options]
                yield f"flask {name} {' '.join(line)}", CliRunner().invoke(load_command(name), line, obj=system)


def known_acts() -> set[str]:
    """Return the words of every act that the groups of ACTS have."""
    return {words for name in {line.split()[0] for line in ACTS} for words in _acts_of(name)}


def commands_below(command: click.Command, words: tuple[str, ...],
                   chosen: Chosen) -> Iterator[tuple[click.Command, tuple[str, ...]]]:
    """Yield the chosen commands below a group, each with the words that call it."""
    for name, member in command.commands.items() if isinstance(command, click.Group) else ():
        yield from commands_below(member, (*words, name), chosen)
    if chosen(command, words):
        yield command, words


def takes(command: click.Command, option: str) -> bool:
    """Return whether a command has this option, by the name of its parameter."""
    return option in {one.name for one in command.params}


def is_act(command: click.Command, words: tuple[str, ...]) -> bool:
    """Return whether a command changes something: it can be rehearsed."""
    return takes(command, "dry_run")


def is_reading(command: click.Command, words: tuple[str, ...]) -> bool:
    """Return whether a command prints JSON and changes nothing."""
    return words in EXPORTS or (takes(command, "as_json") and not takes(command, "dry_run"))


def _acts_of(name: str) -> dict[str, click.Command]:
    return {" ".join(words): one for one, words in commands_below(load_command(name), (name,), is_act)}


def _realm_of(command: click.Command, world: SmallRealm) -> list[str]:
    return ["--realm", world.realm] if takes(command, "realm") else []


def _signed(command: click.Command, world: SmallRealm, staff: str) -> list[str]:
    return ["--as", world.people[staff].user_id] if takes(command, "operator") else []


def _chosen(form: str, things: Sequence[dict[str, str]], ids: Mapping[str, Sequence[str]]) -> Sequence[dict[str, str]]:
    named = re.findall(r"{(\w+)}", form)
    if named == ["type", "thing"]:
        return things
    return [dict(zip(named, values, strict=True)) for values in product(*(ids[one] for one in named))]
