# SPDX-License-Identifier: Apache-2.0
"""What a daemon's /metrics says, read as Prometheus would.

    before = scrape(daemon)
    daemon.query(image)
    assert scrape(daemon).value("mquery_queries_total", result="ok", cache="miss") == 1
"""
import re

OPEN_METRICS = "application/openmetrics-text;version=1.0.0"
SERIES = re.compile(r'([a-z_][a-z0-9_]*)(?:\{(.*)\})? (\S+)')
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"(?:,|$)')


class Scrape:
    def __init__(self, text):
        self.text = text
        self.series = {}
        self.kinds = {}
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ")
                assert name not in self.kinds, f"{name} stands in two places"
                self.kinds[name] = kind
            elif not line.startswith("#"):
                self._add(line)

    def _add(self, line):
        matched = SERIES.fullmatch(line)
        assert matched, line
        key = (matched[1], frozenset(LABEL.findall(matched[2] or "")))
        assert key not in self.series, f"twice: {line}"
        self.series[key] = float(matched[3])

    @property
    def names(self):
        return {name for name, _ in self.series}

    def all(self, name):
        """Labels and value of each series."""
        return [(dict(labels), value) for (found, labels), value in self.series.items()
                if found == name]

    def value(self, name, **labels):
        return self.series[name, frozenset(labels.items())]

    def sum(self, name, **labels):
        return sum(value for found, value in self.all(name)
                   if labels.items() <= found.items())


def scrape(daemon, headers=None):
    answer = daemon.get("/metrics", headers)
    assert answer.status == 200, answer.body
    return Scrape(answer.body.decode())
