"""`flask equipment`: legal entities, divisions, OAuth2 clients and dictionaries of the equipment registry.

A command is in the file its part has."""
import click

from cli.equipment.clients import client
from cli.equipment.devices import list_equipment, show_equipment
from cli.equipment.dictionaries import dictionary
from cli.equipment.owners import division, legal_entity


@click.group()
def equipment() -> None:
    """The equipment registry: what is registered, legal entities, divisions, clients, dictionaries.

    Example: flask equipment legal-entity list
    """


for command in (list_equipment, show_equipment, legal_entity, division, client, dictionary):
    equipment.add_command(command)
