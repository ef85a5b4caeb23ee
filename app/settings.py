"""Every setting once: name, type, default, meaning; read from the environment, refused when wrong.

`flask settings` prints this table; nothing else in the system reads os.environ for configuration."""
import os
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import Field, dataclass, field, fields
from datetime import tzinfo
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.mail_addresses import new_mail_address, sender_address, typed_address
from app.production import DEMANDS, DEMO_SECRETS, SUPER_ADMIN_EMAIL, is_published
from app.web_addresses import host_name, is_this_machine

LOCALSTRIPE_PORT_OFFSET = 420
MOST_PORT = 65_535
SMTPS_PORT = 465
LONGEST_BOUNCE_NAME = 18  # with +, the letter's id and its proof behind it 64 characters: no more may be (RFC 5321)
CENTURY_DAYS = 36_500  # no span is longer: a date that far from now can still be written down
CENTURY_SECONDS = CENTURY_DAYS * 86_400
WEB = ("http", "https")
POSTGRESQL = ("postgresql", "postgres", "postgresql+psycopg")
WITHOUT_HOST = ("sqlite", "unix", "file", *POSTGRESQL)  # a path, or a socket named in the query
REALM_CODENAMES = {"marketplace": "ebaycclone", "network": "linkedin"}
WITH_DATES = (*REALM_CODENAMES, "equipment")  # what may have a time zone of its own
RETIRED = {"CACHE_VERSIONS": "they are in Redis where DATABASE_URL is PostgreSQL and REDIS_URL is set, "
                             "unless SINGLE_MACHINE=1 says that one machine serves all"}


class SettingsError(ValueError):
    """The start is refused; the sentence names the setting and what it wants."""


def _setting(default: Any, meaning: str, *, env: str | None = None, secret: bool = False,
             least: float = 0, most: float = 2**31 - 1, choices: tuple[str, ...] = (),
             schemes: tuple[str, ...] = ()) -> Any:
    """Declare one setting: a number is within `least` and `most`, a text one of `choices` or a URL of `schemes`."""
    return field(default=default, metadata={
        "meaning": meaning, "env": env, "secret": secret,
        "least": least, "most": most, "choices": choices, "schemes": schemes})


@dataclass(frozen=True, repr=False, eq=False)  # it holds secrets; and what nobody calls takes time to make
class Settings:
    """The typed settings of one process; field `redis_url` is read from `REDIS_URL`, and so on."""

    env: str = _setting("demo", "demo, test or production", env="GUILDHALL_ENV", choices=("demo", "test", "production"))
    home: Path = _setting(Path("instance"), "instance folder: all state of the embedded defaults", env="GUILDHALL_HOME")
    port: int = _setting(8000, "port the web server listens on", least=1, most=MOST_PORT)
    public_url: str = _setting("", "base URL clients see, with the path below which a proxy serves us; "
                               "default http://127.0.0.1:PORT", schemes=WEB)
    database_url: str = _setting("", "SQLAlchemy URL; default SQLite in the instance folder",
                                schemes=("sqlite", *POSTGRESQL))
    database_pool_size: int = _setting(5, "PostgreSQL connections kept open per process", least=1)
    redis_url: str = _setting("", "Redis/Valkey URL; default the embedded Valkey's unix socket in the instance folder",
                             schemes=("redis", "rediss", "unix"))
    redis_timeout_seconds: float = _setting(1.0, "seconds to wait for Redis, once; then no call waits until it answers",
                                            least=0.001, most=60)
    realms: tuple[str, ...] = _setting(("marketplace", "network"), "products to serve, comma separated")
    time_zone: str = _setting("UTC", "zone of dates without a time, as Europe/Kyiv; one for a realm as realm:Zone,…")
    secret_key: str = _setting("", "seals tokens, keys and codes at rest", secret=True)
    superadmin_email: str = _setting("", "address of the superAdmin in each realm, read at its first start; default "
                                     "admin@admin.com outside production")
    superadmin_password: str = _setting("", "password of the superAdmin in each realm, read at its first start",
                                        secret=True)
    ratelimit_enabled: bool = _setting(True, "throttles and RateLimit headers")
    email_verification_required: bool = _setting(True, "login needs a verified e-mail")
    rate_limit_user: int = _setting(6000, "requests a minute for one user", least=1)
    rate_limit_visitor: int = _setting(1200, "requests a minute for one anonymous address", least=1)
    messages_per_minute: int = _setting(30, "messages, comments, mentions or new admins of one user a minute", least=1)
    trusted_proxies: int = _setting(0, "reverse proxies in front whose X-Forwarded-* headers are believed")
    request_head_seconds: float = _setting(10.0, "seconds a new connection has to say what it asks for", least=0.001)
    request_body_seconds: float = _setting(20.0, "seconds a body may take, and one more for each 16 KiB that came",
                                          least=0.001)
    answer_seconds: float = _setting(20.0, "seconds a client may read nothing of its answer before it is let go",
                                    least=0.001)
    unfinished_per_address: int = _setting(50, "requests of one client address not yet wholly received, per web "
                                           "process; this machine may have any (decision 56)", least=1)
    streams_per_process: int = _setting(5000, "event streams open at the same time, per web process", least=1,
                                        most=15_000)
    streams_per_user: int = _setting(10, "event streams one user may have open, per web process (decision 56)", least=1)
    streams_per_address: int = _setting(200, "event streams one client address may have open, per web process; this "
                                        "machine may have any", least=1)
    access_token_ttl: int = _setting(86400, "seconds an access token and its session live", least=1)
    session_idle_seconds: int = _setting(28_800, "seconds without a request after which a session ends", least=60)
    key_rotation_days: int = _setting(30, "days after which the signing key is replaced", least=1, most=CENTURY_DAYS)
    password_min_length: int = _setting(8, "shortest password accepted", least=1)
    security_event_days: int = _setting(365, "days a security event is kept", least=1, most=CENTURY_DAYS)
    verification_resend_seconds: int = _setting(60, "seconds between two verification codes to one user")
    email_code_seconds: int = _setting(86400, "seconds a code sent by e-mail lives (decision 45)", least=60)
    mobile_code_seconds: int = _setting(300, "seconds a code sent to a phone lives (decision 45)", least=60)
    verification_max_tries: int = _setting(5, "wrong codes after which a code is burnt", least=1)
    verify_asks_password: bool = _setting(False, "1: completing an e-mail verification needs the account's password")
    unverified_days: int = _setting(7, "days after which an account that was never verified is deleted", least=1,
                                   most=CENTURY_DAYS)
    archive_days: int = _setting(30, "days an archived account can be restored by login", most=CENTURY_DAYS)
    max_body_bytes: int = _setting(1_048_576, "largest JSON body", least=1)
    max_upload_bytes: int = _setting(10_485_760, "largest uploaded picture", least=1)
    max_document_bytes: int = _setting(10_485_760, "largest uploaded document: PDF, DOCX, text", least=1)
    file_token_seconds: int = _setting(600, "seconds for which the address of a private file in an answer is good",
                                       least=1, most=86_400)
    uploads_per_day: int = _setting(500, "files one user may upload in a day (UTC)", least=1)
    page_size_limit: int = _setting(1000, "largest pageRowCount, and the bound of pageNumber=0 but for staff",
                                    least=1)
    allowed_hosts: tuple[str, ...] = _setting(
        (), "host names this server answers to beside that of PUBLIC_URL, comma separated, without ports; a request "
        "for any other is refused. Demo and test also answer to localhost, 127.0.0.1 and [::1]")
    cors_origins: tuple[str, ...] = _setting((), "origins allowed to call with credentials, comma separated")
    cookie_domain: str = _setting("", "Domain attribute of the access-token cookie")
    marketplace_public_reads: bool = _setting(False, "open catalogue, product, feedback and search GETs to visitors; "
                                              "on in the demo unless set to 0")
    read_events: str = _setting("summary", "events of reads: summary or off (decision 24)", choices=("summary", "off"))
    single_machine: bool = _setting(False, "1: all web processes on PostgreSQL and Redis by URL share this instance "
                                    "folder, so cache versions stay in its memory")
    appeal_days: int = _setting(20, "days a strike can be appealed, and what was judged is kept", least=1,
                                most=CENTURY_DAYS)
    reports_per_day: int = _setting(20, "reports one user may make in 24 hours", least=1)
    idempotency_hours: int = _setting(24, "hours an Idempotency-Key is remembered", least=1, most=CENTURY_DAYS * 24)
    bid_increments: str = _setting(
        "1:0.05,5:0.25,25:0.50,100:1,250:2.50,500:5,1000:10,2500:25,5000:50,:100",
        "price below:increment, ascending; the last without a price (decision 9)")
    offer_hours: int = _setting(48, "hours until an offer lapses (decision 13)", least=1, most=CENTURY_DAYS * 24)
    feedback_days: int = _setting(60, "days after the delivery in which feedback is given and changed (decisions/072)",
                                  least=1, most=CENTURY_DAYS)
    unpaid_auction_days: int = _setting(4, "days a winner has to pay before the second chance (decision 12)",
                                       least=1, most=CENTURY_DAYS)
    payment_retry_hours: int = _setting(24, "hours a failed payment keeps its reserved units (decision 15)",
                                       least=1, most=CENTURY_DAYS * 24)
    refund_on_cancel: bool = _setting(False, "1: what was paid for what is cancelled goes back by the same act; "
                                   "0: staff gives it back (decision 42)")
    commission_percent: str = _setting("10", "commission on sales; per category as categoryId:percent,…")
    connections_per_person: int = _setting(30_000, "connections one person of the network may have (decision 18)",
                                           least=1)
    invitations_per_week: int = _setting(100, "invitations one person may send in seven days, withdrawn ones included",
                                         least=1)
    notes_per_month: int = _setting(5, "invitations with a note that who is not premium may send in thirty days")
    invitation_days: int = _setting(180, "days after which an invitation cannot be answered any more", least=1,
                                    most=CENTURY_DAYS)
    reinvite_days: int = _setting(21, "days before who withdrew, or was refused, may invite that person again",
                                  most=CENTURY_DAYS)
    premium_price: str = _setting("10", "what premium of the network costs, in major units of PREMIUM_CURRENCY")
    marketplace_currency: str = _setting("USD", "the ISO 4217 currency of prices in a search that names none")
    search_weights: str = _setting("", "weights of fields in searches that differ from the release's, as "
                                   "`searchIndex.title=6, people.headline=3`; the index is written anew")
    premium_currency: str = _setting("USD", "the ISO 4217 currency of PREMIUM_PRICE")
    premium_days: int = _setting(30, "days of premium for one payment", least=1, most=3650)
    stripe_api_base: str = _setting("", "another Stripe API base (localstripe in demo and test)", schemes=WEB)
    stripe_secret_key: str = _setting("", "Stripe secret key", secret=True)
    stripe_publishable_key: str = _setting("", "Stripe publishable key given to front ends")
    stripe_webhook_secret: str = _setting("", "signing secret of the marketplace's Stripe webhook", secret=True)
    stripe_webhook_secret_network: str = _setting("", "signing secret of the network's Stripe webhook; without one its "
                                                 "payments are looked up, not told", secret=True)
    stripe_timeout_seconds: float = _setting(10.0, "seconds to wait for the payment gateway", least=0.001, most=600)
    mail_transport: str = _setting("outbox", "outbox (readable table) or smtp", choices=("outbox", "smtp"))
    mail_from: str = _setting("guildhall@localhost", "sender of mails: an address, or Name <address>")
    smtp_url: str = _setting("", "smtp://user:password@host:port of the mail server, which must offer STARTTLS unless "
                            "it is this machine; smtps:// for TLS at once", secret=True,
                            schemes=("smtp", "smtps"))
    sms_provider: str = _setting("outbox", "outbox (readable table; in production SMS are not sent) or twilio",
                                choices=("outbox", "twilio"))
    twilio_account_sid: str = _setting("", "the account that SMS are sent by")
    twilio_auth_token: str = _setting("", "the password of that account", secret=True)
    twilio_from: str = _setting("", "the number, or the name, that SMS come from")
    twilio_api_base: str = _setting("https://api.twilio.com", "another gateway of the same shape", schemes=WEB)
    push_transport: str = _setting("", "outbox (readable table) or send; default send in production, else outbox",
                                  choices=("outbox", "send"))
    fcm_credentials_file: Path = _setting(Path(""), "key file (JSON) of a service account of Firebase, for apps on ios "
                                          "and android; browsers need none")
    mail_bounce_address: str = _setting("", "address that letters come back to, at most 18 characters before the @; "
                                        "each has +… of its own there (VERP), so the mail server must deliver "
                                        "name+anything@ to name@. Default: they come back to MAIL_FROM")
    mail_bounce_secret: str = _setting("", "whsec_…: signs what a mail provider tells of bounces "
                                       "(POST …/notification-service/bounces)", secret=True)
    mail_days: int = _setting(90, "days a letter that was sent, kept or given up stays in the mail table", least=7,
                             most=CENTURY_DAYS)
    stored_notice: bool = _setting(True, "0: the notification service keeps and lists no notices; those of "
                                   "the marketplace's notificationmanagement-api stay")
    notice_locale: str = _setting("en", "language of letters and notices of who has chosen none, as de or de-CH")
    notice_templates: Path = _setting(Path(""), "folder of texts that stand before ours, <locale>/<SCENARIO>.txt and "
                                      "so on, for one realm <realm>/<locale>/… (docs/notifications.md)")
    media_store: str = _setting("disk", "disk (instance folder) or s3", choices=("disk", "s3"))
    s3_bucket: str = _setting("", "bucket name when MEDIA_STORE=s3")
    s3_endpoint_url: str = _setting("", "S3 endpoint other than AWS", schemes=WEB)
    outward_local: bool = _setting(False, "1: webhooks and pushes may go to receivers on this machine, over http "
                                   "and at any port, too (demo and test only)")
    environment_file: Path = _setting(Path("/etc/guildhall/guildhall.env"), "file of these settings that the units and "
                                      "`guildhall` load; doctor looks at its owner and mode", env="GUILDHALL_ENV_FILE")
    backup_folder: Path = _setting(Path(""), "folder of the backups, best on another disk; default backups in the "
                                   "instance folder")
    log_level: str = _setting("INFO", "DEBUG, INFO, WARNING or ERROR", choices=("DEBUG", "INFO", "WARNING", "ERROR"))
    log_days: int = _setting(30, "days a line stays in the log files of `flask serve`; the journal has its own rule",
                             least=1, most=CENTURY_DAYS)
    slow_request_ms: int = _setting(500, "requests slower than this are logged as warnings")
    clock_offset: float = _setting(0.0, "seconds to move the clock (test only)",
                                  least=-CENTURY_SECONDS, most=CENTURY_SECONDS)
    organization_database: str = _setting(
        "", "PostgreSQL URL whose server holds one database per tenant; default SQLite files", env="DATABASE",
        schemes=POSTGRESQL)
    organization_connections: int = _setting(
        36, "PostgreSQL connections to tenants' databases kept open per web process", least=1)
    organization_prefix: str = _setting(
        "", "what stands before a tenant's id in the name of its PostgreSQL database, where several installations "
        "share a server", env="DATABASE_PREFIX")
    organization_stream: str = _setting("", "Kinesis stream of organization events; unset: in-process", env="STREAM")
    organization_jwks_url: str = _setting("", "https address of issuer keys accepted besides client credentials",
                                          schemes=(*WEB, "file"))
    organization_issuer: str = _setting("", "the `iss` that tokens signed with those keys must name")
    organization_audience: str = _setting("", "the `aud` that tokens signed with those keys must name")
    aws_endpoint_url: str = _setting("", "AWS endpoint other than the real one (tests)", schemes=WEB)

    @property
    def is_production(self) -> bool:
        """True when secrets are demanded and codes are never returned."""
        return self.env == "production"

    @property
    def returns_secret_codes(self) -> bool:
        """True in test mode: verification codes come back in answers (decision 21)."""
        return self.env in ("demo", "test")

    def zone_of(self, realm: str) -> tzinfo:
        """Return the zone in which dates without a time are meant in a realm, or a service outside the realms."""
        zones = _parse_zones(self.time_zone)
        return zones.get(realm, zones[""])

    @property
    def takes_local_pages(self) -> bool:
        """True in demo and test: pages of any port of this machine may call, with Bearer tokens (decision 40)."""
        return self.env in ("demo", "test")

    @property
    def public_path(self) -> str:
        """What stands before every path that clients see: the path of PUBLIC_URL, "" without one."""
        return urlsplit(self.public_url).path

    @property
    def is_sqlite(self) -> bool:
        """True on the embedded database."""
        return self.database_url.startswith("sqlite")

    @property
    def sqlite_file(self) -> Path | None:
        """The file of the embedded database where DATABASE_URL names it by its whole path, else None."""
        _, slashes, path = self.database_url.partition("?")[0].partition(":///")
        return Path(path) if self.is_sqlite and slashes and path.startswith("/") else None

    @property
    def has_own_redis(self) -> bool:
        """True when `flask serve` runs the embedded Valkey of the instance folder: no REDIS_URL is set."""
        return self.redis_url == _embedded_redis(self.home)

    @property
    def shares_cache_versions(self) -> bool:
        """True when cache versions are in Redis: several machines can serve one database (decision 39)."""
        return not (self.single_machine or self.is_sqlite or self.has_own_redis)


@cache
def _parse_zones(written: str) -> dict[str, tzinfo]:
    """Return realm → zone of `Zone` and `realm:Zone` entries, "" for all others; raises ValueError that names one."""
    zones: dict[str, tzinfo] = {"": ZoneInfo("UTC")}
    for entry in written.split(","):
        realm, _, name = entry.strip().rpartition(":")
        if realm not in ("", *WITH_DATES):
            raise ValueError(f"{realm!r} is none of {', '.join(WITH_DATES)}")
        try:
            zones[realm] = ZoneInfo(name)
        except (ValueError, OSError, ZoneInfoNotFoundError):  # OSError: a folder of zones, as Europe
            raise ValueError(f"{name!r} is no time zone of this machine, as Europe/Kyiv is") from None
    return zones


def _embedded_redis(home: Path) -> str:
    return f"unix://{home}/valkey.sock"


def _parse(kind: Any, text: str) -> Any:
    if kind is bool:
        if text.lower() in ("1", "true", "yes", "on"):
            return True
        if text.lower() in ("0", "false", "no", "off"):
            return False
        raise ValueError("1 or 0")
    if kind is int:
        return int(text)
    if kind is float:
        return float(text)
    if kind is Path:
        return Path(text).expanduser()
    if kind == tuple[str, ...]:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return text


def environment_name(name: str) -> str:
    """Return the environment variable of the settings field `name`."""
    spec = next(f for f in fields(Settings) if f.name == name)
    return spec.metadata["env"] or name.upper()


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read, complete and check the settings.

    Raises SettingsError with a sentence for every setting that is wrong or, in production, missing: all at once."""
    settings, wrong = read_settings(environ)
    if wrong:
        raise SettingsError("\n".join(wrong.values()))
    return settings


def read_settings(environ: Mapping[str, str] | None = None) -> tuple[Settings, dict[str, str]]:
    """Return the settings, and a sentence for each that is wrong or, in production, missing, by its name.

    What is wrong in itself has its default in them."""
    environ = os.environ if environ is None else environ
    hints = get_type_hints(Settings)
    values: dict[str, Any] = {}
    wrong = {name: f"{name} is no setting any more: {instead}"
             for name, instead in RETIRED.items() if environ.get(name)}
    for spec in fields(Settings):
        variable = environment_name(spec.name)
        text = environ.get(variable, "")
        if text == "":
            continue
        try:
            value = _parse(hints[spec.name], text)
            broken = _broken_form(spec, value)
        except (ValueError, RuntimeError):  # RuntimeError: the home folder of an unknown ~user
            broken = (f"{variable}={text!r} is no valid {getattr(hints[spec.name], '__name__', hints[spec.name])}: "
                      f"{spec.metadata['meaning']}")
        if broken:
            wrong[spec.name] = broken
        else:
            values[spec.name] = value
    if values.get("env", "demo") == "demo":
        values.setdefault("marketplace_public_reads", True)  # decision 40
    settings = _completed(Settings(**values))
    for name, sentence in _complaints(settings):
        wrong.setdefault(name, sentence)
    return settings, wrong


def unreadable(settings: Settings, grammars: Mapping[str, Callable[[Any], object]]) -> dict[str, str]:
    """Return a sentence for each setting that its grammar refuses, by its name: only its service can read it."""
    found: dict[str, str] = {}
    for name, parse in grammars.items():
        try:
            parse(getattr(settings, name))
        except (ValueError, ArithmeticError) as error:
            found[name] = f"{name.upper()}: {error}"
    return found


def _completed(settings: Settings) -> Settings:
    home = settings.home.resolve()
    derived: dict[str, Any] = {"home": home}
    if not settings.database_url:
        derived["database_url"] = f"sqlite:///{home}/guildhall.db"
    else:
        derived["database_url"] = with_driver(settings.database_url)
    derived["backup_folder"] = (home / "backups" if settings.backup_folder == Path("")
                                else settings.backup_folder.resolve())
    if not settings.redis_url:
        derived["redis_url"] = _embedded_redis(home)
    derived["push_transport"] = settings.push_transport or ("send" if settings.is_production else "outbox")
    derived["public_url"] = settings.public_url.rstrip("/") or f"http://127.0.0.1:{settings.port}"
    if not settings.is_production:
        # Invented keys go to localstripe on this machine (started by `flask serve`), never to the real Stripe.
        invented = not settings.stripe_secret_key
        derived["stripe_api_base"] = settings.stripe_api_base or (
            f"http://127.0.0.1:{_localstripe_port(settings.port)}" if invented else "")
        derived |= {name: getattr(settings, name) or value for name, value in DEMO_SECRETS.items()}
    of_the_documents = "" if settings.is_production else SUPER_ADMIN_EMAIL
    derived["superadmin_email"] = typed_address(settings.superadmin_email or of_the_documents)
    return Settings(**{**{f.name: getattr(settings, f.name) for f in fields(Settings)}, **derived})


def with_driver(url: str) -> str:
    """Return the URL of a database with the driver that opens it."""
    scheme, _, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme in ("postgres", "postgresql") else url


def _localstripe_port(port: int) -> int:
    above = port + LOCALSTRIPE_PORT_OFFSET
    return above if above <= MOST_PORT else port - LOCALSTRIPE_PORT_OFFSET


def _broken_form(spec: Field[Any], value: Any) -> str:
    """Say what `value` breaks of its declaration; a URL is not repeated, since it may carry a password."""
    name, wanted = environment_name(spec.name), spec.metadata
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not wanted["least"] <= value <= wanted["most"]:  # NaN does not, either
            return f"{name}={value} must lie within {wanted['least']} and {wanted['most']}: {wanted['meaning']}"
    elif wanted["choices"] and value not in wanted["choices"]:
        return f"{name}={value!r} must be one of {', '.join(wanted['choices'])}"
    elif wanted["schemes"] and not _is_url(value, wanted["schemes"]):
        return f"{name} must be a URL that starts with {' or '.join(f'{s}://' for s in wanted['schemes'])}"
    return ""


def _is_url(text: str, schemes: tuple[str, ...]) -> bool:
    try:
        url = urlsplit(text)
        port_is_good = url.port != 0  # reading a port that is none raises
    except ValueError:
        return False
    return port_is_good and "://" in text and url.scheme in schemes and (
        bool(url.hostname) or url.scheme in WITHOUT_HOST)


def _complaints(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield settings that are wrong together or in production, with the sentence for each; the first of one counts."""
    if not settings.realms or set(settings.realms) - set(REALM_CODENAMES):
        yield "realms", f"REALMS must name some of {', '.join(REALM_CODENAMES)}"
    try:
        _parse_zones(settings.time_zone)
    except ValueError as trouble:
        yield "time_zone", f"TIME_ZONE: {trouble}"
    if any(urlsplit(settings.public_url)[3:]):
        yield "public_url", "PUBLIC_URL must end with its host or its path: no ? and no #"
    yield from _mail_complaints(settings)
    for name in ("twilio_account_sid", "twilio_auth_token", "twilio_from") if settings.sms_provider == "twilio" else ():
        if not getattr(settings, name):
            yield name, f"{environment_name(name)} is needed when SMS_PROVIDER=twilio"
    if not (settings.twilio_api_base.startswith("https://") or settings.outward_local):
        yield "twilio_api_base", "TWILIO_API_BASE must begin with https://"
    if settings.fcm_credentials_file != Path("") and not settings.fcm_credentials_file.is_file():
        yield "fcm_credentials_file", f"FCM_CREDENTIALS_FILE={settings.fcm_credentials_file} is no file"
    if settings.media_store == "s3" and not settings.s3_bucket:
        yield "s3_bucket", "S3_BUCKET is needed when MEDIA_STORE=s3"
    if not all(map(_is_origin, settings.cors_origins)):
        yield "cors_origins", "CORS_ORIGINS must name origins: https://host or https://host:port, nothing behind it"
    for name in settings.allowed_hosts:
        if not _is_host(name):
            yield "allowed_hosts", f"ALLOWED_HOSTS: {name!r} is no host name; name each host, without port or wildcard"
    if not _is_host(urlsplit(settings.public_url).hostname or ""):
        yield "public_url", "PUBLIC_URL must name a host"
    if settings.organization_jwks_url:
        yield from _issuer_complaints(settings)
    if settings.is_production:
        yield from _production_complaints(settings)


def _is_origin(text: str) -> bool:
    """True for what a browser sends as Origin; `null` is every sandboxed page, and no page has `*`."""
    return _is_url(text, WEB) and text == text.lower() and urlsplit(text)[2:] == ("", "", "") and "@" not in text


def _mail_complaints(settings: Settings) -> Iterator[tuple[str, str]]:
    """What is wrong is said without the URL, which carries a password."""
    server = urlsplit(settings.smtp_url)
    if settings.mail_transport == "smtp" and not settings.smtp_url:
        yield "smtp_url", "SMTP_URL is needed when MAIL_TRANSPORT=smtp"
    if server.path not in ("", "/") or server.query or server.fragment:
        yield "smtp_url", "SMTP_URL ends with the port: nothing behind it is read, and nothing switches TLS off"
    if server.scheme == "smtp" and server.port == SMTPS_PORT and not is_this_machine(server.hostname):
        yield "smtp_url", f"SMTP_URL must begin with smtps://: port {SMTPS_PORT} speaks TLS from the first byte"
    if settings.mail_bounce_address.partition("@")[0][LONGEST_BOUNCE_NAME:]:
        yield "mail_bounce_address", (f"MAIL_BOUNCE_ADDRESS has at most {LONGEST_BOUNCE_NAME} characters before the @: "
                                      "what names the letter stands behind them")
    if settings.mail_bounce_secret and not _is_signing_secret(settings.mail_bounce_secret):
        yield "mail_bounce_secret", "MAIL_BOUNCE_SECRET must be whsec_ and 24 or more bytes in base64"
    for name, form, address in (("mail_bounce_address", new_mail_address, settings.mail_bounce_address),
                                ("mail_from", sender_address, settings.mail_from),
                                ("superadmin_email", new_mail_address, settings.superadmin_email)):
        try:
            if address:
                form(address)
        except ValueError as error:
            yield name, f"{environment_name(name)}: {error}"


def _is_signing_secret(text: str) -> bool:
    try:
        return text.startswith("whsec_") and len(b64decode(text.removeprefix("whsec_"), validate=True)) >= 24
    except ValueError:
        return False


def _is_host(text: str) -> bool:
    try:
        return bool(host_name(text))
    except ValueError:
        return False


def _issuer_complaints(settings: Settings) -> Iterator[tuple[str, str]]:
    """Whoever signs with the issuer's keys writes: they must come unchanged, and each token must be meant for us."""
    for name in ("organization_issuer", "organization_audience"):
        if not getattr(settings, name):
            yield name, (f"{environment_name(name)} is needed with ORGANIZATION_JWKS_URL: "
                         "the issuer's tokens for others would pass")
    keys = urlsplit(settings.organization_jwks_url)
    is_local = keys.scheme == "file" or is_this_machine(keys.hostname)
    if keys.scheme != "https" and (settings.is_production or not is_local):
        yield "organization_jwks_url", ("ORGANIZATION_JWKS_URL must begin with https:// "
                                        "(outside production file:// or this machine, too)")


def _production_complaints(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield what production demands and does not get (app/production.py)."""
    for demand in DEMANDS:
        if not demand.is_met(getattr(settings, demand.setting)):
            yield demand.setting, f"{environment_name(demand.setting)} must {demand.wanted} in production"
    for spec in fields(Settings):
        if is_published(getattr(settings, spec.name)):
            yield spec.name, (f"{environment_name(spec.name)} must not be what our documents or the demo say "
                              "in production: give it a value of your own")
