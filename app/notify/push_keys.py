"""The key pair that says to push services who sends (VAPID, RFC 8292): made once, for all machines and the backup.

Browsers subscribe for its public half: with another one all of them must subscribe anew, so nothing replaces it."""
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, cast

from sqlalchemy import String, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from app.actor import kernel_actor
from app.data.entity import Base
from app.data.reads import fetch
from app.data.unit_of_work import unit_of_work
from app.data.upserts import upsert
from app.identity.encryption import seal, unseal
from app.runtime import runtime

if TYPE_CHECKING:  # loaded with the first push that is sent
    from py_vapid import Vapid02

_SEAL = "push-key"
_ONLY = "vapid"


class PushKey(Base):
    """The one key pair; `private_key` is sealed, `public_key` as pages hand it to `PushManager.subscribe`."""

    __tablename__ = "push_key"

    id: Mapped[str] = mapped_column(String(8), primary_key=True)
    private_key: Mapped[str] = mapped_column(Text)
    public_key: Mapped[str] = mapped_column(String(120))


def ensure_push_key() -> str:
    """Make the key pair where there is none; return its public half. Of two who make it at once one is kept."""
    if (there := public_push_key()) is not None:
        return there
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    private = ec.generate_private_key(ec.SECP256R1())
    point = private.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    pem = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                serialization.NoEncryption()).decode()
    with unit_of_work(kernel_actor()) as work:
        work.execute(upsert(PushKey).values(
            id=_ONLY, private_key=seal(runtime().settings.secret_key, _SEAL, pem),
            public_key=urlsafe_b64encode(point).rstrip(b"=").decode()).on_conflict_do_nothing(index_elements=["id"]))
        work.commit()
    return str(public_push_key())


def public_push_key() -> str | None:
    """Return the public half as browsers want it (65 bytes, base64url); None before `flask prepare` made it."""
    found = fetch(select(PushKey.public_key))
    return str(found[0].public_key) if found else None


def signer() -> "Vapid02":
    """Return what signs for push services; raises DecryptionFailed under another SECRET_KEY."""
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from py_vapid import Vapid02

    ensure_push_key()
    [row] = fetch(select(PushKey.private_key))
    pem = unseal(runtime().settings.secret_key, _SEAL, row.private_key).encode()
    return Vapid02(cast(EllipticCurvePrivateKey, load_pem_private_key(pem, password=None)))
