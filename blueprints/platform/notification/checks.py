"""What `flask doctor` says of the operator's own texts: each can be filled in, and belongs to something we send."""
from app.notify.letter_templates import LetterTemplates, count_texts
from app.notify.notice_kinds import NoticeKinds
from app.runtime import runtime


def check_texts() -> tuple[str, str]:
    """Return what doctor says: every text of NOTICE_TEMPLATES can be filled in with the facts of its scenario."""
    settings = runtime().settings
    templates = (*runtime().part(LetterTemplates), *(kind.words for kind in runtime().part(NoticeKinds).values()))
    try:
        good = count_texts(settings.notice_templates, settings.realms, templates)
    except ValueError as error:
        return "fail", f"NOTICE_TEMPLATES: {error}"
    return "ok", f"{good} texts of NOTICE_TEMPLATES can be filled in"
