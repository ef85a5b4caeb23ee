"""`flask doctor --fix premium`: periods that were paid count one after the other."""
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select

from app.data.reads import fetch
from blueprints.network.profile.premium_models import Premiumsubscription
from tests.cli.mending import ONCE, Run, assert_mended, named
from tests.cli.test_doctor_fix import paid_premium, premium
from tests.platform.moderation.chains import entries


def test_premium_that_counts_twice_at_a_time_counts_one_after_the_other(run: Run, only: Callable[[str], None]) -> None:
    only("premium")
    for number, starts in enumerate((0, 30, 59)):
        premium(number, starts=starts)
        paid_premium(number)
    periods = select(Premiumsubscription.period_start, Premiumsubscription.period_end).order_by(Premiumsubscription.id)
    before = fetch(periods)
    assert_mended(run, "premium")
    first, second, third = fetch(periods)
    assert [first, second] == before[:2]
    assert (third.period_start, third.period_end) == (second.period_end, second.period_end + timedelta(days=30))
    [entry] = [one for one in entries("network") if one["what"] == "premium.periods-parted"]
    assert entry["facts"]["reason"] == "the disk broke"


@ONCE
def test_premium_that_no_payment_paid_is_for_people(run: Run, only: Callable[[str], None]) -> None:
    only("premium")
    premium(1, starts=0)
    left = named(run, "premium", "--yes", code=1)
    assert "whoever keeps the books" in " ".join(left.output.split())
