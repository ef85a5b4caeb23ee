"""The tables of profile: profiles, their terms, who looked at them, and the dictionaries (rules-network §6A).

Those of the premium subscription stand in premium_models.py."""
from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.data.columns import choice, folded, identifier, object_list, string, text, text_list, web_address
from app.data.entity import Base, Entity
from app.data.held import Holdable
from app.data.orders import in_code_points, order_index
from app.data.short_ids import short_id_index
from blueprints.network.profile.rules import AUDIENCES, OWNER, PUBLIC, VISIBILITIES

KEY_LENGTH = 255
"""What is compared of a term or a name is cut here: some characters become eighteen in the form that is compared."""


class Profile(Holdable, Entity):
    """What a person says of their work; one per person.

    `audience` narrows a private profile, of a public one it says nothing (NET-15)."""

    __tablename__ = "network_profile"
    __service__ = "profile"
    __object__ = "profile"
    __realm__ = "network"
    __lock_rank__ = 500
    __owner__ = "user_id"
    __duplicates__ = {"uq_network_profile_user": ("ProfileExists", "You already have a profile")}

    summary: Mapped[str | None] = text()
    headline: Mapped[str | None] = string()
    profile_photo_url: Mapped[str | None] = web_address()
    user_id: Mapped[str] = identifier(required=True)
    full_name: Mapped[str] = string(required=True)
    current_company: Mapped[str | None] = string()
    industry: Mapped[str | None] = string()
    languages: Mapped[list[str]] = text_list(required=True, default=list)
    skills: Mapped[list[str]] = text_list(required=True, default=list)
    location: Mapped[str | None] = string()
    experience: Mapped[list[dict[str, object]]] = object_list(required=True, default=list)
    profile_visibility: Mapped[str] = choice(VISIBILITIES, default=PUBLIC)
    education: Mapped[list[dict[str, object]]] = object_list(required=True, default=list)
    certifications: Mapped[list[str]] = text_list(required=True, default=list)

    audience: Mapped[str] = choice(AUDIENCES, default=OWNER)  # additive

    folded_headline: Mapped[str | None] = folded("headline")
    folded_full_name: Mapped[str | None] = folded("full_name")
    folded_current_company: Mapped[str | None] = folded("current_company")
    folded_industry: Mapped[str | None] = folded("industry")
    folded_location: Mapped[str | None] = folded("location")


class ProfileTerm(Base):
    """A skill, language or certification of a profile in the form it is found by; equal to the lists of the profile."""

    __tablename__ = "network_profile_term"
    __realm__ = "network"

    profile_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    term_key: Mapped[str] = mapped_column(String(KEY_LENGTH), primary_key=True)


class ProfileView(Base):
    """That somebody looked at somebody's profile on a day (UTC, `2026-11-28`): once, however often (NET-26).

    `id` orders those of a day and says nothing of who it was."""

    __tablename__ = "network_profile_view"
    __realm__ = "network"

    owner_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    viewer_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    id: Mapped[str] = mapped_column(String(36))


class _DictionaryEntry(Entity):
    """A word people choose from. Its name never changes; names that are compared as the same are one (NET-29)."""

    __abstract__ = True
    __service__ = "profile"
    __realm__ = "network"
    __in_common__ = True

    name: Mapped[str] = string(required=True)
    name_key: Mapped[str] = string(KEY_LENGTH, required=True, hidden=True)
    folded_name: Mapped[str | None] = folded("name")


class Certification(_DictionaryEntry):
    """A certification that profiles may name."""

    __tablename__ = "network_certification"
    __object__ = "certification"
    __lock_rank__ = 506
    __duplicates__ = {"uq_network_certification_name": (
        "CertificationExists", "There is a certification of that name")}


class Language(_DictionaryEntry):
    """A language that profiles may name."""

    __tablename__ = "network_language"
    __object__ = "language"
    __lock_rank__ = 507
    __duplicates__ = {"uq_network_language_name": ("LanguageExists", "There is a language of that name")}


Index("uq_network_profile_user", Profile.user_id, unique=True, sqlite_where=Profile.is_active.is_(True),
      postgresql_where=Profile.is_active.is_(True))
Index("ix_network_profile_created", Profile.created_at, Profile.id)
Index("ix_network_certification_created", Certification.created_at, Certification.id)
Index("ix_network_language_created", Language.created_at, Language.id)
order_index("ix_network_profile_full_name", in_code_points(Profile.full_name), Profile.id)
order_index("ix_network_certification_name", in_code_points(Certification.name), Certification.id)
order_index("ix_network_language_name", in_code_points(Language.name), Language.id)
Index("ix_network_profile_term", ProfileTerm.kind, ProfileTerm.term_key, ProfileTerm.profile_id)
Index("ix_network_profile_view_day", ProfileView.owner_id, ProfileView.day, ProfileView.id)
Index("ix_network_profile_view_old", ProfileView.day)
Index("ix_network_profile_view_viewer", ProfileView.viewer_id)
for model, name in ((Certification, "uq_network_certification_name"), (Language, "uq_network_language_name")):
    Index(name, model.name_key, unique=True, sqlite_where=model.is_active.is_(True),
          postgresql_where=model.is_active.is_(True))
short_id_index(Profile)
