"""What clients send to auth; `roleId`, `emailVerified`, `isActive`, `_owner` are in no shape: nobody sets them."""
from typing import Any

import orjson
from marshmallow import ValidationError, validates, validates_schema

from app.http.schemas import (
    Choice,
    Code,
    Flag,
    Identifier,
    InputSchema,
    JsonObject,
    Line,
    ListOf,
    Name,
    Text,
    WebAddress,
)
from app.identity.access import SCOPES
from app.identity.passwords import MAX_PASSWORD_LENGTH
from app.mail_addresses import mail_address, new_mail_address

_MOST_ADDRESS_BYTES = 8192
_ANNA = {"example": "Anna Ant"}
_CODE = {"example": "123456"}


class Email(Text):
    """An e-mail address; comes out in its one form (app/mail_addresses.py)."""

    _read = staticmethod(mail_address)

    def __init__(self, **options: Any) -> None:
        super().__init__(metadata={"example": "anna@example.com"}, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:
        try:
            return self._read(super()._deserialize(value, attr, data, **options))
        except ValueError as error:
            raise ValidationError(str(error)) from None


class NewEmail(Email):
    """The same of a new account: letters have to reach it."""

    _read = staticmethod(new_mail_address)


class Password(Text):
    """A password as typed: white space counts. Whether it is good enough is judged later, after 403 and 404."""

    def __init__(self, **options: Any) -> None:
        super().__init__(most=MAX_PASSWORD_LENGTH, metadata={"format": "password", "example": "correct-horse-1"},
                         **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        if not isinstance(value, str) or not 0 < len(value) <= MAX_PASSWORD_LENGTH:
            raise ValidationError(f"expected text of 1 to {MAX_PASSWORD_LENGTH} characters")
        return value


class Address(JsonObject):
    """A postal address in whatever fields its country has."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> dict[str, Any]:
        address = super()._deserialize(value, attr, data, **options)
        text = orjson.dumps(address)
        # PostgreSQL's jsonb has no NUL.
        if len(text) > _MOST_ADDRESS_BYTES or rb"\u0000" in text:
            raise ValidationError(f"expected a JSON object of at most {_MOST_ADDRESS_BYTES} bytes, without NUL")
        return address


class Face(InputSchema):
    """PATCH of a user or a profile."""

    fullname = Name(metadata=_ANNA)
    avatar = WebAddress()


class MarketplaceFace(Face):
    """The same where users have a phone and an address."""

    phone = Code()
    address = Address()


class MarketplaceProfile(MarketplaceFace):
    """PATCH of one's own profile: a change of phone takes the password."""

    current_password = Password()


class NewUser(Face):
    """POST of a user by staff."""

    fullname = Name(required=True, metadata=_ANNA)
    email = NewEmail(required=True)
    password = Password(required=True)


class MarketplaceNewUser(NewUser, MarketplaceFace):
    """The same where users have a phone and an address."""


class Registration(NewUser):
    """POST of a user by itself; social logins are not configured, so no code of one can be good."""

    social_code = Text(least=0)


class MarketplaceRegistration(Registration, MarketplaceFace):
    """The same where users have a phone and an address."""


class RoleChange(InputSchema):
    """PATCH of a role."""

    role_id = Text(required=True, metadata={"example": "user"})


class PasswordChange(InputSchema):
    """PATCH of one's own password."""

    old_password = Password(required=True)
    new_password = Password(required=True)


class PasswordReplacement(InputSchema):
    """PATCH of a user's password by staff."""

    password = Password(required=True)


class SecondFactors(InputSchema):
    """PATCH of one's own second factors; what is left out stays."""

    email = Flag()
    mobile = Flag()
    current_password = Password()


class NewApiClient(InputSchema):
    """POST of an API client: what it is called and may do, and by superAdmin whom it acts for."""

    name = Line(required=True, most=100, metadata={"example": "my shop"})
    scopes = ListOf(Choice(tuple(SCOPES)), required=True, most=len(SCOPES), metadata={"example": ["webhooks"]})
    user_id = Identifier(metadata={"description": "whom it acts for; default oneself, another by superAdmin alone"})
    current_password = Password(required=True)

    @validates("scopes")
    def _name_some(self, scopes: list[str], **_: Any) -> None:
        if not scopes:
            raise ValidationError("expected at least one")


class ApiClientRotation(InputSchema):
    """PATCH that gives an API client another secret."""

    current_password = Password(required=True)


class Erasure(InputSchema):
    """POST of the end of one's own account."""

    current_password = Password(required=True)


class Credentials(InputSchema):
    """POST /login; `username` is the e-mail, and wins over `email`."""

    username = Text(metadata={"example": "anna@example.com", "description": "the e-mail"})
    email = Text(metadata={"description": "in place of username, which wins"})
    password = Password(required=True)

    @validates_schema(skip_on_field_errors=False)
    def _name_somebody(self, data: dict[str, Any], **_: Any) -> None:
        _require_either(data, "username", "email")


class EmailOnly(InputSchema):
    """Start of what is located by e-mail."""

    email = Email(required=True)


class MobileOrEmail(InputSchema):
    """Start of a reset by mobile: the guides name either."""

    mobile = Code(metadata={"example": "+905551234567"})
    email = Email()

    @validates_schema(skip_on_field_errors=False)
    def _name_somebody(self, data: dict[str, Any], **_: Any) -> None:
        _require_either(data, "mobile", "email")


class SecondFactorStart(InputSchema):
    """Start of a second factor of one session."""

    user_id = Identifier(required=True)
    session_id = Identifier(required=True)
    client = Text()
    reason = Text()


class EmailAndCode(EmailOnly):
    """Completion of what is located by e-mail."""

    secret_code = Text(required=True, metadata=_CODE)


class EmailVerification(EmailAndCode):
    """Completion of an e-mail verification; a password that is sent has to be the account's (decision 44)."""

    password = Password()


class PasswordReset(EmailAndCode):
    """Completion of a password reset."""

    password = Password(required=True)


class SecondFactorCode(InputSchema):
    """Completion of a second factor."""

    user_id = Identifier(required=True)
    session_id = Identifier(required=True)
    secret_code = Text(required=True, metadata=_CODE)


def _require_either(data: dict[str, Any], first: str, second: str) -> None:
    if not {first, second} & set(data):
        raise ValidationError("is required", first)


# What differs between the realms: the bodies that show a user's face.
FACES: dict[str, type[InputSchema]] = {"marketplace": MarketplaceFace, "network": Face}
PROFILES: dict[str, type[InputSchema]] = {"marketplace": MarketplaceProfile, "network": Face}
NEW_USERS: dict[str, type[InputSchema]] = {"marketplace": MarketplaceNewUser, "network": NewUser}
REGISTRATIONS: dict[str, type[InputSchema]] = {"marketplace": MarketplaceRegistration, "network": Registration}
