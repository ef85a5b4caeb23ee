"""Verification codes: issued, refused, used once."""
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.clock import moved_clock
from app.errors import Unavailable
from app.identity.one_time_codes import CodeRefused, CodeSentRecently, OneTimeCodes

SUBJECT = ("marketplace", "email-verification", "anna")
DAY = 86_400


@pytest.fixture
def book(redis):
    return OneTimeCodes(redis, "app secret", max_tries=5, resend_seconds=60)


def wrong(code):
    return f"{(int(code.secret) + 1) % 1_000_000:06d}"


def refusal_of(book, secret, subject=SUBJECT):
    with pytest.raises(CodeRefused) as refused:
        book.consume(*subject, secret=secret)
    return refused.value.reason


def test_without_a_start_there_is_nothing_to_complete(book):
    assert refusal_of(book, "123456") == "absent"


def test_a_wrong_code_is_refused_and_the_right_one_still_works(book):
    code = book.issue(*SUBJECT, lifetime=DAY)
    assert refusal_of(book, wrong(code)) == "mismatch"
    book.consume(*SUBJECT, secret=code.secret)


def test_a_code_works_once(book):
    code = book.issue(*SUBJECT, lifetime=DAY)
    book.consume(*SUBJECT, secret=code.secret)
    assert refusal_of(book, code.secret) == "absent"


def test_after_five_wrong_tries_the_right_code_is_burnt(book):
    code = book.issue(*SUBJECT, lifetime=DAY)
    for _ in range(5):
        assert refusal_of(book, wrong(code)) == "mismatch"
    assert refusal_of(book, code.secret) == "expired"


def test_a_code_lapses_at_its_lifetime(book):
    code = book.issue(*SUBJECT, lifetime=300)
    with moved_clock(seconds=301):
        assert refusal_of(book, code.secret) == "expired"


def test_a_second_code_within_the_resend_window_is_refused(book):
    book.issue(*SUBJECT, lifetime=DAY)
    with moved_clock(seconds=59), pytest.raises(CodeSentRecently):
        book.issue(*SUBJECT, lifetime=DAY)


def test_a_later_code_replaces_the_former_and_the_index_grows(book):
    first = book.issue(*SUBJECT, lifetime=DAY)
    with moved_clock(seconds=61):
        second = book.issue(*SUBJECT, lifetime=DAY)
        if first.secret != second.secret:
            assert refusal_of(book, first.secret) == "mismatch"
        book.consume(*SUBJECT, secret=second.secret)
    assert (first.index, second.index) == (1, 2)


def test_a_code_opens_neither_another_service_nor_another_user_nor_another_realm(book):
    code = book.issue(*SUBJECT, lifetime=DAY)
    for other in [("marketplace", "password-reset-by-email", "anna"), ("marketplace", "email-verification", "ben"),
                  ("network", "email-verification", "anna")]:
        book.issue(*other, lifetime=DAY)
        assert refusal_of(book, code.secret, other) == "mismatch"


def test_twenty_rivals_with_the_right_code_make_one_success(book):
    code = book.issue(*SUBJECT, lifetime=DAY)

    def complete(_):
        try:
            book.consume(*SUBJECT, secret=code.secret)
        except CodeRefused:
            return "refused"
        return "consumed"

    with ThreadPoolExecutor(20) as pool:
        outcomes = list(pool.map(complete, range(20)))
    assert outcomes.count("consumed") == 1


def test_the_code_is_not_readable_in_redis(book, redis):
    code = book.issue(*SUBJECT, lifetime=DAY)
    stored = b" ".join(value for key in redis.scan_iter() for value in redis.hgetall(key).values())
    assert code.secret.encode() not in stored


def test_codes_are_six_digits(book):
    secrets = [book.issue("realm", "service", str(n), lifetime=60).secret for n in range(20)]
    assert all(len(secret) == 6 and secret.isdigit() for secret in secrets)
    assert len(set(secrets)) > 1


def test_without_redis_codes_are_unavailable_not_broken(redis_gone):
    book = OneTimeCodes(redis_gone, "app secret", max_tries=5, resend_seconds=60)
    with pytest.raises(Unavailable):
        book.issue(*SUBJECT, lifetime=DAY)
    with pytest.raises(Unavailable):
        book.consume(*SUBJECT, secret="123456")
