"""What grows with traffic and what does not: what one batch touches at rates that no laptop sees, drawn at random.

The times from event to sending are the simulator's, keys are spread as Kafka spreads them (evenly, by a hash). At most
SAMPLED messages of a batch are drawn; counts of a larger one are at least these.

Run: python -m benchmarks.scale
"""

import click
import numpy as np

from simulator.faults import FaultRates
from simulator.people import make_shoppers
from simulator.rhythm import DAY_MS
from simulator.sending import IN_HISTORY, sendings

RATES = (1_000, 100_000, 5_000_000)
PARTITIONS = (4, 32, 1_024)
BATCH_SECONDS = 10
CATEGORIES = 8
ORDER_SHARE = 0.075
"""Of the simulator's messages: 37,721 of 499,999 in the demo of seed 1."""
SAMPLED = 5_000_000


def touched(rate: int, random: np.random.Generator) -> dict[str, float]:
    """What a batch of BATCH_SECONDS at a rate (events a second) touches, as counts."""
    count = min(rate * BATCH_SECONDS, SAMPLED)
    now = 1_000 * DAY_MS
    sent = sendings(random, np.full(count, now), FaultRates(), IN_HISTORY)
    ages = sent.at_ms - now
    orders = random.random(len(ages)) < ORDER_SHARE
    minutes = (now - ages[orders]) // 60_000
    shoppers = make_shoppers(1, 20_000)
    states = np.unique([home.state_code for home in shoppers.homes], return_inverse=True)[1]
    places = states[random.integers(0, len(states), orders.sum())] * CATEGORIES
    groups = (minutes * 64 * CATEGORIES) + places + random.integers(0, CATEGORIES, orders.sum())
    return {
        "messages": rate * BATCH_SECONDS,
        "drawn": len(ages),
        "dates": len(np.unique((now - ages) // DAY_MS)),
        "orders": int(orders.sum()),
        "state-minutes": len(np.unique(groups)),
    }


def skew(rate: int, partitions: int, random: np.random.Generator) -> float:
    """Messages of the busiest partition beside the mean, in one second."""
    counts = random.multinomial(rate, np.full(partitions, 1 / partitions))
    return float(counts.max() / counts.mean())


@click.command()
def main() -> None:
    """Print both tables."""
    random = np.random.default_rng(1)
    click.echo(f"One batch of {BATCH_SECONDS} s, 2 % of it late by an hour to ten days:")
    for rate in RATES:
        counts = touched(rate, random)
        click.echo(f"  {rate:>9,} events/s: " + ", ".join(f"{number:,.0f} {what}" for what, number in counts.items()))
    click.echo("The busiest partition beside the mean:")
    for rate in RATES:
        found = (f"{skew(rate, partitions, random):.2f} of {partitions:,}" for partitions in PARTITIONS)
        click.echo(f"  {rate:>9,} events/s: {', '.join(found)}")


if __name__ == "__main__":
    main(prog_name="python -m benchmarks.scale")
