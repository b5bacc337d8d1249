"""What the report's pages and visuals must hold, beside what Microsoft's schemas and validator say."""

import itertools
import json
import re
from typing import Any

from dashboard import colours
from tests.powerbi.dax import references
from tests.powerbi.project import Project, Visual, expressions_in

ROLES: dict[str, dict[str, str]] = {
    "actionButton": {},
    "barChart": {"Category": "Column", "Y": "Measure"},
    "cardVisual": {"Data": "Measure"},
    "clusteredBarChart": {"Category": "Column", "Y": "Measure"},
    "columnChart": {"Category": "Column", "Y": "Measure"},
    "funnel": {"Category": "Column", "Y": "Measure"},
    "hundredPercentStackedColumnChart": {"Category": "Column", "Y": "Measure"},
    "lineChart": {"Category": "Column", "Y": "Measure", "Y2": "Measure"},
    "pivotTable": {"Rows": "Column", "Columns": "Column", "Values": "Measure"},
    "scatterChart": {"Category": "Column", "X": "Measure", "Y": "Measure", "Size": "Measure"},
    "slicer": {"Values": "Column"},
    "tableEx": {"Values": "Column Measure"},
    "textbox": {},
}
"""Type of visual -> role -> what may stand in it, as far as this report uses them."""
PERSPECTIVES = {
    "executive_overview": "Executive Overview",
    "conversion_analysis": "Conversion Analysis",
    "social_engagement": "Social Engagement",
    "customer_reviews": "Customer Sentiment & Reviews",
}
SLICERS = {"period": ("Date", "Period"), "dates": ("Date", "Date"), "state": ("State", "State")} | {
    "category": ("Category", "Category")
}
"""What is chosen on all pages at once: group of synced slicers -> column."""
COLOURS = {name.lower(): code for name, code in vars(colours).items() if name.isupper() and isinstance(code, str)}
"""The browser dashboard's colours, by name: the report has no others."""
MEANING = {**colours.CONTENT_TYPES, **{f"{bucket} %": code for bucket, code in colours.SENTIMENT.items()}}
"""What has the same colour wherever it is shown."""
MOBILE_WIDTH = 324


def every_field_exists_in_a_legal_role(project: Project) -> list[str]:
    """What a visual shows, sorts, colours and filters by is in the model, and stands where such a thing may stand."""
    model = project.model
    problems = []
    pages = {name: page.json for name, page in project.pages.items()}
    for place, content in [*pages.items(), *((visual.place, visual.json) for visual in project.visuals)]:
        for kind, table, name in expressions_in(content):
            if kind == "Column" and (table, name) not in model.columns:
                problems.append(f"{place}: no column {table}[{name}]")
            if kind == "Measure" and model.measure_tables.get(name) != table:
                problems.append(f"{place}: no measure {table}[{name}]")
    for visual in project.visuals:
        legal = ROLES.get(visual.type)
        if legal is None:
            problems.append(f"{visual.place}: no known visual {visual.type}")
            continue
        for role, kind, table, name in visual.fields():
            if kind not in legal.get(role, "").split():
                problems.append(f"{visual.place}: {kind} {table}[{name}] can't stand in {role}")
            if kind == "Column" and (table, name) in model.columns and model.columns[table, name].is_hidden:
                problems.append(f"{visual.place}: {table}[{name}] is hidden")
        for shown in _projections(visual):
            _, table, name = expressions_in(shown["field"])[0]
            if shown["queryRef"] != f"{table}.{name}":
                problems.append(f"{visual.place}: {shown['queryRef']} is not {table}.{name}")
        problems += [f"{visual.place}: {role} is empty" for role in _missing(visual, legal)]
        for wanted in re.findall(r'"metadata": "([^"]+)"', json.dumps(visual.json)):
            if wanted not in {shown["queryRef"] for shown in _projections(visual)}:
                problems.append(f"{visual.place}: formats {wanted}, which it does not show")
    return problems


def _projections(visual: Visual) -> list[dict[str, Any]]:
    states = visual.json["visual"].get("query", {}).get("queryState", {}).values()
    return [shown for state in states for shown in state["projections"]]


def _missing(visual: Visual, legal: dict[str, str]) -> set[str]:
    return set(legal) - {"Y2"} - {role for role, *_ in visual.fields()}


def every_visual_can_be_read_aloud_and_reached(project: Project) -> list[str]:
    """Each visual has an alternative text of its own, and a place in the order of the keyboard."""
    problems = []
    for name, page in project.pages.items():
        for visual in page.visuals:
            text = visual.container("general", "altText")
            if not isinstance(text, str) or len(text) < 20:
                problems.append(f"{visual.place}: no alternative text")
        texts = [visual.container("general", "altText") for visual in page.visuals]
        problems += [f"{name}: two visuals are both described: {text}" for text in texts if texts.count(text) > 1]
        order = [visual.json["position"]["tabOrder"] for visual in page.visuals]
        if len(set(order)) != len(order):
            problems.append(f"{name}: two visuals have one place in the tab order")
    return problems


def titles_state_the_finding(project: Project) -> list[str]:
    """Each page's heading, and most of its charts, are titled by a measure; no chart is without a title."""
    titles = {
        name for name, measure in project.model.measures.items() if measure.properties.get("displayFolder") == "Titles"
    }
    problems = []
    for name, page in project.pages.items():
        found = [visual.container("title", "text") for visual in page.visuals]
        by_measure = {each["Measure"]["Property"] for each in found if isinstance(each, dict)}
        problems += [f"{name}: {title} is no title" for title in by_measure - titles]
        if name in PERSPECTIVES and len(by_measure) < 3:
            problems.append(f"{name}: fewer than three titles state a finding")
        untitled = {"slicer", "actionButton"}
        for visual in page.visuals:
            if visual.type not in untitled and not visual.container("title", "text") and name in PERSPECTIVES:
                problems.append(f"{visual.place}: no title")
    return problems


def slicers_are_the_same_on_every_page(project: Project) -> list[str]:
    """Period, dates, state and category are chosen once for all four pages; at first the last 30 complete days."""
    problems = []
    for name in PERSPECTIVES:
        found = {}
        for visual in project.pages[name].visuals:
            if visual.type == "slicer":
                group = visual.json["visual"].get("syncGroup", {})
                if group.get("filterChanges"):
                    found[group["groupName"]] = visual.fields()[0][2:]
                if visual.fields()[0][2:] == SLICERS["period"] and "'Last 30 complete days'" not in json.dumps(
                    visual.json
                ):
                    problems.append(f"{visual.place}: does not begin with the last 30 complete days")
        problems += [f"{name}: {group} is not synced" for group in SLICERS.keys() - found.keys()]
        problems += [
            f"{name}: {group} chooses {column}" for group, column in found.items() if SLICERS.get(group) != column
        ]
    return problems


def pages_are_laid_out(project: Project) -> list[str]:
    """The four perspectives in their order, one drill-through by product, one tooltip in use; nothing overlaps."""
    problems = []
    shown = {name: page.json["displayName"] for name, page in project.pages.items() if "type" not in page.json}
    if list(shown.items()) != list(PERSPECTIVES.items()):
        problems.append(f"The pages are {list(shown)}")
    for kind in ("Drillthrough", "Tooltip"):
        of_kind = [name for name, page in project.pages.items() if page.json.get("type") == kind]
        if len(of_kind) != 1:
            problems.append(f"{len(of_kind)} pages are a {kind}")
        for name in of_kind:
            said = project.pages[name].json
            bound = {parameter.get("boundFilter") for parameter in said["pageBinding"]["parameters"]}
            if bound != {each["name"] for each in said["filterConfig"]["filters"]}:
                problems.append(f"{name}: what it is called with is not what it filters by")
            if said.get("visibility") != "HiddenInViewMode":
                problems.append(f"{name}: is shown among the pages")
            if kind == "Tooltip" and f"'{name}'" not in json.dumps([visual.json for visual in project.visuals]):
                problems.append(f"{name}: no visual shows this tooltip")
    for name, page in project.pages.items():
        size = (page.json["width"], page.json["height"])
        problems += _misplaced(name, {visual.name: visual.json["position"] for visual in page.visuals}, size)
    return problems


def the_first_page_has_a_mobile_layout(project: Project) -> list[str]:
    """Every visual of the first page has its place on a telephone, in the width of one, without overlaps."""
    name = next(iter(PERSPECTIVES))
    visuals = project.pages[name].visuals
    problems = [f"{visual.place}: no place on a telephone" for visual in visuals if visual.mobile is None]
    places = {visual.name: visual.mobile["position"] for visual in visuals if visual.mobile}
    return problems + _misplaced(f"{name} on a telephone", places, (MOBILE_WIDTH, 100_000))


def _misplaced(page: str, places: dict[str, dict[str, float]], size: tuple[int, int]) -> list[str]:
    problems = [
        f"{page}: {name} is off the page"
        for name, at in places.items()
        if at["x"] < 0 or at["y"] < 0 or at["x"] + at["width"] > size[0] or at["y"] + at["height"] > size[1]
    ]
    for (one, a), (other, b) in itertools.combinations(places.items(), 2):
        beside = a["x"] + a["width"] <= b["x"] or b["x"] + b["width"] <= a["x"]
        below = a["y"] + a["height"] <= b["y"] or b["y"] + b["height"] <= a["y"]
        if not (beside or below):
            problems.append(f"{page}: {one} and {other} overlap")
    return problems


def colours_are_the_shared_ones(project: Project) -> list[str]:
    """Theme and visuals use no colour but the shared ones, and each meaning has its own."""
    names = {code: name for name, code in COLOURS.items()}
    problems = []
    for place, content in [("theme", project.theme), *((visual.place, visual.json) for visual in project.visuals)]:
        for code in set(re.findall(r"#[0-9A-Fa-f]{6}\b", json.dumps(content))) - names.keys():
            problems.append(f"{place}: {code} is no shared colour")
    expected = {
        "good": "green",
        "bad": "vermilion",
        "neutral": "grey",
        "foreground": "text",
        "background": "background",
    }
    problems += [f"theme: {key} is not {name}" for key, name in expected.items() if project.theme[key] != COLOURS[name]]
    for visual in project.visuals:
        for point in visual.json["visual"].get("objects", {}).get("dataPoint", []):
            what = _coloured(point.get("selector", {}))
            code = point["properties"]["fill"]["solid"]["color"]["expr"]["Literal"]["Value"].strip("'")
            if what in MEANING and code != MEANING[what]:
                problems.append(f"{visual.place}: {what} is not {MEANING[what]}")
    return problems


def _coloured(selector: dict[str, Any]) -> str:
    """What a colour is given to: a measure, or a value of a column."""
    if "metadata" in selector:
        return str(selector["metadata"]).split(".", 1)[1]
    scope = selector.get("data", [{}])[0].get("scopeId", {})
    return str(scope.get("Comparison", {}).get("Right", {}).get("Literal", {}).get("Value", "")).strip("'")


def sources(project: Project, visual: Visual) -> tuple[list[str], list[str]]:
    """The measures that a visual shows, and the facts of gold that it needs for them."""
    model = project.model
    measures = list(dict.fromkeys(name for _, kind, _, name in visual.fields() if kind == "Measure"))
    tables = {table for _, kind, table, _ in visual.fields() if kind == "Column"}
    asked: set[str] = set()
    wanted = set(measures)
    while wanted - asked:
        name = (wanted - asked).pop()
        asked.add(name)
        named = references(model.measures[name].value)
        wanted |= named.unqualified
        tables |= {table for table, _ in named.columns} | named.tables
    read = model.gold_models()
    facts = {read[table] for table in tables if table in read and not read[table].startswith("dim_")}
    return measures, sorted(facts - {"as_of"})
