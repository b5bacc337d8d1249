"""The Power BI project as files: semantic model, report pages, visuals."""

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from sandbox.settings import ROOT
from tests.powerbi.tmdl import Model, read_model

POWERBI = ROOT / "powerbi"


@dataclass
class Visual:
    """One visual of a page."""

    page: str
    json: dict[str, Any]
    mobile: dict[str, Any] | None

    @property
    def name(self) -> str:
        return str(self.json["name"])

    @property
    def type(self) -> str:
        return str(self.json["visual"]["visualType"])

    @property
    def place(self) -> str:
        return f"{self.page}/{self.name}"

    def fields(self) -> list[tuple[str, str, str, str]]:
        """Role, kind (Column or Measure), table and name of each field that it shows."""
        roles = self.json["visual"].get("query", {}).get("queryState", {})
        return [(role, *field_of(shown["field"])) for role, state in roles.items() for shown in state["projections"]]

    def container(self, part: str, name: str) -> Any:
        """A property of its title, subTitle, general ...: literal text without quotes, or the expression."""
        for entry in self.json["visual"].get("visualContainerObjects", {}).get(part, []):
            if name in entry["properties"]:
                expression = entry["properties"][name]["expr"]
                literal = expression.get("Literal", {}).get("Value")
                return expression if literal is None else literal.strip("'")
        return None


@dataclass
class Page:
    """One page with its visuals, in the order of the keyboard."""

    json: dict[str, Any]
    visuals: list[Visual] = field(default_factory=list)


@dataclass
class Project:
    """All of `powerbi/`, read when first asked for."""

    folder: Path

    @cached_property
    def model(self) -> Model:
        return read_model(self.folder / "MarketAnalysis.SemanticModel" / "definition")

    @property
    def report(self) -> Path:
        return self.folder / "MarketAnalysis.Report"

    @cached_property
    def pages(self) -> dict[str, Page]:
        """The pages in their order."""
        folder = self.report / "definition" / "pages"
        pages = {}
        for name in read_json(folder / "pages.json")["pageOrder"]:
            page = Page(read_json(folder / name / "page.json"))
            for file in (folder / name / "visuals").glob("*/visual.json"):
                mobile = file.with_name("mobile.json")
                page.visuals.append(Visual(name, read_json(file), read_json(mobile) if mobile.exists() else None))
            page.visuals.sort(key=lambda visual: visual.json["position"]["tabOrder"])
            pages[name] = page
        return pages

    @property
    def visuals(self) -> list[Visual]:
        return [visual for page in self.pages.values() for visual in page.visuals]

    @cached_property
    def theme(self) -> Any:
        name = read_json(self.report / "definition" / "report.json")["themeCollection"]["customTheme"]["name"]
        return read_json(self.report / "StaticResources" / "RegisteredResources" / name)

    def json_files(self) -> list[Path]:
        """Every file of the project that is JSON."""
        suffixes = {".json", ".pbip", ".pbir", ".pbism"}
        files = (file for file in self.folder.rglob("*") if ".pbi" not in file.parts)
        return sorted(file for file in files if file.suffix in suffixes or file.name == ".platform")


def read_json(file: Path) -> Any:
    return json.loads(file.read_text())


def field_of(expression: dict[str, Any]) -> tuple[str, str, str]:
    """Kind, table and name of a field as PBIR writes it."""
    ((kind, inner),) = expression.items()
    return kind, inner["Expression"]["SourceRef"]["Entity"], inner["Property"]


def expressions_in(value: Any, sources: dict[str, str] | None = None) -> list[tuple[str, str, str]]:
    """Every field anywhere in a piece of PBIR: what is shown, titles, sorts, colours, filters and their subqueries."""
    sources = sources or {}
    if isinstance(value, list):
        return [found for each in value for found in expressions_in(each, sources)]
    if not isinstance(value, dict):
        return []
    sources = sources | {each["Name"]: each["Entity"] for each in value.get("From", []) if "Entity" in each}
    found = []
    for key, inner in value.items():
        if key in ("Column", "Measure"):
            of = inner["Expression"]["SourceRef"]
            found.append((key, of.get("Entity") or sources[of["Source"]], inner["Property"]))
        found += expressions_in(inner, sources)
    return found
