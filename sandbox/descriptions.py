"""What the dbt docs would show without a description: models, seeds, sources, columns."""

from typing import Any

from dbt.cli.main import dbtRunner

from ingestion.errors import UserError
from sandbox.settings import ROOT


def require_descriptions() -> None:
    """Parse the project and look at everything that the docs site shows.

    Raises:
        UserError: something has no description; the text names each.
    """
    command = ["--quiet", "parse", "--project-dir", str(ROOT), "--profiles-dir", str(ROOT)]
    manifest: Any = dbtRunner().invoke(command).result
    if manifest is None:
        raise UserError("dbt can't parse the project; see: dbt parse")
    if missing := sorted(undescribed(manifest)):
        raise UserError("Without a description:\n  " + "\n  ".join(missing))


def undescribed(manifest: Any) -> list[str]:
    """What has no description, such as `model orders` or `column city of model orders`."""
    nodes = [node for node in manifest.nodes.values() if node.resource_type in ("model", "seed", "snapshot")]
    missing = []
    for node in [*nodes, *manifest.sources.values()]:
        if node.package_name != manifest.metadata.project_name:
            continue
        name = f"{node.resource_type} {node.name}"
        if not node.description.strip():
            missing.append(name)
        if not node.columns:
            missing.append(f"all columns of {name}")
        missing += [f"column {it.name} of {name}" for it in node.columns.values() if not it.description.strip()]
    return missing
