"""Who may act as a moderator, and who else could decide (M-13, M-14)."""
from dataclasses import replace
from datetime import timedelta

import pytest

from app.actor import system_actor
from app.clock import now
from app.errors import Forbidden
from blueprints.platform.auth import commands as accounts
from blueprints.platform.moderation.moderators import other_moderators, require_moderator

REALM = "marketplace"


def test_m_13_who_acts_is_an_active_member_of_staff(app, as_user, as_admin, as_super_admin):
    for actor in (as_admin.actor, as_super_admin.actor, system_actor(REALM)):
        require_moderator(actor)
    with pytest.raises(Forbidden):
        require_moderator(as_user("ben").actor)


def test_m_13_a_role_that_was_taken_since_acts_no_more(app, as_user):
    with pytest.raises(Forbidden):
        require_moderator(replace(as_user("ben").actor, role="admin"))


def test_m_13_a_locked_or_deleted_member_of_staff_acts_no_more(app, callers):
    ada, eve = callers.admin("ada"), callers.admin("eve")
    accounts.lock_user(system_actor(REALM), ada.user_id, now() + timedelta(hours=1))
    accounts.delete_user(system_actor(REALM), eve.user_id)
    for gone in (ada, eve):
        with pytest.raises(Forbidden, match="AccountInactive"):
            require_moderator(gone.actor)


def test_m_14_other_moderators_are_active_and_neither_named_nor_built_in(app, callers):
    ada, eve, max_ = (callers.admin(name) for name in ("ada", "eve", "max"))
    callers.super_admin()
    callers.user("ben")
    assert other_moderators(REALM, ada.user_id) == {eve.user_id, max_.user_id}
    accounts.lock_user(system_actor(REALM), eve.user_id, now() + timedelta(hours=1))
    assert other_moderators(REALM, ada.user_id) == {max_.user_id}
    assert other_moderators(REALM, ada.user_id, max_.user_id) == frozenset()
