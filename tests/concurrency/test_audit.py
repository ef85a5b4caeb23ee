"""Many audited commits at once leave one chain that verifies (M-26)."""
from collections import Counter

from sqlalchemy import delete

from blueprints.platform.moderation import audit
from blueprints.platform.moderation.audit_models import AuditHead
from tests.concurrency.together import together
from tests.platform.moderation.chains import REALM, entries, noted, tampered


def test_m_26_fifty_audited_commits_at_once_are_one_chain(app):
    together(app, *[lambda number=number: noted(f"act {number}", number=number) for number in range(50)])
    assert audit.verify(REALM) == audit.Verdict(REALM, 50, ())
    assert Counter(entry["facts"]["number"] for entry in entries()) == Counter(range(50))


def test_m_26_the_first_entries_of_a_realm_at_once_make_one_head(app):
    tampered(delete(AuditHead))
    together(app, *[lambda: noted("first")] * 6)
    assert audit.verify(REALM) == audit.Verdict(REALM, 6, ())
