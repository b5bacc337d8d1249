"""What customers write about products: sentences made from the phrases in `simulator/data/reviews_*.toml`."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

DATA = Path(__file__).resolve().parent / "data"
CATEGORIES = ("Electronics", "Books", "Clothing", "Home Decor", "Toys")
TOKEN = re.compile(r"[{}|]|<[^>]+>|~(?:is|has|es|s)|[^{}|<~]+")
NEXT_SENTENCE = re.compile(r"(?<=[^.][.!?] )[a-z]")
CONTACT_SHARE, EMOJI_SHARE, TYPO_SHARE, CAPITALS_SHARE = 0.005, 0.12, 0.085, 0.14

LINKED = ("frame.good1", "frame.good2", "frame.bad1", "frame.bad2")
"""What may start with a word like "however"."""
CORE = ("verdict", "frame", "usage", "moment")
"""What can make up a whole review, unlike a story or the delivery."""
VERBS = {"~is": ("is", "are"), "~has": ("has", "have"), "~s": ("s", ""), "~es": ("es", "")}
ONCE = {"people": ("who", "she", "her", "hers"), "years": ("years", "nth"), "age": ("age",)}
"""Slots that are filled once for a text, together with those of the same pool."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for a word of the product or for a phrase of a pool."""

    name: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several wordings."""

    options: "tuple[Parts, ...]"


Parts = tuple[str | Slot | Choice, ...]


@dataclass(frozen=True, slots=True)
class Phrase:
    """A wording, and what must not be contradicted elsewhere in the text: per key the values that it allows."""

    parts: Parts
    facts: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Aspect:
    """A property of products: its names, each with whether it is a plural, and clauses by what they say of it."""

    names: tuple[tuple[str, bool], ...]
    clauses: Mapping[str, tuple[Phrase, ...]]


@dataclass(frozen=True, slots=True)
class Topic:
    """A product as reviewers see it: what they call it, and what there is to say about it."""

    names: tuple[str, ...]
    plural: bool
    words: Mapping[str, str]
    facts: Mapping[str, str]
    aspects: Mapping[str, Aspect]
    pools: tuple[Mapping[str, tuple[Phrase, ...]], ...]


class ReviewWriter:
    """Writes reviews as different people would: the same seed writes the same texts, given the same questions."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def write(self, category: str, product_name: str, mood: float) -> str:
        """A review of the product by somebody as satisfied as `mood` says, from -1 (furious) to 1 (delighted)."""
        random = self.random
        felt = mood + random.uniform(-0.1, 0.1)
        level = "rave" if felt > 0.62 else "good" if felt > 0.21 else "mixed" if felt > -0.21 else "bad"
        if felt < -0.62:
            level = "awful"
        side = _side(f"verdict.{level}")
        draft = _Draft(random, _topic(category, product_name), side)
        text = _in_a_manner(random, level, _sentences(draft, level))
        if random.random() < CONTACT_SHARE:
            contact = draft.say(f"contact.{'bad' if side == 'bad' and random.random() < 0.7 else 'any'}")
            text = f"{text if text[-1] in '.!?' else text + '.'} {_capital(contact)}."
        if random.random() < EMOJI_SHARE:
            kind = category if side == "good" and random.random() < 0.08 else side
            emoji = random.choice(_lines("emoji", kind))
            text = f"{emoji} {text}" if random.random() < 0.06 else f"{text} {emoji}"
        return text


@dataclass(slots=True)
class _Draft:
    """One review while it is being written: it remembers what it has said."""

    random: Random
    topic: Topic
    side: str
    facts: dict[str, str] = field(init=False)
    aspects: list[str] = field(init=False)
    aspect: Aspect = field(init=False)
    plural: bool = field(default=False, init=False)
    named: bool = field(default=False, init=False)
    chosen: dict[str, str] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.facts = {**self.topic.facts, "mood": self.side}
        self.aspects = list(self.topic.aspects)
        self.random.shuffle(self.aspects)

    def say(self, pool: str) -> str:
        """A phrase of the pool that fits to what has been said; nothing if there is none."""
        pools = [pools[pool] for pools in self.topic.pools if pool in pools]
        # The own phrases of a category come last. They are heard as often as the many that fit everything,
        # but its people and words replace the others: toys are for children.
        own = pool.startswith("slots.") or self.random.random() < 0.5
        return self._one_of(pools[-1 if own else 0]) or self._one_of(pools[0])

    def _one_of(self, phrases: tuple[Phrase, ...]) -> str:
        phrase = phrases[int(self.random.random() * len(phrases))]
        if not self._fits(phrase):
            fitting = [phrase for phrase in phrases if self._fits(phrase)]
            if not fitting:
                return ""
            phrase = self.random.choice(fitting)
        for key, values in phrase.facts:
            self.facts.setdefault(key, values[0])
        return self._wording(phrase.parts)

    def _fits(self, phrase: Phrase) -> bool:
        return all(self.facts.get(key, values[0]) in values for key, values in phrase.facts)

    def _wording(self, parts: Parts) -> str:
        said = ""
        for part in parts:
            if isinstance(part, str):
                said += part
            elif isinstance(part, Choice):
                said += self._wording(part.options[int(self.random.random() * len(part.options))])
            else:
                word = self.topic.words.get(part.name)
                said += self._filled(part.name) if word is None else word
        return said

    def _filled(self, name: str) -> str:
        if name in ("n", "ref", "ref_is", "obj", "an", "this_one"):
            return self._product(name)
        elif name in ("G", "B", "M", "Gsame", "Bsame"):
            return self._clause(name)
        elif name in ("NG", "NB"):
            self.aspect = self._next_aspect()
            while not self.aspect.names:
                self.aspect = self._next_aspect()
            part, self.plural = self.random.choice(self.aspect.names)
            return part
        elif name[0] == "~":
            return VERBS[name][self.plural]
        elif any(name in names for names in ONCE.values()):
            return self._once(name)
        return self.say(name if "." in name else f"slots.{name}")

    def _product(self, role: str) -> str:
        random, words = self.random, self.topic.words
        noun = random.choice(self.topic.names)
        if role == "n":
            return noun
        elif role == "an":
            return noun if self.topic.plural else f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
        elif role == "this_one":
            return random.choice((words["this"], f"{words['this']} {noun}", f"the {noun}", words["them"]))
        short = random.random() < (0.7 if self.named else 0.3)
        self.named = True
        if short:
            called = words["them" if role == "obj" else "it"]
        elif "title" in words and random.random() < 0.15:
            called = words["title"]
        else:
            called = f"{random.choice(('the', words['this']))} {noun}"
        if role != "ref_is":
            return called
        elif short and random.random() < 0.7:
            return words["it's"]
        return f"{called} {words['is']}"

    def _next_aspect(self) -> Aspect:
        # Moved to the end, so that it's the last to be taken up again.
        self.aspects.append(self.aspects.pop(0))
        return self.topic.aspects[self.aspects[-1]]

    def _clause(self, name: str) -> str:
        sign = {"G": "+", "B": "-", "M": "~"}[name[0]]
        said = self._one_of(self.aspect.clauses[sign]) if name.endswith("same") else ""
        while not said:
            said = self._one_of(self._next_aspect().clauses[sign])
        return said

    def _once(self, name: str) -> str:
        if name not in self.chosen:
            pool = next(pool for pool, names in ONCE.items() if name in names)
            self.chosen |= zip(ONCE[pool], self.say(f"slots.{pool}").split("/"), strict=True)
        return self.chosen[name]


def _sentences(draft: _Draft, level: str) -> list[tuple[str, str]]:
    """What the review says, sentence by sentence: each with the side it takes."""
    random, plan, verdict = draft.random, _toml("plan"), f"verdict.{level}"
    count = int(random.choices(list(plan["lengths"]), list(plan["lengths"].values()))[0])
    said = [(draft.side, draft.say(f"short.{level}"))] if count <= 0 else []
    if count > 1 and random.random() < 0.06:
        said.append(("any", draft.say("lead.any")))
    # The more readily something is said, the likelier its number is high.
    moves = [move for _, move in sorted((-(random.random() ** odds), move) for move, odds in _moves(level))]
    core = next(move for move in moves if move.startswith(CORE) and _side(move) == draft.side)
    if count == 1 and level in ("rave", "awful") and random.random() < 0.5:
        core = verdict
    picked = [core, *(move for move in moves if move != core)][: abs(count)]
    if count > 1 and not {verdict, f"close.{level}"} & set(picked) and random.random() < 0.65:
        picked[-1] = verdict
    if random.random() < (0.5 if count > 4 else 0.05 if count > 0 else 0):
        picked = [*picked[: max(count - 3, 0)], f"saga.{draft.side}"]
    order = {move: plan["places"].get(move.split(".")[0], 0.5) + random.uniform(-0.35, 0.35) for move in picked}
    for move in sorted(order, key=order.__getitem__):
        if sentence := draft.say(move):
            linked = said and move in LINKED
            said.append((_side(move), _linked(draft, said[-1][0], _side(move), sentence) if linked else sentence))
    return said


@cache
def _moves(level: str) -> tuple[tuple[str, float], ...]:
    """The pools that a review may draw from, each with the exponent that makes its numbers high or low."""
    moves = _toml("plan")["moves"][level]
    return tuple((f"{pool}.{kind}", 1 / readily) for pool in moves for kind, readily in moves[pool].items())


@cache
def _side(pool: str) -> str:
    """Whether what the pool says is good, bad, mixed or neither ("any")."""
    return str(_toml("plan")["sides"][pool.partition(".")[2]])


def _linked(draft: _Draft, before: str, side: str, sentence: str) -> str:
    """The sentence, often with a word that says how it goes with the one before."""
    chance = draft.random.random()
    if before in ("any", "mixed") or "?" in sentence or ":" in sentence or chance > (0.06 if before == side else 0.5):
        return sentence
    return f"{draft.say(f'link.{side}' if before == side else 'link.turn')} {sentence}"


def _in_a_manner(random: Random, level: str, said: list[tuple[str, str]]) -> str:
    """The sentences as one text, the way its writer types."""
    plan, manner = _toml("plan"), random.random()
    lower, formal = manner < 0.09, 0.09 <= manner < 0.16
    link = random.choice((", ", "... ", " - ")) if manner > 0.91 and len(said) < 5 else ". "
    loud = 0 if formal else plan["loudness"][level] * random.choice((0, 0, 0.5, 1, 2)) * (0.4 if lower else 1)
    text = ""
    for place, (side, sentence) in enumerate(said):
        rest = said[place + 1 :]
        text += _capital(sentence) if link == ". " or not place else sentence
        if sentence[-1] not in ".!?":
            if side != "any" and random.random() < loud:
                text += random.choice(("!", "!", "!", "!", "!!", "!!!"))
            elif rest:
                text += link.rstrip()
            elif random.random() > (0.6 if lower or len(text) < 30 else 0.1):
                text += "."
        text += " " if rest else ""
    text = NEXT_SENTENCE.sub(lambda found: found[0].upper(), text)
    if formal:
        text = _replaced(text, _replacements("formal"))
    elif random.random() < 0.04 and text[-1] not in "!?":
        text = f"{text.rstrip('.')}, {random.choice(_lines('aside'))}"
    if lower:
        text = text.lower()
        if random.random() < 0.5:
            text = _replaced(text, random.sample(_replacements("slang"), 6)).replace("'", "")
    elif random.random() < plan["shouting"][level] * (2 if len(text) < 40 else 1) and not formal:
        text = text.upper()
    elif random.random() < CAPITALS_SHARE and not formal:
        text = _stressed(random, text)
    return _mistyped(random, text) if random.random() < TYPO_SHARE else text


def _stressed(random: Random, text: str) -> str:
    words = text.split(" ")
    candidates = [place for place, word in enumerate(words) if word.strip(".,!?").lower() in _lines("emphasis")]
    for place in random.sample(candidates, min(len(candidates), random.choice((1, 1, 1, 2)))):
        words[place] = words[place].upper()
    return " ".join(words)


def _mistyped(random: Random, text: str) -> str:
    known = [(right, wrong) for right, wrong in _replacements("misspelled") if right.search(text)]
    if known and random.random() < 0.7:
        right, wrong = random.choice(known)
        return right.sub(wrong, text, count=1)
    words = text.split(" ")
    long = [place for place, word in enumerate(words) if len(word) > 4 and word.isalpha()]
    if long:
        place = random.choice(long)
        word = words[place]
        at = random.randrange(1, len(word) - 2)
        # A letter left out, typed twice, or before its neighbor.
        slips = (word[at + 1 :], word[at] + word[at:], word[at + 1] + word[at] + word[at + 2 :])
        words[place] = word[:at] + random.choice(slips)
    return " ".join(words)


def _capital(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]


def _replaced(text: str, pairs: Iterable[tuple[re.Pattern[str], str]]) -> str:
    for old, new in pairs:
        text = old.sub(new, text)
    return text


@cache
def _topic(category: str, product_name: str) -> Topic:
    """The product, by the first of its category's nouns whose key is a part of its name."""
    if category not in CATEGORIES:
        raise ValueError(f"nobody reviews products of the category {category!r}")
    file = category.lower().replace(" ", "_")
    own = _toml(file)
    name = product_name.lower()
    line = next(line for line in own["nouns"].splitlines() if line.partition(":")[0] in name)
    called, counter, aspects, *tags = (part.strip() for part in line.partition(":")[2].split("|"))
    plural = counter != "-"
    facts = dict(tag.split("=") for tag in " ".join(tags).split()) | {"num": "p" if plural else "s"}
    facts["goods"] = "no" if category == "Books" else "yes"
    words = _toml("plan")["words"]["many"] | {"one": counter, "one_a": f"a {counter}"}
    words = words if plural else dict(_toml("plan")["words"]["one"])
    if facts.pop("title", None):
        words["title"] = product_name
    if name.startswith(("mens ", "womens ")):
        facts["sex"] = "f" if name.startswith("w") else "m"
    names = [*aspects.split(), *own["common"].split()]
    return Topic(
        tuple(called.split(", ")),
        plural,
        words,
        facts,
        {name: _aspects(file)[name] for name in names},
        (_pools("any"), _pools(file)),
    )


@cache
def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((DATA / f"reviews_{name}.toml").read_text(encoding="utf-8"))


@cache
def _lines(*keys: str) -> tuple[str, ...]:
    """A list of the file on style."""
    found = _toml("style")
    for key in keys[:-1]:
        found = found[key]
    return tuple(str(found[keys[-1]]).split("\n")[:-1])


@cache
def _replacements(key: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    pairs = [(old, new) for old, _, new in (line.partition("|") for line in _lines(key))]
    pairs += [(_capital(old), _capital(new)) for old, new in pairs if old[0].islower()]
    return tuple((re.compile(rf"\b{old}\b"), new) for old, new in pairs)


@cache
def _pools(name: str) -> dict[str, tuple[Phrase, ...]]:
    return {
        f"{name}.{kind}": tuple(_phrase(line) for line in lines.splitlines())
        for name, kinds in _toml(name).items()
        if isinstance(kinds, dict) and name != "aspects"
        for kind, lines in kinds.items()
    }


@cache
def _aspects(category: str) -> dict[str, Aspect]:
    aspects = {}
    for name, lines in _toml(category)["aspects"].items():
        of: dict[str, list[str]] = {"=": [], "+": [], "-": [], "~": []}
        for line in lines.splitlines():
            of[line[0]].append(line[2:])
        names = tuple((called.rstrip("+"), called.endswith("+")) for called in of["="][0].split(" / ") if called)
        aspects[name] = Aspect(names, {sign: tuple(_phrase(line) for line in of[sign]) for sign in "+-~"})
    return aspects


def _phrase(line: str) -> Phrase:
    wording, *tags = line.split(" #")
    facts = [(key, tuple(values.split(","))) for key, _, values in (tag.strip().partition("=") for tag in tags)]
    # Who has had it for "two weeks" doesn't say elsewhere that it came yesterday.
    if "<age>" in wording:
        facts.append(("age", ("old",)))
    [parts], _ = _parts(TOKEN.findall(wording.rstrip()), 0)
    return Phrase(parts, tuple(facts))


def _parts(tokens: list[str], at: int) -> tuple[list[Parts], int]:
    """The wordings from a token on, up to the brace that closes them, and the place after it."""
    wordings: list[list[str | Slot | Choice]] = [[]]
    while at < len(tokens):
        token, at = tokens[at], at + 1
        if token == "}":
            break
        if token == "|":
            wordings.append([])
        elif token == "{":
            options, at = _parts(tokens, at)
            wordings[-1].append(Choice(tuple(options)))
        elif token[0] in "<~":
            wordings[-1].append(Slot(token.strip("<>")))
        else:
            wordings[-1].append(token)
    return [tuple(parts) for parts in wordings], at
