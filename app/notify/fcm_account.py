"""The key file of a service account of Firebase: read alone, so that settings are shown without what sends."""
from dataclasses import dataclass
from pathlib import Path

import orjson

_WANTED = ("project_id", "client_email", "private_key", "token_uri")


@dataclass(frozen=True, slots=True)
class FcmAccount:
    """What the file of a service account says that we need."""

    project_id: str
    client_email: str
    private_key: str
    token_uri: str


def read_account(file: Path) -> FcmAccount | None:
    """Return the account of FCM_CREDENTIALS_FILE, None where none is named; raises ValueError with a sentence."""
    if file == Path(""):
        return None
    try:
        said = orjson.loads(file.read_bytes())
        account = FcmAccount(*(str(said[name]) for name in _WANTED))
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{file} is no key file of a service account: it has {', '.join(_WANTED)}") from error
    if not account.token_uri.startswith("https://"):
        raise ValueError(f"{file}: token_uri must begin with https://")
    if "BEGIN PRIVATE KEY" not in account.private_key:
        raise ValueError(f"{file}: private_key is no PEM")
    return account
