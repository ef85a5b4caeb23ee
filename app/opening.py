"""What every application of ours begins with, whether it serves or stands behind one command of the terminal."""
from app import clock
from app.data.connections import configure_database
from app.home import claim_home
from app.http.application import Application
from app.runtime import install_runtime
from app.settings import Settings


def opened_application(settings: Settings) -> Application:
    """Return an application that has its runtime and its database, and no service yet.

    Raises SettingsError for an instance folder or a database file that cannot be made."""
    claim_home(settings)
    clock.set_offset(settings.clock_offset)
    app = Application("guildhall", static_folder=None)
    install_runtime(app, settings)
    configure_database(app, settings)
    return app
