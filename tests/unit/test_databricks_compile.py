"""Every model as dbt would send it to Databricks, read by Spark's parser.

dbt builds the whole project for the target `production` with the real adapter. Only its lowest call is replaced: where
it would open a connection it gets a stand-in, which writes each statement down and answers from the project's YAML and
a few values. So what is read here are the statements themselves, `create table`, `create view`, `merge` and the
data tests' included.

What this does not prove: Databricks itself is never asked. No table, column or type is resolved (a contract is checked
against itself), no row is written, and the parser is open-source Spark's: what only one of the two accepts goes
unseen, but for the functions, which are held to a list of those that Databricks documents.
"""

import re
from collections.abc import Callable, Iterator

import pytest
from py4j.protocol import Py4JJavaError
from pyspark.java_gateway import launch_gateway

from tests.support.databricks_stand_in import (
    CATALOG,
    FIRST_RUN,
    FULL_REFRESH,
    INCREMENTAL,
    NOTHING_NEW,
    Build,
    Mode,
    OfflineDbt,
)

DATES = "business_date in (date'2026-03-01', date'2026-07-14')"
HOURS = "landed_hour_at in (timestamp'2026-03-01', timestamp'2026-07-14')"
OFFSETS = (
    "(old.topic_generation = '7' and old.partition = 0 and old.offset between 100 and 199"
    " or old.topic_generation = '8' and old.partition = 3 and old.offset between 0 and 57)"
)
# What is written to may be the whole table: it stays small, or, of customers, any row may move.
UNBOUNDED = {"product_sightings", "dim_customer", "fct_customer_cohorts"}
MODES = [FIRST_RUN, FULL_REFRESH, INCREMENTAL, NOTHING_NEW]

# Functions that Databricks documents, not all of them; the youngest here came with runtime 15.4.
# https://docs.databricks.com/aws/en/sql/language-manual/sql-ref-functions-builtin-alpha
ON_DATABRICKS = set(
    re.findall(
        r"\w+",
        """
        abs aggregate array array_agg array_append array_compact array_contains array_distinct array_except
        array_position array_sort arrays_overlap avg bool_and bool_or btrim cast coalesce collect_list collect_set
        concat concat_ws contains convert_timezone count count_if current_date current_timestamp date_add date_diff
        date_format date_sub date_trunc datediff dense_rank element_at endswith explode filter floor from_json get
        get_json_object greatest hour if initcap json_array_length json_object_keys lag lead least left length locate
        lower ltrim make_date map map_from_entries max max_by md5 min min_by minute month months_between named_struct
        ntile nullif octet_length percent_rank percentile posexplode quarter raise_error rank regexp_extract_all
        regexp_replace replace round row_number schema_of_variant sequence sha2 sign size sort_array split sqrt
        startswith stddev_samp struct substring sum timestampdiff to_json transform trim try_cast try_divide
        try_element_at try_parse_json try_validate_utf8 unix_micros upper variant_get weekday xxhash64 year
        """,
    )
)
# Words that stand before a parenthesis without being a function.
WORDS = set(
    re.findall(
        r"\w+", "and as by decimal distinct else except exists from in join not on or over then using when where"
    )
)


@pytest.fixture(scope="module")
def dbt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfflineDbt]:
    with pytest.MonkeyPatch.context() as patch:
        yield OfflineDbt(tmp_path_factory.mktemp("dbt"), patch)


@pytest.fixture(scope="module")
def builds(dbt: OfflineDbt) -> dict[Mode, Build]:
    manifest = dbt("parse").result
    return {mode: dbt.build(manifest, mode) for mode in MODES}


@pytest.fixture(params=MODES, ids=lambda mode: mode.name)
def build(request: pytest.FixtureRequest, builds: dict[Mode, Build]) -> Build:
    return builds[request.param]


@pytest.fixture(scope="module")
def parse() -> Iterator[Callable[[str], str]]:
    """Spark's parser, in a JVM without a session: the message with which it refuses a statement, or nothing."""
    gateway = launch_gateway()  # type: ignore[no-untyped-call]
    parser = gateway.jvm.org.apache.spark.sql.execution.SparkSqlParser()

    def refusal(sql: str) -> str:
        try:
            parser.parsePlan(sql)
        except Py4JJavaError as error:
            return str(error.java_exception.getMessage())
        return ""

    yield refusal
    gateway.shutdown()


def code_of(sql: str) -> str:
    """A statement without its strings and comments."""
    return re.sub(r"'(?:[^'\\]|\\.)*'|--[^\n]*|/\*.*?\*/", "''", sql, flags=re.DOTALL)


@pytest.mark.parametrize("target", ["production", "local"])
def test_the_project_parses_for_each_target_without_a_warning(dbt: OfflineDbt, target: str) -> None:
    dbt.warnings.clear()
    assert dbt("parse", target=target).success
    assert dbt.warnings == []


def test_databricks_can_be_reached_without_a_token_too(dbt: OfflineDbt, builds: dict[Mode, Build]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DATABRICKS_TOKEN")
        dbt.build(builds[FIRST_RUN].stand_in.manifest, FIRST_RUN)


@pytest.mark.parametrize(
    ("path", "properties"),
    [
        ("/sql/1.0/warehouses/0", {"ansi_mode": "true", "timezone": "UTC"}),
        ("sql/protocolv1/o/0/0", {"spark.sql.ansi.enabled": "true", "spark.sql.session.timeZone": "UTC"}),
    ],
)
def test_sessions_are_opened_in_ansi_mode_and_utc(
    path: str, properties: dict[str, str], dbt: OfflineDbt, builds: dict[Mode, Build]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABRICKS_HTTP_PATH", path)
        run, stand_in = dbt.send(builds[INCREMENTAL].stand_in.manifest, INCREMENTAL, "run", "--select", "dim_date")
    assert run.success
    assert {name: stand_in.session[name] for name in stand_in.session if name != "QUERY_TAGS"} == properties


@pytest.mark.parametrize(
    ("session", "said"),
    [
        ({"time_zone": "America/New_York"}, "the time zone America/New_York and ANSI mode on"),
        ({"type_of_a_mix": "string"}, "the time zone Etc/UTC and ANSI mode off"),
    ],
)
def test_a_run_in_another_session_ends_before_it_writes(
    session: dict[str, str], said: str, dbt: OfflineDbt, builds: dict[Mode, Build]
) -> None:
    run, stand_in = dbt.send(builds[INCREMENTAL].stand_in.manifest, INCREMENTAL, "run", **session)
    assert not run.success
    assert said in " ".join([str(run.exception), *dbt.warnings])
    assert not [sql for _, sql in stand_in.asked if re.match(r"(?i)create or|merge|insert", sql)]


def test_building_warns_of_nothing_and_calls_nobody(dbt: OfflineDbt, build: Build) -> None:
    assert build.warnings == []
    assert dbt.calls_out == []


def test_the_parser_refuses_what_is_no_spark_sql(parse: Callable[[str], str]) -> None:
    assert "PARSE_SYNTAX_ERROR" in parse("merge into a using b on a.id = b.id when matched then insert *")
    assert "PARSE_SYNTAX_ERROR" in parse("select id from a where id in (date'2026-03-01'")
    assert not parse("merge into a using b on a.id = b.id when not matched then insert *")


def test_spark_parses_every_statement_that_databricks_would_get(build: Build, parse: Callable[[str], str]) -> None:
    compiled = [(name, node.compiled_code) for name, node in build.models.items()]
    # Only Databricks has `comment on column`; what is read here is how its text is quoted.
    sent = [(name, re.sub("^COMMENT ON COLUMN", "COMMENT ON TABLE", sql)) for name, sql in build.statements()]
    refused = [f"{name}, {build.mode.name}: {message}" for name, sql in compiled + sent if (message := parse(sql))]
    assert not refused, "\n\n".join(refused)


def test_unity_catalog_gets_the_description_of_every_table_and_column(
    dbt: OfflineDbt, builds: dict[Mode, Build]
) -> None:
    build = builds[FIRST_RUN]
    sent = "\n".join(sql for _, sql in build.statements("COMMENT", "create or replace"))
    nodes = [node for node in build.stand_in.manifest.nodes.values() if node.resource_type in ("model", "seed")]
    for described in [one for node in nodes for one in (node, *node.columns.values())]:
        # The adapter escapes quotes alone.
        assert "\\" not in described.description
        assert described.description.replace("'", "\\'") in sent, described.name
    local = dbt("parse", target="local").result.nodes.values()
    assert not any(node.config.persist_docs.get("columns") for node in local if node.resource_type in ("model", "seed"))


def test_every_model_is_created_or_written_to(build: Build) -> None:
    written = written_by(build)
    created = dict(build.statements("create or replace table", "create or replace view"))
    incremental = build.incremental_models.keys()
    assert written.keys() == (incremental if build.mode == INCREMENTAL else set())
    has_nothing_new = incremental if build.mode == NOTHING_NEW else set()
    assert written.keys() | created.keys() | has_nothing_new >= build.models.keys()


def test_models_use_functions_that_databricks_has(build: Build) -> None:
    unknown = {
        (name, function)
        for name, node in build.models.items()
        for function in re.findall(r"(?<![.\w`])(\w+)\s*\(", code_of(node.compiled_code).lower())
        if function not in ON_DATABRICKS | WORDS and not re.search(rf"\b{function} as \(", node.compiled_code)
    }
    assert not unknown, "look these up in Databricks' documentation, then add them to ON_DATABRICKS"


def test_statements_name_tables_in_full_and_nothing_of_this_machine(build: Build) -> None:
    for name, sql in build.statements():
        assert not re.search(r"(?i)spark_catalog|hive_metastore|\.local\b|\blocation\b", sql), f"{name}: {sql}"
        for table in re.findall(r"\b(?:from|join|into|table|view)\s+([\w`]+(?:\.[\w`]+)+)", code_of(sql)):
            assert re.fullmatch(rf"`({CATALOG}|system)`(\.`?\w+`?){{2}}", table), f"{name}: {table}"


def written_by(build: Build) -> dict[str, str]:
    """The statement by which each incremental model is written to, with single spaces."""
    incremental = build.incremental_models
    sent = build.statements("merge into", "insert into")
    return {name: " ".join(sql.split()) for name, sql in sent if name in incremental}


def test_incremental_models_read_between_their_own_mark_and_their_inputs(builds: dict[Mode, Build]) -> None:
    build = builds[INCREMENTAL]
    assert build.incremental_models
    for name, node in build.incremental_models.items():
        questions = build.statements("select cast(touched", "select topic_generation")
        for sql in [node.compiled_code, *(sql for sender, sql in questions if sender == name)]:
            read = re.findall(r"(\w+_batch) > (\d+) and \1 <= (\d+)", sql)
            marks = {int(high) for high in re.findall(r"_batch <= (\d+)", sql)}
            assert marks, f"{name}: {sql}"
            assert {int(low) for _, low, _ in read} <= {build.batch(node.unique_id)}, f"{name}: {sql}"
            assert marks <= {build.batch(key) for key in node.depends_on.nodes}, name


def test_each_model_asks_once_for_all_marks_of_a_table_that_it_reads(builds: dict[Mode, Build]) -> None:
    build = builds[NOTHING_NEW]
    for name, node in build.incremental_models.items():
        asked = [sql for sender, sql in build.stand_in.asked if sender == node.unique_id]
        calls = len(re.findall(r"= arrivals\(", node.raw_code))
        marks = [sql for sql in asked if "as newest" in sql]
        assert len(marks) == calls, name
        # And nothing else: not a row is read, and what dbt-databricks wants is sent.
        others = [sql for sql in asked if sql not in marks]
        wanted = (
            r"(?is)(create or replace (temporary )?view|describe|show|drop view|select 1 as nothing_new|alter table"
            r"|comment on)|select\b.*\binformation_schema\b"
        )
        assert all(re.match(wanted, sql.strip()) for sql in others), f"{name}: {others}"


def test_a_full_refresh_reads_all_and_has_no_incremental_part(builds: dict[Mode, Build]) -> None:
    for name, node in builds[FULL_REFRESH].incremental_models.items():
        assert set(re.findall(r"_batch > (\d+)", node.compiled_code)) <= {"0"}, name
        assert re.search(r"_batch <= \d+", node.compiled_code), name
        assert node.relation_name not in node.compiled_code, f"{name} reads itself"


def test_what_is_written_is_bounded_by_the_dates_or_offsets_of_what_arrived(builds: dict[Mode, Build]) -> None:
    for name, sql in written_by(builds[INCREMENTAL]).items():
        bounds = [f"replace where {DATES}", f"replace where {HOURS}", f"on old.{DATES} and", f"on {OFFSETS} and"]
        assert any(bound in sql for bound in bounds) != (name in UNBOUNDED), f"{name}: {sql}"


def test_a_table_that_another_run_has_written_to_is_not_written_to(builds: dict[Mode, Build]) -> None:
    build = builds[INCREMENTAL]
    for name, sql in written_by(build).items():
        node = build.models[name]
        stood = build.batch(node.unique_id)
        marks = re.findall(r"arrivals\([^)]*\)(?:, by='(\w+)')?(?:, mark='(\w+)')?\)", node.raw_code)
        assert marks, name
        expected = {mark or by or "processed_batch" for by, mark in marks}
        expected |= {"processed_batch"} & node.columns.keys()
        ((table, moved),) = re.findall(r"select count\(\*\) as others from (\S+) where (.*?)\) as written", sql)
        assert table == node.relation_name
        assert sorted(moved.split(" or ")) == [f"{mark} > {stood}" for mark in sorted(expected)], name
        assert "if( others > 0, raise_error('Another run of dbt has written to" in sql, name


@pytest.mark.parametrize(("rows_of_a_date", "is_hinted"), [(1000, True), (150_000, False)])
def test_a_batch_is_broadcast_and_a_backlog_is_not(
    rows_of_a_date: int, is_hinted: bool, dbt: OfflineDbt, builds: dict[Mode, Build]
) -> None:
    mode = Mode("incremental", rows_of_a_date=rows_of_a_date)
    run, _ = dbt.send(builds[INCREMENTAL].stand_in.manifest, mode, "run", "--select", "journeys")
    (outcome,) = [result for result in run.result if result.node.name == "journeys"]
    assert ("/*+ broadcast(" in outcome.node.compiled_code) == is_hinted


def test_what_is_inserted_only_touches_no_row_that_stands(builds: dict[Mode, Build]) -> None:
    build = builds[INCREMENTAL]
    written = written_by(build)
    insert_only = {name for name, node in build.incremental_models.items() if node.config.get("skip_matched_step")}
    assert {
        name for name, sql in written.items() if "left anti join" in sql and "replace where" not in sql
    } == insert_only
    assert "order_messages" in insert_only
    assert "order_keys" not in insert_only
    merged = {name for name, sql in written.items() if sql.startswith("merge")}
    assert merged == {name for name, node in build.incremental_models.items() if node.config.unique_key} - insert_only


def test_rows_get_the_batch_after_the_highest(build: Build) -> None:
    numbered = [node for node in build.models.values() if ".number }} as processed_batch" in node.raw_code]
    assert numbered
    for node in numbered:
        highest = 0 if build.mode == FIRST_RUN else build.batch(node.unique_id)
        assert f"cast({highest + 1} as bigint) as processed_batch" in node.compiled_code, node.name


def test_a_seed_is_one_statement_and_none_where_its_table_has_its_checksum(
    dbt: OfflineDbt, builds: dict[Mode, Build]
) -> None:
    manifest = builds[INCREMENTAL].stand_in.manifest
    seeds = sorted(key for key, node in manifest.nodes.items() if node.resource_type == "seed")

    def loads(mode: Mode, properties: dict[str, dict[str, str]] | None = None) -> dict[str, str]:
        """The statements that are no questions and no comments, by the seeds whose tables they name."""
        run, stand_in = dbt.send(manifest, mode, "seed", *mode.flags, properties=properties or {})
        assert run.success
        others = re.compile(r"(?i)(show|describe|select|comment)\b|create schema")
        sent = [sql for _, sql in stand_in.asked if not others.match(sql)]
        assert len(sent) in (0, len(seeds))
        return {stand_in.table_in(sql).unique_id: sql for sql in sent}

    loaded = loads(INCREMENTAL)
    assert sorted(loaded) == seeds
    for sql in loaded.values():
        assert re.match(r"(?s)create or replace table .*\bas\s+select\b.*\bfrom values\b", sql)
    checksums = {key: dict(re.findall(r"'(\S+_checksum)' = '(\w+)'", sql)) for key, sql in loaded.items()}
    assert loads(INCREMENTAL, checksums) == {}
    assert loads(FULL_REFRESH, checksums) == loaded
