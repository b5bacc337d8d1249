"""What the visuals show, as rows: one module a page, pure functions of the tables and the slicers."""
