"""The measures again, from silver: other tables and other SQL than the dashboard's, so that it checks gold too."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from deltalake import DeltaTable

from dashboard.filters import Filters
from tests.support.order_lines import AMOUNTS, ORDER_LINES

Values = dict[str, Any]
_COLUMNS = {
    "order_messages": (
        *("verdict", "business_date", "ordered_at", "product_id", "state_code", "total_amount", "delivery_status"),
        *("order_line_id", "order_id", "session_id", "content_type", "price", "quantity", "is_quantity_imputed"),
    ),
    "engagement_messages": ("verdict", "business_date", "event_type", "product_id", "state_code", "content_type"),
    "review_messages": ("verdict",),
    "reviews": ("business_date", "product_id", "state_code", "rating", "review_text", "sentiment_score"),
    "journeys": (
        *("business_date", "product_id", "state_code", "content_type", "sales"),
        *("is_viewed", "is_clicked", "is_purchased"),
    ),
}


class SilverTwin:
    """Silver's accepted events, with the category of their product beside."""

    def __init__(self, warehouse: Path, as_of_date: date) -> None:
        self.as_of_date = as_of_date
        self._database = duckdb.connect()
        self._load(warehouse / "gold.db", "dim_product", ("product_id", "category"))
        for table, columns in _COLUMNS.items():
            self._load(warehouse / "silver.db", table, columns)
        for name, table, condition in (
            ("orders", f"(select *, {AMOUNTS} from ({ORDER_LINES}))", "true"),
            ("events", "engagement_messages", "verdict = 'accepted'"),
            ("judged_reviews", "reviews", "review_text is not null"),
            ("all_reviews", "reviews", "true"),
            ("viewed", "journeys", "is_viewed"),
            ("unviewed", "journeys", "not is_viewed"),
        ):
            self._database.execute(
                f"create table {name} as select * from {table} as rows"
                f" inner join dim_product using (product_id) where {condition}"
            )

    def _load(self, folder: Path, table: str, columns: Sequence[str]) -> None:
        data = DeltaTable(str(folder / table)).to_pyarrow_dataset().to_table(columns=list(columns))
        self._database.register("arriving", data)
        self._database.execute(f"create table {table} as from arriving")
        self._database.unregister("arriving")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return self._database.execute(sql).fetchall()

    def value(self, sql: str) -> Any:
        """The one value of a query."""
        return self.rows(sql)[0][0]

    def landed(self) -> list[tuple[str, int]]:
        """Verdicts, and how many messages of all hubs have each."""
        hubs = " union all ".join(
            f"select verdict from {hub}" for hub in ("order_messages", "engagement_messages", "review_messages")
        )
        return self.rows(f"select verdict, count(*) from ({hubs}) group by verdict")

    def measures(self, filters: Filters) -> Values:
        """Every measure that is one number in a context, under its name."""
        here = self.condition(filters)
        old_enough = f"{here} and business_date < date '{self.as_of_date}'"
        return {
            "Revenue": self.value(f"select ifnull(sum(total_amount), 0) from orders where {here}"),
            "Cancelled Revenue": self.value(
                f"select ifnull(sum(total_amount), 0) from orders where {here} and delivery_status = 'Cancelled'"
            ),
            "Returned Revenue": self.value(f"select ifnull(sum(returned), 0) from orders where {here}"),
            "Net Revenue": self.value(f"select ifnull(sum(net), 0) from orders where {here}"),
            "Average Order Value": self.value(
                f"select sum(net) / nullif(count(distinct order_id) filter (where is_kept), 0) from orders where {here}"
            ),
            "Units": self.value(f"select ifnull(sum(quantity), 0) from orders where {here}"),
            "Order Lines": self.value(f"select count(*) from orders where {here}"),
            "Orders": self.value(f"select count(distinct order_id) from orders where {here}"),
            "Minute Revenue": self.value(
                f"select ifnull(sum(total_amount), 0) from orders"
                f" where business_date = date '{self.as_of_date}' and {self.condition(filters, dates=False)}"
            ),
            "Journeys Viewed": self.value(f"select count(*) from viewed where {here}"),
            "Journeys Clicked": self.value(
                f"select count(*) from viewed where {here} and (is_clicked or is_purchased)"
            ),
            "Journeys Purchased": self.value(f"select count(*) from viewed where {here} and is_purchased"),
            "Purchases without a view": self.value(f"select count(*) from unviewed where {here} and is_purchased"),
            "Conversion %": self.value(f"select avg(is_purchased::int) from viewed where {old_enough}"),
            "Click Drop-off %": self.value(
                f"select avg((not (is_clicked or is_purchased))::int) from viewed where {here}"
            ),
            "Purchase Drop-off %": self.value(
                f"select avg((not is_purchased)::int) from viewed where {here} and (is_clicked or is_purchased)"
            ),
            "Attributed Revenue": self.value(f"select ifnull(sum(sales), 0) from viewed where {here}"),
            "Views": self.value(f"select count(*) from events where {here} and event_type = 'view'"),
            "Clicks": self.value(f"select count(*) from events where {here} and event_type = 'click'"),
            "Likes": self.value(f"select count(*) from events where {here} and event_type = 'like'"),
            "Engagement Rate": self.value(
                "select count_if(event_type in ('click', 'like')) / nullif(count_if(event_type = 'view'), 0)"
                f" from events where {here}"
            ),
            "Reviews": self.value(f"select count(*) from all_reviews where {here}"),
            "Average Rating": self.value(f"select avg(rating) from all_reviews where {here}"),
            "Sentiment Index": self.value(
                f"select avg(sentiment_score::double) * 100 from judged_reviews where {here}"
            ),
            **{
                f"{bucket} %": self.value(f"select avg(({test})::int) from judged_reviews where {here}")
                for bucket, test in (
                    ("Positive", "sentiment_score >= 0.05"),
                    ("Neutral", "abs(sentiment_score) < 0.05"),
                    ("Negative", "sentiment_score <= -0.05"),
                )
            },
        }

    def condition(self, filters: Filters, dates: bool = True) -> str:
        """The slicers' choice as SQL without parameters."""
        parts = ["true"]
        if dates:
            parts += [f"business_date >= date '{filters.first_date}'", f"business_date <= date '{filters.last_date}'"]
        if filters.states:
            parts.append(f"state_code in {self._list(filters.states)}")
        if filters.categories:
            parts.append(f"category in {self._list(filters.categories)}")
        return " and ".join(parts)

    @staticmethod
    def _list(values: Sequence[str]) -> str:
        return "(" + ", ".join("'" + value.replace("'", "''") + "'" for value in values) + ")"
