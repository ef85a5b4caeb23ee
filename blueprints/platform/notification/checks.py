"""What `flask doctor` says of the operator's own texts: each can be filled in, and belongs to something we send."""
from app.notify.letter_templates import LetterTemplates, filled_strictly, operators_texts
from app.notify.notice_kinds import NoticeKinds
from app.runtime import runtime


def check_texts() -> tuple[str, str]:
    """Return what doctor says: every text of NOTICE_TEMPLATES can be filled in with the facts of its scenario."""
    known = {one.name: one for one in (*runtime().part(LetterTemplates),
                                       *(kind.words for kind in runtime().part(NoticeKinds).values()))}
    faults, good = [], 0
    for name, text in operators_texts():
        if name not in known:
            faults.append(f"{text.path}: nothing is sent as {name}")
            continue
        try:
            filled_strictly(text, {"fullname": "Ben Olsen"} | dict(known[name].facts))
            good += 1
        except Exception as error:  # a text may fail in any way that Python knows
            faults.append(f"{text.path}: {error}")
    if faults:
        return "fail", f"{len(faults)} texts cannot be used, ours go out: {'; '.join(faults[:3])}"
    return "ok", f"{good} texts of NOTICE_TEMPLATES can be filled in"
