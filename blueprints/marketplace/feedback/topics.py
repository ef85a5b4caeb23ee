"""Topics of feedback: the dbevents literal from the contract; that a reputation has changed is ours (decisions/072)."""

FEEDBACK_CREATED = "ebaycclone-feedback-service-dbevent-feedback-created"
FEEDBACK_UPDATED = "ebaycclone-feedback-service-dbevent-feedback-updated"

REPUTATION_CHANGED = "ebaycclone-feedback-service-reputation-changed"
