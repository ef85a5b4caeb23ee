"""`flask demo`: data to look at and to try things on. Refuses production."""
import click
from flask.cli import with_appcontext

from cli.demo_factories import DEMO_PASSWORD
from cli.demo_seed import demo_people, seed_demo
from cli.graph import import_graph
from cli.products import import_products
from cli.replay import replay_auctions
from cli.terminal import acts, agreed, print_facts, refuse_production, served_realm_option


@click.group()
def demo() -> None:
    """Data to look at and to try things on; refuses production.

    Example: flask demo seed --yes
    """


@demo.command("seed")
@served_realm_option("Whose demo.")
@acts
@with_appcontext
def seed(realm: str, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Add the demo's people, what they offer or say of themselves, and what happened between them, as far as it is
    missing.

    Example: flask demo seed --realm network --yes
    """
    refuse_production()
    people = ", ".join(person.email for person in demo_people(realm))
    if agreed(f"{people} (password {DEMO_PASSWORD}), and what is theirs, are added to {realm}", dry_run=dry_run,
              yes=yes):
        print_facts(seed_demo(realm), as_json=as_json)


demo.add_command(import_graph)
demo.add_command(replay_auctions)
demo.add_command(import_products)
