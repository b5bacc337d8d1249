"""Every check, shown to fail: a copy of the project with one mistake, and what the check says of it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.powerbi import best_practices, contract, dax, report
from tests.powerbi.checks import CHECKS, Check
from tests.powerbi.microsoft import MicrosoftTools
from tests.powerbi.project import POWERBI, Project
from tests.powerbi.schemas import files_keep_their_schema

MODEL = "MarketAnalysis.SemanticModel/definition"
DATE, PRODUCT = f"{MODEL}/tables/Date.tmdl", f"{MODEL}/tables/Product.tmdl"
FUNNEL, DAY = f"{MODEL}/tables/Funnel.tmdl", f"{MODEL}/tables/Sales by Day.tmdl"
REVIEWS, CONTENT = f"{MODEL}/tables/Customer Reviews.tmdl", f"{MODEL}/tables/Content Type.tmdl"
RELATIONSHIPS, MODEL_FILE = f"{MODEL}/relationships.tmdl", f"{MODEL}/model.tmdl"
ROLE, EXPRESSIONS = f"{MODEL}/roles/State Reader.tmdl", f"{MODEL}/expressions.tmdl"
PAGES = "MarketAnalysis.Report/definition/pages"
BARS = f"{PAGES}/executive_overview/visuals/revenue_by_state/visual.json"
HEATMAP = f"{PAGES}/social_engagement/visuals/engagement_heatmap/visual.json"
SLICER = f"{PAGES}/customer_reviews/visuals/customer_reviews_period_slicer/visual.json"

Mutation = tuple[str, str, str]
"""File, what stands there, what is put in its place (everywhere in the file)."""

MISTAKES: list[tuple[Check, Mutation, str]] = [
    (contract.tables_equal_the_contracts, (DAY, "dataType: decimal", "dataType: double"), "total_sales is decimal"),
    (
        contract.tables_equal_the_contracts,
        (DAY, "sourceColumn: total_items", "sourceColumn: items"),
        "lacks total_items",
    ),
    (contract.descriptions_equal_the_docs, (DATE, "/// Calendar year.", "/// Year."), "year is described otherwise"),
    (
        contract.descriptions_equal_the_docs,
        (FUNNEL, "/// Winner Score: lower", "/// Winner Score: upper"),
        "Winner Score",
    ),
    (
        contract.numbers_equal_the_variables,
        (FUNNEL, "= 100 // winner", "= 50 // winner"),
        "winner_minimum_journeys is 100",
    ),
    (contract.the_exposure_names_what_is_read, (CONTENT, "dim_content_type", "dim_state"), "dim_content_type"),
    (
        dax.every_reference_resolves,
        (DAY, "SUM('Sales by Day'[Total Sales])", "SUM('Sales by Day'[Sales])"),
        "no column",
    ),
    (
        dax.every_reference_resolves,
        (FUNNEL, "DIVIDE([Journeys Purchased],", "DIVIDE([Purchases],"),
        "no measure [Purchases]",
    ),
    (dax.every_reference_resolves, (DAY, "MAX('As of'", "MAX ('As of'"), "MAX is followed by a space"),
    (dax.every_reference_resolves, (DAY, "Current", "Now"), "Now is no name for a variable"),
    (dax.every_reference_resolves, (FUNNEL, "<= LastDay", "<= LastDate"), "no variable LastDate"),
    (dax.every_reference_resolves, (ROLE, "'State'[State Code]", "'States'[State Code]"), "role State Reader"),
    (
        dax.every_reference_resolves,
        (ROLE, "tablePermission 'Products at Risk'", "tablePermission Risks"),
        "no table Risks",
    ),
    (dax.every_reference_resolves, (REVIEWS, "COUNTROWS('Customer Reviews')", "[Reviews with Text]"), "in a circle"),
    (report.every_field_exists_in_a_legal_role, (BARS, '"Property": "Revenue"', '"Property": "Sales"'), "no measure"),
    (report.every_field_exists_in_a_legal_role, (BARS, '"Property": "State"', '"Property": "State Code"'), "is hidden"),
    (report.every_field_exists_in_a_legal_role, (BARS, '"Y": {', '"Category2": {'), "can't stand in Category2"),
    (report.every_field_exists_in_a_legal_role, (BARS, '"barChart"', '"barChart3D"'), "no known visual"),
    (report.every_field_exists_in_a_legal_role, (HEATMAP, '"Property": "Views"', '"Property": "Looks"'), "[Looks]"),
    (report.every_visual_can_be_read_aloud_and_reached, (BARS, '"altText"', '"alt"'), "no alternative text"),
    (
        report.every_visual_can_be_read_aloud_and_reached,
        (BARS, '"tabOrder": 9000', '"tabOrder": 0'),
        "one place in the tab",
    ),
    (
        report.titles_state_the_finding,
        (BARS, '"Property": "State Title"', '"Property": "Revenue"'),
        "Revenue is no title",
    ),
    (
        report.slicers_are_the_same_on_every_page,
        (SLICER, '"groupName": "period"', '"groupName": "p"'),
        "period is not synced",
    ),
    (report.slicers_are_the_same_on_every_page, (SLICER, "Last 30 complete", "Last 7 complete"), "does not begin with"),
    (report.pages_are_laid_out, (BARS, '"width": 520', '"width": 620'), "overlap"),
    (report.pages_are_laid_out, (BARS, '"x": 16', '"x": -16'), "off the page"),
    (
        report.pages_are_laid_out,
        (f"{PAGES}/state_tooltip/page.json", '"type": "Tooltip"', '"type": "Drillthrough"'),
        "2 pages",
    ),
    (report.pages_are_laid_out, (BARS, "'state_tooltip'", "'product_details'"), "no visual shows this tooltip"),
    (
        report.the_first_page_has_a_mobile_layout,
        (BARS.replace("visual.json", "mobile.json"), '"width": 320', '"width": 640'),
        "off the page",
    ),
    (report.colours_are_the_shared_ones, (BARS, "#0072B2", "#0000FF"), "#0000FF is no shared colour"),
    (
        report.colours_are_the_shared_ones,
        (f"{PAGES}/social_engagement/visuals/value_index/visual.json", "#E69F00", "#009E73"),
        "Blog is not #E69F00",
    ),
]

BAD_PRACTICES: list[tuple[best_practices.Rule, Mutation]] = [
    (best_practices.no_floating_point_data_types, (DAY, "dataType: decimal", "dataType: double")),
    (best_practices.do_not_summarize_numeric_columns, (DATE, "summarizeBy: none", "summarizeBy: sum")),
    (best_practices.hide_foreign_keys, (DAY, "\t\tisHidden\n", "")),
    (best_practices.mark_primary_keys, (CONTENT, "\t\tisKey\n", "")),
    (best_practices.hide_fact_table_columns, (DAY, "\t\tisHidden\n", "")),
    (best_practices.set_is_available_in_mdx_to_false_on_hidden_columns, (DAY, "\t\tisAvailableInMdx: false\n", "")),
    (best_practices.provide_format_string_for_measures, (DAY, "\t\tformatString: $#,0\n", "")),
    (best_practices.provide_format_string_for_numeric_and_date_columns, (DATE, "\t\tformatString: yyyy-mm-dd\n", "")),
    (best_practices.measures_are_in_display_folders, (DAY, "\t\tdisplayFolder: Sales\n", "")),
    (best_practices.objects_have_descriptions, (DATE, "\t/// Calendar year.\n", "")),
    (best_practices.mark_a_date_table, (DATE, "\tdataCategory: Time\n", "")),
    (
        best_practices.relationships_filter_one_way,
        (RELATIONSHIPS, "\ttoColumn: State.", "\tcrossFilteringBehavior: bothDirections\n\ttoColumn: State."),
    ),
    (
        best_practices.no_many_to_many_relationships,
        (RELATIONSHIPS, "\ttoColumn: State.", "\ttoCardinality: many\n\ttoColumn: State."),
    ),
    (
        best_practices.no_inactive_relationships,
        (RELATIONSHIPS, "\ttoColumn: State.", "\tisActive: false\n\ttoColumn: State."),
    ),
    (best_practices.relationship_columns_have_the_same_data_type, (CONTENT, "dataType: string", "dataType: int64")),
    (
        best_practices.every_fact_is_filtered_by_every_dimension_that_it_knows,
        (RELATIONSHIPS, "\tfromColumn: Funnel.'State Code'", "\tfromColumn: 'Sales by Day'.'State Code'"),
    ),
    (
        best_practices.use_divide,
        (REVIEWS, "DIVIDE(SUM('Customer Reviews'[Rating]), [Reviews])", "[Reviews] / [Reviews]"),
    ),
    (
        best_practices.columns_are_fully_qualified_and_measures_are_not,
        (FUNNEL, "DIVIDE([Journeys Purchased],", "DIVIDE('Funnel'[Journeys Purchased],"),
    ),
    (
        best_practices.columns_are_fully_qualified_and_measures_are_not,
        (DAY, "'Sales by Day'[Total Sales]", "[Total Sales]"),
    ),
    (best_practices.avoid_iferror, (DAY, "DIVIDE(Current - Before, Before)", "IFERROR(DIVIDE(Current, Before), 0)")),
    (
        best_practices.filter_columns_not_tables,
        (
            FUNNEL,
            "KEEPFILTERS('Funnel'[Business Date] <= LastDay)",
            "FILTER('Funnel', 'Funnel'[Business Date] <= LastDay)",
        ),
    ),
    (
        best_practices.measures_do_not_only_repeat_another,
        (DAY, "= DISTINCTCOUNT('Order Lines'[Order Key])", "= [Revenue]"),
    ),
    (
        best_practices.object_names_have_no_stray_spaces_or_special_characters,
        (PRODUCT, "column 'Price Tier'", "column 'Price  Tier'"),
    ),
    (
        best_practices.disable_auto_date_time,
        (MODEL_FILE, "__PBI_TimeIntelligenceEnabled = 0", "__PBI_TimeIntelligenceEnabled = 1"),
    ),
    (best_practices.discourage_implicit_measures, (MODEL_FILE, "\tdiscourageImplicitMeasures\n", "")),
    (best_practices.no_calculated_columns_or_tables, (DATE, "partition Date = m", "partition Date = calculated")),
    (best_practices.partitions_have_the_name_of_their_table, (DATE, "partition Date = m", "partition Days = m")),
    (
        best_practices.names_of_months_days_and_periods_have_a_sort_column,
        (DATE, "\t\tsortByColumn: 'Month Number'\n", ""),
    ),
    (best_practices.the_model_lists_all_its_tables_and_roles, (MODEL_FILE, "ref table Date\n", "")),
]


@pytest.fixture
def copy(tmp_path: Path) -> Callable[[Mutation], Project]:
    def mutated(mutation: Mutation) -> Project:
        file, before, after = mutation
        shutil.copytree(POWERBI, tmp_path / "powerbi")
        text = (tmp_path / "powerbi" / file).read_text()
        assert before in text, f"{file} has no {before!r} to be broken"
        (tmp_path / "powerbi" / file).write_text(text.replace(before, after))
        return Project(tmp_path / "powerbi")

    return mutated


@pytest.mark.parametrize(("check", "mutation", "said"), MISTAKES, ids=lambda it: getattr(it, "__name__", ""))
def test_a_mistake_is_reported(
    copy: Callable[[Mutation], Project], check: Check, mutation: Mutation, said: str
) -> None:
    problems = check(copy(mutation))
    assert any(said in problem for problem in problems), problems


@pytest.mark.parametrize(("rule", "mutation"), BAD_PRACTICES, ids=lambda it: getattr(it, "__name__", ""))
def test_a_bad_practice_is_reported(
    copy: Callable[[Mutation], Project], rule: best_practices.Rule, mutation: Mutation
) -> None:
    assert rule(copy(mutation).model)


def test_every_check_has_a_mutant() -> None:
    assert {check for check, *_ in MISTAKES} == set(CHECKS)
    assert {rule for rule, _ in BAD_PRACTICES} == set(best_practices.RULES)


@pytest.mark.parametrize(
    "mutation",
    [
        (BARS, '"position": {', '"place": {'),
        (BARS, '"direction": "Descending"', '"direction": "Down"'),
        ("MarketAnalysis.pbip", "pbipProperties/1.0.0", "pbipProperties/9.0.0"),
    ],
    ids=["unknown key", "no such direction", "no such schema"],
)
def test_what_breaks_a_schema_is_reported(
    copy: Callable[[Mutation], Project], schemas: Path, mutation: Mutation
) -> None:
    assert files_keep_their_schema(copy(mutation), schemas)


def test_microsofts_tools_report_mistakes(
    copy: Callable[[Mutation], Project], tools: MicrosoftTools, tmp_path: Path
) -> None:
    broken = copy((BARS, '"barChart"', '"barChart3D"'))
    assert "PBIR_VISUAL_TYPE_UNKNOWN" in " ".join(tools.report_problems(broken))
    for file, before, after in (
        (EXPRESSIONS, "Table.RemoveColumns(Source, Marks)", "Table.RemoveColumns(Source, Marks"),
        (DATE, "\tcolumn Year\n", "\tcolumn Year\n\t\tisOld\n"),
    ):
        path = broken.folder / file
        path.write_text(path.read_text().replace(before, after))
    assert any("GoldTable" in problem for problem in tools.m_problems(broken))
    assert tools.tmdl_problems(broken, tmp_path / "bim")
