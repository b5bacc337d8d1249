"""A seed is loaded in one commit, and only when its file or its columns' types changed."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from sandbox.settings import ROOT
from tests.support.warehouse import Warehouse

HEADER = "alias,price,is_known"
FIRST = ["ONE,1.50,true", "TWO,,false"]
HOSTILE = [r"""O'NEIL \ 'S,2.00,true""", '"a, b",3.00,', "%s ☕,4.00,true"]
TYPES = {"alias": "string", "price": "decimal(18,2)", "is_known": "boolean"}

Load = Callable[..., None]


@pytest.fixture
def load(warehouse: Warehouse, tmp_path: Path) -> Load:
    """Writes lines into the seed of a small project with our macros, and runs `dbt seed` on it."""
    (tmp_path / "seeds").mkdir()
    warehouse.query("drop table if exists silver.ways_of_writing")

    def load(lines: list[str], *flags: str, types: dict[str, str] = TYPES) -> None:
        config = yaml.safe_load((ROOT / "dbt_project.yml").read_text())
        # The group is declared beside the models.
        seeds = {name: value for name, value in config["seeds"][config["name"]].items() if name != "+group"}
        project = {
            "name": config["name"],
            "version": config["version"],
            "profile": config["profile"],
            "flags": config["flags"],
            "seed-paths": ["seeds"],
            "macro-paths": ["macros"],
            "seeds": {config["name"]: {**seeds, "+column_types": types}},
        }
        (tmp_path / "dbt_project.yml").write_text(yaml.safe_dump(project))
        (tmp_path / "macros").mkdir(exist_ok=True)
        for macro in ("generate_schema_name.sql", "materializations/seed.sql"):
            text = (ROOT / "dbt_project" / "macros" / macro).read_text()
            (tmp_path / "macros" / Path(macro).name).write_text(text)
        (tmp_path / "seeds" / "ways_of_writing.csv").write_text("\n".join([HEADER, *lines, ""]))
        folders = ("--project-dir", str(tmp_path), "--target-path", str(tmp_path / "target"))
        warehouse.dbt("seed", *folders, "--profiles-dir", str(ROOT), *flags)

    return load


def rows_by_version(warehouse: Warehouse) -> list[int]:
    """How many rows each version of the table had, the first version first."""
    history = warehouse.query("describe history silver.ways_of_writing")
    count = "select count(*) as rows from silver.ways_of_writing version as of {}"
    return [warehouse.query(count.format(row["version"]))[0]["rows"] for row in reversed(history)]


def test_no_version_of_a_reloaded_seed_lacks_rows(warehouse: Warehouse, load: Load) -> None:
    load(FIRST)
    load(FIRST + HOSTILE)
    load(FIRST, "--full-refresh")
    assert rows_by_version(warehouse) == [2, 5, 2]


def test_an_unchanged_seed_is_loaded_only_if_asked(warehouse: Warehouse, load: Load) -> None:
    load(FIRST)
    load(FIRST)
    assert rows_by_version(warehouse) == [2]
    load(FIRST, "--full-refresh")
    assert rows_by_version(warehouse) == [2, 2]


def test_a_seed_is_loaded_again_when_its_types_change(warehouse: Warehouse, load: Load) -> None:
    load(FIRST)
    load(FIRST, types=TYPES | {"price": "double"})
    assert rows_by_version(warehouse) == [2, 2]
    assert dict(warehouse.spark.table("silver.ways_of_writing").dtypes)["price"] == "double"


def test_a_seed_holds_what_its_file_says_in_the_types_that_are_configured(warehouse: Warehouse, load: Load) -> None:
    load(HOSTILE)
    assert {tuple(map(str, row)) for row in warehouse.rows("silver.ways_of_writing")} == {
        (r"O'NEIL \ 'S", "2.00", "True"),
        ("a, b", "3.00", "None"),
        ("%s ☕", "4.00", "True"),
    }
    assert dict(warehouse.spark.table("silver.ways_of_writing").dtypes) == TYPES


def test_a_seed_without_rows_is_a_table_without_rows(warehouse: Warehouse, load: Load) -> None:
    load([])
    assert warehouse.rows("silver.ways_of_writing") == []
    assert dict(warehouse.spark.table("silver.ways_of_writing").dtypes) == TYPES
