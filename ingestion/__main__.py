"""Command line of ingestion: land the hubs in bronze, send files of events."""

import json
import sys
from pathlib import Path

import click

from ingestion.contracts import HUBS
from ingestion.errors import UserError
from ingestion.printable import printable
from ingestion.senders import open_sender
from ingestion.settings import load_settings


class Commands(click.Group):
    """A click group that shows what a user can mend as one clear line, and exits with 1."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except UserError as error:
            # What a broker or a table said may hold what somebody sent.
            click.echo(f"Error: {printable(str(error), keep=chr(10))}", err=True)
            sys.exit(1)


@click.group(cls=Commands)
def main() -> None:
    """Land event hubs in bronze Delta tables, or send events to them.

    Settings come from the environment (INGESTION_...); the defaults are the local sandbox's.
    """


@main.command()
@click.option("--hub", "hubs", multiple=True, type=click.Choice(HUBS), help="Only this hub; may be given again.")
@click.option("--once", is_flag=True, help="Land what is there now, then end.")
@click.option("--max-offsets", type=click.IntRange(min=1), help="At most this many events in one micro-batch.")
def stream(hubs: tuple[str, ...], once: bool, max_offsets: int | None) -> None:
    """Land events in bronze, until SIGTERM or Ctrl-C.

    Example: python -m ingestion stream --once
    """
    from ingestion import stream as job  # Spark starts only where it is needed.
    from ingestion.spark import spark_session

    settings = load_settings(max_offsets_per_trigger=max_offsets)
    spark = spark_session()
    try:
        job.run(spark, settings, hubs or HUBS, once=once, report=click.echo)
    finally:
        spark.stop()


@main.command()
@click.option("--hub", "hubs", multiple=True, type=click.Choice(HUBS), help="Only this hub; may be given again.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def reconcile(hubs: tuple[str, ...], as_json: bool) -> None:
    """Compare broker, bronze and silver, partition by partition; exit with 1 on any difference.

    Events that are on their way are a difference too: run it when the stream job and dbt have had their turn.

    Example: python -m ingestion reconcile --json
    """
    from ingestion import reconcile as account
    from ingestion.spark import spark_session

    spark = spark_session()
    try:
        partitions = account.reconcile(spark, load_settings(), hubs or HUBS)
    finally:
        spark.stop()
    result = account.as_dict(partitions)
    click.echo(json.dumps(result, indent=2) if as_json else account.as_table(partitions))
    if not result["agrees"]:
        sys.exit(1)


@main.command()
@click.option("--hub", required=True, type=click.Choice(HUBS), help="Where to send.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def send(hub: str, file: Path) -> None:
    """Send a file of events, one a line, each line's bytes as they are.

    Example: python -m ingestion send --hub orders my_orders.jsonl
    """
    count = 0
    with file.open("rb") as lines, open_sender(load_settings(), hub) as sender:
        for line in lines:
            body = line.rstrip(b"\r\n")
            if body:
                sender.send(body)
                count += 1
    click.echo(f"{count:,} events sent to {hub}")


if __name__ == "__main__":
    main(prog_name="python -m ingestion")
