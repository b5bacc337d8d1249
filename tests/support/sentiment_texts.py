"""The texts on which the SQL that scores sentiment is compared with the reference, vaderSentiment 3.3.2.

`RULES` holds the hard cases of each rule: those of sentiment_texts.toml, written one by one, and those composed here of
its words. `generated` composes any number of further texts. `BAD_INPUT` is what no shopper writes and a pipeline gets.
"""

import csv
import string
import tomllib
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from random import Random

DATA = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
WORDS: dict[str, list[str]] = DATA["words"]
LEXICON = Path(__file__).parents[2] / "dbt_project" / "seeds" / "vader_lexicon.csv"

SPACES = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\N{NO-BREAK SPACE}\N{OGHAM SPACE MARK}\N{EN QUAD}\N{EM QUAD}\N{EN SPACE}"
    "\N{EM SPACE}\N{THREE-PER-EM SPACE}\N{FOUR-PER-EM SPACE}\N{SIX-PER-EM SPACE}\N{FIGURE SPACE}\N{PUNCTUATION SPACE}"
    "\N{THIN SPACE}\N{HAIR SPACE}\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}\N{NARROW NO-BREAK SPACE}"
    "\N{MEDIUM MATHEMATICAL SPACE}\N{IDEOGRAPHIC SPACE}"
)
"""All that str.split() splits on; Java's \\s knows six of them."""
NO_SPACES = (
    "\0\b\x1b\x7f\x84\x86\N{SOFT HYPHEN}\N{MONGOLIAN VOWEL SEPARATOR}\N{ZERO WIDTH SPACE}\N{ZERO WIDTH NON-JOINER}"
    "\N{ZERO WIDTH JOINER}\N{LEFT-TO-RIGHT MARK}\N{RIGHT-TO-LEFT MARK}\N{RIGHT-TO-LEFT OVERRIDE}\N{WORD JOINER}"
    "\N{INVISIBLE SEPARATOR}\N{BRAILLE PATTERN BLANK}\N{HANGUL FILLER}\N{ZERO WIDTH NO-BREAK SPACE}"
    "\N{VARIATION SELECTOR-16}"
)
"""What looks like a space or like nothing, and splits no word."""

EMOJI = (
    "\N{GRINNING FACE}",
    "\N{SMILING FACE WITH SMILING EYES}",
    "\N{FACE WITH TEARS OF JOY}",
    "\N{HEAVY BLACK HEART}",
    "\N{HEAVY BLACK HEART}\N{VARIATION SELECTOR-16}",
    "\N{BROKEN HEART}",
    "\N{BEATING HEART}",
    "\N{BUS STOP}",
    "\N{SLIGHTLY SMILING FACE}",
    "\N{SLIGHTLY FROWNING FACE}",
    "\N{DISAPPOINTED BUT RELIEVED FACE}",
    "\N{NO ENTRY}",
    "\N{FACE WITH NO GOOD GESTURE}",
    "\N{OK HAND SIGN}",
    "\N{SQUARED UP WITH EXCLAMATION MARK}",
    "\N{SQUARED COOL}",
    "\N{FACE WITHOUT MOUTH}",
    "\N{THUMBS UP SIGN}\N{EMOJI MODIFIER FITZPATRICK TYPE-4}",
    "\N{FIRE}",
    "\N{BOMB}",
    "\N{LOUDLY CRYING FACE}",
    "\N{COPYRIGHT SIGN}",
    "\N{BICYCLE}",
    "\N{MELTING FACE}",
    "\N{REGIONAL INDICATOR SYMBOL LETTER U}\N{REGIONAL INDICATOR SYMBOL LETTER S}",
    "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{HEAVY BLACK HEART}\N{ZERO WIDTH JOINER}\N{MAN}",
)
ENDINGS = ("!", "!!", "!!!", "?", "??", "???", "?!", ".", ",", ";", "...", ":", "'", '"', ")", "-", "!!!!!", "????")


def _composed() -> dict[str, list[str]]:
    """The rules whose cases differ in one word or mark only."""
    return {
        "every kind of white space splits": [f"not{space}good" for space in SPACES],
        "white space at the ends and in runs": [f"{space}a{space}{space}good lid{space}" for space in SPACES],
        "what only looks like white space does not split": [f"not{char}good fun" for char in NO_SPACES],
        "every ASCII punctuation mark is stripped, however many": [
            f"{mark}{mark}lovely{mark} things" for mark in string.punctuation
        ],
        "every ASCII punctuation mark stays on two letters": [f"ok{mark} things" for mark in string.punctuation],
        "other punctuation stays": [
            f"{mark}lovely{mark} things"
            for mark in "\N{LEFT DOUBLE QUOTATION MARK}\N{EN DASH}\N{HORIZONTAL ELLIPSIS}\N{FULLWIDTH COMMA}§"
        ],
        "each booster": [f"{word} lovely things" for word in WORDS["boosters"]],
        "each dampener": [f"{word} lovely things" for word in WORDS["dampeners"]],
        "each booster and dampener alone, before a negative word in capitals": [
            f"the {word} AWFUL things" for word in (*WORDS["boosters"], *WORDS["dampeners"])
        ],
        "each negation": [f"things {word} lovely" for word in WORDS["negations"]],
        "each negation in capitals, two words before": [
            f"{word.upper()} those lovely things" for word in WORDS["negations"]
        ],
        "what is no negation or booster": [f"things {word} lovely" for word in WORDS["near_misses"]],
        "a modifier, a distance, a sign, a case": [
            f"{'and so on ' * longer}{modifier} {'red ' * distance}{word}"
            for modifier, distance, word, longer in product(
                ("really", "REALLY", "kinda", "KINDA", "not", "NOT", "never", "don't", "without", "least", "no", "NO"),
                (0, 1, 2, 3),
                ("lovely", "awful"),
                (0, 1),
            )
        ],
        "two modifiers before one word": [
            f"{first} {second} {word}"
            for first, second, word in product(
                ("never", "not", "without", "so", "REALLY", "barely", "this", "no", "at", "very", "least", "sort"),
                ("so", "this", "doubt", "really", "BARELY", "not", "no", "least", "of"),
                ("GOOD", "awful"),
            )
        ],
        "three words before one word": [
            f"{first} {second} {third} {word}"
            for first, second, third, word in product(
                ("never", "not", "without", "so", "it", "no"),
                ("so", "this", "doubt", "a", "SORT"),
                ("so", "this", "doubt", "a", "of", "nor"),
                ("good", "awful"),
            )
        ],
        "exclamation and question marks, nought to six of each": [
            f"{word} things{'!' * exclamations}{'?' * questions}"
            for word, exclamations, questions in product(("lovely", "awful", "red"), range(7), range(7))
            if word != "red" or exclamations == questions
        ],
        "shares that end in a five to be rounded": [
            f"{word * count}{'box ' * (80 - 3 * count)}" for word in ("glad ", "awful ") for count in range(1, 27, 2)
        ],
        "each idiom at each distance": [
            f"{'here ' * before}{idiom}{' and' * between}{after}"
            for idiom, before, between, after in product(
                ("the shit", "the bomb", "bad ass", "badass", "bus stop", "yeah right", "kiss of death", "to die for"),
                (1, 2, 3),
                (0, 1),
                ("", " lovely", " awful lovely"),
            )
            if not (between and not after)
        ],
        "each emoticon after a plain word": [f"things {emoticon}" for emoticon in WORDS["emoticons"]],
        "each emoji alone, after a word and before one": [
            text for emoji in EMOJI for text in (emoji, f"good{emoji}", f"{emoji}good")
        ],
    }


def _rules() -> dict[str, list[str]]:
    rules: dict[str, list[str]] = DATA["rules"]
    known = {text for texts in rules.values() for text in texts}
    for rule, texts in _composed().items():
        rules[rule] = [text for text in dict.fromkeys(texts) if text not in known]
        known.update(rules[rule])
    return rules


RULES = _rules()
"""The name of a rule of the reference, and texts that hit it. No text is there twice."""

BAD_INPUT = {
    "empty": "",
    "spaces": " \t\r\n" * 50,
    "white space of all kinds": SPACES * 20,
    "punctuation only": string.punctuation * 20,
    "100 kB of exclamation marks": "!" * 100_000,
    "100 kB of question marks, a word": "?" * 100_000 + " awful",
    "emoji only": "\N{SMILING FACE WITH SMILING EYES}\N{BROKEN HEART}\N{FIRE}" * 30,
    "100 kB of emoji": "\N{BICYCLE}" * 25_000,
    "100 kB of flags and joiners": "\N{REGIONAL INDICATOR SYMBOL LETTER U}\N{ZERO WIDTH JOINER}" * 14_300,
    "100 kB of one lexicon word": "good " * 20_000,
    "100 kB of one lexicon word with no space": "good" * 25_000,
    "100 kB of one neutral word": "box " * 25_000,
    "100 kB of one neutral word with no space": "x" * 100_000,
    "100 kB of one letter in capitals, a word": "X" * 100_000 + " good",
    "100 kB of 'but'": "but " * 25_000,
    "100 kB of boosters": "very " * 20_000 + "good",
    "100 kB of negations": "not " * 25_000 + "good",
    "100 kB of spaces between two words": "not" + " " * 100_000 + "good",
    "100 kB of combining marks on one letter": "good e" + "\N{COMBINING ACUTE ACCENT}" * 50_000,
    "control characters": "".join(map(chr, (*range(32), *range(127, 160)))) + "good\0bad\x1b[0m",
    "a NUL in a word": "go\0od \0good good\0 good",
    "noncharacters": "\ufdd0good \ufffe bad \uffff \U0001fffe good",
    "private use": "\ue000 good \U000f0000bad \U00100000",
    "replacement characters": "\N{REPLACEMENT CHARACTER}" * 40 + " good",
    "right to left": "\N{HEBREW LETTER TET}\N{HEBREW LETTER VAV}\N{HEBREW LETTER BET} good "
    "\N{ARABIC LETTER JEEM}\N{ARABIC LETTER YEH}\N{ARABIC LETTER DAL}",
    "right to left override": "\N{RIGHT-TO-LEFT OVERRIDE}good bad\N{POP DIRECTIONAL FORMATTING} fine",
    "byte order mark": "\N{ZERO WIDTH NO-BREAK SPACE}good \N{ZERO WIDTH NO-BREAK SPACE} bad",
    "UTF-8 read as Latin-1": "good â\x80\x99 Ã© love itâ\x80\x99s bad",
    "capitals that lower case makes longer": "K\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}ND " * 40 + "good",
    "capitals without small letters": "\N{MATHEMATICAL BOLD CAPITAL G}\N{MATHEMATICAL BOLD CAPITAL O} GOOD good",
    "JSON": '{"text": "good \\u0021 \\"bad\\"", "stars": null}',
    "HTML": "<script>alert('good')</script><p>bad &amp; <b>ugly</b></p>",
    "SQL": "'; drop table reviews; -- good",
    "regular expression": "(a+)+$ [^good] \\s+bad\\b .*{2,} $1 \\\\Q\\E",
    "format strings": "%s %d %n {} {0} ${good} {{ bad }} #{fun}",
    "backslashes": "\\ \\\\ \\n good\\ \\bad \\'",
    "tab-separated": "good\t1.9\t0.9\nbad\t-2.5\t0.6\n",
    "the word null": "null NULL None NaN",
    "a number": "-1e308",
    "base64": "R29vZCBiYWQgbG92ZSBoYXRl" * 400,
}
"""The name of what is wrong with a text, and the text. The reference scores each within seconds."""


def generated(seed: int, count: int, lexicon: Sequence[str] | None = None) -> Iterator[str]:
    """Yield `count` texts of 1 to 400 words, dense in rules that meet; the same for the same seed and lexicon.

    `lexicon` holds the reference's words; without it they are read from the seed vader_lexicon.csv.
    """
    random = Random(seed)
    words = sorted(
        {word for word in lexicon or _lexicon() if word == word.lower() and word.isascii() and " " not in word}
    )
    for _ in range(count):
        yield _text(random, words)


def _lexicon() -> list[str]:
    with LEXICON.open(encoding="utf-8", newline="") as file:
        return [row["word"] for row in csv.DictReader(file)]


def _text(random: Random, lexicon: Sequence[str]) -> str:
    length = random.choices(
        (random.randint(1, 4), random.randint(5, 60), random.randint(61, 400)), weights=(15, 80, 5)
    )[0]
    # A few words that come back make equal values; many make long sums.
    few = random.sample(lexicon, random.randint(1, 6)) if random.random() < 0.5 else lexicon
    kinds: tuple[Sequence[str], ...] = (
        few,
        WORDS["twins"],
        WORDS["neutral"],
        (*WORDS["boosters"], *WORDS["dampeners"]),
        WORDS["negations"],
        WORDS["phrases"],
        WORDS["emoticons"],
        EMOJI,
        ("but", "but,", "BUT", "But"),
        WORDS["near_misses"],
    )
    weights = [
        *(random.choice(choice) for choice in ((4, 8), (1, 8), (2, 10), (2, 6), (1, 4), (2, 6), (0, 1), (0, 1))),
        *(random.choice((0, 0.3, 1)), 0.3),
    ]
    shouting = random.choices((0.0, 0.15, 0.5, 1.0), weights=(50, 30, 12, 8))[0]
    punctuated = random.choice((0.0, 0.05, 0.2))
    text, words = "", 0
    while words < length:
        part = random.choice(random.choices(kinds, weights)[0])
        words += len(part.split())
        text += _separator(random) if text else ""
        text += " ".join(_decorated(random, word, shouting, punctuated) for word in part.split(" "))
    return text + "!" * random.choice((0, 0, 0, 1, 2, 3, 4, 5)) + "?" * random.choice((0, 0, 0, 0, 1, 2, 3, 4, 5))


def _decorated(random: Random, word: str, shouting: float, punctuated: float) -> str:
    if random.random() < shouting:
        word = word.upper()
    elif random.random() < 0.1:
        word = word.title()
    if random.random() < punctuated:
        return word + random.choice(ENDINGS)
    if random.random() < punctuated / 3:
        return random.choice(("(", '"', "'", "#", "*", "@")) + word
    return word


def _separator(random: Random) -> str:
    return random.choices((" ", random.choice(SPACES) * random.randint(1, 2), ""), weights=(96, 3, 1))[0]
