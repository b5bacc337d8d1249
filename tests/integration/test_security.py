"""Secrets are in no output, file or plan; what runs here listens on this machine only; state is its owner's alone."""

import os
import re
import socket
import stat
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest
from pyspark.sql import SparkSession

from ingestion import stream
from ingestion.errors import UserError
from ingestion.kafka_options import kafka_options
from ingestion.settings import Settings
from sandbox.broker import broker
from sandbox.settings import ROOT
from sandbox.setup import DBT
from sandbox.spark import spark_server
from tests.support.sandboxes import TestSandbox
from tests.support.waiting import wait_until
from tests.support.warehouse import Warehouse

KEY = "Q2FuYXJ5T2ZUaGVTZWN1cml0eVRlc3Rz"
TOKEN = "dapi0c4n4ry0f7h3s3cur17y"
CANARIES = (KEY[:12], KEY[-12:], TOKEN[4:])
"""Parts of the secrets: what holds a piece of one is found too."""


def connection_string(host: str, key: str = KEY) -> str:
    return f"Endpoint=sb://{host}/;SharedAccessKeyName=all;SharedAccessKey={key}="


CONNECTIONS = {
    "a name that nothing answers to": connection_string("nowhere.invalid"),
    "quotes in the key": connection_string("nowhere.invalid", f'{KEY}" {KEY}'),
    "a line end in the key": connection_string("nowhere.invalid", f"{KEY}\n{KEY}"),
    "a semicolon and a quote": connection_string("nowhere.invalid", f'{KEY}";{KEY} x="'),
}


def settings_for(connection: str) -> Settings:
    return Settings(transport="event_hubs", event_hubs_connection_string=connection, topic_generation="1")


def holders(folder: Path, since: float = 0) -> list[str]:
    """The files below a folder that hold a part of a secret, and names that do."""
    found = []
    for path in folder.rglob("*"):
        if any(canary in str(path) for canary in CANARIES):
            found.append(f"the name {path}")
        if path.is_file() and not path.is_symlink() and path.stat().st_mtime >= since:
            content = path.read_bytes()
            found += [f"{path}: {canary}" for canary in CANARIES if canary.encode() in content]
    return found


def assert_no_secret(text: str, where: str) -> None:
    for canary in CANARIES:
        place = text.find(canary)
        assert place < 0, f"{where} holds a secret: ...{text[max(0, place - 200) : place]}"


class Ended(NamedTuple):
    """What a command printed, and every command line of it and of its children while it ran."""

    code: int
    output: str
    command_lines: str


class Running:
    """A command of ours that runs beside the tests, with secrets in its environment."""

    def __init__(self, sandbox: TestSandbox, *command: str, **environment: str) -> None:
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **sandbox.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines: list[str] = []
        self._command_lines: set[str] = set()
        self._reader = threading.Thread(target=lambda: self._lines.extend(self._process.stdout or ()), daemon=True)
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._reader.start()
        self._watcher.start()

    def _watch(self) -> None:
        while self._process.poll() is None:
            with suppress(psutil.Error):
                family = [parent := psutil.Process(self._process.pid), *parent.children(recursive=True)]
                for process in family:
                    # One that has ended and is not reaped yet has no command line; the others still have theirs.
                    with suppress(psutil.Error):
                        self._command_lines.add(" ".join(process.cmdline()))
            time.sleep(0.2)

    def end(self, seconds: float, stop_at: str | None = None) -> Ended:
        """Wait for its end; or for some words in its output, and make it end then."""

        def is_over() -> bool:
            return self._process.poll() is not None or (
                stop_at is not None and any(stop_at in line for line in self._lines)
            )

        with suppress(TimeoutError):
            wait_until(is_over, "its end", seconds, every=0.2)
        if self._process.poll() is None:
            assert stop_at, f"still runs after {seconds} s: {''.join(self._lines)}"
            self._process.kill()
        self._process.wait(20)
        self._reader.join(20)
        self._watcher.join(20)
        return Ended(self._process.returncode, "".join(self._lines), "\n".join(self._command_lines))


@pytest.fixture(scope="module")
def began() -> float:
    return time.time()


@pytest.fixture(scope="module")
def outside(began: float, tmp_path_factory: pytest.TempPathFactory) -> TestSandbox:
    """A sandbox whose commands have secrets in their environment and reach nobody."""
    return TestSandbox(tmp_path_factory.mktemp("secrets") / "state")


@pytest.fixture(scope="module")
def stream_job(outside: TestSandbox) -> Running:
    """The stream job as people start it, before a host that there is not."""
    return Running(
        outside,
        *outside.command("ingestion", "stream", "--once", "--hub", "orders"),
        INGESTION_TRANSPORT="event_hubs",
        INGESTION_EVENT_HUBS_CONNECTION_STRING=connection_string("nowhere.invalid"),
        INGESTION_TOPIC_GENERATION="1",
    )


@pytest.fixture(scope="module", autouse=True)
def _started_early(stream_job: Running) -> None:
    """It works while the other tests begin."""


class Chatty:
    """Spark's log at its most talkative for a while, Kafka's client and its settings included."""

    NAMES = ("org.apache.kafka", "org.apache.spark.sql.kafka010", "org.apache.spark.sql.execution.streaming")

    def __init__(self, spark: SparkSession) -> None:
        log4j: Any = spark._jvm.org.apache.logging.log4j  # type: ignore[union-attr]
        self._set, self._levels = log4j.core.config.Configurator.setLevel, log4j.Level

    def __enter__(self) -> None:
        for name in self.NAMES:
            self._set(name, self._levels.DEBUG)

    def __exit__(self, *_: object) -> None:
        for name in self.NAMES:
            self._set(name, self._levels.WARN)


@pytest.fixture(scope="module")
def tried(began: float, warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The errors of the stream job before each connection, Spark's log at its most talkative."""
    errors = {}
    for number, (name, connection) in enumerate(CONNECTIONS.items()):
        folder = warehouse.spark.conf.get("spark.market.bronze")
        settings = settings_for(connection).model_copy(
            update={"bronze": f"{folder}_{number}", "checkpoints": f"{folder}_checkpoints_{number}"}
        )
        with Chatty(warehouse.spark), pytest.raises(UserError) as raised:
            stream.run(warehouse.spark, settings, ["orders"], once=True, report=print)
        errors[name] = str(raised.value)
    return errors


def logs_of(warehouse: Warehouse) -> Path:
    return warehouse.target.parent


@pytest.mark.parametrize("name", CONNECTIONS)
def test_no_error_of_the_stream_job_holds_the_connection_string(name: str, tried: dict[str, str]) -> None:
    assert_no_secret(tried[name], "the error")
    assert tried[name].startswith("Landing orders stopped: ")
    assert "\n" not in tried[name]


def test_no_log_plan_or_checkpoint_holds_the_connection_string(
    began: float, warehouse: Warehouse, tried: dict[str, str]
) -> None:
    state = logs_of(warehouse)
    log = (state / "logs" / "spark.log").read_text()
    # Kafka's client did write its settings down, the password as hidden.
    assert "sasl.jaas.config = [hidden]" in log
    assert "nowhere.invalid:9093" in log
    assert list(state.glob("bronze_checkpoints_0/orders/1/*"))
    assert holders(state) == []


def test_no_plan_holds_the_connection_string(warehouse: Warehouse, capfd: pytest.CaptureFixture[str]) -> None:
    spark = warehouse.spark
    options = kafka_options(settings_for(CONNECTIONS["a name that nothing answers to"]))
    for reader in (spark.read, spark.readStream):
        events = reader.format("kafka").options(**options).option("subscribe", "orders").load()
        execution = events._jdf.queryExecution()
        plans = [execution.logical(), execution.analyzed()]
        # (A stream has no other plan until it runs.)
        plans += [] if events.isStreaming else [execution.optimizedPlan()]
        for plan in plans:
            assert "kafka" in plan.toString().lower()
            assert_no_secret(plan.toString() + plan.toJSON(), "a plan")
    out = capfd.readouterr()
    assert_no_secret(out.out + out.err, "the output")


def test_sparks_own_redaction_knows_the_names_of_our_secrets(warehouse: Warehouse) -> None:
    spark = warehouse.spark
    options = kafka_options(settings_for(connection_string("nowhere.invalid")))
    secret = next(name for name in options if "jaas" in name)
    for setting in ("spark.redaction.regex", "spark.sql.redaction.options.regex"):
        pattern = spark.sparkContext.getConf().get(setting)
        assert pattern
        for name in (secret, "kafka.sasl.password", "token", "INGESTION_EVENT_HUBS_CONNECTION_STRING"):
            assert re.search(pattern, name), (setting, name)


def test_commands_that_fail_say_no_secret(outside: TestSandbox, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text('{"order_id": "1"}\n')
    connection = {"INGESTION_EVENT_HUBS_CONNECTION_STRING": connection_string("nowhere.invalid")}
    commands = [
        (("send", "--hub", "orders", str(file)), {"INGESTION_TRANSPORT": "event_hubs"}),
        (("send", "--hub", "orders", str(file)), {"INGESTION_TRANSPORT": KEY, "INGESTION_TRIGGER_SECONDS": "-1"}),
        (("stream", "--once"), {"INGESTION_TRANSPORT": "event_hubs", "INGESTION_TOPIC_GENERATION": "no good"}),
    ]
    for arguments, environment in commands:
        ended = Running(outside, *outside.command("ingestion", *arguments), **connection, **environment).end(100)
        assert ended.code == 1, ended.output
        assert "Error: " in ended.output
        assert_no_secret(ended.output + ended.command_lines, " ".join(arguments))


def test_a_stream_job_that_cannot_connect_says_no_secret(
    began: float, outside: TestSandbox, stream_job: Running
) -> None:
    ended = stream_job.end(170)
    assert ended.code == 1, ended.output
    assert "Error: Landing orders stopped: " in ended.output
    assert_no_secret(ended.output, "the output")
    assert "java" in ended.command_lines
    assert_no_secret(ended.command_lines, "a command line")
    assert holders(outside.state) == []


def test_dbt_writes_the_token_nowhere(began: float, outside: TestSandbox) -> None:
    dbt = Running(
        outside,
        *(str(DBT), "--debug", "--log-level-file", "debug", "compile", "--target", "production"),
        DATABRICKS_HOST="127.0.0.2",
        DATABRICKS_HTTP_PATH="/sql/1.0/warehouses/0",
        DATABRICKS_TOKEN=TOKEN,
    )
    ended = dbt.end(150, stop_at="Opening a new connection")
    assert "Registered adapter: databricks" in ended.output
    assert "Opening a new connection" in ended.output
    assert_no_secret(ended.output + ended.command_lines, "the output")
    assert (outside.state / "target" / "partial_parse.msgpack").exists()
    assert "Registered adapter" in (outside.state / "logs" / "dbt.log").read_text()
    assert holders(outside.state) == []


def test_nothing_is_left_in_the_project_itself(began: float, tried: dict[str, str]) -> None:
    assert [
        found
        for name in ("logs", "target", ".local", "spark-warehouse", "metastore_db")
        for found in holders(ROOT / name, since=began)
    ] == []


def listeners(root: psutil.Process) -> dict[str, str]:
    """The addresses at which a process or its children take connections or packets, with who does."""
    found = {}
    for process in [root, *root.children(recursive=True)]:
        try:
            for connection in process.net_connections(kind="inet"):
                takes = connection.status == psutil.CONN_LISTEN or (
                    connection.type == socket.SOCK_DGRAM and not connection.raddr
                )
                if takes and connection.laddr:
                    found[f"{connection.laddr.ip}:{connection.laddr.port}"] = f"{process.name()} {process.pid}"
        except psutil.NoSuchProcess:
            pass
    return found


def is_local(address: str) -> bool:
    return address.rpartition(":")[0] in ("127.0.0.1", "::1", "::ffff:127.0.0.1")


@pytest.fixture(scope="module")
def everything(broker_sandbox: TestSandbox) -> Iterator[dict[str, dict[str, str]]]:
    """What listens where while the broker, the Spark server and a stream job run."""
    started = broker_sandbox.run("sandbox", "spark", "start")
    assert started.returncode == 0, started.stderr
    job = broker_sandbox.start("ingestion", "stream", "--hub", "orders")
    try:
        checkpoint = broker_sandbox.settings.checkpoints / "orders"
        wait_until(lambda: any(checkpoint.glob("*/metadata")) or job.poll() is not None, "the query to begin")
        # The sources are read from the first batch on, which leaves nothing behind where there is no event.
        time.sleep(3)
        pids = {
            "broker": broker(broker_sandbox.settings).pid,
            "spark server": spark_server(broker_sandbox.settings).pid,
            "stream job": job.pid,
        }
        assert all(pids.values()), pids
        yield {name: listeners(psutil.Process(pid)) for name, pid in pids.items()}
    finally:
        job.terminate()
        job.communicate(timeout=180)


@pytest.mark.parametrize("name", ["broker", "spark server", "stream job"])
def test_what_runs_here_listens_on_this_machine_only(name: str, everything: dict[str, dict[str, str]]) -> None:
    assert len(everything[name]) >= 1
    assert [place for place in everything[name].items() if not is_local(place[0])] == []


def test_dbts_own_spark_listens_on_this_machine_only(warehouse: Warehouse) -> None:
    assert warehouse.query("select 1 as one") == [{"one": 1}]
    found = listeners(psutil.Process())
    assert any(who.startswith("java") for who in found.values())
    assert [place for place in found.items() if not is_local(place[0])] == []


def test_state_is_its_owners_alone_and_nothing_in_it_is_for_all_to_write(
    everything: dict[str, dict[str, str]], broker_sandbox: TestSandbox, warehouse: Warehouse
) -> None:
    for state in (broker_sandbox.state, logs_of(warehouse)):
        paths = list(state.rglob("*"))
        assert len(paths) > 20
        assert [path for path in paths if is_for_all_to_write(path)] == []


def is_for_all_to_write(path: Path) -> bool:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        # Of a job at work: it was there for a moment.
        return False
    return not stat.S_ISLNK(mode) and bool(mode & stat.S_IWOTH)
