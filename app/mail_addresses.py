"""E-mail addresses: one form for each mailbox, however its owner types it (decision 34).

The domain stands in its ASCII form (IDNA): `x@bücher.example` and `x@xn--bcher-kva.example` are one account."""
import re
from email.utils import getaddresses

import idna

from app.plain_text import hidden_in_identifier, normal_form

MOST_CHARACTERS = 255
# Whether the mailbox exists only a mail can tell. `=?` begins an encoded word (RFC 2047), which mail programs decode:
# the letter would go to another mailbox than the one that is written here.
_LOCAL_PART = re.compile(r"(?!.*=\?)[^\s@<>\"(),:;\\\[\]]{1,64}")
_ANY_ADDRESS = re.compile(r"[^\s@<>\"'(),:;\[\]{}]+@[^\s@<>\"'(),:;\[\]{}]+")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")


def mail_address(text: str, *, any_host: bool = False) -> str:
    """Return the one form of an e-mail address: NFKC, lower case, the domain in ASCII (rules-platform §3.1).

    A host without a dot is taken only with `any_host`. Raises ValueError with a sentence that says what is wrong."""
    hidden = hidden_in_identifier(text.strip())
    if hidden:
        raise ValueError(f"expected an e-mail address without hidden characters; this one has {hidden}")
    local, _, host = normal_form("NFKC", normal_form("NFKC", text).lower()).strip().rpartition("@")
    domain = _ascii_domain(host)
    address = f"{local}@{domain}"
    if not _LOCAL_PART.fullmatch(local) or len(address) > MOST_CHARACTERS or not (any_host or "." in domain):
        raise ValueError("expected an e-mail address")
    return address


def typed_address(text: str) -> str:
    """Return the form to look for somebody by; what is no address stays what it is, and finds nobody new."""
    try:
        return mail_address(text)
    except ValueError:
        return text.strip().lower()


def new_mail_address(text: str) -> str:
    """Return the one form of an address that letters shall go to from now on; raises ValueError as `mail_address`.

    Before the @ it has ASCII only: too many mail servers on the way take nothing else."""
    address = mail_address(text)
    if not address.isascii():
        raise ValueError("expected an e-mail address with ASCII characters only before the @; "
                         "many mail servers take no others")
    return address


def sender_address(text: str) -> tuple[str, str]:
    """Return name (may be blank) and address of `Guildhall <mail@example.org>`; raises ValueError."""
    found = getaddresses([text])
    if len(found) != 1 or not found[0][1] or hidden_in_identifier(text):
        raise ValueError(f"{text!r} is not one address such as Guildhall <mail@example.org>")
    name, address = found[0]
    sender = mail_address(address, any_host=True)
    if not sender.isascii():
        raise ValueError(f"{address!r} has other than ASCII characters before the @")
    return name, sender


def masked_email(email: str) -> str:
    """Return an address of which the first sign and the host are seen: `a…@example.com`."""
    local, _, host = email.rpartition("@")
    return f"{local[:1]}…@{host}"


def masked_in(text: str) -> str:
    """Return the text with every address in it masked: what a mail server answered names whom it refused."""
    return _ANY_ADDRESS.sub(lambda found: masked_email(found.group()), text)


def _ascii_domain(host: str) -> str:
    labels = host.split(".")
    if all(_LABEL.fullmatch(label) and not label.startswith("xn--") for label in labels):
        return host
    try:
        encoded = idna.encode(host, uts46=True).decode("ascii")
    except UnicodeError:
        raise ValueError("expected an e-mail address; what stands behind the @ is no domain") from None
    if encoded.endswith("."):
        raise ValueError("expected an e-mail address")
    return encoded
