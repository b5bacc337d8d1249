"""Modelling rules that this model keeps: most are the Best Practice Analyzer's, by its names; the code is ours."""

import re
from collections.abc import Callable

from tests.powerbi.dax import pieces, references
from tests.powerbi.tmdl import Model

Rule = Callable[[Model], list[str]]
FACTS = {
    "Sales by Minute",
    "Sales by Day",
    "Order Lines",
    "Funnel",
    "Engagement",
    "Customer Reviews",
    "Products at Risk",
}


def _columns(model: Model, wrong: Callable[[str, str], bool]) -> list[str]:
    return [f"{table}[{column}]" for table, column in model.columns if wrong(table, column)]


def _many(model: Model) -> set[tuple[str, str]]:
    return {many for _, many, _, _ in model.relationships}


def _one(model: Model) -> set[tuple[str, str]]:
    return {one for _, _, one, _ in model.relationships}


def no_floating_point_data_types(model: Model) -> list[str]:
    # The double columns of products_at_risk are means and scores by their contract, none is money.
    return _columns(
        model,
        lambda table, name: (
            model.columns[table, name].properties["dataType"] == "double" and table != "Products at Risk"
        ),
    )


def do_not_summarize_numeric_columns(model: Model) -> list[str]:
    return _columns(model, lambda table, name: model.columns[table, name].properties.get("summarizeBy") != "none")


def hide_foreign_keys(model: Model) -> list[str]:
    return [f"{table}[{name}]" for table, name in _many(model) if not model.columns[table, name].is_hidden]


def mark_primary_keys(model: Model) -> list[str]:
    return [f"{table}[{name}]" for table, name in _one(model) if not model.columns[table, name].has("isKey")]


def hide_fact_table_columns(model: Model) -> list[str]:
    summed = {
        (table, name)
        for measure in model.measures.values()
        for table, name in re.findall(r"(?:SUM|MIN|MAX|DISTINCTCOUNT)\('([^']+)'\[([^\]]+)\]\)", measure.value)
        if table in FACTS
    }
    # The stars are also what people group by.
    return [f"{t}[{n}]" for t, n in summed - {("Customer Reviews", "Rating")} if not model.columns[t, n].is_hidden]


def set_is_available_in_mdx_to_false_on_hidden_columns(model: Model) -> list[str]:
    sorted_by = {
        (table, column.properties["sortByColumn"].strip("'"))
        for (table, _), column in model.columns.items()
        if "sortByColumn" in column.properties
    }
    return _columns(
        model,
        lambda table, name: (
            model.columns[table, name].is_hidden
            and not model.columns[table, name].has("isKey")
            and (table, name) not in sorted_by
            and model.columns[table, name].properties.get("isAvailableInMdx") != "false"
        ),
    )


def provide_format_string_for_measures(model: Model) -> list[str]:
    return [
        name
        for name, measure in model.measures.items()
        if ("formatString" in measure.properties) == (measure.properties.get("displayFolder") == "Titles")
    ]


def provide_format_string_for_numeric_and_date_columns(model: Model) -> list[str]:
    plain = ("string", "boolean")
    return [
        f"{table}[{name}]"
        for (table, name), column in model.columns.items()
        if column.properties["dataType"] not in plain and "formatString" not in column.properties
    ]


def measures_are_in_display_folders(model: Model) -> list[str]:
    return [name for name, measure in model.measures.items() if not measure.properties.get("displayFolder")]


def objects_have_descriptions(model: Model) -> list[str]:
    described = {
        **model.tables,
        **model.measures,
        **model.expressions,
        **{role.name: role for role in model.roles},
        **{f"{table}[{name}]": column for (table, name), column in model.columns.items()},
    }
    return [name for name, node in described.items() if not node.description.strip()]


def mark_a_date_table(model: Model) -> list[str]:
    marked = [name for name, table in model.tables.items() if table.properties.get("dataCategory") == "Time"]
    keyed = [name for name in marked if any(column.has("isKey") for column in model.tables[name].all("column"))]
    return [] if keyed == ["Date"] else ["Date"]


def relationships_filter_one_way(model: Model) -> list[str]:
    return [name for name, _, _, more in model.relationships if "crossFilteringBehavior" in more]


def no_many_to_many_relationships(model: Model) -> list[str]:
    return [name for name, _, _, more in model.relationships if more.get("toCardinality") == "many"]


def no_inactive_relationships(model: Model) -> list[str]:
    return [name for name, _, _, more in model.relationships if more.get("isActive") == "false"]


def relationship_columns_have_the_same_data_type(model: Model) -> list[str]:
    kind = {key: column.properties["dataType"] for key, column in model.columns.items()}
    return [name for name, many, one, _ in model.relationships if kind.get(many, "?") != kind.get(one, "??")]


def every_fact_is_filtered_by_every_dimension_that_it_knows(model: Model) -> list[str]:
    related = {(many, one[0]) for _, many, one, _ in model.relationships}
    keys = {"Business Date": "Date", "State Code": "State", "Product ID": "Product", "Content Type": "Content Type"}
    return [
        f"{fact}[{key}]"
        for fact in sorted(FACTS)
        for key, dimension in keys.items()
        if (fact, key) in model.columns and ((fact, key), dimension) not in related
    ]


def use_divide(model: Model) -> list[str]:
    numbers_only = re.compile(r"/(?! *[\d.]+)")
    return [what for what, dax in pieces(model) if numbers_only.search(_code(dax))]


def columns_are_fully_qualified_and_measures_are_not(model: Model) -> list[str]:
    homes = set(model.tables)
    return [
        f"{what}: {table}[{name}]"
        for what, dax in pieces(model)
        for table, name in references(dax).columns
        if table in homes and (table, name) not in model.columns and name in model.measures
    ] + [
        f"{what}: [{name}]"
        for what, dax in pieces(model)
        for name in references(dax).unqualified
        if name not in model.measures and any(column == name for _, column in model.columns)
    ]


def avoid_iferror(model: Model) -> list[str]:
    return [what for what, dax in pieces(model) if {"IFERROR", "ISERROR"} & references(dax).functions]


def filter_columns_not_tables(model: Model) -> list[str]:
    return [what for what, dax in pieces(model) if re.search(r"FILTER\(\s*'[^']+'\s*,", _code(dax))]


def measures_do_not_only_repeat_another(model: Model) -> list[str]:
    return [name for name, measure in model.measures.items() if re.fullmatch(r"\s*\[[^\]]+\]\s*", measure.value)]


def object_names_have_no_stray_spaces_or_special_characters(model: Model) -> list[str]:
    names = [*model.tables, *model.measures, *(column for _, column in model.columns)]
    return [name for name in names if name != " ".join(name.split()) or re.search(r"[\t\n\[\]']", name)]


def disable_auto_date_time(model: Model) -> list[str]:
    off = [it.value for it in model.settings.all("annotation") if it.name == "__PBI_TimeIntelligenceEnabled"]
    local = [name for name in model.tables if name.startswith(("LocalDateTable", "DateTableTemplate"))]
    return local if off == ["0"] else [*local, "__PBI_TimeIntelligenceEnabled"]


def discourage_implicit_measures(model: Model) -> list[str]:
    return [] if model.settings.has("discourageImplicitMeasures") else ["model"]


def no_calculated_columns_or_tables(model: Model) -> list[str]:
    columns = [f"{table}[{name}]" for (table, name), column in model.columns.items() if column.value]
    partitions = [each for table in model.tables.values() for each in table.all("partition")]
    return columns + [partition.name for partition in partitions if partition.value != "m"]


def partitions_have_the_name_of_their_table(model: Model) -> list[str]:
    return [name for name, table in model.tables.items() if [it.name for it in table.all("partition")] != [name]]


def names_of_months_days_and_periods_have_a_sort_column(model: Model) -> list[str]:
    named = [
        ("Date", "Month Name"),
        ("Date", "Day of Week"),
        ("Date", "Period"),
        ("Product", "Price Tier"),
        ("Funnel Stage", "Stage"),
    ]
    return [f"{table}[{name}]" for table, name in named if "sortByColumn" not in model.columns[table, name].properties]


def the_model_lists_all_its_tables_and_roles(model: Model) -> list[str]:
    listed = {each.name for each in model.root.all("ref")}
    return sorted(listed ^ {*model.tables, *(role.name for role in model.roles)})


def _code(dax: str) -> str:
    """DAX without texts and comments."""
    return re.sub(r'"(?:[^"]|"")*"|//[^\n]*', '""', dax)


RULES: tuple[Rule, ...] = (
    no_floating_point_data_types,
    do_not_summarize_numeric_columns,
    hide_foreign_keys,
    mark_primary_keys,
    hide_fact_table_columns,
    set_is_available_in_mdx_to_false_on_hidden_columns,
    provide_format_string_for_measures,
    provide_format_string_for_numeric_and_date_columns,
    measures_are_in_display_folders,
    objects_have_descriptions,
    mark_a_date_table,
    relationships_filter_one_way,
    no_many_to_many_relationships,
    no_inactive_relationships,
    relationship_columns_have_the_same_data_type,
    every_fact_is_filtered_by_every_dimension_that_it_knows,
    use_divide,
    columns_are_fully_qualified_and_measures_are_not,
    avoid_iferror,
    filter_columns_not_tables,
    measures_do_not_only_repeat_another,
    object_names_have_no_stray_spaces_or_special_characters,
    disable_auto_date_time,
    discourage_implicit_measures,
    no_calculated_columns_or_tables,
    partitions_have_the_name_of_their_table,
    names_of_months_days_and_periods_have_a_sort_column,
    the_model_lists_all_its_tables_and_roles,
)
