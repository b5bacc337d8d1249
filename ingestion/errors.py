"""The one exception for what a user can mend."""


class UserError(Exception):
    """Something the user can mend; the text says what happened, where, and what to do."""
