"""Scoring review texts: the SQL of the model `reviews` beside the reference in two Python processes, on the same texts.

Each runs several times, the two in turn. The SQL reads the table review_messages and writes whole rows to Spark's noop
sink; the reference has its texts in memory and its processes up. Run: python -m benchmarks.sentiment
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import chain, islice
from multiprocessing import get_context
from pathlib import Path
from random import Random
from statistics import median

import click
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from sandbox.setup import install_dbt_packages
from simulator.master_data import read_products
from simulator.review_texts import ReviewWriter
from tests.support.events import review
from tests.support.sandboxes import TestSandbox
from tests.support.warehouse import Message, Warehouse

WORDS = 40
PROCESSES = 2


def texts_of(count: int, words: int, seed: int = 5) -> list[str]:
    """Texts of so many words each, the simulator's reviews one after the other."""
    random, writer, products = Random(seed), ReviewWriter(seed), read_products()

    def written() -> list[str]:
        product = random.choice(products)
        return writer.write(product.category, product.product_name, random.uniform(-1, 1)).split()

    stream = chain.from_iterable(iter(written, None))
    return [" ".join(islice(stream, words)) for _ in range(count)]


def score(texts: list[str]) -> int:
    """Score texts by the reference; how many there were."""
    analyzer = SentimentIntensityAnalyzer()
    for text in texts:
        analyzer.polarity_scores(text)
    return len(texts)


def by_reference(texts: list[str]) -> float:
    """Seconds that the reference takes in two processes, their start left out."""
    halves = [texts[n::PROCESSES] for n in range(PROCESSES)]
    with get_context("spawn").Pool(PROCESSES) as pool:
        pool.map(score, [["warm"]] * PROCESSES, chunksize=1)
        started = time.perf_counter()
        pool.map(score, halves, chunksize=1)
        return time.perf_counter() - started


def house_with(texts: list[str], folder: Path, first_tier: bool) -> Warehouse:
    """Bronze and silver with these reviews, scored once."""
    sandbox = TestSandbox(folder, for_small_data=first_tier)
    install_dbt_packages(sandbox.settings)
    os.environ.update(sandbox.environment)
    house = Warehouse(sandbox)
    now = datetime.now(UTC)
    at = now.isoformat()
    bodies = (review(review_id=f"r-{n}", review_text=text, timestamp=at) for n, text in enumerate(texts))
    house.land([Message(body, offset=n, enqueued_at=now) for n, body in enumerate(bodies)], "benchmark", hub="reviews")
    house.seed()
    house.dbt("run", "--select", "+reviews")
    return house


def timed(run: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


@click.command()
@click.option("--texts", type=click.IntRange(100), default=60_000, show_default=True, help="How many.")
@click.option("--words", type=click.IntRange(1), default=WORDS, show_default=True, help="Of how many words each.")
@click.option("--first-tier", is_flag=True, help="Java compiles as in the tests, not as in `make demo`.")
@click.option("--runs", type=click.IntRange(1), default=3, show_default=True, help="Counted runs, after a first.")
def main(texts: int, words: int, first_tier: bool, runs: int) -> None:
    """Time both and print reviews a second."""
    made = texts_of(texts, words)
    with tempfile.TemporaryDirectory() as folder:
        house = house_with(made, Path(folder), first_tier)
        sql = house.compile("reviews", "--full-refresh")
        spark = house.spark
        seconds: dict[str, list[float]] = {"SQL": [], "reference, two processes": []}
        for run in range(runs + 1):
            took = {
                "SQL": timed(lambda: spark.sql(sql).write.format("noop").mode("overwrite").save()),
                "reference, two processes": by_reference(made),
            }
            for name, value in took.items():
                click.echo(f"{'first' if run == 0 else f'run {run}'}: {name}: {value:.2f} s")
                if run:
                    seconds[name].append(value)
        house.close()
    rates = {name: texts / median(values) for name, values in seconds.items()}
    for name, rate in rates.items():
        low, high = texts / max(seconds[name]), texts / min(seconds[name])
        click.echo(
            f"{name}: {rate:,.0f} reviews of {words} words a second (median of {runs}; {low:,.0f} to {high:,.0f})"
        )
    click.echo(f"SQL / reference: {rates['SQL'] / rates['reference, two processes']:.2f}")


if __name__ == "__main__":
    sys.exit(main())
