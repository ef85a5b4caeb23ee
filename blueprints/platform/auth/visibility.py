"""Who sees an account, and what of it (decision 47)."""
from app.data.visibility import Expression, Visibility, any_of, mask_all_but, me
from blueprints.platform.auth.models import account_model


def users_of(realm: str, rule: Expression) -> Visibility:
    """Return who sees the accounts of a realm: each person its own, all for staff, and others by this rule: of them id,
    fullname and avatar."""
    return Visibility(account_model(realm), any_of(me("id"), rule),
                      masks=(mask_all_but(me("id"), "id", "fullname", "avatar", "isActive"),))
