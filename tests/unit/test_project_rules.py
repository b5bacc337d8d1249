"""The rules of dbt-project-evaluator, over dbt's manifest; docs/project_rules.md has the reason of each exception.

A rule gives what breaks it. That has to be what is listed here: a new exception is argued for, one that is mended is
taken out.
"""

import re
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dbt.cli.main import dbtRunner

from sandbox.settings import ROOT

LEAVES_OF_ONE_MODEL = 3
PARENTS_OF_ONE_MODEL = 7
VIEWS_IN_A_ROW = 5
"""From where the package calls it too many, by default."""
KEY_TESTS = {"keys_hold", "accepted_once"}
MESSAGES = {"order_messages", "engagement_messages", "review_messages"}
STAGING = {"stg_event_hub__orders", "stg_event_hub__engagement", "stg_event_hub__reviews"}
ROWS_OF_MESSAGES = {
    *("orders", "order_lines", "conflicting_orders"),
    *("engagement_events", "duplicate_events", "quarantined_events"),
}
"""Views that choose among the messages."""


class Project:
    """The manifest, by names of our own models and sources."""

    def __init__(self, manifest: Any) -> None:
        ours = [node for node in manifest.nodes.values() if node.package_name == "real_time_market"]
        self.models = {node.name: node for node in ours if node.resource_type == "model"}
        self.sources = {f"{source.source_name}.{source.name}": source for source in manifest.sources.values()}
        self.shown = {key for exposure in manifest.exposures.values() for key in exposure.depends_on.nodes}
        self.shown_models = self._named(list(self.shown), "model")
        self.tests: dict[str, set[str]] = defaultdict(set)
        for node in ours:
            if node.resource_type == "test":
                is_generic = hasattr(node, "test_metadata")
                for tested in [node.attached_node] if is_generic else node.depends_on.nodes:
                    self.tests[tested.split(".")[-1]].add(node.test_metadata.name if is_generic else node.name)
        self.parents = {name: self._named(node.depends_on.nodes, "model") for name, node in self.models.items()}
        self.sources_of = {name: self._named(node.depends_on.nodes, "source") for name, node in self.models.items()}
        self.children: dict[str, set[str]] = defaultdict(set)
        for name, parents in self.parents.items():
            for parent in parents:
                self.children[parent].add(name)

    @staticmethod
    def _named(keys: list[str], kind: str) -> set[str]:
        parts = [key.split(".") for key in keys]
        return {".".join(part[2:]) for part in parts if part[0] == kind}

    def layer(self, name: str) -> str:
        """The folder of a model."""
        return Path(self.models[name].original_file_path).parts[1]

    def views_above(self, name: str) -> int:
        """How many views stand in a row above a model."""
        views = [one for one in self.parents[name] if self.models[one].config.materialized == "view"]
        return max((1 + self.views_above(view) for view in views), default=0)


def hard_coded(code: str) -> bool:
    """Whether a model names a table of a schema itself."""
    code = re.sub(r"{{.*?}}|{%.*?%}|{#.*?#}|--[^\n]*|'(?:[^'\\]|\\.)*'", " ", code, flags=re.DOTALL)
    return re.search(r"(?i)\b(from|join)\s+`?\w+`?\.`?\w+", code) is not None


RULES: dict[str, tuple[Callable[[Project], set[str]], set[str]]] = {
    "a model reads models or a source, not both": (
        lambda p: {name for name in p.models if p.sources_of[name] and p.parents[name]},
        MESSAGES | {"stg_event_hub__orders", "conflicting_orders"},
    ),
    "only staging reads a source": (
        lambda p: {name for name, sources in p.sources_of.items() if sources and not name.startswith("stg_")},
        MESSAGES | {"conflicting_orders"},
    ),
    "a source has one reader": (
        lambda p: {key for key in p.sources if sum(key in sources for sources in p.sources_of.values()) > 1},
        {"event_hub.orders", "event_hub.engagement", "event_hub.reviews"},
    ),
    "no two sources are one table": (
        lambda p: {
            key
            for key, one in p.sources.items()
            if sum(one.relation_name == other.relation_name for other in p.sources.values()) > 1
        },
        set(),
    ),
    "a model reads one source": (lambda p: {name for name, read in p.sources_of.items() if len(read) > 1}, set()),
    "every source is read": (lambda p: set(p.sources) - set().union(*p.sources_of.values()), set()),
    "tables are named by ref and source": (
        lambda p: {name for name, node in p.models.items() if hard_coded(node.raw_code)},
        set(),
    ),
    "staging reads no other model": (
        lambda p: {name for name in p.models if name[:4] == "stg_" and p.parents[name]},
        {"stg_event_hub__orders"},
    ),
    "every model reads something": (
        lambda p: {name for name, node in p.models.items() if not node.depends_on.nodes},
        {"dim_content_type"},
    ),
    "few final models read the same model": (
        lambda p: {
            name for name in p.models if sum(not p.children[child] for child in p.children[name]) > LEAVES_OF_ONE_MODEL
        },
        MESSAGES,
    ),
    "what one model alone makes of another is not joined with it again": (
        lambda p: {
            f"{parent}, {child}, {grandchild}"
            for parent in p.models
            for child in p.children[parent]
            for grandchild in p.children[child] & p.children[parent]
            if p.children[child] == {grandchild} and child not in p.shown_models
        },
        set(),
    ),
    "a model reads few others": (
        lambda p: {name for name, node in p.models.items() if len(node.depends_on.nodes) >= PARENTS_OF_ONE_MODEL},
        {"as_of"},
    ),
    "few views stand in a row": (lambda p: {name for name in p.models if p.views_above(name) >= VIEWS_IN_A_ROW}, set()),
    "what is shown is stored": (
        lambda p: {name for name in p.shown_models if p.models[name].config.materialized in ("view", "ephemeral")},
        set(),
    ),
    "what is shown is a model": (lambda p: {key for key in p.shown if not key.startswith("model.")}, set()),
    "the key of every model is tested": (
        lambda p: {name for name in p.models if not p.tests[name] & KEY_TESTS},
        STAGING | ROWS_OF_MESSAGES | {"as_of"},
    ),
    "every model has a data test": (
        lambda p: {name for name in p.models if not p.tests[name]},
        STAGING | {"conflicting_orders", "duplicate_events", "quarantined_events"},
    ),
    "every source says when it is stale": (
        lambda p: {key for key, one in p.sources.items() if not (one.freshness and one.freshness.error_after.count)},
        set(),
    ),
    "every model and column is described": (
        lambda p: {
            name
            for name, node in p.models.items()
            if not node.description or not node.columns or not all(one.description for one in node.columns.values())
        },
        set(),
    ),
    "every source is described": (
        lambda p: {key for key, one in p.sources.items() if not (one.source_description and one.description)},
        set(),
    ),
    "names say what a model is": (
        lambda p: {name for name in p.models if p.layer(name) == "gold" and name[:4] not in ("fct_", "dim_")},
        {"as_of", "pipeline_health", "products_at_risk"},
    ),
    "staging names its source and what a row is": (
        lambda p: {
            name
            for name, read in p.sources_of.items()
            if name.startswith("stg_") and read != {name.removeprefix("stg_").replace("__", ".")}
        },
        set(),
    ),
    "gold is public and has contracts, silver is not public": (
        lambda p: {
            name
            for name, node in p.models.items()
            if (node.access == "public") != (p.layer(name) == "gold")
            or (node.access == "public" and not node.contract.enforced)
        },
        set(),
    ),
    "every model has a group with an owner": (
        lambda p: {name for name, node in p.models.items() if not node.group},
        set(),
    ),
    "what is shown is public": (
        lambda p: {name for name in p.shown_models if p.models[name].access != "public"},
        set(),
    ),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = str(tmp_path_factory.mktemp("rules"))
    folders = ("--project-dir", str(ROOT), "--profiles-dir", str(ROOT), "--target-path", folder, "--log-path", folder)
    parsed = dbtRunner().invoke(["--quiet", "parse", *folders])
    assert parsed.success, parsed.exception
    return Project(parsed.result)


@pytest.mark.parametrize("rule", RULES)
def test_the_project_keeps_the_rule_but_for_what_is_listed(rule: str, project: Project) -> None:
    broken_by, exceptions = RULES[rule]
    assert broken_by(project) == exceptions


@pytest.mark.parametrize("rule", RULES)
def test_the_page_has_every_rule_with_its_exceptions(rule: str) -> None:
    rows = (ROOT / "docs" / "project_rules.md").read_text().splitlines()
    (row,) = [row for row in rows if row.startswith(f"| {rule} |")]
    missing = {name for name in RULES[rule][1] if f"`{name}`" not in row}
    assert not missing
