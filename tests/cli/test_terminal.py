"""How tables are made to fit; nothing here needs a system."""
import json
from functools import partial

import click
import pytest

from cli.terminal import (
    TABLE_COLUMNS,
    agreed,
    cut_line,
    print_facts,
    print_fields,
    print_rows,
    print_sentence,
    say_unchanged,
    unknown,
)

ID = "018f4c1e-7b1a-7c3e-9a52-0d6f1b2c3d4e"


def printed(capsys, rows, **options):
    print_rows(rows, as_json=options.pop("as_json", False), **options)
    return capsys.readouterr().out.splitlines()


def test_only_the_columns_that_may_be_cut_are_cut_and_the_widest_gives_first(capsys):
    rows = [{"id": "x" * 40, "title": "t" * 90, "buyer": "b" * 20}]
    [_, line] = printed(capsys, rows, cut=("title", "buyer"))
    assert (len(line), line.split()[0], line.count("…")) == (TABLE_COLUMNS, "x" * 40, 1)
    assert line.endswith("b" * 20)


def test_a_table_that_fits_is_left_as_it_is_and_one_that_may_not_be_cut_too(capsys):
    assert printed(capsys, [{"title": "short"}], cut=("title",))[1] == "short"
    assert printed(capsys, [{"says": "s" * 120}])[1] == "s" * 120


def test_ids_are_short_in_the_table_and_whole_in_json(capsys):
    assert printed(capsys, [{"id": ID, "other": None}], ids=("id", "other"))[1] == "1b2c3d4e"
    print_rows([{"id": ID}], as_json=True, ids=("id",))
    assert json.loads(capsys.readouterr().out) == [{"id": ID}]


@pytest.mark.parametrize("title", ["象" * 90, "é" * 150, "a象" * 60])
def test_signs_that_take_two_columns_are_counted_as_two(capsys, title):
    [_, line] = printed(capsys, [{"id": "1", "title": title}], cut=("title",))
    wide = sum(sign == "象" for sign in line)
    assert TABLE_COLUMNS - 1 <= len(line) + wide <= TABLE_COLUMNS


OBEYED = "An\x1b[31mna\x07\x9b2J\u202eevil\u2066\u2028x"
SHOWN = "An�[31mna��2J�evil��x"


def test_what_a_terminal_would_obey_is_shown_and_not_done(capsys):
    assert printed(capsys, [{"name": f"{OBEYED}\nadmin"}])[1] == f"{SHOWN} admin"
    print_facts({"id": 1, "name": f"{OBEYED}\nrole  admin"}, as_json=False)
    assert capsys.readouterr().out.split("\n") == ["id    1", f"name  {SHOWN}", "      role  admin", ""]
    print_fields({"text": f"{OBEYED}\r\nmore"})
    assert capsys.readouterr().out.split("\n") == [f"text  {SHOWN}�", "      more", ""]
    with click.Context(click.Command("act")):
        assert not agreed(f"change {OBEYED}", dry_run=True, yes=False)
    assert f"to do: change {SHOWN}\n" in capsys.readouterr().err


@pytest.mark.parametrize("title", ["Brass sextant " * 14, "x" * 200])
def test_a_long_fact_and_a_long_sentence_go_on_in_the_next_line(capsys, title):
    for said in (lambda: print_facts({"id": ID, "title": title}, as_json=False), lambda: print_sentence(title)):
        said()
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) > 1
        assert max(map(len, lines)) <= TABLE_COLUMNS
        assert title.replace(" ", "") in "".join(lines).replace(" ", "")


@pytest.mark.parametrize("text", ["象" * 150, f"{'a' * 93}象牙", "雕 象牙 ab" * 30])
def test_signs_that_take_two_columns_are_broken_as_two(capsys, text):
    print_facts({"id": ID, "text": text}, as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert max(len(line) + sum(not sign.isascii() for sign in line) for line in lines) <= TABLE_COLUMNS
    assert "".join("".join(lines[1:]).split()) == "text" + text.replace(" ", "")


def test_a_long_question_goes_on_in_the_next_line_under_itself(capsys):
    with click.Context(click.Command("act")):
        assert not agreed("books: " + "counted anew, " * 20 + "\naudit: sealed", dry_run=True, yes=False)
    lines = capsys.readouterr().err.splitlines()
    assert max(map(len, lines)) <= TABLE_COLUMNS
    assert [line[:12] for line in lines if line.startswith("to do: ") or "audit" in line] == [
        "to do: books", "       audit"]


def test_what_was_said_outside_is_shown_and_not_done(capsys):
    said = [partial(print_sentence, OBEYED), partial(print_sentence, OBEYED, err=True), partial(say_unchanged, OBEYED),
            lambda: click.echo(cut_line(OBEYED))]
    for say in said:
        with click.Context(click.Command("act")):
            say()
        assert "".join(capsys.readouterr()) == f"{SHOWN}\n"


def test_of_many_names_a_hundred_are_told():
    told = unknown("word", "w1x", [f"w{number}" for number in range(105)], "PHRASE").format_message()
    assert "Did you mean w1?" in told
    assert told.endswith(" and 5 more")


def test_a_path_is_not_broken(capsys):
    print_facts({"backup": "/srv" * 50}, as_json=False)
    assert capsys.readouterr().out == f"backup  {'/srv' * 50}\n"


def test_json_has_it_whole_in_signs_that_a_terminal_does_not_obey(capsys):
    print_rows([{"name": OBEYED}], as_json=True)
    said = capsys.readouterr().out
    assert json.loads(said) == [{"name": OBEYED}]
    assert all(sign == "\n" or sign.isprintable() for sign in said)


def test_marks_of_a_letter_take_no_column(capsys):
    [_, line] = printed(capsys, [{"id": "1", "title": "e\u0301" * TABLE_COLUMNS}], cut=("title",))
    assert (line.count("e"), line[-1]) == (TABLE_COLUMNS - len("id  …"), "…")


def test_the_number_by_which_an_order_is_found_is_cut_after_the_addresses_of_people(capsys):
    number, address = "ORD-" + "7" * 40, "somebody.else@guildhall.test"
    row = {"id": ID, "number": number, "buyer": address, "seller": address}
    [_, line] = printed(capsys, [row], ids=("id",), cut=("buyer", "seller"), cut_last=("number",))
    assert (len(line), line.split()[1]) == (TABLE_COLUMNS, number)
