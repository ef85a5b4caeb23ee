"""Documents are judged by their bytes, and nothing of them is unpacked."""
from contextlib import suppress

import pytest

from app.errors import RuleViolated
from app.http.download import file_name
from app.media.documents import DOCUMENT_TYPES, DOCX, MAX_DOCUMENT_BYTES, PDF, TEXT, examine_document
from tests import documents

TOO_LARGE = {"a DOCX that unpacks to gigabytes"}


@pytest.mark.parametrize(("content", "media_type"), [
    (documents.PDF, PDF), (documents.PDF.rstrip(), PDF), (documents.PDF + b"\r\n\0\0", PDF),
    (documents.docx(), DOCX), (documents.streamed_docx(), DOCX), (documents.docx(media_image1_png=b"\x89PNG"), DOCX),
    (documents.TEXT, TEXT), (b"\xef\xbb\xbf" + documents.TEXT, TEXT), (documents.HTML, TEXT)])
def test_a_sound_document_is_what_its_bytes_say(content, media_type):
    assert examine_document(content, said_to_be_text=media_type == TEXT) == media_type


@pytest.mark.parametrize("said_to_be_text", [False, True])
@pytest.mark.parametrize("what", documents.hostile_documents())
def test_a_hostile_document_is_refused_whatever_it_is_called(what, said_to_be_text):
    with pytest.raises(RuleViolated) as refused:
        examine_document(documents.hostile_documents()[what], said_to_be_text=said_to_be_text)
    assert refused.value.err_code == ("too_large" if what in TOO_LARGE else "invalid_mime")


def test_what_is_not_called_plain_text_is_none():
    with pytest.raises(RuleViolated) as refused:
        examine_document(documents.TEXT, said_to_be_text=False)
    assert refused.value.err_code == "invalid_mime"


@pytest.mark.parametrize(("content", "err_code"), [(b"", "no_file"), (b"a" * (MAX_DOCUMENT_BYTES + 1), "too_large")])
def test_a_document_is_neither_empty_nor_too_large(content, err_code):
    with pytest.raises(RuleViolated) as refused:
        examine_document(content, said_to_be_text=True)
    assert refused.value.err_code == err_code


@pytest.mark.parametrize("content", [documents.docx(), documents.streamed_docx(), documents.PDF])
def test_no_cut_or_changed_byte_breaks_anything(content):
    for at in range(len(content)):
        for broken in (content[:at], content[:at] + b"\xff" + content[at + 1:]):
            with suppress(RuleViolated):
                examine_document(broken, said_to_be_text=False)


def test_every_document_is_offered_under_the_ending_of_its_kind():
    assert {file_name("cv.exe", kind) for kind in DOCUMENT_TYPES} == {"cv.pdf", "cv.docx", "cv.txt"}
