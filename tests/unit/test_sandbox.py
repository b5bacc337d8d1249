"""What the sandbox says when something is not as it needs it."""

import importlib
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from ingestion.errors import UserError
from sandbox.broker import _prepare_disk
from sandbox.descriptions import undescribed
from sandbox.java import find_java
from sandbox.perspectives import Query, queries_in
from sandbox.processes import Daemon, only_one
from sandbox.settings import ROOT, SandboxSettings
from sandbox.spark import metastore_owner, require_metastore
from tests.support.sandboxes import TestSandbox, free_port


def fake_java(folder: Path, version: str) -> None:
    java = folder / "java"
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    java.chmod(0o755)


def test_no_java_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match=r"No Java on the PATH. Install Java 17 or 21"):
        find_java()
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "nowhere"))
    with pytest.raises(UserError, match="No Java in JAVA_HOME="):
        find_java()


def test_another_java_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    fake_java(tmp_path, "11.0.2")
    with pytest.raises(UserError, match="is Java 11; Spark runs on Java 17 or 21"):
        find_java()
    fake_java(tmp_path, "21.0.1")
    assert find_java() == tmp_path / "java"


def test_a_second_run_is_refused_while_one_is_at_work(tmp_path: Path) -> None:
    said = f"make demo, process {os.getpid()}"
    with only_one(tmp_path, "make demo"), pytest.raises(UserError, match=said), only_one(tmp_path, "make live"):
        pass
    with only_one(tmp_path, "make live"):
        pass


def only_open(settings: SandboxSettings) -> None:
    with only_one(settings.state, "a test"):
        pass


def start_nothing(settings: SandboxSettings) -> None:
    with pytest.raises(UserError):
        Daemon("thing", ["false"], free_port(), settings.state, 10).start()


@pytest.mark.parametrize(
    "first", [lambda settings: settings.logs, only_open, start_nothing, require_metastore, _prepare_disk]
)
def test_whatever_makes_local_state_first_makes_it_for_its_owner_only(
    first: Callable[[SandboxSettings], object], tmp_path: Path
) -> None:
    settings = SandboxSettings(state=tmp_path / "some" / "where")
    before = os.umask(0o000)
    try:
        first(settings)
    finally:
        os.umask(before)
    assert stat.S_IMODE(settings.state.stat().st_mode) == 0o700


def test_local_state_that_was_opened_to_others_stays_open(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    SandboxSettings(state=tmp_path).logs  # noqa: B018
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o750


def test_a_pid_used_again_is_not_taken_for_ours(tmp_path: Path) -> None:
    daemon = Daemon("thing", ["true"], free_port(), tmp_path, 1)
    (tmp_path / "thing.pid").write_text(f"{os.getpid()} 1")
    assert daemon.pid is None
    assert daemon.stop() is False


def test_a_daemon_that_ends_at_once_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="thing ended at once"):
        Daemon("thing", ["false"], free_port(), tmp_path, 10).start()


def test_who_has_the_metastore_is_known_and_said_in_one_line(tmp_path: Path) -> None:
    sandbox = TestSandbox(tmp_path)
    assert metastore_owner(sandbox.settings) is None
    sandbox.settings.metastore.mkdir()
    lock = sandbox.settings.metastore / "dbex.lck"
    lock.touch()
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import fcntl, time; f = open({str(lock)!r}, 'r+'); fcntl.lockf(f, fcntl.LOCK_EX);"
            " print('held', flush=True); time.sleep(60)",
        ],
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout
        holder.stdout.readline()
        assert metastore_owner(sandbox.settings) == f"process {holder.pid}"
        refused = sandbox.run("sandbox", "check-spark")
        assert refused.returncode == 1
        assert refused.stderr.count("\n") == 1
        assert f"process {holder.pid}" in refused.stderr
        assert "--target local_server" in refused.stderr
    finally:
        holder.kill()
        holder.wait()
    assert metastore_owner(sandbox.settings) is None


@pytest.mark.parametrize("module", ["ingestion", "simulator", "sandbox"])
def test_every_command_has_help_with_an_example(module: str) -> None:
    main = importlib.import_module(f"{module}.__main__").main

    # In this process: with one for each command, most of the time went into Python's start.
    def help_of(*path: str) -> str:
        shown = CliRunner().invoke(main, [*path, "--help"], prog_name=f"python -m {module}")
        assert shown.exit_code == 0, shown.output
        return shown.output

    def commands_in(text: str) -> list[str]:
        return re.findall(r"^  ([a-z-]+)  ", text.partition("Commands:")[2], re.MULTILINE)

    def check(*path: str) -> None:
        text = help_of(*path)
        if commands := commands_in(text):
            for command in commands:
                check(*path, command)
        else:
            assert f"Example: python -m {module} {' '.join(path)}" in text

    check()
    alone = [sys.executable, "-m", module, "--help"]
    started = subprocess.run(alone, cwd=ROOT, capture_output=True, text=True, check=True)
    assert commands_in(started.stdout) == commands_in(help_of())


def test_make_help_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^  make ([a-z-]+)", listed, re.MULTILINE)) == set(phony[1].split())


def test_the_queries_of_an_analysis_are_told_apart_by_their_comments() -> None:
    first = "-- first: what it\n-- shows.\nselect ';' as a;\n\n"
    sql = f"-- Title of all.\n\n{first}-- second: more.\nwith b as (select 1)\nselect *\nfrom b;\n"
    assert queries_in(sql) == [
        Query("first", "what it shows.", "select ';' as a"),
        Query("second", "more.", "with b as (select 1)\nselect *\nfrom b"),
    ]
    with pytest.raises(ValueError, match=r"no comment `-- <name>: \.\.\.`: select 2"):
        queries_in("-- first: one.\nselect 1;\nselect 2;\n")


def test_what_has_no_description_is_named() -> None:
    def node(kind: str, name: str, description: str, **columns: str) -> SimpleNamespace:
        described = {key: SimpleNamespace(name=key, description=text) for key, text in columns.items()}
        return SimpleNamespace(
            resource_type=kind, name=name, description=description, columns=described, package_name="ours"
        )

    manifest = SimpleNamespace(
        metadata=SimpleNamespace(project_name="ours"),
        nodes={
            1: node("model", "orders", "Orders.", order_id="Key.", city=" "),
            2: node("model", "reviews", "", rating="Stars."),
            3: node("seed", "us_states", "States."),
            4: node("test", "unique", ""),
        },
        sources={1: node("source", "orders", "Landed.", body="")},
    )
    assert undescribed(manifest) == [
        "column city of model orders",
        "model reviews",
        "all columns of seed us_states",
        "column body of source orders",
    ]
