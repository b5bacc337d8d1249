"""Reads the semantic model's TMDL: tables, columns, measures, relationships, roles, expressions, as text has them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

OBJECTS = {
    *("database", "model", "table", "column", "measure", "partition", "refreshPolicy"),
    *("relationship", "role", "tablePermission", "expression", "annotation"),
}
LINE = re.compile(r"(?P<tabs>\t*)(?P<word>\w+)(?: (?P<name>'(?:[^']|'')+'|\w+))?(?: ?(?P<sign>[=:]) ?(?P<value>.*))?$")
REFERENCE = re.compile(r"('(?:[^']|'')+'|\w+)\.('(?:[^']|'')+'|\w+)$")


@dataclass
class Node:
    """One TMDL object: `measure Revenue = ...` with what is indented below it."""

    kind: str
    name: str
    value: str = ""
    description: str = ""
    properties: dict[str, str] = field(default_factory=dict)
    children: list["Node"] = field(default_factory=list)

    def all(self, kind: str) -> list["Node"]:
        return [child for child in self.children if child.kind == kind]

    def has(self, flag: str) -> bool:
        return self.properties.get(flag, "false") == "true"

    @property
    def is_hidden(self) -> bool:
        return self.has("isHidden")


@dataclass
class Model:
    """The semantic model."""

    root: Node

    @property
    def tables(self) -> dict[str, Node]:
        return {table.name: table for table in self.root.all("table")}

    @property
    def measures(self) -> dict[str, Node]:
        return {measure.name: measure for table in self.tables.values() for measure in table.all("measure")}

    @property
    def measure_tables(self) -> dict[str, str]:
        return {measure.name: name for name, table in self.tables.items() for measure in table.all("measure")}

    @property
    def columns(self) -> dict[tuple[str, str], Node]:
        return {(name, column.name): column for name, table in self.tables.items() for column in table.all("column")}

    @property
    def expressions(self) -> dict[str, Node]:
        return {expression.name: expression for expression in self.root.all("expression")}

    @property
    def relationships(self) -> list[tuple[str, tuple[str, str], tuple[str, str], dict[str, str]]]:
        """Name, column of the many side, column of the one side, properties."""
        return [
            (each.name, _column(each.properties["fromColumn"]), _column(each.properties["toColumn"]), each.properties)
            for each in self.root.all("relationship")
        ]

    @property
    def roles(self) -> list[Node]:
        return self.root.all("role")

    @property
    def settings(self) -> Node:
        return next(child for child in self.root.children if child.kind == "model")

    def gold_models(self) -> dict[str, str]:
        """Table -> the model of gold that it reads, for those that read one of their own name."""
        found = {}
        for name, table in self.tables.items():
            for partition in table.all("partition"):
                reads = re.findall(r'GoldTable\("(\w+)"\)', partition.properties["source"])
                if reads:
                    found[name] = reads[0]
        return found


def read_model(folder: Path) -> Model:
    """Read all `.tmdl` files of a `definition` folder."""
    root = Node("root", "")
    for file in sorted(folder.rglob("*.tmdl")):
        _read(file.read_text(), root)
    return Model(root)


def _read(text: str, root: Node) -> None:
    lines = text.split("\n")
    above: list[tuple[int, Node]] = [(-1, root)]
    description: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if not line.strip():
            continue
        if line.lstrip().startswith("///"):
            description.append(line.lstrip()[3:].strip())
            continue
        if line.startswith("ref "):
            kind, name = line.split(" ", 2)[1:]
            root.children.append(Node("ref", _unquoted(name), kind))
            continue
        match = LINE.match(line)
        if match is None:
            raise ValueError(f"No TMDL: {line}")
        depth, word, value = len(match["tabs"]), match["word"], match["value"] or ""
        is_object = word in OBJECTS
        if match["sign"] == "=" and not value:
            body = list(_indented(lines, at, depth + (2 if is_object else 1)))
            at += len(body)
            value = _dedented(body)
        while above[-1][0] >= depth:
            above.pop()
        parent = above[-1][1]
        if is_object:
            node = Node(word, _unquoted(match["name"] or ""), value, "\n".join(description))
            parent.children.append(node)
            above.append((depth, node))
        else:
            parent.properties[word] = value if match["sign"] else "true"
        description = []


def _indented(lines: list[str], begin: int, depth: int) -> Iterator[str]:
    """The lines from `begin` on that are at least so deep, blank ones included."""
    for line in lines[begin:]:
        if line.strip() and not line.startswith("\t" * depth):
            return
        yield line


def _dedented(lines: list[str]) -> str:
    depth = min((len(line) - len(line.lstrip("\t")) for line in lines if line.strip()), default=0)
    return "\n".join(line[depth:] for line in lines).strip("\n")


def _unquoted(name: str) -> str:
    return name[1:-1].replace("''", "'") if name.startswith("'") else name


def _column(reference: str) -> tuple[str, str]:
    match = REFERENCE.match(reference)
    if match is None:
        raise ValueError(f"No column: {reference}")
    return _unquoted(match[1]), _unquoted(match[2])
