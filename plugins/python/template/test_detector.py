"""Tests of the detector, natively: `python -m unittest`."""

import unittest
from pathlib import Path

from detector import Premium
from ringfence import MINUTE, Severity
from ringfence.harness import Harness, Random, Record

MANIFEST = Path(__file__).parent / "plugin.toml"
BEGIN = 1_772_000_000_000


def calls(minutes, users=("ana",)):
    """Premium-rate calls of 90 seconds at these minutes, by one user after the other."""
    fields = [{"user": users[n % len(users)], "called_class": "premium"} for n in range(len(minutes))]
    return [Record(n, BEGIN + at * MINUTE, **fields[n]).talked(90) for n, at in enumerate(minutes)]


class PremiumCalls(unittest.TestCase):
    """What is found, and what is not."""

    def test_three_calls_in_an_hour_are_one_finding(self):
        findings = Harness(MANIFEST).run(Premium, calls([0, 10, 20, 30]))
        (finding,) = findings.values()
        self.assertEqual((finding.severity, len(finding.evidence)), (Severity.MEDIUM, 4))
        self.assertEqual(finding.explanation, ["4 calls, 6 minutes in all, to premium-rate numbers"])

    def test_three_calls_in_a_day_are_nothing(self):
        self.assertEqual(Harness(MANIFEST).run(Premium, calls([0, 100, 200])), {})

    def test_settings_count(self):
        self.assertEqual(len(Harness(MANIFEST, calls=2).run(Premium, calls([0, 10]))), 1)

    def test_order_of_arrival_does_not_matter(self):
        for seed in range(1, 30):
            random = Random(seed)
            minutes = [random.below(5_000) for _ in range(random.below(120))]
            Harness(MANIFEST).check_order(Premium, calls(minutes, ("ana", "ben", "eva")), seed)


if __name__ == "__main__":
    unittest.main()
