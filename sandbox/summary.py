"""What a run came to: counted in silver and gold, held against the simulator's ledger."""

from typing import Any

from rich.table import Table

from ingestion.contracts import HUBS
from ingestion.reconcile import MESSAGES
from sandbox.console import console
from sandbox.dbt import Dbt
from sandbox.findings import Finding, show_findings
from simulator.ledger import Ledger

VERDICTS = ("accepted", "updates", "duplicates", "quarantined")
"""One of which each landed message has."""
HUB_ACCOUNT = """
    select
        count(distinct landed.topic_generation, landed.partition, landed.offset) as landed,
        count_if(messages.verdict = 'accepted') as accepted,
        count_if(messages.verdict = 'update') as updates,
        count_if(messages.verdict = 'duplicate') as duplicates,
        count_if(messages.verdict = 'rejected') as quarantined,
        count_if(messages.verdict = 'accepted' and size(messages.new_fields) > 0) as new_fields
    from (select distinct topic_generation, partition, offset from bronze.{hub}) as landed
    left join silver.{messages} as messages using (topic_generation, partition, offset)
"""
TOTAL_DIFFERS = "select count_if(total_differs) as total_differs from silver.order_lines"
ERASED = "select hub, count(*) as messages from bronze.erased_positions group by hub"
REASONS = """
    select reason, count(*) as messages
    from silver.quarantined_events lateral view explode(reasons) as reason
    where hub = '{hub}'
    group by reason order by messages desc, reason
"""
BY_STATE = """
    select
        state_code, state_name, revenue, items, cancelled, returned,
        orders, lines, cancelled_of_lines, returned_of_lines
    from (
        select
            state_code, sum(total_sales) as revenue, sum(total_items) as items,
            sum(cancelled_sales) as cancelled, sum(returned_sales) as returned
        from gold.fct_sales_by_state_minute group by state_code
    ) as sales
    join (
        select
            state_code, count(distinct order_key) as orders, count(*) as lines,
            sum(if(delivery_status = 'Cancelled', total_amount, 0)) as cancelled_of_lines,
            sum(returned_amount) as returned_of_lines
        from gold.fct_order_lines group by state_code
    ) as lines using (state_code)
    join gold.dim_state using (state_code)
    order by revenue desc, state_code
"""
ORDERS = "select count(distinct order_key) as orders from gold.fct_order_lines"
# Figures by state: columns of the above. Those of lines are the same again, from another table.
OF_STATES = ("revenue", "items", "cancelled", "returned", "orders", "lines", "cancelled_of_lines", "returned_of_lines")
OF_LINES = "_of_lines"
# What the ledger has under the same name: a key, and counts.
BREAKDOWNS = {
    "funnel_by_product": """
        select product_id, sum(journeys_viewed) as viewed, sum(journeys_clicked) as clicked,
            sum(journeys_purchased) as purchased
        from gold.fct_funnel_by_product_day group by product_id order by product_id
    """,
    "engagement_by_content_type": """
        select content_type, sum(views) as views, sum(clicks) as clicks, sum(likes) as likes
        from gold.fct_engagement_by_product_day group by content_type order by content_type
    """,
    "ratings_by_product": """
        select product_id, count(*) as reviews, sum(rating) as stars
        from gold.fct_reviews group by product_id order by product_id
    """,
}
AS_OF = "select cast(as_of_date as string) as as_of_date from gold.as_of"


def summarise(dbt: Dbt, ledger: Ledger, in_broker: dict[str, int]) -> dict[str, Any]:
    """Count what was sent and what became of it.

    Args:
        ledger: what the simulator sent, over all runs.
        in_broker: events that the broker holds, by hub; more than the ledger's if other producers sent too.
    """
    states = dbt.query(BY_STATE)
    by_code = sorted(states, key=lambda row: str(row["state_code"]))
    was_erased = dbt.query("show tables in bronze like 'erased_positions'")
    erased = {row["hub"]: row["messages"] for row in dbt.query(ERASED)} if was_erased else {}
    return {
        "hubs": {
            hub: {
                "sent": max(ledger.hubs[hub].sent, in_broker[hub]),
                "erased": erased.get(hub, 0),
                **dbt.query(HUB_ACCOUNT.format(hub=hub, messages=MESSAGES[hub]))[0],
                **(dbt.query(TOTAL_DIFFERS)[0] if hub == "orders" else {}),
                "reasons": {row["reason"]: row["messages"] for row in dbt.query(REASONS.format(hub=hub))},
            }
            for hub in HUBS
        },
        **{f"{figure}_by_state": {row["state_code"]: _number(row[figure]) for row in by_code} for figure in OF_STATES},
        **{name: _by_key(dbt.query(sql)) for name, sql in BREAKDOWNS.items()},
        **dbt.query(ORDERS)[0],
        "as_of": dbt.query(AS_OF)[0]["as_of_date"],
        "states": [
            {"state": row["state_name"], "revenue": float(row["revenue"]), "orders": row["orders"]} for row in states
        ],
    }


def differences(summary: dict[str, Any], ledger: Ledger) -> list[str]:
    """What is not as it must be, in words; empty if all is well.

    Figures are held against the ledger only while the simulator is the only producer and nothing was erased.
    """
    truth = ledger.as_dict()
    found = []
    for hub, account in summary["hubs"].items():
        if account["sent"] != account["landed"] + account["erased"]:
            landed = f"{account['landed']:,} landed" + (f", {account['erased']:,} erased" if account["erased"] else "")
            found.append(f"{hub}: {account['sent']:,} events were sent, {landed}")
        if account["landed"] != sum(account[verdict] for verdict in VERDICTS):
            found.append(f"{hub}: {' + '.join(VERDICTS)} is not what landed")
        if account["sent"] == ledger.hubs[hub].sent and not account["erased"]:
            for figure in (*VERDICTS, "reasons", "new_fields"):
                if account[figure] != truth["hubs"][hub][figure]:
                    found.append(f"{hub}, {figure}: {account[figure]}, the ledger says {truth['hubs'][hub][figure]}")
    if _is_the_ledgers(summary, ledger):
        for name in (*(f"{figure}_by_state" for figure in OF_STATES), *BREAKDOWNS):
            here, there = _without_zeros(summary[name]), _without_zeros(truth[name.replace(OF_LINES, "")])
            for key in sorted(here.keys() | there.keys()):
                if here.get(key) != there.get(key):
                    found.append(f"{name}, {key}: {here.get(key)}, the ledger says {there.get(key)}")
    return found


def show(summary: dict[str, Any], ledger: Ledger, found: list[Finding], seconds: dict[str, float]) -> None:
    """Print the summary for a person."""
    hubs = summary["hubs"]
    flow = Table(title="What became of the events", title_justify="left", box=None, padding=(0, 2))
    flow.add_column("")
    for hub in hubs:
        flow.add_column(hub, justify="right")
    for name, figure in (
        ("sent", "sent"),
        ("landed in bronze", "landed"),
        *([("erased since", "erased")] if any(account["erased"] for account in hubs.values()) else []),
        ("accepted", "accepted"),
        ("  with fields that the contract lacks", "new_fields"),
        ("  whose own total differs", "total_differs"),
        ("updates", "updates"),
        ("duplicates", "duplicates"),
        ("quarantined", "quarantined"),
    ):
        flow.add_row(name, *(f"{account[figure]:,}" if figure in account else "" for account in hubs.values()))
    for reason in sorted({reason for account in hubs.values() for reason in account["reasons"]}):
        flow.add_row(f"  {reason}", *(f"{account['reasons'].get(reason, 0):,}" for account in hubs.values()))

    states = summary["states"]
    total = sum(state["revenue"] for state in states)
    top = Table(title="Top states by revenue", title_justify="left", box=None, padding=(0, 2))
    for name in ("state", "revenue", "share", "orders"):
        top.add_column(name, justify="left" if name == "state" else "right")
    for state in states[:5]:
        top.add_row(
            state["state"],
            f"${state['revenue']:,.2f}",
            f"{state['revenue'] / total:.1%}" if total else "",
            f"{state['orders']:,}",
        )
    top.add_row("all states", f"${total:,.2f}", "", f"{summary['orders']:,}", style="bold")

    sold = Table(title="What was ordered", title_justify="left", box=None, padding=(0, 2), show_header=False)
    sold.add_column()
    sold.add_column(justify="right")
    cancelled, returned = (sum(summary[f"{figure}_by_state"].values()) for figure in ("cancelled", "returned"))
    for name, number in (
        ("orders", f"{summary['orders']:,}"),
        ("order lines", f"{sum(summary['lines_by_state'].values()):,}"),
        ("revenue", f"${total:,.2f}"),
        ("  cancelled", f"${cancelled:,.2f}"),
        ("  returned", f"${returned:,.2f}"),
        ("  net", f"${total - cancelled - returned:,.2f}"),
    ):
        sold.add_row(name, number)

    for part in (flow, sold, top):
        console.print()
        console.print(part)
    console.print()
    show_findings(found)
    console.print()
    if _is_the_ledgers(summary, ledger):
        console.print(
            "Gold equals the simulator's ledger: every verdict; orders, lines and items by state; revenue by state and "
            "what of it was cancelled and returned, to the cent; the funnel and ratings by product; views, clicks and "
            "likes by content type."
        )
    else:
        others = sum(account["sent"] for account in hubs.values()) - ledger.sent
        erased = sum(account["erased"] for account in hubs.values())
        reasons = [
            *([f"{others:,} events are in no ledger: another producer's, or a cut-off simulator's."] if others else []),
            *([f"{erased:,} events of the ledger were erased since: gold is without them."] if erased else []),
        ]
        console.print("The account closes. " + " ".join(reasons))
    console.print(f"{sum(seconds.values()):.0f} seconds: " + ", ".join(f"{n} {s:.0f}" for n, s in seconds.items()))
    console.print(
        "\nWhere to look next:\n"
        "  make show                         the four perspectives as tables\n"
        "  make docs                         models, columns and tests, in the browser\n"
        "  make live                         the same shop, live, until Ctrl-C\n"
        "  dbt show --inline \"select * from {{ ref('fct_funnel_by_product_day') }} limit 10\"\n"
        "  .local/summary.json               these figures for programs"
    )


def _is_the_ledgers(summary: dict[str, Any], ledger: Ledger) -> bool:
    """Whether all that is here, and nothing else, is in the ledger."""
    return all(
        account["sent"] == ledger.hubs[hub].sent and not account["erased"] for hub, account in summary["hubs"].items()
    )


def _number(value: Any) -> int | float:
    """A count as it is, money as JSON has it."""
    return value if isinstance(value, int) else float(value)


def _by_key(rows: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """Rows as counts by their first column."""
    result = {}
    for row in rows:
        (_, key), *counts = row.items()
        result[str(key)] = dict(counts)
    return result


def _without_zeros(figures: dict[str, Any]) -> dict[str, Any]:
    return {
        key: figure for key, figure in figures.items() if (any(figure.values()) if isinstance(figure, dict) else figure)
    }
