"""Runs dbt commands one after the other in one process, as `make live` does.

Each line of stdin is one command as a JSON list, each line of stdout how it went. Run by its path, with another
commit's tree as PYTHONPATH: it takes nothing but itself from this one.
"""

import json
import os
import sys
import time


def main() -> None:
    """Run what is asked for until stdin ends."""
    # What dbt prints goes to the log; the answers have the pipe for themselves.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    # Its connections stay open from one model to the next.
    from dbt.cli.main import dbtRunner

    import sandbox.dbt  # noqa: F401

    for line in sys.stdin:
        started = time.perf_counter()
        run = dbtRunner().invoke(json.loads(line))
        took = time.perf_counter() - started
        print(json.dumps({"seconds": took, "success": run.success, "error": str(run.exception or "")}), file=answers)
        answers.flush()


if __name__ == "__main__":
    main()
