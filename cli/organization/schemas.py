"""`flask organization schema`: schema files, and what tenants add to them."""
import json
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from blueprints.organization.application import schema_upgrade, tenants
from blueprints.organization.application.schema_upgrade import Upgrade
from blueprints.organization.domain.refusals import MalformedBody, Refusal
from blueprints.organization.domain.resource_type import ResourceType
from cli import completing
from cli.organization.naming import known_kind, named_tenant, ports, refusals_spoken, resource_option
from cli.terminal import (
    acts,
    agreed,
    as_json_option,
    print_facts,
    print_json,
    print_rows,
    print_sentence,
    say_unchanged,
)


@click.group()
def schema() -> None:
    """Schema files, and what tenants add to them.

    Example: flask organization schema list
    """


@schema.command("list")
@click.argument("tenant_id", required=False, shell_complete=completing.tenants)
@as_json_option
@with_appcontext
def list_schemas(tenant_id: str | None, as_json: bool) -> None:
    """List the resource types; with TENANT_ID in the version it is served, with the properties that it added.

    Example: flask organization schema list acme
    """
    with refusals_spoken():
        owner = tenant_id and named_tenant(tenant_id).tenant_id
        rows = [_kind_facts(kind, owner) for kind in ports().schemas.kinds.values()]
    print_rows(rows, as_json=as_json, cut=("schema", "added") if owner else ("schema",), below="properties")


@schema.command("register")
@click.argument("tenant_id", shell_complete=completing.tenants)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@resource_option
@acts
@with_appcontext
def register_schema(tenant_id: str, file: Path, resource: str, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Let TENANT_ID use the properties that the JSON Schema in FILE names.

    Example: flask organization schema register acme acme-properties.json --yes
    """
    kind = known_kind(resource)
    with refusals_spoken():
        tenant_id, candidate = named_tenant(tenant_id).tenant_id, _json_file(file)
        names = ", ".join(tenants.checked_extension(ports(), tenant_id, kind, candidate).properties)
        if agreed(f"{tenant_id} adds to {resource}: {names}", dry_run=dry_run, yes=yes):
            extension = tenants.register_extension(ports(), tenant_id, kind, candidate)
            print_facts({"tenantId": tenant_id, "resource": resource, "revision": extension.revision,
                         "properties": ", ".join(extension.properties)}, as_json=as_json)


@schema.command("upgrade")
@click.argument("tenant_id", required=False, shell_complete=completing.tenants)
@click.option("--resource", shell_complete=completing.resources, help="Only this resource type.")
@acts
@with_appcontext
def upgrade_schema(tenant_id: str | None, resource: str | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Serve TENANT_ID, or all tenants, the newest schema files, and move their records to them.

    Records that do not fit are listed with their reasons; they are read as before until a change makes them fit. May be
    cut off and repeated. A tenant whose database cannot be reached is told and does not hold up the others.

    Example: flask organization schema upgrade acme --dry-run
    """
    if resource:
        known_kind(resource)
    with refusals_spoken():
        tenant_id = tenant_id and named_tenant(tenant_id).tenant_id
        waiting = schema_upgrade.waiting(ports(), tenant_id, resource)
    if not waiting:
        say_unchanged("every tenant is served the newest schema files")
        return
    names = schema_upgrade.some([f"{owner.tenant_id} {newest.table_set}" for owner, newest in waiting])
    is_agreed = agreed(f"upgrade {names}", dry_run=dry_run, yes=yes, reports=True)
    act = schema_upgrade.upgrade if is_agreed else schema_upgrade.survey
    done, failed = list[Upgrade](), False
    for owner, newest in waiting:
        try:
            done.append(act(ports(), owner, newest))
        except Refusal as refusal:
            failed = True
            print_sentence(f"{owner.tenant_id} {newest.name}: {refusal.detail}", err=True)
    _print_upgrades(done, as_json=as_json)
    if failed:
        raise click.exceptions.Exit(1)


def _print_upgrades(done: list[Upgrade], *, as_json: bool) -> None:
    if as_json:
        print_json([{"tenantId": one.tenant_id, "resource": one.resource, "from": one.source, "to": one.target,
                     "moved": one.moved,
                     "left": [{"resourceId": misfit.resource_id, "version": misfit.version,
                               "reasons": list(misfit.reasons)} for misfit in one.misfits]} for one in done])
        return
    print_rows([{"tenantId": one.tenant_id, "resource": one.resource, "from": one.source, "to": one.target,
                 "moved": one.moved, "left": len(one.misfits)} for one in done], as_json=False, cut=("tenantId",))
    misfits = [{"tenantId": one.tenant_id, "version": f"{one.resource}/{misfit.version}",
                "resourceId": misfit.resource_id, "reasons": "; ".join(misfit.reasons)}
               for one in done for misfit in one.misfits]
    if misfits:
        click.echo()
        print_rows(misfits, as_json=False, cut=("tenantId",), below="reasons")


def _json_file(file: Path) -> dict[str, Any]:
    try:
        parsed = json.loads(file.read_text())
    except ValueError as error:
        raise MalformedBody(f"{file} is no valid JSON: {error}.") from error
    if not isinstance(parsed, dict):
        raise MalformedBody(f"{file} is no JSON object.")
    return parsed


def _kind_facts(kind: ResourceType, tenant_id: str | None) -> dict[str, Any]:
    if tenant_id:
        kind = tenants.served_kind(tenants.known_tenant(ports(), tenant_id), kind)
    facts = {"resource": kind.name, "version": kind.version, "schema": kind.uri,
             "properties": " ".join(kind.schema["properties"])}
    if tenant_id:
        added = tenants.extension_of(ports(), tenant_id, kind)
        facts |= {"revision": str(added.revision), "added": " ".join(added.properties)}
    return facts
