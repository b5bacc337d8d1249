"""All checks that need nothing but the repository: each says what is wrong with a project, in a list of sentences."""

from collections.abc import Callable

from tests.powerbi import contract, dax, report
from tests.powerbi.project import Project

Check = Callable[[Project], list[str]]
CHECKS: tuple[Check, ...] = (
    contract.tables_equal_the_contracts,
    contract.descriptions_equal_the_docs,
    contract.numbers_equal_the_variables,
    contract.the_exposure_names_what_is_read,
    dax.every_reference_resolves,
    report.every_field_exists_in_a_legal_role,
    report.every_visual_can_be_read_aloud_and_reached,
    report.titles_state_the_finding,
    report.slicers_are_the_same_on_every_page,
    report.pages_are_laid_out,
    report.the_first_page_has_a_mobile_layout,
    report.colours_are_the_shared_ones,
)
