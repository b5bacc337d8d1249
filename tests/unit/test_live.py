"""What `make live` runs and when: the hot path every other turn, each model that follows what arrives in some turn."""

from collections import Counter
from collections.abc import Callable
from functools import cache
from itertools import islice, pairwise
from typing import Any, cast

import pytest
from dbt.cli.main import dbtRunner

from sandbox import live
from sandbox.console import console
from sandbox.settings import ROOT

SECONDS_A_TURN = 10
OF_SEEDS_ALONE = {"dim_state", "dim_content_type"}
OF_SEVERAL_PARTS = {
    # Each compares tables of several parts: true after a run of all models alone, and had in every `dbt build`.
    "changes_equal_silver",
    "minute_revenue_equals_silver",
    "sales_measures_equal_silver",
}

Listed = Callable[..., frozenset[str]]


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Listed:
    """Gives the names of the models or tests that dbt selects."""
    target = tmp_path_factory.mktemp("live")
    project = ("--project-dir", str(ROOT), "--profiles-dir", str(ROOT))
    folders = ("--target-path", str(target), "--log-path", str(target))

    parsed: Any = dbtRunner().invoke(["--quiet", "parse", *project, *folders])
    assert parsed.success, parsed.exception
    # It lists from this; without, each list would parse the project again.
    dbt = dbtRunner(manifest=parsed.result)

    @cache
    def names(kind: str, *selection: str) -> frozenset[str]:
        what = ("--resource-type", kind, "--output", "name", *selection)
        result: Any = dbt.invoke(["--quiet", "ls", *project, *folders, *what])
        assert result.success, result.exception
        return frozenset(result.result)

    return names


def turns(count: int) -> list[tuple[str, ...]]:
    """The first commands, if each takes as long as any other."""
    now = iter(range(0, 1_000_000, SECONDS_A_TURN))
    return list(islice(live.turns(lambda: next(now)), count))


def test_every_other_run_is_the_hot_paths() -> None:
    selectors = [command[-1] for command in turns(100) if command != live.FRESHNESS]
    assert set(selectors[::2]) == {live.HOT_PATH}
    assert live.HOT_PATH not in selectors[1::2]


def test_now_and_then_each_part_is_built_with_its_tests() -> None:
    commands = turns(400)
    built = [place for place, command in enumerate(commands) if command[0] == "build"]
    assert {commands[place][-1] for place in built} == {live.HOT_PATH, *live.PARTS}
    # The clock is read about twice a turn.
    between = [later - earlier for earlier, later in pairwise(built)]
    assert min(between) * 2 * SECONDS_A_TURN > live.TEST_EVERY_SECONDS
    assert all(command[0] in ("run", "build") for command in commands if command != live.FRESHNESS)


def test_freshness_is_asked_now_and_then() -> None:
    commands = turns(400)
    asked = [place for place, command in enumerate(commands) if command == live.FRESHNESS]
    apart = {SECONDS_A_TURN * (after - before) for before, after in pairwise(asked)}
    assert len(asked) > 5
    assert min(apart) >= live.FRESHNESS_EVERY_SECONDS / 2
    assert max(apart) <= live.FRESHNESS_EVERY_SECONDS


def test_a_stale_hub_is_one_line_and_no_failure() -> None:
    class Stale:
        def stale_sources(self) -> list[str]:
            return ["nothing has landed in bronze.orders since 2026-06-30 15:00 UTC"]

    with console.capture() as said:
        assert live.Gold(cast(Any, Stale())).take(live.FRESHNESS)
    assert said.get().count("Stale: nothing has landed in bronze.orders since 2026-06-30 15:00 UTC.") == 1


def test_every_model_that_follows_what_arrives_is_in_one_selector(listed: Listed) -> None:
    turns = Counter(name for part in (live.HOT_PATH, *live.PARTS) for name in listed("model", "--selector", part))
    views = listed("model", "--select", "config.materialized:view")
    assert set(turns) == listed("model") - views - OF_SEEDS_ALONE
    assert set(turns.values()) == {1}


def test_a_part_is_built_after_those_that_it_reads(listed: Listed) -> None:
    built: set[str] = set(listed("model", "--select", "config.materialized:view")) | OF_SEEDS_ALONE
    for part in live.PARTS:
        models = listed("model", "--selector", part)
        upstream = listed("model", "--select", *(f"+{name}" for name in models))
        assert upstream - models - built <= listed("model", "--selector", live.HOT_PATH)
        built |= models


def test_no_test_compares_what_was_built_at_different_moments(listed: Listed) -> None:
    for part in (live.HOT_PATH, *live.PARTS):
        assert not OF_SEVERAL_PARTS & listed("test", "--selector", part)
        assert listed("test", "--selector", part) or part == live.HOT_PATH
