# SPDX-License-Identifier: Apache-2.0
"""Adds up what meson's log of the unit tests (TAP) and pytest's report (JUnit XML) say.

usage: count_results.py TESTLOG.json PYTEST.xml

Prints "N passed, N failed, N skipped". The exit status is 1 when a test failed, or when a part is
missing or ran nothing.
"""
import json
import re
import sys
from collections import Counter
from xml.etree import ElementTree


def count_tap(text):
    counts = Counter()
    for line in text.splitlines():
        found = re.match(r"(not )?ok \d+(.*)", line)
        if found:
            skipped = "# SKIP" in found[2].upper()
            counts["skipped" if skipped else "failed" if found[1] else "passed"] += 1
    return counts


def count_meson(path):
    total = Counter()
    with open(path, encoding="utf-8") as file:
        for line in file:
            program = json.loads(line)
            counts = count_tap(program.get("stdout", ""))
            if program["result"] not in ("OK", "SKIP") and not counts["failed"]:
                counts["failed"] += 1  # it crashed or was stopped before it could say so
            elif not counts:
                counts["passed"] += 1  # a program without tests of its own, such as a replay
            total += counts
    return total


def count_pytest(path):
    suite = ElementTree.parse(path).getroot().find("testsuite")
    number = {name: int(suite.get(name, 0)) for name in ("tests", "failures", "errors", "skipped")}
    failed = number["failures"] + number["errors"]
    return Counter(failed=failed, skipped=number["skipped"],
                   passed=number["tests"] - failed - number["skipped"])


def main():
    total = Counter()
    complete = True
    for count, path in zip((count_meson, count_pytest), sys.argv[1:]):
        try:
            part = count(path)
        except (OSError, ValueError, ElementTree.ParseError) as problem:
            print(f"no results: {problem}", file=sys.stderr)
            part = Counter()
        complete = complete and part["passed"] > 0
        total += part
    print("{} passed, {} failed, {} skipped".format(
        *(total[name] for name in ("passed", "failed", "skipped"))))
    return 0 if complete and not total["failed"] else 1


if __name__ == "__main__":
    sys.exit(main())
