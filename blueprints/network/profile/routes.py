"""URL map of profile (contract documents 128–159; who looked at one's profile is ours, decisions/086)."""
from functools import partial

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

_CERTIFICATION, _LANGUAGE = "/v1/certifications/{certificationId}", "/v1/languages/{languageId}"

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


api.create("/v1/certifications", partial(commands.add_entry, dictionary=Certification),
           "Add a certification to the dictionary.",
           name="createCertification", body=NewCertification, returns=Certification, id_name="certificationId")
api.delete(_CERTIFICATION, partial(commands.remove_entry, dictionary=Certification),
           "Take a certification off the dictionary, as staff.",
           name="deleteCertification", returns=Certification)
api.get(_CERTIFICATION, partial(queries.get_entry, dictionary=Certification), "Get a certification of the dictionary.",
        name="getCertification", returns=Certification)
api.list("/v1/certifications", partial(queries.list_entries, dictionary=Certification),
         "List the certifications of the dictionary.",
         name="listCertifications", returns=Certification, filters=queries.CERTIFICATION_FILTERS, same_for_role=True)
api.update(_CERTIFICATION, partial(commands.keep_entry, dictionary=Certification),
           "Answer with the certification as it is: its name is constant.",
           name="updateCertification", returns=Certification)
api.create("/v1/languages", partial(commands.add_entry, dictionary=Language), "Add a language to the dictionary.",
           name="createLanguage", body=NewLanguage, returns=Language, id_name="languageId")
api.delete(_LANGUAGE, partial(commands.remove_entry, dictionary=Language),
           "Take a language off the dictionary, as staff.",
           name="deleteLanguage", returns=Language)
api.get(_LANGUAGE, partial(queries.get_entry, dictionary=Language), "Get a language of the dictionary.",
        name="getLanguage", returns=Language)
api.list("/v1/languages", partial(queries.list_entries, dictionary=Language), "List the languages of the dictionary.",
         name="listLanguages", returns=Language, filters=queries.LANGUAGE_FILTERS, same_for_role=True)
api.update(_LANGUAGE, partial(commands.keep_entry, dictionary=Language),
           "Answer with the language as it is: its name is constant.",
           name="updateLanguage", returns=Language)


# Premium

api.include(premium_routes.api)
api.include(own_face_routes("network", "updateOwnFace"))  # the contract has it here, too (document 061)
