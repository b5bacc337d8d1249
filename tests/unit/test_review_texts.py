"""Reviews: repeatable, varied, clean, and in agreement with the mood of their writer."""

import csv
import re
from collections import Counter
from random import Random
from statistics import mean, median

import pytest

from simulator.master_data import SEEDS
from simulator.review_texts import CATEGORIES, ReviewWriter

MOODS = (-1.0, -0.8, -0.6, -0.4, -0.2, 0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
POSITIVE = re.compile(
    r"\b(loves?|loved|great|perfect|perfectly|excellent|wonderful|fantastic|amazing|happy|beautiful|beautifully|glad|"
    r"recommend|recommended|gorgeous|delighted|thrilled|superb|best|pleased|lovely|flawless|impressed|favorite|worth|"
    r"thanks?|brilliant|joy|awesome)\b"
)
NEGATIVE = re.compile(
    r"\b(terrible|awful|horrible|garbage|junk|trash|waste|disappointed|disappointing|worst|useless|broken?|refund|poor|"
    r"bad|avoid|never|hate|angry|ridiculous|unacceptable|flimsy|annoying|ruined|scam|cheap|ugly|wrong|missing|pathetic|"
    r"disaster|nightmare|worthless|frustrating|complaint)\b"
)
EMOJI = re.compile("[\u2600-\u27bf\u26a1\U0001f300-\U0001faff]")
E_MAIL = re.compile(r"[\w.]+@example\.(com|org|net)")
PHONE = re.compile(r"\b555[ .-]01\d\d\b")
CARD = re.compile(r"\d{4}[ -]?\d{4,6}[ -]?\d{4,5}[ -]?\d{0,4}")


def catalogue() -> list[tuple[str, str]]:
    with (SEEDS / "product_catalogue.csv").open(encoding="utf-8", newline="") as file:
        return [(row["category"], row["product_name"]) for row in csv.DictReader(file)]


def written(seed: int, count: int, moods: tuple[float, ...] = MOODS) -> list[str]:
    random, products, writer = Random(seed), catalogue(), ReviewWriter(seed)
    return [writer.write(*products[n % len(products)], random.choice(moods)) for n in range(count)]


def share(texts: list[str], pattern: str | re.Pattern[str], flags: int = 0) -> float:
    return mean(bool(re.search(pattern, text, flags)) for text in texts)


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """Five thousand reviews of all products in all moods."""
    return written(1, 5000)


def test_the_same_seed_writes_the_same_texts_and_another_seed_others() -> None:
    first, second, other = (written(seed, 300) for seed in (5, 5, 6))
    assert first == second
    assert mean(a == b for a, b in zip(first, other, strict=True)) < 0.05


def test_texts_differ_and_so_do_their_openings(texts: list[str]) -> None:
    assert len(set(texts)) >= 4500
    openings = Counter(" ".join(text.lower().split()[:5]) for text in texts if len(text.split()) > 6)
    assert openings.most_common(1)[0][1] <= 0.015 * len(texts)


def test_some_write_three_words_and_some_a_long_paragraph(texts: list[str]) -> None:
    lengths = [len(text.split()) for text in texts]
    assert 18 <= median(lengths) <= 32
    assert min(lengths) <= 3
    assert 0.03 < mean(length < 6 for length in lengths) < 0.2
    assert 0.01 < mean(length > 80 for length in lengths) < 0.12
    assert max(lengths) > 100


def test_people_type_in_different_manners(texts: list[str]) -> None:
    assert 0.25 < share(texts, r"\b(not|never|no|nothing|nobody|cannot|\w+n't)\b", re.IGNORECASE) < 0.8
    assert 0.10 < share(texts, r"\b(but|though|although|however|still|while)\b", re.IGNORECASE) < 0.6
    assert 0.08 < share(texts, EMOJI) < 0.16
    assert 0.04 < share(texts, r"\b(?!ABS|GPS|RV|USB|LED|TV)[A-Z]{3,}\b") < 0.16
    assert 0.08 < share(texts, "!") < 0.4
    assert 0.04 < mean(text == text.lower() for text in texts) < 0.16


def test_a_few_make_a_typo() -> None:
    mistakes = r"definat|recieve|alot|excelent|dissap|qualty|reccom|realy|terible|beutif|becau?us|freind|suprise"
    assert 0.003 < share(written(2, 5000), mistakes) < 0.05


def test_a_small_share_gives_away_contact_data() -> None:
    reviews = written(3, 12_000)
    found = [share(reviews, pattern) for pattern in (E_MAIL, PHONE, CARD)]
    assert all(each > 0 for each in found)
    assert 0.002 < sum(found) < 0.012
    # Nothing else looks like a telephone number, a card or an address.
    clean = [CARD.sub("", PHONE.sub("", E_MAIL.sub("", text))) for text in reviews]
    assert share(clean, r"@|\d{5,}|555") == 0


def test_no_template_shows_through(texts: list[str]) -> None:
    for text in texts:
        assert text == text.strip()
        assert not re.search(r"[{}|<>~#\n_]|  | [,.!?;:]|,[,.!?]|[!?],|\.\.\.\.|::", text), text
        assert not re.search(r"\bstars?\b", text, re.IGNORECASE), text


def test_nouns_and_verbs_agree() -> None:
    writer = ReviewWriter(4)
    for mood in MOODS * 40:
        plural = writer.write("Electronics", "Noise-Cancelling Over-Ear Headphones", mood).lower()
        assert not re.search(
            r"(^|[.!?] )(the )?headphones (is|has|does|was)\b|\b(this|a) headphones\b|they (is|has)\b", plural
        )
        vowel = writer.write("Toys", "Deluxe Art Easel", mood).lower()
        assert not re.search(r"\b(a|these) (art )?easel\b|\bit (are|have)\b", vowel)


def test_every_product_can_be_reviewed_in_every_mood() -> None:
    writer = ReviewWriter(7)
    assert {category for category, _ in catalogue()} == set(CATEGORIES)
    assert all(writer.write(category, name, mood) for category, name in catalogue() for mood in MOODS)


def test_a_product_without_a_noun_of_its_own_can_be_reviewed() -> None:
    writer = ReviewWriter(8)
    assert all(writer.write(category, "Something New", mood) for category in CATEGORIES for mood in MOODS * 5)


def test_an_unknown_category_is_refused() -> None:
    with pytest.raises(ValueError, match="Groceries"):
        ReviewWriter(1).write("Groceries", "Apple", 0.5)


def tone(text: str) -> int:
    return len(POSITIVE.findall(text.lower())) - len(NEGATIVE.findall(text.lower()))


def test_words_agree_with_the_mood() -> None:
    furious, disappointed, torn, fine, delighted = (
        [tone(text) for text in written(9, 1500, (mood,))] for mood in (-0.9, -0.4, 0, 0.4, 0.9)
    )
    assert mean(delighted) > mean(fine) > mean(torn) > mean(disappointed) > mean(furious)
    assert mean(delighted) > 0.8
    assert mean(furious) < -0.8
    assert mean(each < 0 for each in delighted) < 0.06
    assert mean(each > 0 for each in furious) < 0.06
