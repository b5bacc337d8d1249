"""What a run came to: counted in silver and gold, held against the simulator's ledger."""

from typing import Any

from rich.table import Table

from sandbox.console import console
from sandbox.dbt import Dbt
from simulator.ledger import Ledger

HUB_ACCOUNT = """
    select
        count(distinct landed.topic_generation, landed.partition, landed.offset) as landed,
        count_if(messages.verdict = 'accepted') as accepted,
        count_if(messages.verdict = 'duplicate') as duplicates,
        count_if(messages.verdict = 'rejected') as quarantined
    from (select distinct topic_generation, partition, offset from bronze.orders) as landed
    left join silver.order_messages as messages using (topic_generation, partition, offset)
"""
REASONS = """
    select reason, count(*) as messages
    from silver.quarantined_events lateral view explode(reasons) as reason
    where hub = 'orders'
    group by reason order by messages desc, reason
"""
REVENUE = """
    select state_code, state_name, sum(total_sales) as revenue, sum(order_count) as orders
    from gold.fct_sales_by_state_minute join gold.dim_state using (state_code)
    group by state_code, state_name order by revenue desc, state_code
"""
AS_OF = "select cast(as_of_date as string) as as_of_date from gold.as_of"


def summarise(dbt: Dbt, ledger: Ledger, in_broker: int) -> dict[str, Any]:
    """Count what was sent and what became of it.

    Args:
        ledger: what the simulator sent, over all runs.
        in_broker: events that the broker holds; more than the ledger's if other producers sent too.
    """
    account = dbt.query(HUB_ACCOUNT)[0]
    states = dbt.query(REVENUE)
    return {
        "hubs": {
            "orders": {
                "sent": max(ledger.orders.sent, in_broker),
                **account,
                "reasons": {row["reason"]: row["messages"] for row in dbt.query(REASONS)},
            }
        },
        "revenue_by_state": {row["state_code"]: float(row["revenue"]) for row in sorted(states, key=_code)},
        "orders": sum(row["orders"] for row in states),
        "as_of": dbt.query(AS_OF)[0]["as_of_date"],
        "states": [
            {"state": row["state_name"], "revenue": float(row["revenue"]), "orders": row["orders"]} for row in states
        ],
    }


def differences(summary: dict[str, Any], ledger: Ledger) -> list[str]:
    """What is not as it must be, in words; empty if all is well.

    Figures are held against the ledger only while the simulator is the only producer.
    """
    hub = summary["hubs"]["orders"]
    found = []
    if hub["sent"] != hub["landed"]:
        found.append(f"{hub['sent']:,} events were sent, {hub['landed']:,} landed")
    if hub["landed"] != hub["accepted"] + hub["duplicates"] + hub["quarantined"]:
        found.append("accepted + duplicates + quarantined is not what landed")
    if hub["sent"] == ledger.orders.sent:
        truth = ledger.as_dict()
        for figure in ("accepted", "duplicates", "quarantined", "reasons"):
            if hub[figure] != truth["hubs"]["orders"][figure]:
                found.append(f"{figure}: {hub[figure]}, the ledger says {truth['hubs']['orders'][figure]}")
        for state in sorted(summary["revenue_by_state"].keys() | truth["revenue_by_state"].keys()):
            here, there = summary["revenue_by_state"].get(state), truth["revenue_by_state"].get(state)
            if here != there:
                found.append(f"revenue of {state}: {here}, the ledger says {there}")
    return found


def show(summary: dict[str, Any], ledger: Ledger, seconds: dict[str, float]) -> None:
    """Print the summary for a person."""
    hub = summary["hubs"]["orders"]
    flow = Table(title="What became of the events", title_justify="left", show_header=False, box=None, padding=(0, 2))
    flow.add_column(justify="left")
    flow.add_column(justify="right")
    for name, figure in (
        ("sent", hub["sent"]),
        ("landed in bronze", hub["landed"]),
        ("accepted", hub["accepted"]),
        ("duplicates", hub["duplicates"]),
        ("quarantined", hub["quarantined"]),
        *((f"  {reason}", messages) for reason, messages in hub["reasons"].items()),
    ):
        flow.add_row(name, f"{figure:,}")

    states = summary["states"]
    total = sum(state["revenue"] for state in states)
    top = Table(title="Top states by revenue", title_justify="left", box=None, padding=(0, 2))
    for name in ("state", "revenue", "share", "orders"):
        top.add_column(name, justify="left" if name == "state" else "right")
    for state in states[:5]:
        top.add_row(
            state["state"], f"${state['revenue']:,.2f}", f"{state['revenue'] / total:.1%}", f"{state['orders']:,}"
        )
    top.add_row("all states", f"${total:,.2f}", "", f"{summary['orders']:,}", style="bold")

    console.print()
    console.print(flow)
    console.print()
    console.print(top)
    console.print()
    if hub["sent"] == ledger.orders.sent:
        console.print("Gold equals the simulator's ledger: every verdict, and revenue by state to the cent.")
    else:
        others = hub["sent"] - ledger.orders.sent
        console.print(
            f"The account closes. {others:,} events are in no ledger: another producer's, or a cut-off simulator's."
        )
    console.print(f"{sum(seconds.values()):.0f} seconds: " + ", ".join(f"{n} {s:.0f}" for n, s in seconds.items()))
    console.print(
        "\nWhere to look next:\n"
        "  make docs                         models, columns and tests, in the browser\n"
        "  make live                         the same shop, live, until Ctrl-C\n"
        "  dbt show --inline \"select * from {{ ref('fct_sales_by_state_minute') }} limit 10\"\n"
        "  .local/summary.json               these figures for programs"
    )


def _code(row: dict[str, Any]) -> str:
    return str(row["state_code"])
