"""`make simulate SEEDS=n`: runs seeds, and tells of those that fail.

python -m tests.simulation --seeds 1000 --from 0
python -m tests.simulation --replay 4711 --trace
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback

from tests.simulation.run import Run, Seeds, collect


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--actions", type=int, default=12, help="of each server's people")
    parser.add_argument("--replay", type=int, help="run this seed alone")
    parser.add_argument("--trace", action="store_true", help="tell what happened")
    options = parser.parse_args()
    if os.environ.get("PYTHONHASHSEED") != "0":
        # The order of a set would be another in each process.
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]])
    seeds = Seeds(actions=options.actions)
    wanted = (
        [options.replay]
        if options.replay is not None
        else range(options.first, options.first + options.seeds)
    )
    failed: list[int] = []
    events = 0
    started = time.monotonic()
    try:
        for number, seed in enumerate(wanted):
            run = seeds.run(seed)
            events += run.events
            if run.fault is not None:
                failed.append(seed)
                tell(run)
            if options.trace:
                print("\n".join(run.trace))
            if options.replay is not None:
                print(f"seed {seed}: {run.fingerprint}, {run.events} events, agreed: {run.agreed}")
            if number % 20 == 19:
                collect()
    finally:
        seeds.close()
    took = time.monotonic() - started
    print(f"{len(wanted)} seeds, {events} events, {len(failed)} failed, {took:.0f} s: {failed}")
    return 1 if failed else 0


def tell(run: Run) -> None:
    """What went wrong."""
    print(f"seed {run.seed} (version {run.version}) failed after {run.virtual_s:.1f} s:")
    assert run.fault is not None
    traceback.print_exception(run.fault)


if __name__ == "__main__":
    raise SystemExit(main())
