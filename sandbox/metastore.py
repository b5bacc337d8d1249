"""The local metastore, made anew from what the tables say of themselves."""

from sandbox.dbt import Dbt
from sandbox.settings import SandboxSettings


def register_tables(dbt: Dbt, settings: SandboxSettings) -> int:
    """Make every Delta table of the warehouse known by its name again; views come with the next run of dbt.

    Returns:
        How many tables there are.
    """
    # A creation that was killed leaves a log without a commit: there is no table yet, and the next run makes it.
    tables = sorted({commit.parent.parent for commit in settings.warehouse.glob("*.db/*/_delta_log/*.json")})
    for table in tables:
        schema = table.parent.name.removesuffix(".db")
        dbt.query(f"create schema if not exists {schema}")
        dbt.query(f"create table if not exists {schema}.{table.name} using delta location '{table}'")
    return len(tables)
