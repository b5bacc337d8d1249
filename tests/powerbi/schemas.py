"""Microsoft's published JSON schemas, from the folder that POWERBI_SCHEMAS names."""

from pathlib import Path

from jsonschema import Draft7Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

from tests.powerbi.project import Project, read_json

ADDRESS = "https://developer.microsoft.com/json-schemas/"


def files_keep_their_schema(project: Project, folder: Path) -> list[str]:
    """Every file that names a schema keeps it; all but the theme name one."""
    contents = {ADDRESS + file.relative_to(folder).as_posix(): read_json(file) for file in folder.rglob("*.json")}
    resources = [
        (address, Resource.from_contents(content, default_specification=DRAFT7))
        for address, content in contents.items()
    ]
    registry = Registry().with_resources(resources)
    problems = []
    for file in project.json_files():
        content, place = read_json(file), file.relative_to(project.folder).as_posix()
        if "StaticResources" in place:
            continue
        schema = contents.get(content.get("$schema"))
        if schema is None:
            problems.append(f"{place}: no such schema: {content.get('$schema')}")
            continue
        errors = Draft7Validator(schema, registry=registry).iter_errors(content)
        problems += [f"{place}: {error.json_path}: {error.message[:200]}" for error in errors]
    return problems
