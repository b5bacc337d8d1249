"""Fixtures of all tests: one warehouse for all that runs dbt, since a process has one Spark with one metastore."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.broker import broker
from sandbox.setup import install_dbt_packages
from sandbox.spark import spark_server
from tests.support.sandboxes import TestSandbox
from tests.support.shop import Shop, built_shop
from tests.support.warehouse import Warehouse


class SaidAtOnce:
    """Prints what failed as soon as it is known: a run that is cut off does not come to its summary."""

    def __init__(self, reporter: pytest.TerminalReporter) -> None:
        self._reporter = reporter

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Called for each phase of each test, with xdist in the process that counts."""
        if report.failed:
            self._reporter.write_line(f"\n{report.nodeid}, {report.when}: {report.longreprtext[-2000:]}")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Called once before tests are collected, after pytest has its reporter."""
    if reporter := config.pluginmanager.get_plugin("terminalreporter"):
        config.pluginmanager.register(SaidAtOnce(reporter))


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """Bronze, silver and gold in a sandbox of their own, with dbt and Spark in this process."""
    sandbox = TestSandbox(tmp_path_factory.mktemp("warehouse"))
    sandbox.without_code_generation()
    install_dbt_packages(sandbox.settings)
    os.environ.update(sandbox.environment)
    house = Warehouse(sandbox)
    yield house
    house.close()


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A built shop with a long history, one for all processes of this test run."""
    folder = tmp_path_factory.getbasetemp()
    return built_shop((folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "shop")


@pytest.fixture(scope="session")
def shop_tables(request: pytest.FixtureRequest) -> Path:
    """A warehouse folder with gold.db and silver.db: SHOP_TABLES, else that of the built shop."""
    if "SHOP_TABLES" not in os.environ:
        tables: Path = request.getfixturevalue("shop").tables
        return tables
    folder = Path(os.environ["SHOP_TABLES"]).resolve()
    assert (folder / "gold.db" / "as_of").is_dir(), f"SHOP_TABLES names {folder}, which holds no built shop"
    return folder


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestSandbox]:
    """An empty sandbox; its daemons are stopped at the end."""
    one = TestSandbox(tmp_path_factory.mktemp("sandbox"))
    yield one
    spark_server(one.settings).stop()
    broker(one.settings).stop()


@pytest.fixture(scope="module")
def broker_sandbox(sandbox: TestSandbox) -> TestSandbox:
    """A sandbox whose broker runs."""
    started = sandbox.run("sandbox", "broker", "start")
    assert started.returncode == 0, started.stderr
    return sandbox


@pytest.fixture
def ledgers(tmp_path: Path) -> Path:
    """A folder for ledgers."""
    return tmp_path / "ledger"
