"""URL map of profile (contract documents 128–159; who looked at one's profile is ours, decisions/086)."""
from typing import Any

from app.actor import Actor
from app.data.reads import Listing
from app.data.reads.read_request import ReadRequest
from app.data.serialization import Wire
from app.http.declaration import Routes
from app.http.naming import ApiNames
from blueprints.network.profile import commands, premium_routes, profile_views, queries
from blueprints.network.profile.models import Certification, Language, Profile
from blueprints.network.profile.policies import POLICIES
from blueprints.network.profile.premium_queries import is_premium
from blueprints.network.profile.schemas import NewCertification, NewLanguage, NewProfile, ProfileChange
from blueprints.platform.auth.routes import own_face_routes

api = Routes(POLICIES, {"listProfileViews": ApiNames(data_name="profileViews")})

api.create("/v1/profiles", commands.create_profile, "Write one's own profile; there is one per person.",
           name="createProfile", body=NewProfile, returns=Profile, id_name="profileId")
api.delete("/v1/profiles/{profileId}", commands.delete_profile, "Soft-delete one's own profile.",
           name="deleteProfile", returns=Profile)


@api.get("/v1/profiles/{profileId}", name="getProfile", returns=Profile)
def get_profile(actor: Actor, asked: ReadRequest, profile_id: str) -> Wire:
    """Get a profile: a private one is its owner's, or their connections' too."""
    row = queries.get_profile(actor, asked, profile_id)
    profile_views.note_view(actor, row)
    return row


api.list("/v1/profiles", queries.list_profiles, "List the profiles that the caller sees.",
         name="listProfiles", returns=Profile, filters=queries.PROFILE_FILTERS, cached=False)
api.update("/v1/profiles/{profileId}", commands.change_profile,
           "Change one's own profile; `…_append` and `…_remove` add to a list or take from it.",
           name="updateProfile", body=ProfileChange, returns=Profile)


@api.list("/v1/profileviews", name="listProfileViews", cached=False)
def list_profile_views(actor: Actor, asked: ReadRequest) -> Listing:
    """List who looked at one's profile in the last 90 days: the number for everybody, names for premium members."""
    return profile_views.list_views(actor, asked, with_names=is_premium(str(actor.user_id)))


@api.create("/v1/certifications", name="createCertification", body=NewCertification, returns=Certification,
            id_name="certificationId")
def create_certification(actor: Actor, data: dict[str, Any]) -> Certification:
    """Add a certification to the dictionary."""
    return commands.add_entry(actor, Certification, **data)


@api.delete("/v1/certifications/{certificationId}", name="deleteCertification", returns=Certification)
def delete_certification(actor: Actor, data: dict[str, Any], certification_id: str) -> Certification:
    """Take a certification off the dictionary, as staff."""
    return commands.remove_entry(actor, Certification, certification_id)


@api.get("/v1/certifications/{certificationId}", name="getCertification", returns=Certification)
def get_certification(actor: Actor, asked: ReadRequest, certification_id: str) -> Wire:
    """Get a certification of the dictionary."""
    return queries.get_entry(Certification, certification_id)


@api.list("/v1/certifications", name="listCertifications", returns=Certification,
          filters=queries.CERTIFICATION_FILTERS, same_for_role=True)
def list_certifications(actor: Actor, asked: ReadRequest) -> Listing:
    """List the certifications of the dictionary."""
    return queries.list_entries(Certification, asked)


@api.update("/v1/certifications/{certificationId}", name="updateCertification", returns=Certification)
def update_certification(actor: Actor, data: dict[str, Any], certification_id: str) -> Certification:
    """Answer with the certification as it is: its name is constant."""
    return commands.keep_entry(actor, Certification, certification_id)


@api.create("/v1/languages", name="createLanguage", body=NewLanguage, returns=Language, id_name="languageId")
def create_language(actor: Actor, data: dict[str, Any]) -> Language:
    """Add a language to the dictionary."""
    return commands.add_entry(actor, Language, **data)


@api.delete("/v1/languages/{languageId}", name="deleteLanguage", returns=Language)
def delete_language(actor: Actor, data: dict[str, Any], language_id: str) -> Language:
    """Take a language off the dictionary, as staff."""
    return commands.remove_entry(actor, Language, language_id)


@api.get("/v1/languages/{languageId}", name="getLanguage", returns=Language)
def get_language(actor: Actor, asked: ReadRequest, language_id: str) -> Wire:
    """Get a language of the dictionary."""
    return queries.get_entry(Language, language_id)


@api.list("/v1/languages", name="listLanguages", returns=Language, filters=queries.LANGUAGE_FILTERS,
          same_for_role=True)
def list_languages(actor: Actor, asked: ReadRequest) -> Listing:
    """List the languages of the dictionary."""
    return queries.list_entries(Language, asked)


@api.update("/v1/languages/{languageId}", name="updateLanguage", returns=Language)
def update_language(actor: Actor, data: dict[str, Any], language_id: str) -> Language:
    """Answer with the language as it is: its name is constant."""
    return commands.keep_entry(actor, Language, language_id)


# Premium

api.include(premium_routes.api)
api.include(own_face_routes("network", "updateOwnFace"))  # the contract has it here, too (document 061)
