"""The application behind one command of the terminal: no routes, and the services only when one of them is asked for.

A command imports the queries and commands it calls, and they their tables; what the services bring (subscribers, jobs,
checks, indexes …) is imported and kept when a part of it is first asked for (app/runtime.py)."""
from functools import partial

import click
from flask import Flask

from app.data.unused_dialect import leave_postgresql_out
from app.opening import opened_application
from app.runtime import runtime_of
from app.settings import Settings, SettingsError
from cli.parts import ALONE


def terminal_application(settings: Settings) -> Flask:
    """Return the application of a command; raises SettingsError as the start does."""
    if settings.sqlite_file is not None and not settings.organization_database.startswith("postgres"):
        leave_postgresql_out()
    app = opened_application(settings)
    runtime = runtime_of(app)
    runtime.bring, runtime.alone = partial(_bring, app), ALONE
    return app


def _bring(app: Flask) -> None:
    from app.factory import SERVICES, bring, refuse_unreadable

    try:
        refuse_unreadable(runtime_of(app).settings, SERVICES)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    bring(app)
