"""`flask auth`: the signing keys of the realms."""
import click
from flask.cli import with_appcontext

from app.runtime import runtime
from cli.terminal import acts, agreed, as_json_option, every_realm_option, minute, print_rows


@click.group()
def auth() -> None:
    """Signing keys of the realms: list them, put new ones in force.

    Example: flask auth rotate-keys --yes
    """


@auth.command("keys")
@every_realm_option
@as_json_option
@with_appcontext
def list_keys(realm: str | None, as_json: bool) -> None:
    """Show the signing keys of each realm: which one signs and until it is to be replaced, which others still verify
    and until when. A realm has its first one from its first login on.

    Example: flask auth keys --realm network
    """
    from app.identity.signing_keys import signing_keys_of

    keys = signing_keys_of(runtime())
    rows = [row for name in ([realm] if realm else runtime().settings.realms) for row in keys.report(name)]
    if not as_json:
        rows = [{name: row[name] for name in ("realm", "state", "keyId")}
                | {name: minute(row[name]) for name in ("createdAt", "until")} for row in rows]
    print_rows(rows, as_json=as_json, empty="no keys yet")


@auth.command("rotate-keys")
@every_realm_option
@click.option("--due", is_flag=True, help="Only keys older than KEY_ROTATION_DAYS.")
@click.option("--revoke-old", is_flag=True, help="Forget the old keys at once: every token signed so far dies.")
@acts
@with_appcontext
def rotate_keys(realm: str | None, due: bool, revoke_old: bool, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Put new signing keys in force; tokens signed before stay good until they expire.

    With --revoke-old they do not: use it when a key or the database has leaked.

    Example: flask auth rotate-keys --realm network --yes
    """
    realms = [realm] if realm else list(runtime().settings.realms)
    fate = "every present token dies" if revoke_old else "present tokens stay good until they expire"
    when = " if it is due" if due else ""
    if not agreed(f"the signing key of {' and '.join(realms)} is replaced{when}; {fate}", dry_run=dry_run, yes=yes):
        return
    print_rows([{"realm": name, "keyId": _rotated(name, due, revoke_old) or "not due"} for name in realms],
               as_json=as_json)


def _rotated(realm: str, due: bool, revoke_old: bool) -> str | None:
    from app.identity.signing_keys import signing_keys_of

    keys = signing_keys_of(runtime())
    return keys.rotate_when_due(realm) if due else keys.rotate(realm, revoke_old=revoke_old)
