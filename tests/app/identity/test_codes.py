"""Verification codes: issued, refused, used once."""
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.clock import moved_clock
from app.errors import Unavailable
from app.identity.one_time_codes import CodeRefused, CodeSentRecently, OneTimeCodes

SUBJECT = ("marketplace", "email-verification", "anna")
DAY = 86_400
BOUND, HERE, ELSEWHERE = "the password it was issued for", "192.0.2.1", "2001:db8::/64"


@pytest.fixture
def book(redis):
    return OneTimeCodes(redis, "app secret", max_tries=5, resend_seconds=60)


def wrong(code):
    return f"{(int(code.secret) + 1) % 1_000_000:06d}"


def refusal_of(book, secret, subject=SUBJECT, *, bound=BOUND, address=HERE):
    with pytest.raises(CodeRefused) as refused:
        book.consume(*subject, secret=secret, bound=bound, address=address)
    return refused.value.reason


def test_without_a_start_there_is_nothing_to_complete(book):
    assert refusal_of(book, "123456") == "absent"


def test_a_wrong_code_is_refused_and_the_right_one_still_works(book):
    code = book.issue(*SUBJECT, bound=BOUND, lifetime=DAY)
    assert refusal_of(book, wrong(code)) == "mismatch"
    book.consume(*SUBJECT, secret=code.secret, bound=BOUND, address=HERE)


def test_a_code_works_once(book):
    code = book.issue(*SUBJECT, bound=BOUND, lifetime=DAY)
    book.consume(*SUBJECT, secret=code.secret, bound=BOUND, address=HERE)
    assert refusal_of(book, code.secret) == "absent"


def test_after_five_wrong_tries_the_right_code_is_burnt(book):
    code = book.issue(*SUBJECT, bound=BOUND, lifetime=DAY)
    for _ in range(5):
        assert refusal_of(book, wrong(code)) == "mismatch"
    assert refusal_of(book, code.secret) == "expired"


def test_wrong_tries_from_one_address_leave_the_code_good_at_another(book):
    code = book.issue(*SUBJECT, bound=BOUND, lifetime=DAY)
    for _ in range(5):
        assert refusal_of(book, wrong(code), address=ELSEWHERE) == "mismatch"
    assert refusal_of(book, code.secret, address=ELSEWHERE) == "expired"
    book.consume(*SUBJECT, secret=code.secret, bound=BOUND, address=HERE)


def test_the_secret_of_the_link_is_good_after_any_number_of_wrong_codes_and_once(book):
    code = book.issue(*SUBJECT, bound=BOUND, lifetime=DAY)
    for _ in range(6):
        refusal_of(book, wrong(code))
        assert refusal_of(book, "x" * len(code.link_secret)) == "mismatch"
    book.consume(*SUBJECT, secret=code.link_secret, bound=BOUND, address=HERE)
    assert refusal_of(book, code.link_secret) == "absent"
    assert refusal_of(book, code.secret, address=ELSEWHERE) == "absent"


def test_a_code_dies_with_what_it_was_issued_for(book):
    code = book.issue(*SUBJECT, bound=BOUND, lifetime=DAY)
    for secret in (code.secret, code.link_secret):
        assert refusal_of(book, secret, bound="another password") == "absent"
    book.issue(*SUBJECT, bound="another password", lifetime=DAY)  # nobody waits for a window of a dead code


def test_a_checked_code_is_not_used_up(book):
    code = book.issue(*SUBJECT, bound=BOUND, lifetime=DAY)
    book.check(*SUBJECT, secret=code.secret, bound=BOUND, address=HERE)
    book.consume(*SUBJECT, secret=code.secret, bound=BOUND, address=HERE)


def test_a_code_lapses_at_its_lifetime(book):
    code = book.issue(*SUBJECT, bound=BOUND, lifetime=300)
    with moved_clock(seconds=301):
        assert refusal_of(book, code.secret) == "expired"


def test_a_second_code_within_the_resend_window_is_refused(book):
    book.issue(*SUBJECT, bound=BOUND, lifetime=DAY)
    with moved_clock(seconds=30), pytest.raises(CodeSentRecently):
        book.issue(*SUBJECT, bound=BOUND, lifetime=DAY)


def test_of_two_at_once_the_one_who_looked_at_the_clock_first_is_refused_too(book):
    with moved_clock(milliseconds=20):
        book.issue(*SUBJECT, bound=BOUND, lifetime=DAY)
    with pytest.raises(CodeSentRecently):
        book.issue(*SUBJECT, bound=BOUND, lifetime=DAY)


def test_a_later_code_replaces_the_former_and_the_index_grows(book):
    first = book.issue(*SUBJECT, bound=BOUND, lifetime=DAY)
    with moved_clock(seconds=61):
        second = book.issue(*SUBJECT, bound=BOUND, lifetime=DAY)
        if first.secret != second.secret:
            assert refusal_of(book, first.secret) == "mismatch"
        book.consume(*SUBJECT, secret=second.secret, bound=BOUND, address=HERE)
    assert (first.index, second.index) == (1, 2)


def test_a_code_opens_neither_another_service_nor_another_user_nor_another_realm(book):
    code = book.issue(*SUBJECT, bound=BOUND, lifetime=DAY)
    for other in [("marketplace", "password-reset-by-email", "anna"), ("marketplace", "email-verification", "ben"),
                  ("network", "email-verification", "anna")]:
        book.issue(*other, bound=BOUND, lifetime=DAY)
        assert refusal_of(book, code.secret, other) == "mismatch"


def test_twenty_rivals_with_the_right_code_make_one_success(book):
    code = book.issue(*SUBJECT, bound=BOUND, lifetime=DAY)

    def complete(_):
        try:
            book.consume(*SUBJECT, secret=code.secret, bound=BOUND, address=HERE)
        except CodeRefused:
            return "refused"
        return "consumed"

    with ThreadPoolExecutor(20) as pool:
        outcomes = list(pool.map(complete, range(20)))
    assert outcomes.count("consumed") == 1


def test_the_code_is_not_readable_in_redis(book, redis):
    code = book.issue(*SUBJECT, bound=BOUND, lifetime=DAY)
    stored = b" ".join(value for key in redis.scan_iter() for value in redis.hgetall(key).values())
    assert code.secret.encode() not in stored
    assert code.link_secret.encode() not in stored


def test_codes_are_six_digits(book):
    secrets = [book.issue("realm", "service", str(n), bound=BOUND, lifetime=60).secret for n in range(20)]
    assert all(len(secret) == 6 and secret.isdigit() for secret in secrets)
    assert len(set(secrets)) > 1


def test_without_redis_codes_are_unavailable_not_broken(redis_gone):
    book = OneTimeCodes(redis_gone, "app secret", max_tries=5, resend_seconds=60)
    with pytest.raises(Unavailable):
        book.issue(*SUBJECT, bound=BOUND, lifetime=DAY)
    with pytest.raises(Unavailable):
        book.consume(*SUBJECT, secret="123456", bound=BOUND, address=HERE)
