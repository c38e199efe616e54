# SPDX-License-Identifier: Apache-2.0
"""Measures how fast and how small daemon and command line are, and prints it as ratios in one run.

usage: python3 -m bench [FIGURE...]      all of them by default; script/bench sets it all up
"""
import sys

from bench import batches, changes, commands, crowds, holes, latency, logs, pushes, rates, sizes
from support import docker_registry


def report(figure, measured, ratio, wanted):
    shown = "" if ratio is None else f"{ratio:.2f}"
    print(f"{figure:34} {measured:44} {shown:>6}   {wanted}", flush=True)


# What each needs besides the report: a real registry's storage, or nothing.
FIGURES = {
    "hits": (rates.hits, False),
    "misses": (rates.misses, True),
    "requests": (crowds.requests_per_miss, False),
    "flight": (crowds.one_flight, False),
    "start": (sizes.first_answer, False),
    "memory": (sizes.memory, False),
    "blackholes": (holes.black_holes, True),
    "silent": (holes.silent, True),
    "log": (logs.access, False),
    "latency": (latency.beside_misses, True),
    "reload": (changes.reload, False),
    "restart": (changes.restart, False),
    "batch": (batches.batch, False),
    "push": (pushes.across_repositories, False),
    "command": (commands.command, False),
    "inspect": (commands.inspect, False),
    "audit": (commands.audit, False),
}


def main():
    chosen = sys.argv[1:] or list(FIGURES)
    unknown = [name for name in chosen if name not in FIGURES]
    if unknown:
        sys.exit(f"there is no figure {unknown[0]!r}; there are: {' '.join(FIGURES)}")
    print(f"{'figure':34} {'measured':44} {'ratio':>6}   wanted")
    with docker_registry.storage() as storage:
        for name in chosen:
            measure, needs_storage = FIGURES[name]
            measure(*([report, storage] if needs_storage else [report]))


if __name__ == "__main__":
    main()
