"""The local broker: started once, found again, stopped cleanly, back after a kill."""

import os
import signal
import socket
from pathlib import Path

import psutil

from tests.support.sandboxes import TestSandbox


def pid_of(sandbox: TestSandbox) -> int:
    return int((sandbox.state / "broker.pid").read_text().split()[0])


def test_starting_and_stopping_twice_changes_nothing(sandbox: TestSandbox) -> None:
    assert sandbox.run("sandbox", "broker", "status").returncode == 3
    assert "is up" in sandbox.run("sandbox", "broker", "start").stdout
    assert "ran already" in sandbox.run("sandbox", "broker", "start").stdout
    assert sandbox.run("sandbox", "broker", "status").returncode == 0
    assert "is stopped" in sandbox.run("sandbox", "broker", "stop").stdout
    stopped = sandbox.run("sandbox", "broker", "stop")
    assert (stopped.returncode, stopped.stdout) == (0, "The broker did not run.\n")


def test_it_listens_on_this_machine_only(broker_sandbox: TestSandbox) -> None:
    connections = psutil.Process(pid_of(broker_sandbox)).net_connections("inet")
    addresses = {one.laddr.ip for one in connections if one.status == psutil.CONN_LISTEN}
    assert addresses
    assert addresses <= {"127.0.0.1", "::ffff:127.0.0.1"}


def test_events_survive_a_kill(broker_sandbox: TestSandbox, tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    events.write_text('{"a": 1}\n{"a": 2}\n')
    sent = broker_sandbox.run("ingestion", "send", "--hub", "orders", str(events))
    assert (sent.returncode, sent.stdout) == (0, "2 events sent to orders\n"), sent.stderr
    os.kill(pid_of(broker_sandbox), signal.SIGKILL)
    assert "is up" in broker_sandbox.run("sandbox", "broker", "start").stdout
    from sandbox.demo import count_in_broker

    assert count_in_broker(broker_sandbox.settings, "orders") == 2


def test_a_taken_port_is_said_in_one_line(tmp_path: Path) -> None:
    sandbox = TestSandbox(tmp_path)
    with socket.socket() as other:
        other.bind(("127.0.0.1", sandbox.settings.broker_port))
        other.listen()
        refused = sandbox.run("sandbox", "broker", "start")
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert f"Port {sandbox.settings.broker_port} is taken" in refused.stderr
    assert "SANDBOX_BROKER_PORT" in refused.stderr


def test_landing_without_a_broker_is_said_in_one_line(tmp_path: Path) -> None:
    refused = TestSandbox(tmp_path).run("ingestion", "stream", "--once")
    assert refused.returncode == 1
    errors = [line for line in refused.stderr.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 1
    assert "Is the broker running" in errors[0]


def test_sending_without_a_broker_is_said_in_one_line(tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    events.write_text("{}\n")
    refused = TestSandbox(tmp_path / "state").run("ingestion", "send", "--hub", "orders", str(events))
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "Is the broker running" in refused.stderr
