"""Where dbt writes and reads, by target and environment; only `production` writes to silver and gold on Databricks."""

from collections.abc import Iterator

import pytest

from tests.support.databricks_stand_in import CATALOG, OfflineDbt

PREFIX, SCHEMA = "DBT_SCHEMA_PREFIX", "DATABRICKS_SCHEMA"


@pytest.fixture(scope="module")
def dbt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfflineDbt]:
    with pytest.MonkeyPatch.context() as patch:
        yield OfflineDbt(tmp_path_factory.mktemp("dbt"), patch)


@pytest.mark.parametrize(
    ("target", "environment", "prefix"),
    [
        ("local", {}, ""),
        ("local", {PREFIX: "ada"}, "ada_"),
        # What a developer has set for Databricks changes nothing on this machine.
        ("local", {SCHEMA: "ada"}, ""),
        ("databricks", {SCHEMA: "ada"}, "ada_"),
        ("databricks", {SCHEMA: "ada", PREFIX: "ci_17"}, "ci_17_"),
        ("production", {}, ""),
        ("production", {SCHEMA: "ada"}, ""),
    ],
)
def test_schemas_are_the_layers_with_the_prefix_if_there_is_one(
    target: str, environment: dict[str, str], prefix: str, dbt: OfflineDbt, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    # The same target folder for all: what was parsed for one prefix is not taken for another.
    parsed = dbt("parse", target=target)
    assert parsed.success, parsed.exception
    nodes = parsed.result.nodes.values()
    stored = {node.schema for node in nodes if node.resource_type in ("model", "seed", "snapshot")}
    assert stored == {f"{prefix}silver", f"{prefix}gold"}
    elsewhere = {node.schema for node in nodes} - stored
    assert all(schema.startswith(prefix) for schema in elsewhere)
    assert {source.schema for source in parsed.result.sources.values()} == {"bronze"}


def test_a_developer_who_names_no_schema_is_told_to(dbt: OfflineDbt) -> None:
    parsed = dbt("parse", target="databricks")
    assert not parsed.success
    assert "Set DATABRICKS_SCHEMA to a name of your own" in str(parsed.exception)


@pytest.mark.parametrize(
    ("environment", "place"),
    [
        ({}, f"`{CATALOG}`.`bronze`.`orders`"),
        ({"DBT_BRONZE_CATALOG": "landing"}, "`landing`.`bronze`.`orders`"),
        ({"DBT_BRONZE_CATALOG": "landing", "DBT_BRONZE_SCHEMA": "raw"}, "`landing`.`raw`.`orders`"),
    ],
)
def test_bronze_may_be_elsewhere(
    environment: dict[str, str], place: str, dbt: OfflineDbt, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    manifest = dbt("parse").result
    assert manifest.sources["source.real_time_market.event_hub.orders"].relation_name == place
    assert {node.database for node in manifest.nodes.values() if node.is_relational} == {CATALOG}
