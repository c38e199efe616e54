# SPDX-License-Identifier: Apache-2.0
"""Skopeo, another's client, by which what we pushed must be readable."""
import subprocess


def skopeo(*arguments):
    """What it prints."""
    result = subprocess.run(["skopeo", "--insecure-policy", *arguments], capture_output=True,
                            check=False)
    assert result.returncode == 0, result.stderr.decode()
    return result.stdout
