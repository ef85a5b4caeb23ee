"""Who may do what, API by API: the scope the token needs and the roles its user may have."""

from collections.abc import Collection
from dataclasses import dataclass

from blueprints.equipment.rules import EVERYBODY, OPERATORS, STAFF_OF_LEGAL_ENTITY


@dataclass(frozen=True)
class Policy:
    """What the token of a call must carry."""

    scope: str
    roles: frozenset[str]

    def allows(self, role: str, scopes: Collection[str]) -> bool:
        """True when a token with this role and these scopes passes."""
        return self.scope in scopes and role in self.roles


POLICIES = {
    "createEquipment": Policy("equipment:write", STAFF_OF_LEGAL_ENTITY),
    "listEquipment": Policy("equipment:read", EVERYBODY),
    "getEquipment": Policy("equipment:read", EVERYBODY),
    "updateEquipment": Policy("equipment:write", STAFF_OF_LEGAL_ENTITY),
    "activateEquipment": Policy("equipment:write", STAFF_OF_LEGAL_ENTITY),
    "deactivateEquipment": Policy("equipment:write", STAFF_OF_LEGAL_ENTITY),
    "changeEquipmentDivision": Policy("equipment:write", STAFF_OF_LEGAL_ENTITY),
    "listEquipmentHistory": Policy("equipment:read", EVERYBODY),
    "createLegalEntity": Policy("legal_entity:write", OPERATORS),
    "listLegalEntities": Policy("legal_entity:read", EVERYBODY),
    "getLegalEntity": Policy("legal_entity:read", EVERYBODY),
    "updateLegalEntity": Policy("legal_entity:write", OPERATORS),
    "activateLegalEntity": Policy("legal_entity:write", OPERATORS),
    "suspendLegalEntity": Policy("legal_entity:write", OPERATORS),
    "deactivateLegalEntity": Policy("legal_entity:write", OPERATORS),
    "createDivision": Policy("division:write", STAFF_OF_LEGAL_ENTITY),
    "listDivisions": Policy("division:read", EVERYBODY),
    "getDivision": Policy("division:read", EVERYBODY),
    "updateDivision": Policy("division:write", STAFF_OF_LEGAL_ENTITY),
    "activateDivision": Policy("division:write", STAFF_OF_LEGAL_ENTITY),
    "deactivateDivision": Policy("division:write", STAFF_OF_LEGAL_ENTITY),
    "createClient": Policy("client:write", OPERATORS),
    "listClients": Policy("client:read", OPERATORS),
    "revokeClient": Policy("client:write", OPERATORS),
    "getDictionary": Policy("dictionary:read", EVERYBODY),
    "loadDictionary": Policy("dictionary:write", OPERATORS),
}
