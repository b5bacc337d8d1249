"""Command line of the simulator: send a history, or send live."""

import time
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from ingestion.__main__ import Commands
from ingestion.errors import UserError
from ingestion.senders import open_sender
from ingestion.settings import load_settings
from ingestion.signals import StopRequest
from simulator.faults import FaultRates
from simulator.ledger import Ledger, ledger_for
from simulator.orders import DAY_MS, ORDERS_PER_CUSTOMER, Shop

LEDGERS = Path(".local/ledger")


@click.group(cls=Commands)
def main() -> None:
    """A shop that sends realistic U.S. orders, with faults, and keeps a ledger of what it sent."""


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
    return click.option("--seed", type=int, help="Of every random choice; default: the next that was not used here.")(
        fault_options(command)
    )


@main.command()
@click.option("--events", type=click.IntRange(1), default=200_000, show_default=True, help="Messages in all.")
@click.option("--days", type=click.IntRange(1, 3650), default=30, show_default=True, help="Days of history.")
@click.option("--until", type=click.DateTime(), help="End of the history (UTC); default: now.")
@common_options
def backfill(events: int, days: int, until: datetime | None, seed: int | None, ledgers: Path, **rates: float) -> None:
    """Send a history of orders, as fast as the broker takes them. Same seed and end, same bytes.

    Example: python -m simulator backfill --events 200000 --days 30
    """
    seed, path = ledger_for(ledgers, seed)
    end = (until or datetime.now(UTC)).replace(tzinfo=UTC, microsecond=0)
    now_ms = int(end.timestamp() * 1000)
    fault_rates = FaultRates(**rates)
    duplicates = round(events * fault_rates.duplicate / (1 + fault_rates.duplicate))
    shop = Shop(seed, max(events // ORDERS_PER_CUSTOMER, 10), fault_rates)
    orders = shop.in_utc(shop.orders(shop.times(events - duplicates, end, days), now_ms), now_ms)
    ledger = Ledger()
    # A seed counts as used from here on, even if this run is cut off.
    ledger.write(path)
    started = time.perf_counter()
    with (
        StopRequest() as stop,
        open_sender(load_settings(), "orders") as sender,
        click.progressbar(length=events, label="orders", update_min_steps=20_000) as bar,
    ):
        for event in shop.events(orders, shop.sending_order(orders, duplicates, now_ms), ledger):
            sender.send(event.body, event.key)
            if ledger.orders.sent % 20_000 == 0:
                bar.update(20_000)
            if stop.asked:
                break
        bar.update(ledger.orders.sent % 20_000)
    ledger.write(path)
    sent = ledger.orders.sent
    if sent < events:
        raise UserError(f"Stopped after {sent:,} of {events:,} events; the ledger {path} has those.")
    click.echo(
        f"{sent:,} events sent, {sent / (time.perf_counter() - started):,.0f} a second; seed {seed}, ledger {path}"
    )


@main.command()
@click.option("--rate", type=click.FloatRange(min=0.1), default=50, show_default=True, help="Events a second.")
@click.option("--seconds", type=click.FloatRange(min=0), help="Stop by itself after so long; default: on Ctrl-C.")
@common_options
def live(rate: float, seconds: float | None, seed: int | None, ledgers: Path, **rates: float) -> None:
    """Send orders as they happen, at a steady rate, until Ctrl-C or SIGTERM.

    Example: python -m simulator live --rate 50
    """
    seed, path = ledger_for(ledgers, seed)
    fault_rates = FaultRates(**rates)
    shop = Shop(seed, 5_000, fault_rates)
    ledger = Ledger()
    ledger.write(path)
    started = told = time.monotonic()
    with StopRequest() as stop, open_sender(load_settings(), "orders") as sender:
        while not stop.asked and (seconds is None or time.monotonic() - started < seconds):
            due = int((time.monotonic() - started) * rate) - ledger.orders.sent
            if due > 0:
                now_ms = time.time_ns() // 1_000_000
                orders, duplicates = shop.happening(due, now_ms)
                for event in shop.events(orders, shop.sending_order(orders, duplicates, now_ms + DAY_MS), ledger):
                    sender.send(event.body, event.key)
            if time.monotonic() - told >= 5:
                told = time.monotonic()
                sender.flush()
                ledger.write(path)
                click.echo(
                    f"orders: {ledger.orders.sent:,} events sent, {ledger.orders.sent / (told - started):,.1f} a second"
                )
            time.sleep(min(0.1, 1 / rate))
    ledger.write(path)
    click.echo(f"{ledger.orders.sent:,} events sent; seed {seed}, ledger {path}")


if __name__ == "__main__":
    main(prog_name="python -m simulator")
