"""Why a backup is not made, not taken or not put back: sentences for the operator."""


class BackupRefused(Exception):
    """What was asked is not done, and nothing was changed."""


class BackupDamaged(BackupRefused):
    """The file is no whole backup: cut short, flipped, or something else altogether."""
