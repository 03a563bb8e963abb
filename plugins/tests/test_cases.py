"""The detector of `cases.toml` in Python: what it finds is what the Rust SDK finds (`cases.jsonl`), however records arrive.

Run in a project that `plugin new` made, where it is copied to (`tests/all/polyglot.rs`), or here with the package on the path.
"""

import json
import unittest
from pathlib import Path

from ringfence import (
    HOUR, MINUTE, SECOND, About, Case, Detector, Name, Number, Report, Severity, Subject, day_of, number_text, plural,
)
from ringfence.harness import Harness, Random, Record

HERE = Path(__file__).parent
BEGIN = 1_772_000_000_000
COUNTRIES = ["ES", "FR", "LV", "CU"]
DAYS = 2


class Cases(Detector):
    """State, facts, episodes about things, tests of what belongs, ends."""

    state = {"countries": [], "calls": 0}
    facts = {"longest": 0, "ended": False}

    def look_back(self):
        return HOUR

    def is_short(self, event):
        return event["duration"] < self.settings["short_seconds"]

    def looks_back_at(self, event):
        return self.is_short(event)

    def select(self, row):
        if row.answered:
            kept = {"country": row.called_country, "number": row.called_number, "duration": row.duration}
            return Subject.user(row.user), kept

    def step(self, state, now, episodes):
        event = now.event
        state["calls"] += 1
        if event["country"] not in state["countries"]:
            state["countries"] = sorted([*state["countries"], event["country"]])
            episode, _ = episodes.extend(Case("new-country", 2 * HOUR, About.name(event["country"])), now.alone())
            episode.rise(Severity.LOW if state["calls"] < 20 else Severity.MEDIUM)
        elif known := episodes.open(Case("new-country", 2 * HOUR, About.name(event["country"])), now.start):
            known.facts["longest"] = max(known.facts["longest"], event["duration"])
        short = lambda e: self.is_short(e.event)
        recent = now.within(HOUR)
        if short(now) and sum(1 for e in recent if short(e)) >= 3:
            episode, added = episodes.extend(Case("short-calls", 30 * MINUTE), recent, short)
            for e in added:
                episode.facts["longest"] = max(episode.facts["longest"], e.event["duration"])
            episode.rise(Severity.HIGH if episode.records >= 6 else Severity.MEDIUM)
        if event["duration"] > 500 and (open := episodes.open(Case("short-calls", 30 * MINUTE), now.start)):
            open.facts["ended"] = True
            open.close_by(now.start)
        episodes.extend(Case("day", 6 * HOUR, About.day(day_of(now.start))), now.alone())
        if event["number"] % 31 == 0:
            episodes.extend(Case("chosen", HOUR, About.number(event["number"])), now.alone())

    def describe(self, subject, episode):
        report = Report(f"{plural(episode.records, 'call')} of kind {episode.kind}")
        report.because(f"{episode.facts['longest']} s the longest")
        report.because("ended by a long call" if episode.facts["ended"] else None)
        if episode.about.kind == "name":
            report.figure("country", Name(episode.about.value)).score(0.25)
        if episode.about.kind == "number":
            report.figure("number", Number(episode.about.value)).because(number_text(episode.about.value))
        hours = episode.span() / HOUR
        return report.figure("ended", episode.facts["ended"]).figure("hours", hours)


def records(seed):
    """Records of a few busy days of three people."""
    random = Random(seed)
    made = []
    for id in range(150):
        start = BEGIN + random.below(DAYS * 24 * 60) // 3 * 3 * MINUTE
        fields = {"user": f"user {random.below(3)}", "called_country": COUNTRIES[random.below(4)]}
        fields["called_number"] = f"+3491100{random.below(40):04}"
        seconds = random.below(120) if random.below(4) else random.below(900)
        made.append(Record(id, start + random.below(60) * SECOND, **fields).talked(seconds))
    return made


def plain(findings):
    """Findings as in `cases.jsonl`."""
    kinds = {Name: "name", Number: "number", bool: "boolean", int: "integer", float: "real", str: "text"}
    for (subject, _), f in sorted(findings.items()):
        yield {
            "subject": subject, "key": f.key, "kind": f.kind, "severity": f.severity.name.lower(), "score": f.score,
            "title": f.title, "explanation": f.explanation, "first_event": f.first_event, "last_event": f.last_event,
            "raised_at": f.raised_at, "evidence": ["%016x%016x" % id for id in f.evidence],
            "attributes": [[name, kinds[type(v)], str(int(v)) if kinds[type(v)] in ("name", "number") else v] for name, v in f.attributes],
        }


class SameAsRust(unittest.TestCase):
    """Against what the SDK finds."""

    def test_findings_are_those_of_the_sdk(self):
        for line in (HERE / "cases.jsonl").read_text().splitlines():
            case = json.loads(line)
            found = Harness(HERE / "cases.toml").run(Cases, records(case["seed"]))
            self.assertEqual(list(plain(found)), case["findings"], f"seed {case['seed']}")

    def test_order_of_arrival_does_not_matter(self):
        for seed in range(1, 12):
            Harness(HERE / "cases.toml").check_order(Cases, records(seed), seed)
