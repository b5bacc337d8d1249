"""Fixtures of the Power BI tests: the project as text, and a built shop to evaluate its measures over."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.settings import SandboxSettings
from tests.powerbi.microsoft import MicrosoftTools, ToolsMissing
from tests.powerbi.offline import OfflineModel, offline_model
from tests.powerbi.project import POWERBI, Project
from tests.powerbi.twins import Silver


@pytest.fixture(scope="session")
def project() -> Project:
    """The Power BI project as it is in the repository."""
    return Project(POWERBI)


@pytest.fixture(scope="session")
def filled(project: Project, shop_tables: Path) -> OfflineModel:
    """The semantic model, filled from gold."""
    return offline_model(project.model, shop_tables / "gold.db")


@pytest.fixture(scope="session")
def silver(shop_tables: Path) -> Silver:
    """Silver, to ask the same of it in SQL."""
    return Silver(shop_tables / "silver.db")


@pytest.fixture(scope="session")
def schemas() -> Path:
    """Microsoft's JSON schemas, in the folders of their addresses: POWERBI_SCHEMAS."""
    named = os.environ.get("POWERBI_SCHEMAS")
    if not named:
        pytest.skip("No JSON schemas of Microsoft's to hold the files against: set POWERBI_SCHEMAS to their folder")
    return Path(named)


@pytest.fixture(scope="session")
def tools() -> Iterator[MicrosoftTools]:
    """Microsoft's tools from npm, installed once under .local/node."""
    try:
        installed = MicrosoftTools(SandboxSettings().state / "node")
    except ToolsMissing as missing:
        pytest.skip(f"Without Microsoft's tools: {missing}")
    yield installed
    installed.close()
