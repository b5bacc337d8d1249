"""The fault run: real parts, broken on purpose, and what came of it. Command line: `make prove`."""
