"""Each measure once more, as SQL over silver: what the DAX is held against. Gold is not read here."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
from deltalake import DeltaTable

from tests.powerbi.offline import Filters, at_midnight
from tests.support.order_lines import AMOUNTS, ORDER_LINES

SILVER = ("order_messages", "engagement_messages", "journeys", "reviews", "product_catalogue", "us_states")
VIEWS = f"""
create table products as
with unlisted as (
    select product_id, coalesce(min_by(category, (landed_batch, "partition", "offset")), 'Unknown') as category
    from order_messages
    where verdict = 'accepted' and product_id not in (select product_id from product_catalogue)
    group by product_id
)
select product_id, product_name, category from product_catalogue
union all
select product_id, product_id, category from unlisted;

create table customers as
select customer_id, min(business_date) as first_day, count(distinct order_id) as customer_orders
from order_messages where verdict = 'accepted' and customer_id is not null group by customer_id;

create table orders as
select
    order_id, business_date, state_code, product_id, category, ordered_at, total_amount, quantity, delivery_status,
    case when content_type in ('Social Media', 'Blog', 'Video') then content_type else 'Unknown' end as content_type,
    customer_id, first_day, customer_orders,
    {AMOUNTS}
from (select * exclude (category) from ({ORDER_LINES}))
left join products using (product_id)
left join customers using (customer_id);

create table events as
select business_date, state_code, product_id, category, content_type, event_type
from engagement_messages left join products using (product_id) where verdict = 'accepted';

create table visits as
select
    business_date, state_code, product_id, category, content_type, is_viewed, is_clicked, is_purchased, sales
from journeys left join products using (product_id);

create table opinions as
select business_date, state_code, product_id, category, rating, review_text, sentiment_score
from reviews left join products using (product_id);
"""


@dataclass(frozen=True)
class Context:
    """What a viewer has chosen; None is all. Days are inclusive."""

    name: str
    first_day: date | None = None
    last_day: date | None = None
    state: str | None = None
    category: str | None = None
    content_type: str | None = None
    product: str | None = None

    def filters(self) -> Filters:
        """The same for the DAX engine."""
        chosen: Filters = {}
        if self.first_day and self.last_day:
            count = (self.last_day - self.first_day).days + 1
            chosen["Date.Date"] = [at_midnight(self.first_day + timedelta(days=day)) for day in range(count)]
        for key, value in (
            ("State.State", self.state),
            ("Category.Category", self.category),
            ("Content Type.Content Type", self.content_type),
            ("Product.Product", self.product),
        ):
            if value is not None:
                chosen[key] = [value]
        return chosen


class Silver:
    """DuckDB over silver's Delta tables, and the shop's calendar."""

    def __init__(self, folder: Path) -> None:
        self.connection = duckdb.connect()
        for table in SILVER:
            self.connection.register(table, DeltaTable(folder / table).to_pyarrow_dataset())
        self.connection.execute(VIEWS)
        self.as_of: date = self.value(
            "select max(day) from (select max(business_date) as day from orders union all"
            " select max(business_date) from events union all select max(business_date) from opinions)"
        )
        self.data_begins: date = self.value("select min(business_date) from orders")

    def value(self, query: str) -> Any:
        row = self.connection.execute(query).fetchone()
        assert row is not None
        return row[0]

    def of(self, table: str, context: Context) -> str:
        """The rows of a table that a context leaves, as a subquery. Reviews have no content type to be chosen by."""
        narrowed = ["true"]
        if context.first_day and context.last_day:
            narrowed.append(f"business_date between '{context.first_day}' and '{context.last_day}'")
        if context.state:
            narrowed.append(
                f"state_code = (select state_code from us_states where state_name = {_text(context.state)})"
            )
        if context.category:
            narrowed.append(f"category = {_text(context.category)}")
        if context.content_type and table != "opinions":
            narrowed.append(f"content_type = {_text(context.content_type)}")
        if context.product:
            narrowed.append(
                f"product_id = (select product_id from products where product_name = {_text(context.product)})"
            )
        return f"(select * from {table} where {' and '.join(narrowed)})"

    def before(self, context: Context) -> Context | None:
        """The period of the same length just before; None where that begins before the data."""
        if not context.first_day or not context.last_day:
            return None
        length = min(context.last_day, self.as_of) - context.first_day + timedelta(days=1)
        begins = context.first_day - length
        ends = context.first_day - timedelta(days=1)
        return replace(context, first_day=begins, last_day=ends) if begins >= self.data_begins else None


Twin = Callable[[Silver, Context], Any]


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _asked(select: str, table: str, silver: Silver, context: Context) -> Any:
    return silver.value(f"select {select} from {silver.of(table, context)}")


def _minute_revenue(silver: Silver, context: Context) -> Any:
    # Gold has minutes by state and category only, so the measure is blank by product and content type.
    if context.product or context.content_type:
        return None
    day = replace(context, first_day=silver.as_of, last_day=silver.as_of)
    return _asked("sum(total_amount)", "orders", silver, day)


def _new_customer_revenue(silver: Silver, context: Context) -> Any:
    period = (
        f"first_day between '{context.first_day}' and '{context.last_day}'"
        if context.first_day
        else "first_day is not null"
    )
    return _asked(f"sum(net) filter (where {period}) / sum(net)", "orders", silver, context)


def _settled(silver: Silver) -> str:
    return f"is_viewed and business_date <= '{silver.as_of - timedelta(days=1)}'"


def _conversion(silver: Silver, context: Context) -> Any:
    return _asked(f"avg(is_purchased::int) filter (where {_settled(silver)})", "visits", silver, context)


def _winner_score(silver: Silver, context: Context) -> Any:
    rows = silver.of("visits", context)
    count, share = silver.connection.execute(
        f"select count(*), avg(is_purchased::int) from {rows} where {_settled(silver)}"
    ).fetchall()[0]
    if count < 100:
        return None
    # Wilson (1927), written as centre and half-width.
    z = 1.96
    centre = (share * count + z * z / 2) / (count + z * z)
    half_width = z * (share * (1 - share) * count + z * z / 4) ** 0.5 / (count + z * z)
    return centre - half_width


def _value_index(silver: Silver, context: Context) -> Any:
    everything = replace(context, content_type=None)
    purchased = partial(_asked, "count(*) filter (where is_viewed and is_purchased)", "visits", silver)
    views = partial(_asked, "count(*) filter (where event_type = 'view')", "events", silver)
    return (purchased(context) / purchased(everything)) / (views(context) / views(everything))


def _at_risk_score(silver: Silver, context: Context) -> Any:
    if not context.product:
        return None
    last = silver.as_of
    now = replace(context, first_day=last - timedelta(days=27), last_day=last)
    before = replace(context, first_day=last - timedelta(days=55), last_day=last - timedelta(days=28))
    judged = "from {} where review_text is not null"
    ask = "select count(*), avg(sentiment_score::double), avg((sentiment_score <= -0.05)::int) " + judged
    (count, mean, negative), (count_before, mean_before, _) = (
        silver.connection.execute(ask.format(silver.of("opinions", window))).fetchall()[0] for window in (now, before)
    )
    if count < 8 or count_before < 8:
        return None
    return 50 * min(max((mean_before - mean) / 0.6, 0), 1) + 50 * negative


def _change(of: Twin, combine: Callable[[Any, Any], Any], silver: Silver, context: Context) -> Any:
    before = silver.before(context)
    if before is None:
        return None
    now, then = of(silver, context), of(silver, before)
    return None if now is None or then is None else combine(now, then)


def _ratio(now: Any, then: Any) -> float:
    return float(now) / float(then) - 1


JUDGED = "review_text is not null"
_revenue: Twin = partial(_asked, "sum(total_amount)", "orders")
_orders: Twin = partial(_asked, "count(distinct order_id)", "orders")
_rating: Twin = partial(_asked, "sum(rating) / count(*)", "opinions")


def _share(condition: str) -> Twin:
    return partial(_asked, f"avg(({condition})::int) filter (where {JUDGED})", "opinions")


def _step(condition: str) -> str:
    return f"count(*) filter (where is_viewed and {condition})"


TWINS: dict[str, Twin] = {
    "Revenue": _revenue,
    "Cancelled Revenue": partial(_asked, "sum(total_amount) filter (where delivery_status = 'Cancelled')", "orders"),
    "New Customer Revenue %": _new_customer_revenue,
    "Repeat Customer %": partial(
        _asked, "count(distinct customer_id) filter (where customer_orders > 1) / count(distinct customer_id)", "orders"
    ),
    "Ordering Customers": partial(_asked, "count(distinct customer_id)", "orders"),
    "Net Revenue of Lines": partial(_asked, "sum(net)", "orders"),
    "Returned Revenue": partial(_asked, "sum(returned)", "orders"),
    "Net Revenue": partial(_asked, "sum(net)", "orders"),
    "Average Order Value": partial(
        _asked, "sum(net) / nullif(count(distinct order_id) filter (where is_kept), 0)", "orders"
    ),
    "Units": partial(_asked, "sum(quantity)", "orders"),
    "Order Lines": partial(_asked, "count(*)", "orders"),
    "Orders": _orders,
    "Minute Revenue": _minute_revenue,
    "Journeys Viewed": partial(_asked, _step("true"), "visits"),
    "Journeys Clicked": partial(_asked, _step("(is_clicked or is_purchased)"), "visits"),
    "Journeys Purchased": partial(_asked, _step("is_purchased"), "visits"),
    "Purchases without a view": partial(_asked, "count(*) filter (where is_purchased and not is_viewed)", "visits"),
    "Conversion %": _conversion,
    "Click Drop-off %": partial(_asked, f"1 - {_step('(is_clicked or is_purchased)')} / {_step('true')}", "visits"),
    "Purchase Drop-off %": partial(
        _asked, f"1 - {_step('is_purchased')} / {_step('(is_clicked or is_purchased)')}", "visits"
    ),
    "Winner Score": _winner_score,
    "Attributed Revenue": partial(_asked, "sum(sales) filter (where is_viewed)", "visits"),
    "Views": partial(_asked, "count(*) filter (where event_type = 'view')", "events"),
    "Clicks": partial(_asked, "count(*) filter (where event_type = 'click')", "events"),
    "Likes": partial(_asked, "count(*) filter (where event_type = 'like')", "events"),
    "Engagement Rate": partial(
        _asked, "count(*) filter (where event_type != 'view') / count(*) filter (where event_type = 'view')", "events"
    ),
    "Engagement per Active Day": partial(_asked, "count(*) / count(distinct business_date)", "events"),
    "Value Index": _value_index,
    "Reviews": partial(_asked, "count(*)", "opinions"),
    "Reviews with Text": partial(_asked, f"count(*) filter (where {JUDGED})", "opinions"),
    "Average Rating": _rating,
    "Sentiment Index": partial(_asked, f"100 * avg(sentiment_score::double) filter (where {JUDGED})", "opinions"),
    "Positive %": _share("sentiment_score >= 0.05"),
    "Neutral %": _share("abs(sentiment_score) < 0.05"),
    "Negative %": _share("sentiment_score <= -0.05"),
    "At-risk Score": _at_risk_score,
    "Revenue change %": partial(_change, _revenue, _ratio),
    "Orders change %": partial(_change, _orders, _ratio),
    "Conversion change": partial(_change, _conversion, lambda now, then: 100 * (now - then)),
    "Rating change": partial(_change, _rating, lambda now, then: now - then),
}
"""Measure -> its value in a context, from silver."""
