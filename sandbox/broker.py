"""The local event broker: one real Apache Kafka node (KRaft) on 127.0.0.1."""

import subprocess
import time
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from ingestion.contracts import HUBS
from ingestion.errors import UserError
from ingestion.kafka_options import SILENT
from sandbox.jars import SPARK_JARS, classpath
from sandbox.java import find_java
from sandbox.processes import Daemon, require_free_port
from sandbox.settings import SandboxSettings, private_folder

PARTITIONS = 2
"""Partitions of each topic: one a core of a small laptop."""

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
controller.listener.names=CONTROLLER
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
# The time an event is landed by is the broker's, as on Event Hubs.
log.message.timestamp.type=LogAppendTime
# Event Hubs takes events of up to 1 MB; leave room for the envelope.
message.max.bytes=2097152
# Back in 6 s, not 17, after a kill.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
"""


def broker(settings: SandboxSettings) -> Daemon:
    """The broker as a program in the background."""
    return Daemon(
        name="broker",
        command=[
            *_java("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
            "kafka.Kafka",
            str(_home(settings) / "server.properties"),
        ],
        port=settings.broker_port,
        state=settings.state,
    )


def start_broker(settings: SandboxSettings) -> bool:
    """Start the broker, format its disk on the first start, make the hubs' topics.

    Returns:
        False if it ran already.

    Raises:
        UserError: no Java, a taken port, or a broker that does not come up.
    """
    daemon = broker(settings)
    if daemon.pid:
        return False
    require_free_port(settings.broker_port, "SANDBOX_BROKER_PORT")
    require_free_port(settings.broker_controller_port, "SANDBOX_BROKER_CONTROLLER_PORT")
    _prepare_disk(settings)
    daemon.start()
    _create_topics(settings)
    return True


def _home(settings: SandboxSettings) -> Path:
    return settings.state / "broker"


def _java(*options: str) -> list[str]:
    scala = next(SPARK_JARS.glob("scala-library-*.jar"))
    log_level = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
    return [str(find_java()), *options, log_level, "-cp", f"{classpath('broker')}:{scala}"]


def _prepare_disk(settings: SandboxSettings) -> None:
    home = _home(settings)
    private_folder(settings.state)
    home.mkdir(exist_ok=True)
    data = home / "data"
    properties = home / "server.properties"
    properties.write_text(
        PROPERTIES.format(port=settings.broker_port, controller_port=settings.broker_controller_port, data=data)
    )
    if (data / "meta.properties").exists():
        return
    formatting = subprocess.run(
        [
            *_java("-Xmx128m"),
            *(
                "kafka.tools.StorageTool",
                "format",
                "--cluster-id",
                "real-time-market-0001",
                "--config",
                str(properties),
            ),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if formatting.returncode:
        raise UserError(f"The broker's disk could not be formatted in {data}: {formatting.stderr.strip()[-300:]}")


def _create_topics(settings: SandboxSettings) -> None:
    admin = AdminClient({"bootstrap.servers": settings.broker_address}, logger=SILENT)
    deadline = time.monotonic() + 30
    while True:
        try:
            there = admin.list_topics(timeout=5).topics
            break
        except KafkaException as error:
            if time.monotonic() > deadline:
                raise UserError(f"The broker opened its port but does not answer: {error}") from error
    missing = [NewTopic(hub, num_partitions=PARTITIONS) for hub in HUBS if hub not in there]
    for creation in admin.create_topics(missing).values() if missing else ():
        creation.result(timeout=30)
