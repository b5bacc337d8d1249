"""What a piece of DAX refers to, and whether the model has it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from pbix_mcp.dax.function_catalog import FUNCTION_CATALOG

from tests.powerbi.project import Project
from tests.powerbi.tmdl import Model

TOKEN = re.compile(
    r"""(?P<text>"(?:[^"]|"")*")|(?P<comment>//[^\n]*|--[^\n]*|/\*.*?\*/)
    |(?P<table>'(?:[^']|'')+'|\b[A-Za-z_]\w*)?\[(?P<member>[^\]]+)\]
    |(?P<quoted>'(?:[^']|'')+')|(?P<word>[A-Za-z_][\w.]*)(?P<call>\s*\()?""",
    re.VERBOSE | re.DOTALL,
)
KEYWORDS = {"VAR", "RETURN", "IN", "NOT", "ASC", "DESC", "DOUBLE", "TRUE", "FALSE"}
FUNCTIONS = {
    *("ABS", "ALLSELECTED", "BLANK", "CALCULATE", "CALCULATETABLE", "CONVERT", "COUNTROWS", "DISTINCTCOUNT", "DIVIDE"),
    *("FALSE", "FILTER", "FORMAT", "HASONEVALUE", "IF", "INT", "ISBLANK", "ISEMPTY", "ISFILTERED", "KEEPFILTERS"),
    *("MAX", "MAXX", "MIN", "NOT", "REMOVEFILTERS", "SELECTEDVALUE", "SQRT", "SUM", "SWITCH", "TOPN", "TRUE"),
    *("USERPRINCIPALNAME", "VALUES"),
}
"""The functions in use. One more is one more to look up: does it mean the same in the offline engine?"""

DAX_FUNCTIONS = {name for name, _ in FUNCTION_CATALOG}
"""All functions of DAX: no variable may have the name of one."""


@dataclass
class References:
    """Names in a piece of DAX."""

    columns: set[tuple[str, str]] = field(default_factory=set)
    unqualified: set[str] = field(default_factory=set)
    tables: set[str] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)
    spaced: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)


def references(dax: str) -> References:
    """What a piece of DAX names; texts and comments are not looked into."""
    found = References()
    for token in TOKEN.finditer(dax):
        if token["member"] and token["table"]:
            found.columns.add((_unquoted(token["table"]), token["member"]))
        elif token["member"]:
            found.unqualified.add(token["member"])
        elif token["quoted"]:
            found.tables.add(_unquoted(token["quoted"]))
        elif token["word"] and token["call"]:
            word = token["word"].upper()
            if word in KEYWORDS - FUNCTIONS:
                continue
            found.functions.add(word)
            if token["call"] != "(" and word not in KEYWORDS:
                found.spaced.add(word)
        elif token["word"]:
            found.words.add(token["word"])
    return found


def _unquoted(name: str) -> str:
    return name[1:-1].replace("''", "'") if name.startswith("'") else name


def pieces(model: Model) -> Iterator[tuple[str, str]]:
    """Every piece of DAX with what it is: measures and the rules of roles."""
    for name, measure in model.measures.items():
        yield f"measure {name}", measure.value
    for role in model.roles:
        for rule in role.all("tablePermission"):
            yield f"role {role.name} on {rule.name}", rule.value


def every_reference_resolves(project: Project) -> list[str]:
    """Tables, columns, measures, variables and functions in DAX exist; no function is parted from its bracket."""
    model = project.model
    problems = []
    for what, dax in pieces(model):
        named = references(dax)
        variables = set(re.findall(r"\bVAR\s+(\w+)", dax))
        problems += [f"{what}: no column {table}[{column}]" for table, column in named.columns - model.columns.keys()]
        problems += [f"{what}: no measure [{name}]" for name in named.unqualified - model.measures.keys()]
        problems += [f"{what}: no table {name}" for name in named.tables - model.tables.keys()]
        problems += [f"{what}: no function {name}" for name in named.functions - FUNCTIONS]
        problems += [f"{what}: {name} is followed by a space" for name in named.spaced]
        taken = {name for name in variables if name.upper() in DAX_FUNCTIONS or name in model.tables}
        problems += [f"{what}: {name} is no name for a variable" for name in taken]
        problems += [f"{what}: no variable {name}" for name in named.words - variables - KEYWORDS]
    for role in model.roles:
        problems += [
            f"role {role.name}: no table {rule.name}"
            for rule in role.all("tablePermission")
            if rule.name not in model.tables
        ]
    return problems + [f"Measures refer to each other in a circle: {name}" for name in _circular(model)]


def _circular(model: Model) -> set[str]:
    uses = {name: references(measure.value).unqualified for name, measure in model.measures.items()}
    settled: set[str] = set()
    while True:
        ready = {name for name in uses.keys() - settled if uses[name] & uses.keys() <= settled}
        if not ready:
            return set(uses) - settled
        settled |= ready
