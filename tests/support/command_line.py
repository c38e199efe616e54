# SPDX-License-Identifier: Apache-2.0
"""mquery, run as a person or a script runs it."""
import os
import shlex
import subprocess

from support.daemon import clean_environment
from support.processes import PATIENCE, ROOT

MQUERY = shlex.split(os.environ.get("MQUERY", os.path.join(ROOT, "build", "cli", "mquery")))


def mquery(*arguments, environment=None, **options):
    options = {"stdout": subprocess.PIPE, **options}
    if "input" not in options:
        options["stdin"] = subprocess.DEVNULL
    return subprocess.run(
        [*MQUERY, *arguments], env={**clean_environment(), **(environment or {})},
        stderr=subprocess.PIPE, timeout=PATIENCE, text=True, check=False, **options)


def said(result):
    """(exit status, standard output, standard error)."""
    return result.returncode, result.stdout, result.stderr
