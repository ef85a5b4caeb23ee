"""`flask serve`: the whole system on one machine under one supervisor; what `make run` runs.

The application is loaded once; the processes are forked from it and share its memory."""
import fcntl
import gc
import os
import socket
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import IO

import click
from flask import Flask

from app.home import SERVE_LOCK, claim_home
from app.ops.localstripe import become_localstripe, gateway_port, stands_in
from app.ops.metrics_folder import name_metrics_folder
from app.ops.supervisor import Child, Supervisor
from app.ops.valkey import valkey_answers, valkey_command
from app.runtime import runtime_of
from app.settings import Settings, SettingsError, load_settings

WEBHOOKS = {"marketplace": "/marketplace/ordermanagement-api/v1/callbackordermanagementorderpayment",
            "network": "/network/profile-api/v1/callbackpremiumsubscriptionpayment"}
DEMO_LOGINS = """\
  marketplace  {superadmin_email} / {superadmin}   (superAdmin, in each realm)
  marketplace  anna@demo.test / demo-pass-1     (sells)
  marketplace  ben@demo.test / demo-pass-1      (buys; so does cleo@demo.test; emil@, greta@, hugo@ sell, too)
  marketplace  ada@example.com / demo-pass-1    (moderates; so does bob@example.com)
  network      nora@demo.test / demo-pass-1     (so do omar@, pia@, rosa@, sven@, tara@, ugo@)"""

_OF_CHILDREN = ("app.jobs.worker", "app.jobs.scheduler", "app.ops.web", "blueprints.platform.webhooks.sender")
"""What the children import: done before they are forked, it stands in memory once."""

READY = """\

Guildhall runs at {url}   (Ctrl-C ends it; data and logs: {home})
{logins}

In a browser: {url}/swagger has every API, to read and to try.{pages}
In a second terminal:
  curl -s {url}/marketplace/auth-api/login -H 'Content-Type: application/json' \\
       -d '{{"username": "anna@demo.test", "password": "demo-pass-1"}}'
  curl -s {url}/marketplace/productlisting-api/health
"""


@click.command()
def serve() -> None:
    """Start the whole system under one supervisor: Valkey, web, worker, relay, scheduler, webhooks.

    Migrates first and, in demo, seeds once. A child that dies is started again; Ctrl-C or SIGTERM ends everything.

    Example: PORT=8080 GUILDHALL_HOME=/srv/guildhall flask serve
    """
    try:
        settings = load_settings()
        claim_home(settings)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    (settings.home / "log").mkdir(exist_ok=True)
    with _claimed(settings.home):
        _refuse_taken_ports(settings)
        _supervise(settings)


def _supervise(settings: Settings) -> None:
    application = _loaded(settings)
    try:
        supervisor = Supervisor(_children(settings, application), settings.home / "log", _say,
                                log_days=settings.log_days)
        supervisor.run(prepare=lambda: _prepare(application), on_ready=lambda: _greet(settings))
    except (ValueError, TimeoutError, RuntimeError) as error:
        raise click.ClickException(str(error)) from error
    _say("everything has ended")


def _loaded(settings: Settings) -> Flask:
    """Load the application whole and put it out of the garbage collector's reach, so that children keep sharing it."""
    name_metrics_folder(settings)
    from app.factory import create_app

    application = create_app(settings)
    runtime_of(application).complete()
    for module in _OF_CHILDREN:
        import_module(module)
    gc.collect()
    gc.freeze()
    return application


def _children(settings: Settings, application: Flask) -> list[Child]:
    """Return what runs; one more process is one more line."""
    from app.ops.web import serve_web
    from cli.events import run_the_relay
    from cli.jobs import run_the_scheduler, run_the_worker
    from cli.webhooks import run_the_sender

    def inside(run: Callable[[], None]) -> Callable[[], None]:
        def run_inside() -> None:
            with application.app_context():
                run()
        return run_inside

    children = [
        Child("web", lambda: serve_web(application), ready=lambda: _listens(settings.port)),
        Child("worker", inside(run_the_worker)),
        Child("relay", inside(run_the_relay)),
        Child("scheduler", inside(run_the_scheduler)),
        Child("webhooks", inside(run_the_sender)),
    ]
    if settings.organization_stream:
        from cli.organization.upkeep import run_the_relay as run_the_organization_relay

        children.append(Child("organization-relay", inside(run_the_organization_relay)))
    if stands_in(settings):
        webhooks = {realm: settings.public_url + WEBHOOKS[realm] for realm in settings.realms}
        children.append(Child("localstripe", lambda: become_localstripe(settings, webhooks)))
    if settings.has_own_redis:
        command = valkey_command(settings.home)
        children.insert(0, Child("valkey", lambda: os.execv(command[0], command), foundation=True,
                                 ready=lambda: valkey_answers(settings.redis_url)))
    return children


def _prepare(application: Flask) -> None:
    from cli.prepare import prepare_and_seed

    with application.app_context():
        prepare_and_seed()


def _greet(settings: Settings) -> None:
    logins = pages = ""
    if settings.env == "demo":
        pages = f"\n              {settings.public_url}/examples/auction shows an auction as it runs."
        logins = "\nLogins:\n" + DEMO_LOGINS.format(superadmin_email=settings.superadmin_email,
                                                  superadmin=settings.superadmin_password)
    click.echo(READY.format(url=settings.public_url, home=settings.home, logins=logins, pages=pages))


def _refuse_taken_ports(settings: Settings) -> None:
    if _listens(settings.port):
        raise click.ClickException(f"port {settings.port} is taken by another program; set PORT to a free one")
    if stands_in(settings) and _listens(port := gateway_port(settings)):
        raise click.ClickException(
            f"port {port}, for the stand-in for Stripe, is taken by another program; set PORT or STRIPE_API_BASE")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _claimed(home: Path) -> IO[str]:
    """Hold the instance folder for as long as the file is open; two systems on one folder would fight."""
    lock = (home / SERVE_LOCK).open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise click.ClickException(f"another flask serve already runs on {home}") from None
    return lock


def _say(line: str) -> None:
    click.echo(f"guildhall: {line}", err=True)
