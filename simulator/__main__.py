"""Command line of the simulator: send a history, or send live."""

import time
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from ingestion.__main__ import Commands
from ingestion.errors import UserError
from ingestion.senders import open_senders
from ingestion.settings import load_settings
from ingestion.signals import StopRequest
from simulator.backfill import Backfill
from simulator.faults import FaultRates
from simulator.ledger import Ledger, ledger_for
from simulator.live import Live
from simulator.stories import SHORTEST_DAYS

LEDGERS = Path(".local/ledger")


@click.group(cls=Commands)
def main() -> None:
    """A shop that sends what its U.S. shoppers do, with faults, and keeps a ledger of what it sent."""


def fault_options(command: Any) -> Any:
    """One option for each rate of faults."""
    for field in reversed(fields(FaultRates)):
        command = click.option(
            f"--{field.name.replace('_', '-')}",
            type=click.FloatRange(0, 1),
            default=field.default,
            show_default=True,
            help=f"Share of events: {field.name.replace('_', ' ')}.",
        )(command)
    return command


def common_options(command: Any) -> Any:
    """The options that both ways of sending share."""
    command = click.option(
        "--ledger", "ledgers", type=click.Path(file_okay=False, path_type=Path), default=LEDGERS, show_default=True
    )(command)
    return click.option(
        "--seed", type=click.IntRange(0), help="Of every random choice; default: the next that was not used here."
    )(fault_options(command))


@main.command()
@click.option(
    "--events",
    type=click.IntRange(1),
    default=500_000,
    show_default=True,
    help="Messages in all, over all hubs; as sessions are whole, up to a session's worth fewer.",
)
@click.option("--days", type=click.IntRange(1, 3650), default=90, show_default=True, help="Days of history.")
@click.option("--until", type=click.DateTime(), help="End of the history (UTC); default: now.")
@click.option(
    "--stories/--no-stories",
    "with_stories",
    default=True,
    show_default=True,
    help=f"Plant stories for gold to find; only in {SHORTEST_DAYS} days or more.",
)
@common_options
def backfill(
    *,
    events: int,
    days: int,
    until: datetime | None,
    with_stories: bool,
    seed: int | None,
    ledgers: Path,
    **rates: float,
) -> None:
    """Send a history of sessions, orders and reviews, as fast as the broker takes it. Same seed and end, same bytes.

    Example: python -m simulator backfill --events 500000 --days 90
    """
    seed, path = ledger_for(ledgers, seed)
    end = (until or datetime.now(UTC)).replace(tzinfo=UTC, microsecond=0)
    ledger = Ledger()
    # A seed counts as used from here on, even if this run is cut off.
    ledger.write(path)
    started = time.perf_counter()
    history = Backfill(
        seed=seed, events=events, days=days, until=end, rates=FaultRates(**rates), with_stories=with_stories
    )
    with (
        StopRequest() as stop,
        open_senders(load_settings()) as send,
        click.progressbar(length=history.messages, label="events", update_min_steps=20_000) as bar,
    ):
        for sent, event in enumerate(history.events(ledger), start=1):
            send[event.hub].send(event.body, event.key)
            if sent % 20_000 == 0:
                bar.update(20_000)
            if stop.asked:
                break
        bar.update(ledger.sent % 20_000)
    ledger.write(path)
    if ledger.sent < history.messages:
        raise UserError(f"Stopped after {ledger.sent:,} of {history.messages:,} events; the ledger {path} has those.")
    rate = ledger.sent / (time.perf_counter() - started)
    click.echo(f"{of_each_hub(ledger)}; {rate:,.0f} events a second; seed {seed}, ledger {path}")


@main.command()
@click.option(
    "--rate", type=click.FloatRange(min=0.1), default=50, show_default=True, help="Events a second, over all hubs."
)
@click.option("--seconds", type=click.FloatRange(min=0), help="Stop by itself after so long; default: on Ctrl-C.")
@common_options
def live(*, rate: float, seconds: float | None, seed: int | None, ledgers: Path, **rates: float) -> None:
    """Send what shoppers do as it happens, at a steady rate, until Ctrl-C or SIGTERM.

    Example: python -m simulator live --rate 50
    """
    seed, path = ledger_for(ledgers, seed)
    ledger = Ledger()
    ledger.write(path)
    with StopRequest() as stop, open_senders(load_settings()) as send:
        start_ms, started = time.time_ns() // 1_000_000, time.monotonic()
        told = started
        shop = Live(seed=seed, rate=rate, rates=FaultRates(**rates), start_ms=start_ms)
        while not stop.asked and (seconds is None or time.monotonic() - started < seconds):
            for event in shop.due(start_ms + int((time.monotonic() - started) * 1000), ledger):
                send[event.hub].send(event.body, event.key)
            if time.monotonic() - told >= 5:
                told = time.monotonic()
                for sender in send.values():
                    sender.flush()
                ledger.write(path)
                click.echo(f"{of_each_hub(ledger)}; {ledger.sent / (told - started):,.1f} events a second")
            time.sleep(min(0.1, 1 / rate))
    ledger.write(path)
    click.echo(f"{of_each_hub(ledger)}; seed {seed}, ledger {path}")


def of_each_hub(ledger: Ledger) -> str:
    """How many events were sent, such as `1,234 events sent (orders 34, engagement 1,190, reviews 10)`."""
    hubs = ", ".join(f"{name} {hub.sent:,}" for name, hub in ledger.hubs.items())
    return f"{ledger.sent:,} events sent ({hubs})"


if __name__ == "__main__":
    main(prog_name="python -m simulator")
