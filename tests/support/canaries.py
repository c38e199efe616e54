# SPDX-License-Identifier: Apache-2.0
"""Secrets go through every test, and none comes out again (rule S21).

What a test uses as a secret is noted where it is made (support/authority.py and its like note
theirs), and what the programs say is noted where it is read (support/daemon.py, command_line.py).
After each test the one is looked for in the other, in every form in which it may travel.
"""
import base64
from urllib.parse import quote, quote_plus

# Shorter ones, and plain words, stand in texts that have nothing to do with them.
LENGTH_MIN = 6

_secrets = set()
_said = []  # (who, text), since the last check


def secret(text):
    """Notes it, and returns it."""
    if len(text) >= LENGTH_MIN and not text.isalpha():
        _secrets.add(text)
    return text


def hear(who, text):
    """Something that a program has said: a log, an answer, what a command printed."""
    _said.append((who, text))


def assert_kept():
    """That nothing heard since the last time gives a secret away."""
    said = list(_said)
    _said.clear()
    text = "\n".join(each for _, each in said)
    for canary in _secrets:
        for form in forms(canary):
            assert form not in text, "\n".join(
                [f"the secret {canary!r} was given away as {form!r} by"]
                + [f"{who}:\n{each}" for who, each in said if form in each])


def forms(text):
    """The ways in which it may be written: as it is, percent-encoded, in base64 of either kind,
    whatever stands around it there."""
    yield from {text, quote(text, safe=""), quote_plus(text)}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for offset in range(3):
            yield in_base64(encode, text.encode(), offset)


def in_base64(encode, raw, offset):
    """The digits that are this text's alone, where it begins so many bytes after a multiple of
    three: a digit is six bits, and one that it shares with a neighbour is left out."""
    digits = encode(b"\0" * offset + raw).decode()
    first, last = -(-8 * offset // 6), 8 * (offset + len(raw)) // 6
    return digits[first:last]
