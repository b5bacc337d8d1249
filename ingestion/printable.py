"""Text from elsewhere, made fit for a terminal."""

import unicodedata

DIRECTION_MARKS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They make a text look like another: https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing"""


def printable(text: str, *, keep: str = "") -> str:
    r"""A text that a terminal shows and does not obey.

    Control characters, line ends, halves of surrogate pairs and marks of direction are written as Python would write
    them (`\x1b`). Whoever sends an event chooses its text: an escape sequence in it could hide lines or
    rename the window.

    Args:
        keep: characters that stay as they are, such as "\n".
    """
    return "".join(
        _written(character) if _acts(character) and character not in keep else character for character in text
    )


def _acts(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or character in DIRECTION_MARKS


def _written(character: str) -> str:
    return ascii(character)[1:-1]
