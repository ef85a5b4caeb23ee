"""What auth does by the clock: purge archived accounts, sweep expired sessions, replace old signing keys."""
from app.data.unit_of_work import UnitOfWork
from app.identity.api_clients import sweep_expired_tokens
from app.identity.authentication import identity
from app.identity.security_events import purge_security_events
from app.identity.sessions import sweep_expired_sessions
from app.jobs.schedule import kernel_periodic, on_due
from app.runtime import runtime
from blueprints.platform.auth.commands import (
    FORGET_AGAIN,
    LOCK_ENDS,
    end_lock,
    purge_archived,
    purge_unverified,
    say_purged,
)
from blueprints.platform.auth.export_requests import (
    MAKE_EXPORTS,
    make_next_export,
    purge_exports,
    remove_left_drafts,
)


@on_due(LOCK_ENDS, realm="marketplace")
@on_due(LOCK_ENDS, realm="network")
def end_due_lock(work: UnitOfWork, user_id: str) -> None:
    """Let the services know that a lock has ended by itself (decision 41)."""
    end_lock(work, user_id)


@on_due(FORGET_AGAIN, realm="marketplace")
@on_due(FORGET_AGAIN, realm="network")
def forget_again(work: UnitOfWork, user_id: str) -> None:
    """Forget once more who is gone for good: a request that was let in before may have written behind the purge."""
    say_purged(work, user_id)


@kernel_periodic("purge-archived", days=1)
def purge_archived_accounts() -> dict[str, int]:
    """Delete accounts archived longer than ARCHIVE_DAYS ago, for good."""
    return {realm: purge_archived(realm) for realm in runtime().settings.realms}


@kernel_periodic("purge-unverified", days=1)
def purge_unverified_accounts() -> dict[str, int]:
    """Delete accounts that were not verified within UNVERIFIED_DAYS, for good."""
    return {realm: purge_unverified(realm) for realm in runtime().settings.realms}


@kernel_periodic("sweep-sessions", hours=1)
def sweep_sessions() -> dict[str, int]:
    """Delete expired login sessions and tokens of API clients."""
    return {realm: sweep_expired_sessions(realm) + sweep_expired_tokens(realm) for realm in runtime().settings.realms}


@kernel_periodic("rotate-keys", hours=6)
def rotate_due_keys() -> dict[str, str | None]:
    """Replace signing keys older than KEY_ROTATION_DAYS."""
    return {realm: identity().keys.rotate_when_due(realm) for realm in runtime().settings.realms}


@kernel_periodic(MAKE_EXPORTS, minutes=1)
def make_exports() -> str:
    """Make the exports that people asked for.

    Before it, what a killed worker left of one is removed."""
    remove_left_drafts()
    counted = {True: 0, False: 0}
    while (is_made := make_next_export()) is not None:
        counted[is_made] += 1
    return f"{counted[True]} exports made, {counted[False]} failed"


@kernel_periodic("purge-exports", hours=1)
def purge_old_exports() -> str:
    """Remove exports that have expired."""
    return f"{purge_exports()} exports removed"


@kernel_periodic("purge-security-events", days=1)
def purge_old_security_events() -> int:
    """Delete security events older than SECURITY_EVENT_DAYS."""
    return purge_security_events(runtime().settings.security_event_days)
