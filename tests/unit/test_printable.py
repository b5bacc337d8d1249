"""Text from elsewhere is shown, not obeyed."""

import unicodedata

import click
import pytest
from click.testing import CliRunner

from ingestion.__main__ import Commands
from ingestion.errors import UserError
from ingestion.printable import DIRECTION_MARKS, printable
from sandbox.console import LONGEST_TEXT, untrusted


def test_what_a_terminal_would_obey_is_written_out() -> None:
    assert printable("\x1b[31mred\x1b]0;title\x07") == r"\x1b[31mred\x1b]0;title\x07"
    assert printable("a\r\nb\tc\x00\x7f\x9b") == r"a\r\nb\tc\x00\x7f\x9b"
    assert printable("\u202eexe.gpj\u2066\u2028\ud83d") == r"\u202eexe.gpj\u2066\u2028\ud83d"
    assert printable("a\nb\r", keep="\n") == "a\nb\\r"


def test_what_people_write_stays_as_it_is() -> None:
    text = "Café, 👨‍👩‍👧 ממתק, 50 % [red] {{ x }} <b> C:\\n"
    assert printable(text) == text


def test_no_character_of_unicode_gets_through_that_acts() -> None:
    shown = printable("".join(map(chr, range(0x110000))))
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cs", "Zl", "Zp"}
    assert not DIRECTION_MARKS & set(shown)


def test_a_text_of_events_is_no_markup_and_not_endless() -> None:
    text = untrusted("[red]x[/red] [/] :bomb:\x07")
    assert (text.plain, text.spans) == (r"[red]x[/red] [/] :bomb:\x07", [])
    assert len(untrusted("x" * 1_000_000)) == LONGEST_TEXT + 3


def test_an_error_that_quotes_an_event_does_not_reach_the_terminal_as_sent() -> None:
    @click.group(cls=Commands)
    def main() -> None:
        pass

    @main.command()
    def fail() -> None:
        raise UserError("first line\nInvalid input '\x1b]0;owned\x07'")

    result = CliRunner().invoke(main, ["fail"])
    assert result.exit_code == 1
    assert result.stderr == "Error: first line\nInvalid input '\\x1b]0;owned\\x07'\n"


@pytest.mark.parametrize("keep", ["", "\n"])
def test_nothing_stays_nothing(keep: str) -> None:
    assert printable("", keep=keep) == ""
