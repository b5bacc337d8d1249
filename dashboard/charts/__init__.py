"""Charts, all in one look. Labels may be anybody's text; `markup.safe` makes them labels only."""
