"""The event contracts: one JSON Schema a hub."""

import json
from importlib.resources import files
from typing import Any

HUBS = ("orders", "engagement", "reviews")
"""The hubs, by name; each has a contract, a bronze table and a stream query of its own."""


def contract(hub: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one hub's events."""
    schema: dict[str, Any] = json.loads(files(__package__).joinpath(f"{hub}.schema.json").read_text("utf-8"))
    return schema
