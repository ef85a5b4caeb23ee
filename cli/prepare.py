"""`flask prepare`: what must hold before the system starts: migrated, superAdmins there, the demo seeded once."""
import click
from flask import current_app
from flask.cli import with_appcontext
from flask_migrate import upgrade

from app.ops.logs import configure_logging
from app.runtime import runtime
from blueprints.platform.auth.commands import ensure_super_admin
from cli.demo_seed import is_seeded, seed_demo
from cli.users import super_admin_hash


@click.command()
@with_appcontext
def prepare() -> None:
    """Migrate the database, create each realm's superAdmin and, in demo, seed once; what is done is left alone.

    Example: GUILDHALL_ENV=production flask prepare
    """
    prepare_and_seed()


def prepare_and_seed() -> None:
    """Do what `flask prepare` does, in this process."""
    settings = runtime().settings
    configure_logging(settings, "prepare")
    prepare_system()
    if settings.env == "demo" and not is_seeded():
        seed_demo()


def prepare_system() -> None:
    """Bring the database to its newest migration and make sure that every realm has its superAdmin."""
    settings = runtime().settings
    upgrade(directory=current_app.extensions["migrate"].directory)
    password_hash = super_admin_hash(settings)
    for realm in settings.realms:
        ensure_super_admin(realm, password_hash)
