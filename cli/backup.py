"""`flask backup`: make a backup, see which there are, prove one, put one back, let a restored copy go live.

It loads the application only to look at a scratch place: what is to be restored may not be able to start."""
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask import current_app

from app.home import find_home, refuse_anothers
from app.settings import Settings, SettingsError, load_settings
from cli.terminal import (
    acts,
    agreed,
    as_json_option,
    is_at_a_terminal,
    minute,
    print_facts,
    print_json,
    print_rows,
    print_sentence,
    say_unchanged,
)

if TYPE_CHECKING:
    from app.ops.backup.apart import ApartStores
    from app.ops.backup.contents import Contents
    from app.ops.findings import Finding

key_option = click.option("--key-file", type=click.Path(dir_okay=False, path_type=Path),
                          help="The key of an encrypted backup: flask backup key FILE makes one.")
folder_option = click.option("--folder", type=click.Path(file_okay=False, path_type=Path),
                             help="The folder of the backups; default BACKUP_FOLDER.")
other_secret_option = click.option("--new-secret-key", is_flag=True,
                                   help="Take a backup that was made under another SECRET_KEY: what that one sealed "
                                        "does not open any more.")
file_argument = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@click.group()
def backup() -> None:
    """Backups: make, list, prove, restore; let a restored copy go live.

    Example: flask backup list
    """


@backup.command("create")
@folder_option
@click.option("--encrypt", is_flag=True, help="Encrypt it with the key of --key-file.")
@key_option
@click.option("--keep", metavar="RULE", help="Then keep only the newest of so many days, weeks, months: 7d,4w,12m.")
@click.option("--with-secrets", is_flag=True, help="Take the secrets of the environment, too; wants --encrypt.")
@acts
def create(folder: Path | None, encrypt: bool, key_file: Path | None, keep: str | None, with_secrets: bool,
           dry_run: bool, yes: bool, as_json: bool) -> None:
    """Make a backup while the system serves: databases, tenants, media, schema files, names of settings.

    Nothing is left behind when it fails. What --keep removes are whole backups of this folder: where it would remove
    one you are asked, but not without a terminal: a backup that a timer makes waits for nobody. A dry run names them.

    Example: flask backup create --encrypt --key-file /etc/guildhall/backup.key --keep 7d,4w --yes
    """
    from app.ops.backup import create_backup, rehearse_backup
    from app.ops.backup.folder import next_moment, others_in, remove_others
    from app.ops.backup.keep_rules import parse_keep_rules

    if encrypt != (key_file is not None):
        raise click.UsageError("--encrypt and --key-file FILE belong together; flask backup key FILE makes a key")
    try:
        rules = parse_keep_rules(keep) if keep else None
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--keep") from error
    settings = _settings()
    folder = folder or settings.backup_folder
    sealed_with = refusing(lambda: key_in(key_file))
    takes = refusing(lambda: rehearse_backup(settings, folder, openers=_openers(), key=sealed_with,
                                              with_secrets=with_secrets))
    going = others_in(folder, rules, next_moment(folder, is_encrypted=encrypt)) if rules else []
    question = f"make a backup in {folder}" + (f", then remove {len(going)} older there" if going else "")
    can_be_asked = bool(going) and is_at_a_terminal()
    if not agreed(question, dry_run=dry_run, yes=yes or not can_be_asked, reports=True):
        names = [path.name for path in going]
        print_facts({"changed": False, **takes, "encrypted": encrypt,
                     "wouldRemove": names if as_json else "\n".join(names) or "nothing"}, as_json=as_json)
        return
    made = refusing(lambda: create_backup(settings, folder, openers=_openers(), key=sealed_with,
                                           with_secrets=with_secrets))
    removed = remove_others(folder, rules) if rules else []
    print_facts({"backup": str(made), "bytes": made.stat().st_size, "encrypted": encrypt,
                 "removed": len(removed)}, as_json=as_json)


@backup.command("list")
@folder_option
@as_json_option
def list_backups(folder: Path | None, as_json: bool) -> None:
    """Show the backups of the folder, the newest first: age, size, whether encrypted, when proved.

    Of one that does not count `says` tells why: it is no backup, cut short, or dated in the future. Only the two ends
    of each file are looked at; `verify` reads it whole.

    Example: flask backup list --json
    """
    from app.ops.backup.folder import backups_in
    from cli.status import age

    if folder is not None and not folder.exists():
        raise click.BadParameter(f"there is no folder {folder}", param_hint="--folder")
    rows: list[dict[str, Any]] = [
        {"backup": one.path.name, "madeAt": one.made_at.isoformat(), "age": age(one.made_at.isoformat()),
         "bytes": one.size, "encrypted": "yes" if one.is_encrypted else "no", "verifiedAt": one.verified_at,
         "says": one.says} for one in backups_in(folder or _settings().backup_folder)]
    if not as_json:
        rows = [{name: value for name, value in row.items() if name != "madeAt"}
                | {"verifiedAt": minute(row["verifiedAt"])} for row in rows]
    print_rows(rows, as_json=as_json, empty="no backups", cut=("says",))


@backup.command("show")
@file_argument
@key_option
@as_json_option
def show(file: Path, key_file: Path | None, as_json: bool) -> None:
    """Show the table of contents of the backup FILE; nothing else of it is read, and no system need be there.

    Example: flask backup show /var/lib/guildhall/backups/guildhall-20261129T021500Z.tar
    """
    from app.ops.backup.archive import opened_archive
    from app.ops.backup.contents import contents_of

    def read() -> "tuple[Contents, dict[str, Any]]":
        with opened_archive(file, key_in(key_file)) as archive:
            return contents_of(archive.contents), {name: archive.contents[name]
                                                   for name in ("members", "bytes", "checksums")}

    contents, proof = refusing(read)
    _say_doubts(contents)
    if as_json:
        print_json(contents.serialized() | proof)
        return
    print_facts(_summary(contents), as_json=False)


@backup.command("verify")
@file_argument
@key_option
@other_secret_option
@as_json_option
def verify(file: Path, key_file: Path | None, new_secret_key: bool, as_json: bool) -> None:
    """Prove the backup FILE: restore it into a scratch place, count, look as `flask doctor` looks, remove it again.

    The system may be serving meanwhile; on a machine without one nothing is left behind. A backup of an earlier
    release is migrated there, too. Exit code 1 when anything is wrong.

    Example: flask backup verify /var/lib/guildhall/backups/guildhall-20261129T021500Z.tar
    """
    from app.ops.backup import verify_backup
    from app.ops.findings import FAIL

    settings = _settings(_refuse_anothers)
    contents, findings = refusing(lambda: verify_backup(
        settings, file, _examine, openers=_openers(), key=key_in(key_file), new_secret_key=new_secret_key))
    said = [{"check": finding.check, "state": finding.state, "says": finding.says} for finding in findings]
    whole = not any(finding.state == FAIL for finding in findings)
    _say_doubts(contents)
    if as_json:
        print_json({"backup": str(file), "whole": whole, **_summary(contents), "findings": said})
    else:
        print_facts({"backup": str(file), **_summary(contents)}, as_json=False)
        click.echo()
        print_rows(said, as_json=False, wraps=True)
    if not whole:
        raise click.ClickException("the backup can be read, but what is in it is not right")


@backup.command("restore")
@file_argument
@key_option
@other_secret_option
@click.option("--replace", is_flag=True, help="Put aside what is there already.")
@acts
def restore(file: Path, key_file: Path | None, new_secret_key: bool, replace: bool, dry_run: bool, yes: bool,
            as_json: bool) -> None:
    """Put the backup FILE back. The system must be stopped; afterwards mail, webhooks, jobs and payments
    stay off until `flask backup go-live`.

    Everything is made beside what is there and takes its place at the end; what was there is put aside, not removed.
    When it was cut off, run it again: it finishes. Whoever was erased since the backup is named, where what was put
    aside can be read. A dry run refuses the same places and proves the backup (as `verify`, without doctor).

    Example: flask backup restore guildhall-20261129T021500Z.tar --replace --yes
    """
    from app.ops.backup import refuse_place, restore_backup, verify_backup
    from blueprints.platform.auth.inspection import alive_again

    settings = _settings(_refuse_anothers)
    refusing(lambda: refuse_place(settings, replace=replace, openers=_openers()))
    question = f"restore {file.name} into {settings.home}" + (
        "; what is there is put aside" if replace else "; it must be empty")
    if not agreed(question, dry_run=dry_run, yes=yes, reports=True):
        refusing(lambda: verify_backup(settings, file, lambda _: (), openers=_openers(), key=key_in(key_file),
                                        new_secret_key=new_secret_key))
        print_facts({"changed": False, "backup": file.name, "whole": True}, as_json=as_json)
        return
    done = refusing(lambda: restore_backup(settings, file, replace=replace, openers=_openers(), key=key_in(key_file),
                                            new_secret_key=new_secret_key))
    if done.contents is not None:
        _say_doubts(done.contents)
    again = alive_again(done.former, settings.database_url) if done.former else None
    print_facts({"restored": file.name, "putAside": done.aside if as_json else " ".join(done.aside) or "nothing",
                 "eraseAgain": again if as_json else _named(again),
                 "next": ("" if done.is_at_newest else "flask prepare (it migrates), ") + "flask doctor, look around, "
                 + ("flask users erase for each of eraseAgain, " if again else "") + "flask backup go-live"},
                as_json=as_json)


@backup.command("go-live")
@acts
def go_live(dry_run: bool, yes: bool, as_json: bool) -> None:
    """Let a restored copy act: mail and webhooks that wait leave, jobs run, payments reach the gateway.

    Only where the former system does not run any more: otherwise people get letters and reminders twice.

    Example: flask backup go-live --yes
    """
    from app.ops.backup import go_live as let_go_live

    settings = _settings()
    if not agreed("mail, webhooks, jobs and payments of this copy go on", dry_run=dry_run, yes=yes):
        return
    if not refusing(lambda: let_go_live(settings)):
        say_unchanged("this system is live: nothing was held back")
        return
    print_facts({"live": True}, as_json=as_json)


@backup.command("key")
@file_argument
def key(file: Path) -> None:
    """Make a key for encrypted backups in the new FILE, for its owner alone. Without it no such backup opens again:
    keep a copy of it elsewhere.

    Example: flask backup key /etc/guildhall/backup.key
    """
    from app.ops.backup.sealed_files import make_key

    refusing(lambda: make_key(file))
    print_facts({"key": str(file)}, as_json=False)


def _summary(contents: "Contents") -> dict[str, Any]:
    return {"madeAt": contents.made_at, "from": f"{contents.host}:{contents.home}", "version": contents.version,
            "migration": contents.migration, "database": contents.server, "rows": sum(contents.rows.values()),
            "tenants": sum(len(store.groups) for store in contents.stores.values()), "media": contents.media["files"],
            "secrets": "yes" if contents.has_secrets else "no"}


def _say_doubts(contents: "Contents") -> None:
    from app.clock import now
    from app.ops.backup.contents import doubts

    for said in doubts(contents, now()):
        print_sentence(f"careful: {said}", err=True)


def _named(again: list[dict[str, str]] | None) -> str:
    """Return who was erased since the backup and is there again."""
    if again is None:
        return "not known: nothing was put aside that says who was erased since"
    return ", ".join(f"{one['realm']} {one['id']}" for one in again) or "nobody"


def _settings(refuse: Callable[[Settings], None] = find_home) -> Settings:
    """Return the settings, unless the instance folder is refused: no application is made, which would do it.

    From now on all that this process makes is its owner's alone."""
    if current_app:
        from app.runtime import runtime

        return runtime().settings
    os.umask(0o077)
    try:
        settings = load_settings()
        refuse(settings)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    return settings


def _refuse_anothers(settings: Settings) -> None:
    """Refuse an instance folder of another user only: proving and restoring need nothing that is there."""
    refuse_anothers(settings.home)


def _openers() -> "ApartStores":
    from app.factory import SERVICES
    from app.ops.backup.apart import ApartStores

    return ApartStores((service.name, service.apart) for service in SERVICES if service.apart is not None)


def key_in(file: Path | None) -> bytes | None:
    """Return the key of --key-file, None without one; raises BackupRefused."""
    from app.ops.backup.sealed_files import read_key

    return None if file is None else read_key(file)


def _examine(place: Settings) -> "Sequence[Finding]":
    """Migrate a scratch place and look at what is stored there, as an application of its own, which lets go of it."""
    from flask_migrate import upgrade

    from app.factory import create_app
    from app.ops.backup.place import let_go
    from app.ops.checks import examine_stored
    from blueprints.organization import organization_of

    application = create_app(place)
    with application.app_context():
        try:
            upgrade(directory=application.extensions["migrate"].directory)
            return examine_stored()
        finally:
            organization_of(application).close()
            let_go()


def refusing(act: Callable[[], Any]) -> Any:
    """Do something and return what it returns; a BackupRefused becomes a sentence and exit code 1."""
    from app.ops.backup import BackupRefused

    try:
        return act()
    except BackupRefused as refusal:
        raise click.ClickException(str(refusal)) from refusal
