"""How the pages draw what `dashboard.queries` found: one module a page."""
