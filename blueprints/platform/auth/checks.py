"""What `flask doctor` asks of the accounts."""
from app.ops.findings import OK, WARN, some_of
from app.runtime import runtime
from blueprints.platform.auth.queries import accounts_at_other_forms


def addresses() -> tuple[str, str]:
    """Find accounts whose e-mail is not in its one form: that form is another account's, or it has none."""
    found = [f"{realm} {account_id}" for realm in runtime().settings.realms
             for account_id in accounts_at_other_forms(realm)]
    if found:
        return WARN, f"found by id only, since in one form the e-mail is another's or none: {some_of(found)}"
    return OK, "each e-mail stands in its one form"
