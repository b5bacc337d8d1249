"""Spark's event log of a server that runs: which jobs began."""

import json
import re
import time
from collections import Counter
from pathlib import Path

SENT_BY = re.compile(r'"node_id": "(\w+)\.')


def at_rest(event_log: Path, seconds: float = 1) -> int:
    """Wait until Spark has written all that it has to say; how long the log is then, in bytes."""
    size = -1
    while size != (size := event_log.stat().st_size):
        time.sleep(seconds)
    return size


def jobs_begun(event_log: Path, begin: int) -> Counter[str]:
    """How many jobs began, by who sent their statement: "model", "test", ...; "dbt" where dbt names no node.

    Args:
        event_log: of a Spark that runs.
        begin: where in it to begin, in bytes.
    """
    begun: Counter[str] = Counter()
    with event_log.open() as log:
        log.seek(begin)
        for line in log:
            if '"SparkListenerJobStart"' in line:
                text = json.loads(line).get("Properties", {}).get("spark.job.description", "")
                sender = SENT_BY.search(text)
                begun[sender.group(1) if sender else "dbt"] += 1
    return begun
