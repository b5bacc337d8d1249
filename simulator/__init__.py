"""The shop that makes the events, its faults, and the ledger of what it sent."""
