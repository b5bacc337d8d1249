"""Reconciliation: what the broker holds, what landed in bronze, what silver judged, position by position."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from pyspark.sql import SparkSession

from ingestion import bronze
from ingestion.kafka_options import broker_offsets, topic_generation
from ingestion.settings import Settings

MESSAGES = {"orders": "order_messages", "engagement": "engagement_messages", "reviews": "review_messages"}
"""The silver table with the verdicts on a hub's messages."""

COUNTS = {
    "landed": "landed",
    "landed_again": "again",
    "accepted": "accepted",
    "updates": "updates",
    "duplicates": "duplicates",
    "quarantined": "quarantined",
    "erased": "erased",
}
"""The counts of a partition, and what people read above them."""

ACCOUNT = """
with

landed as (
    select topic_generation, partition, offset, count(*) as times
    from {bronze}
    group by topic_generation, partition, offset
),

judged as (
    select topic_generation, partition, offset, count(*) as times, min(verdict) as verdict
    from {messages}
    group by topic_generation, partition, offset
),

erased as (
    select topic_generation, partition, offset, true as is_erased
    from {erased}
    where hub = '{hub}'
),

positions as (
    select
        topic_generation,
        partition,
        offset,
        coalesce(landed.times, 0) as landed,
        coalesce(judged.times, 0) as judged,
        judged.verdict,
        coalesce(erased.is_erased, false) as is_erased,
        lag(offset) over (partition by topic_generation, partition order by offset) as previous
    from landed
    full outer join judged using (topic_generation, partition, offset)
    full outer join erased using (topic_generation, partition, offset)
)

select
    topic_generation,
    partition,
    min(offset) as first_offset,
    max(offset) as last_offset,
    count_if(landed > 0) as landed,
    sum(greatest(landed - 1, 0)) as landed_again,
    count_if(verdict = 'accepted') as accepted,
    count_if(verdict = 'update') as updates,
    count_if(verdict = 'duplicate') as duplicates,
    count_if(verdict = 'rejected') as quarantined,
    count_if(landed > 0 and judged = 0) as waiting,
    count_if(landed = 0 and judged > 0) as unknown,
    count_if(judged > 1) as judged_again,
    count_if(is_erased) as erased,
    count_if(is_erased and landed > 0) as half_erased,
    array_sort(collect_list(
        if(offset > previous + 1, struct(previous + 1 as first, offset - 1 as last), null)
    )) as gaps
from positions
group by topic_generation, partition
order by topic_generation, partition
"""


@dataclass
class Partition:
    """The account of one partition of one life of a hub's topic; all numbers are of messages, but the offsets."""

    hub: str
    topic_generation: str
    partition: int
    broker_first: int | None = None
    """The oldest offset that the broker still holds; None for a topic that is no more."""
    broker_next: int | None = None
    """The offset that the broker gives next; None for a topic that is no more."""
    last_offset: int | None = None
    """The highest that landed; None where nothing has."""
    landed: int = 0
    landed_again: int = 0
    """Rows in bronze beyond one a position: read again after a lost checkpoint. No difference."""
    accepted: int = 0
    updates: int = 0
    duplicates: int = 0
    quarantined: int = 0
    erased: int = 0
    """Landed once and forgotten since, by erase_customers: in no other number here."""
    problems: list[str] = field(default_factory=list)
    """What is not as it must be, in words; empty if all is well."""


def reconcile(spark: SparkSession, settings: Settings, hubs: Iterable[str]) -> list[Partition]:
    """The account of each partition of the hubs.

    Raises:
        UserError: the broker can't be reached.
    """
    return [partition for hub in hubs for partition in _reconcile_hub(spark, settings, hub)]


def _reconcile_hub(spark: SparkSession, settings: Settings, hub: str) -> list[Partition]:
    now = settings.topic_generation or topic_generation(settings, hub)
    offsets = broker_offsets(settings, hub)
    found: dict[tuple[str, int], Partition] = {
        (row["topic_generation"], row["partition"]): _judged(hub, row) for row in _account(spark, settings, hub)
    }
    for number, (first, following) in offsets.items():
        partition = found.setdefault((now, number), Partition(hub, now, number))
        partition.broker_first, partition.broker_next = first, following
        expected = first if partition.last_offset is None else partition.last_offset + 1
        if first > expected:
            partition.problems.append(
                f"offsets {expected:,} to {first - 1:,} never landed, and the broker holds them no more: lost"
            )
        if following > max(first, expected):
            partition.problems.append(f"{following - max(first, expected):,} have not landed yet")
        elif following < expected:
            partition.problems.append(
                f"bronze has offsets up to {expected - 1:,}, the broker gives {following:,} next: another topic?"
            )
    return [found[key] for key in sorted(found)]


def _account(spark: SparkSession, settings: Settings, hub: str) -> list[dict[str, Any]]:
    landed, messages = _table(settings.bronze, hub), _table(settings.silver, MESSAGES[hub])
    erased = bronze.erased_positions(landed)
    if not bronze.exists(spark, landed):
        return []
    nothing = f"(select *, cast(null as string) as verdict, '{hub}' as hub from {bronze.sql_name(landed)} where false)"
    tables = {
        "bronze": bronze.sql_name(landed),
        # Before the first build all that landed waits.
        "messages": bronze.sql_name(messages) if bronze.exists(spark, messages) else nothing,
        "erased": bronze.sql_name(erased) if bronze.exists(spark, erased) else nothing,
    }
    return [row.asDict() for row in spark.sql(ACCOUNT.format(hub=hub, **tables)).collect()]


def _judged(hub: str, row: dict[str, Any]) -> Partition:
    problems = [
        f"offsets {first:,} to {last:,} never landed: a gap"
        if last > first
        else f"offset {first:,} never landed: a gap"
        for first, last in row["gaps"]
    ]
    for count, problem in (
        (row["waiting"], "landed and have no verdict yet (dbt build)"),
        (row["unknown"], "have a verdict and are not in bronze"),
        (row["judged_again"], "have more than one verdict"),
        (row["half_erased"], "are to be erased and still in bronze (erase again)"),
    ):
        if count:
            problems.append(f"{count:,} {problem}")
    shared = Partition.__dataclass_fields__.keys() & row.keys()
    return Partition(hub=hub, problems=problems, **{name: row[name] for name in shared})


def as_dict(partitions: list[Partition]) -> dict[str, Any]:
    """As JSON has it: `agrees`, and the partitions."""
    return {
        "agrees": not any(partition.problems for partition in partitions),
        "partitions": [asdict(partition) for partition in partitions],
    }


def as_table(partitions: list[Partition]) -> str:
    """As people read it: a line a partition, then the problems."""
    names = ("hub", "partition", "broker next", *COUNTS.values(), "")
    rows = [
        (
            each.hub,
            f"{each.topic_generation[:8]}/{each.partition}",
            "gone" if each.broker_next is None else f"{each.broker_next:,}",
            *(f"{getattr(each, name):,}" for name in COUNTS),
            "differs" if each.problems else "agrees",
        )
        for each in partitions
    ]
    widths = [max(len(row[column]) for row in (names, *rows)) for column in range(len(names))]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in (names, *rows)]
    lines += [f"{each.hub}, partition {each.partition}: {problem}" for each in partitions for problem in each.problems]
    return "\n".join(lines)


def _table(where: str, name: str) -> str:
    return f"{where}{'/' if '/' in where else '.'}{name}"
