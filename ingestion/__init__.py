"""What production runs: event contracts, senders, and the stream job that lands raw events in bronze."""
