"""A first detector, to copy: several calls to premium-rate numbers by one user within an hour.

Owns the judgement only. Late, shuffled and repeated records, state and restarts are the package's work.
"""

from ringfence import MINUTE, Case, Detector, Report, Severity, Subject, component, known


class Premium(Detector):
    """The detector. `self.settings` has one value for each `[config.…]` table of plugin.toml."""

    # What is remembered of one episode for the report.
    facts = {"seconds": 0}

    def look_back(self):
        """How far back `step` looks: events are kept at least that long."""
        return self.settings["window_minutes"] * MINUTE

    def select(self, row):
        """Which rows matter, whom they are about, and what to keep of them: here a call's length in seconds."""
        if row.called_class == known.PREMIUM:
            return Subject.user(row.user), row.duration

    def step(self, state, now, episodes):
        """Called in the order in which things happened, whatever the order in which they became known."""
        recent = now.within(self.look_back())
        if len(recent) >= self.settings["calls"]:
            # An episode grows while calls keep coming within the gap; then it closes. Each is one finding.
            episode, added = episodes.extend(Case("premium-calls", self.look_back()), recent)
            episode.facts["seconds"] += sum(call.event for call in added)
            episode.rise(Severity.HIGH if episode.records >= 10 else Severity.MEDIUM)

    def describe(self, subject, episode):
        """The finding in words and figures."""
        calls, minutes = episode.records, episode.facts["seconds"] // 60
        return (
            Report(f"{calls} calls to premium-rate numbers")
            .because(f"{calls} calls, {minutes} minutes in all, to premium-rate numbers")
            .figure("calls", calls)
            .figure("minutes", minutes)
        )


# What the host calls.
WitWorld = component(Premium)
