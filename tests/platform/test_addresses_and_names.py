"""One mailbox is one account, however its address is typed; nothing hides in an address or a name (decision 34)."""
import json

import pytest

from app.notify.mailbox import read_outbox
from blueprints.platform.auth.checks import addresses
from blueprints.platform.auth.logins import FAILURES
from cli.notify import notify as notify_group
from cli.users import users as users_group
from tests.platform.driver import is_refusal

STORED = "mia@xn--bcher-kva.example"
OTHER_FORMS = ("mia@bücher.example", "Mia@BÜCHER.example", "mia@bu\u0308cher.example", "ｍｉａ＠ｂüｃｈｅｒ．example",
               "mia@XN--BCHER-KVA.example", " mia@bücher。example ")
HIDDEN = {"zero width": ("mia@exam\u200bple.com", "U+200B"), "soft hyphen": ("mi\u00ada@example.com", "U+00AD"),
          "direction": ("mia\u202emoc.elpmaxe@example.com", "U+202E"), "control": ("mi\x07a@example.com", "U+0007"),
          "joiner": ("mi\u200da@example.com", "U+200D"), "filler": ("mia\u3164@example.com", "U+3164"),
          "selector": ("mia\ufe0f@example.com", "U+FE0F")}
NO_NAMES = {"line break": "Anna\nBcc: all@example.com", "control": "Anna\x07Ant", "direction": "Anna \u202etnA",
            "zero width": "An\u200bna", "joiner": "An\u200dna", "byte order mark": "Anna\ufeffAnt",
            "tag": "Anna\U000e0041",
            "web address": "You won! https://evil.example", "e-mail": "anna@evil.example",
            "full width": "ｈｔｔｐ：／／evil.example", "host and path": "Claim at evil.example/prize",
            "www": "Anna www.evil.example", "angle": "Anna <b>Ant</b>"}


@pytest.fixture
def flask_users(app, realm):
    """Run `flask users ARGUMENTS` in the realm."""
    runner = app.test_cli_runner(env={"GUILDHALL_OPERATOR": "admin@admin.com"})
    return lambda *arguments: runner.invoke(users_group, [*arguments, "--realm", realm])


@pytest.mark.parametrize("typed", [OTHER_FORMS[0], STORED])
def test_an_address_is_kept_in_its_ascii_form(auth, typed):
    assert auth.register(typed).json["user"]["email"] == STORED


@pytest.mark.parametrize("typed", OTHER_FORMS)
def test_another_form_of_a_taken_address_is_taken(auth, typed):
    auth.register(STORED)
    assert is_refusal(auth.register(typed), 400, "EmailAlreadyExists")


@pytest.mark.parametrize("typed", OTHER_FORMS)
def test_every_form_of_the_address_logs_in(auth, typed):
    auth.verified_user(OTHER_FORMS[0])
    assert auth.login(typed).status_code == 200


@pytest.mark.parametrize("typed", OTHER_FORMS)
def test_a_code_for_one_form_is_good_with_every_other(auth, typed):
    auth.register(STORED)
    code = auth.start("email-verification", email=typed).json["secretCode"]
    done = auth.complete("email-verification", email=OTHER_FORMS[0], secretCode=code)
    assert (done.status_code, done.json["email"]) == (200, STORED)
    reset = auth.start("password-reset-by-email", email=OTHER_FORMS[1]).json["secretCode"]
    again = {"email": typed, "secretCode": reset, "password": "another-horse-2"}
    assert auth.complete("password-reset-by-email", **again).status_code == 200
    assert auth.login(STORED, "another-horse-2").status_code == 200


def test_a_second_factor_of_an_idn_address_reaches_its_ascii_form(auth, flask_users, settle):
    user = auth.verified_user(OTHER_FORMS[0])
    assert flask_users("2fa", "user", "email", "--yes").exit_code == 0
    session = auth.login(OTHER_FORMS[1]).json
    step = auth.start("email-2factor-verification", userId=user["id"], sessionId=session["sessionId"])
    settle()
    assert step.json["secretCode"] in read_outbox(STORED)[0]["text"]


def test_all_forms_of_an_address_share_the_throttles(make_app, auth):
    auth.verified_user(STORED)
    with make_app(RATELIMIT_ENABLED="1").app_context() as context:
        auth.app = context.app
        statuses = [auth.login(OTHER_FORMS[turn % len(OTHER_FORMS)], "wrong-horse-1").status_code
                    for turn in range(FAILURES.most + 1)]
    assert statuses == [401] * FAILURES.most + [429]


def test_the_operator_finds_the_account_by_every_form(auth, flask_users):
    auth.verified_user(STORED)
    for role, typed in zip(("admin", "user", "admin"), OTHER_FORMS, strict=False):
        assert flask_users("role", typed, role, "--yes").exit_code == 0
    made = flask_users("create", OTHER_FORMS[0], "--fullname", "Mia", "--yes")
    assert made.exit_code == 1
    assert "EmailAlreadyExists" in made.stderr


def test_an_import_knows_the_account_by_every_form(auth, flask_users, tmp_path):
    auth.verified_user(STORED)
    file = tmp_path / "people.csv"
    file.write_text("email,fullname\n" + "".join(f"{typed},Mia\n" for typed in OTHER_FORMS))
    lines = json.loads(flask_users("import", str(file), "--yes", "--json").stdout)
    assert [line["outcome"] for line in lines] == ["exists"] * len(OTHER_FORMS)


def test_staff_finds_the_account_and_the_operator_its_letters_by_every_form(app, auth, people, settle):
    user = auth.verified_user(STORED)
    settle()
    for path in ("/v1/users", "/v1/searchusers"):
        name = "email" if path == "/v1/users" else "keyword"
        found = auth.call("GET", path, token=people.admin().token, query_string={name: OTHER_FORMS[0]}).json["users"]
        assert [row["id"] for row in found] == [user["id"]]
    shown = app.test_cli_runner().invoke(notify_group, ["outbox", "--to", OTHER_FORMS[0], "--json"]).stdout
    assert {letter["to"] for letter in json.loads(shown)} == {STORED}


@pytest.mark.parametrize("kind", HIDDEN)
def test_an_address_with_a_hidden_character_is_refused_by_name(auth, kind):
    typed, hidden = HIDDEN[kind]
    answer = auth.register(typed)
    assert is_refusal(answer, 400)
    assert hidden in answer.json["detail"]["email"]
    for service in ("email-verification", "password-reset-by-email"):
        assert "email" in auth.start(service, email=typed).json["detail"]


@pytest.mark.parametrize("local", ["=?utf-8?q?=6d=69=61?=", "=?utf-8?q?mia=40bank.example=2c?=", "=?utf-8?q??=",
                                   "＝？utf-8？q？=6d？＝"])
def test_an_address_that_is_decoded_to_another_is_refused(auth, local):
    answer = auth.register(f"{local}@example.com")
    assert is_refusal(answer, 400)
    assert "email" in answer.json["detail"]


def test_full_width_letters_are_the_plain_ones(auth):
    assert auth.register("ｍｉａ＠ｅｘａｍｐｌｅ．ｃｏｍ").json["user"]["email"] == "mia@example.com"
    assert is_refusal(auth.register("mia@example.com"), 400, "EmailAlreadyExists")


def test_two_domains_that_only_look_alike_are_two_accounts(auth):
    cyrillic, latin = auth.register("mia@exampl\u0435.com"), auth.register("mia@example.com")
    assert (cyrillic.status_code, latin.status_code) == (201, 201)


@pytest.mark.parametrize("email", ["müller@example.com", "почта@example.com"])
def test_a_new_address_has_only_ascii_before_the_at(auth, flask_users, email):
    answer = auth.register(email)
    assert is_refusal(answer, 400)
    assert "before the @" in answer.json["detail"]["email"]
    assert flask_users("create", email, "--fullname", "Mia", "--yes").exit_code == 2


@pytest.mark.parametrize("domain", ["xn--a.example", "☃.example", "-a.example", "a..example", "example.", "bücher"])
def test_what_is_no_domain_is_refused(auth, domain):
    assert "email" in auth.register(f"mia@{domain}").json["detail"]


@pytest.mark.parametrize("kind", NO_NAMES)
def test_a_name_with_an_address_or_a_hidden_character_is_refused_by_name(auth, kind):
    answer = auth.register(fullname=NO_NAMES[kind])
    assert is_refusal(answer, 400)
    assert "fullname" in answer.json["detail"]


@pytest.mark.parametrize("name", ["Anna Ant", "J.R.R. Tolkien", "J.Smith", "Ægir Ó'Neill-Šķēle", "علی\u200cرضا",
                                  "क्\u200dष", "王小明", "Dr. Anna Ant, MD (Oslo)", "A/S Norden", "Anna ❤\ufe0f"])
def test_a_name_as_people_have_it_is_kept(auth, name):
    answer = auth.register(fullname=f" {name} ")
    assert (answer.status_code, answer.json["user"]["fullname"]) == (201, name)


def test_a_profile_is_not_renamed_to_an_address_either(auth, people):
    one = people.user("u1")
    answer = auth.call("PATCH", f"/v1/profile/{one.user_id}", token=one.token, json={"fullname": NO_NAMES["e-mail"]})
    assert "fullname" in answer.json["detail"]


def test_the_letters_to_a_new_address_carry_no_word_of_who_typed_it(auth, settle):
    email = "victim+claim-your-prize-at-evil@example.com"
    auth.register(email, fullname="You have won a prize")
    auth.start("email-verification", email=email)
    settle()
    letters = read_outbox(email)
    assert {letter["template"] for letter in letters} == {"WELCOME", "OTP"}
    for letter in letters:
        words = " ".join(letter[part] for part in ("subject", "text")).split()
        said = " ".join(word for word in words if not word.startswith("http"))
        assert "prize" not in said


def test_doctor_is_content_while_each_address_stands_in_its_one_form(auth):
    auth.register(OTHER_FORMS[0])
    assert addresses() == ("ok", "each e-mail stands in its one form")
