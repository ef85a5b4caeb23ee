"""`flask organization`: tenants and their clients, schemas, query tables made anew, the lag, the relay.

A command is in the file its part has."""
import click

from cli.organization.clients import client
from cli.organization.schemas import schema
from cli.organization.tenants import tenant
from cli.organization.upkeep import history, lag, rebuild, relay


@click.group()
def organization() -> None:
    """The organization store: tenants, clients, schemas, rebuild, lag, relay.

    Example: flask organization tenant list
    """


for command in (tenant, client, rebuild, lag, history, schema, relay):
    organization.add_command(command)
