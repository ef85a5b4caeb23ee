"""What `flask doctor` looks at: everything the system stands on, each answered with ok, warn or fail and a sentence.

A check never raises: what goes wrong inside it is its finding."""
import os
import shutil
from collections.abc import Collection, Iterator
from datetime import timedelta
from smtplib import SMTPException
from typing import Any

from sqlalchemy import String, func, select, text, type_coerce
from sqlalchemy.exc import SQLAlchemyError

from app.clock import now
from app.data.columns import WebAddress, iso
from app.data.connections import CONNECTION_PREFIX, reading
from app.data.due_work import DueWork
from app.data.entity import Base, db
from app.data.reads import fetch
from app.data.restored_copy import HELD_BACK, is_held_back
from app.events.report import oldest_unpublished_seconds
from app.home import user_name
from app.identity.encryption import DecryptionFailed
from app.jobs.schedule import jobs
from app.jobs.wakeup import queue
from app.notify.channels import is_sent
from app.notify.fcm_account import read_account
from app.notify.models import PUSH, SMS
from app.notify.push_keys import public_push_key, signer
from app.notify.report import mail_figures
from app.notify.smtp import SmtpAccount
from app.ops.faults import sentence_of
from app.ops.findings import FAIL, OK, WARN, Check, Finding, some_of
from app.ops.health import backlog
from app.ops.job_runs import LATE_WORK, failed_jobs, last_runs, late_jobs
from app.ops.migrations import COPY_GOES_ON, is_unfinished_copy, newest_migration, present_migration
from app.ops.ownership import environment_file_faults, ill_owned
from app.runtime import runtime
from app.search.synonyms import check_synonyms
from app.search.weights import check_weights
from app.web_addresses import harmless, is_this_machine, link

LEAST_FREE_BYTES = 500_000_000
LATE_EVENT_SECONDS = 10.0
MAIL_SECONDS = 5.0
LATE_LETTER = timedelta(minutes=15)
LATE_BACKUP = timedelta(days=2)
AT_ONCE = 5000


class ServiceChecks(dict[str, Check]):
    """What the services of one application have checked beside the kernel's, by name."""


def examine(only: Collection[str] | None = None) -> list[Finding]:
    """Run every check, or those of these names: the kernel's in the order its parts stand on each other, then the
    services' own."""
    checks, waiting = {**CHECKS, **runtime().part(ServiceChecks)}, _waiting()
    return [_finding(name, check) for name, check in checks.items()
            if name not in waiting and (only is None or name in only)]


def examine_stored() -> list[Finding]:
    """Run the checks of what is stored, not those of what runs: for a place where nothing does (app/ops/backup)."""
    stored = {name: check for name, check in CHECKS.items() if name in ("database", "migrations", "web addresses")}
    return [_finding(name, check) for name, check in {**stored, **runtime().part(ServiceChecks)}.items()]


def _waiting() -> tuple[str, ...]:
    """Return the checks of what does not run yet: a restored copy is whole before it has gone live."""
    try:
        return RUNNING if is_held_back() else ()
    except SQLAlchemyError:  # the check of the database reports that
        return ()


def _finding(name: str, check: Check) -> Finding:
    try:
        state, says = check()
    except Exception as error:
        state, says = FAIL, sentence_of(error) or f"{type(error).__name__}: {error}".split("\n", 1)[0]
    return Finding(name, state, says)


def _restored_copy() -> tuple[str, str]:
    if not is_held_back():
        return OK, "live"
    return WARN, f"{HELD_BACK}; no job runs, no mail or webhook leaves, no payment is made"


def _settings() -> tuple[str, str]:
    settings = runtime().settings
    if not settings.is_production:
        return OK, f"{settings.env}: codes are returned and default secrets are in use; not for the open internet"
    return OK, "production, every secret is set"


def _instance_folder() -> tuple[str, str]:
    home = runtime().settings.home
    if not os.access(home, os.W_OK):
        return FAIL, f"{home} cannot be written"
    others = home.stat().st_mode & 0o007
    return (WARN, f"{home} can be entered by every user of this machine") if others else (OK, str(home))


def _owners() -> tuple[str, str]:
    """A file that is root's, as `flask …` once made it for root, is one that the service cannot write."""
    home, myself = runtime().settings.home, user_name(os.geteuid())
    foreign, open_to_others = ill_owned(runtime().settings)
    if foreign:
        return FAIL, (f"not {myself}'s, so no process of ours writes it: {some_of(foreign)}; as root: "
                      f"chown -R {myself}: {home}")
    if open_to_others:
        return WARN, f"others than {myself} may read or write: {some_of(open_to_others)}; chmod -R go= {home}"
    return OK, f"all is {myself}'s alone"


def _environment_file() -> tuple[str, str]:
    settings = runtime().settings
    if not settings.is_production:
        return OK, f"{settings.env} needs none"
    if not settings.environment_file.exists():
        return WARN, f"{settings.environment_file} does not exist: the units and `guildhall` load it"
    faults = environment_file_faults(settings.environment_file)
    return (FAIL, "; ".join(faults)) if faults else (OK, f"{settings.environment_file}, closed to others")


def _mail() -> tuple[str, str]:
    settings = runtime().settings
    if settings.mail_transport != "smtp":
        return OK, "letters stay in the outbox"
    account = SmtpAccount.of_settings(settings)
    try:
        account.connect(MAIL_SECONDS).close()
    except (OSError, SMTPException) as error:
        return FAIL, f"{error or type(error).__name__}: letters wait"
    return OK, f"{account.host} takes letters{'' if is_this_machine(account.host) else ', under TLS'}"


def _sms() -> tuple[str, str]:
    settings = runtime().settings
    if not is_sent(SMS, settings):
        return OK, "nothing sends SMS" if settings.is_production else "SMS stay in the outbox"
    return _messages("SMS", SMS)


def _push() -> tuple[str, str]:
    """Keys that cannot be read are said here: no message of their channel leaves."""
    settings = runtime().settings
    try:
        account = read_account(settings.fcm_credentials_file)
    except ValueError as error:
        return FAIL, f"FCM_CREDENTIALS_FILE: {error}"
    if not is_sent(PUSH, settings):
        return OK, "push messages stay in the outbox"
    if public_push_key() is None:
        return WARN, "there is no key for Web Push: flask prepare makes one"
    try:
        signer()
    except DecryptionFailed:
        return FAIL, "the key of Web Push was sealed under another SECRET_KEY: no browser gets a message"
    state, says = _messages("push messages", PUSH)
    return state, says if state != OK else f"{says}; to browsers{' and apps' if account else ' alone'}"


def _messages(noun: str, channel: str) -> tuple[str, str]:
    box = mail_figures(channel)
    error = f" ({box.last_error})" if box.last_error else ""
    if box.parked:
        return FAIL, (f"{box.parked} {noun} were given up{error}: flask notify list --channel {channel} --state "
                      "parked; repair the cause, then flask notify retry")
    if box.oldest is not None and box.oldest < now() - LATE_LETTER:
        return FAIL, (f"{box.waiting} {noun} wait, the oldest since {iso(box.oldest)}{error}: is a worker running?")
    return OK, f"{box.waiting} {noun} wait"


def _letters() -> tuple[str, str]:
    box = mail_figures()
    error = f" ({box.last_error})" if box.last_error else ""
    if box.parked:
        return FAIL, (f"{box.parked} letters were given up{error}: flask notify list --state parked; repair the cause, "
                      "then flask notify retry")
    if box.oldest is not None and box.oldest < now() - LATE_LETTER:
        return FAIL, (f"{box.waiting} letters wait, the oldest since {iso(box.oldest)}{error}: is a worker running? "
                      "flask notify test ADDRESS says what the mail server answers")
    if box.refused:
        return WARN, (f"the mail server refused {box.refused} letters of the last day{error}: "
                      "flask notify list --state refused")
    return OK, f"{box.waiting} letters wait"


def _last_backup() -> tuple[str, str]:
    from app.ops.backup.folder import newest_backup

    settings = runtime().settings
    newest = newest_backup(settings.backup_folder)
    if newest is not None and newest.made_at > now() - LATE_BACKUP:
        return OK, f"{iso(newest.made_at)}, {'proved' if newest.verified_at else 'not proved'}"
    said = f"the last is of {iso(newest.made_at)}" if newest else f"none is in {settings.backup_folder}"
    return (WARN if settings.is_production else OK), f"{said}: flask backup create, or guildhall-backup.timer"


def _disk() -> tuple[str, str]:
    free = shutil.disk_usage(runtime().settings.home).free
    return (OK if free > LEAST_FREE_BYTES else FAIL), f"{free / 1e9:.1f} GB free"


def _database() -> tuple[str, str]:
    with reading() as connection:
        connection.execute(select(1))
        return OK, connection.dialect.name


def _migrations() -> tuple[str, str]:
    newest, present = newest_migration(), present_migration(db.engine)
    if is_unfinished_copy(db.engine):
        return FAIL, f"a copy into this database is not whole: {COPY_GOES_ON}"
    return (OK, f"at {newest}") if present == newest else (FAIL, f"at {present}, newest is {newest}: flask upgrade")


def _redis() -> tuple[str, str]:
    redis = runtime().redis
    redis.ping()
    kept = redis.config_get("appendonly").get("appendonly")
    if kept != "yes":
        return WARN, "answers, but appendonly is off: a crash forgets sessions, limits and streams"
    return OK, "answers, appendonly is on"


def _cache_versions() -> tuple[str, str]:
    """Compare what the processes connected to this database say of themselves (decision 39)."""
    settings = runtime().settings
    if settings.is_sqlite:
        return OK, "in the memory of this machine, the only one on SQLite"
    query = text("SELECT DISTINCT application_name FROM pg_stat_activity"
                 " WHERE datname = current_database() AND application_name LIKE :ours")
    with reading() as connection:
        names = connection.execute(query, {"ours": f"{CONNECTION_PREFIX}%"}).scalars().all()
    homes = {tuple(name.removeprefix(CONNECTION_PREFIX).split(" ", 1)) for name in names}
    count = len({home for _, home in homes})
    in_memory = len({home for kept, home in homes if kept == "memory"})
    if count > 1 and in_memory:
        return FAIL, (f"{count} instance folders serve this database and {in_memory} keep cache versions in memory: a "
                      "logout on one is not seen by the other; set one REDIS_URL on all and SINGLE_MACHINE on none")
    return OK, f"in {'Redis' if settings.shares_cache_versions else 'memory'}; {count} instance folders at work"


def _outbox() -> tuple[str, str]:
    waiting, oldest = backlog()["unpublished"], oldest_unpublished_seconds()
    if oldest > LATE_EVENT_SECONDS:
        return FAIL, f"{waiting} outbox records wait, the oldest for {oldest:.0f} s: is the relay running?"
    return OK, f"{waiting} outbox records wait"


def _deliveries() -> tuple[str, str]:
    figures = backlog()
    if figures["parked"]:
        return FAIL, f"{figures['parked']} deliveries are parked: flask events status, then flask events retry"
    return OK, f"{figures['pending']} deliveries wait"


def _worker() -> tuple[str, str]:
    from rq import Worker

    count = Worker.count(connection=runtime().redis, queue=queue())
    return (OK, f"{count} at work") if count else (FAIL, "no worker: flask jobs worker")


def _due_work() -> tuple[str, str]:
    query = select(func.count(), func.min(DueWork.due_at)).where(DueWork.due_at <= now() - LATE_WORK)
    with reading() as connection:
        count, oldest = connection.execute(query).one()
    return (FAIL, f"{count} pieces are late, the oldest since {iso(oldest)}") if count else (OK, "none is late")


def _periodic_jobs() -> tuple[str, str]:
    runs = last_runs()
    failed, late = failed_jobs(runs), late_jobs(runs)
    if failed:
        return FAIL, f"failed last time: {', '.join(failed)} (flask jobs list)"
    return (WARN, f"late: {', '.join(late)} (is the scheduler running?)") if late else (OK, f"{len(jobs())} on time")


def _web_addresses() -> tuple[str, str]:
    """Find addresses that were stored before the field refused them; the worst of them are not shown (columns.py)."""
    settings, hidden, refused = runtime().settings, 0, list[str]()
    for table in Base.metadata.sorted_tables:
        for column in (column for column in table.columns if isinstance(column.type, WebAddress)):
            for row_id, address in _stored(table.c.id, column):
                try:
                    link(address, own=settings.public_url.rstrip("/"), is_local_fine=not settings.is_production)
                except ValueError:
                    hidden += harmless(address) != address
                    refused.append(f"{column} of {row_id}")
    if not refused:
        return OK, "each that is stored would be taken today"
    return WARN, (f"{len(refused)} stored addresses would be refused today, {hidden} of them are not shown; ask their "
                  f"owners for others: {some_of(refused)}")


def _stored(row_id: Any, column: Any) -> Iterator[tuple[str, str]]:
    """Yield id and text of a column as it stands in the database, in pieces: nobody waits for a long read."""
    plain, last = type_coerce(column, String), ""
    while True:
        some = select(row_id, plain).where(column.is_not(None), row_id > last).order_by(row_id).limit(AT_ONCE)
        rows: Any = fetch(some)
        yield from rows
        if len(rows) < AT_ONCE:
            return
        last = rows[-1][0]


RUNNING = ("letters", "outbox", "deliveries", "worker", "due work", "periodic jobs")
CHECKS: dict[str, Check] = {
    "settings": _settings,
    "instance folder": _instance_folder,
    "owners and modes": _owners,
    "environment file": _environment_file,
    "disk": _disk,
    "last backup": _last_backup,
    "database": _database,
    "migrations": _migrations,
    "restored copy": _restored_copy,
    "redis": _redis,
    "cache versions": _cache_versions,
    "mail": _mail,
    "letters": _letters,
    "sms": _sms,
    "push": _push,
    "outbox": _outbox,
    "deliveries": _deliveries,
    "worker": _worker,
    "due work": _due_work,
    "periodic jobs": _periodic_jobs,
    "web addresses": _web_addresses,
    "synonyms": check_synonyms,
    "search weights": check_weights,
}
