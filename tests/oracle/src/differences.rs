//! The table of known differences. `docs/rules/differences.md` tells them to readers; a test holds the two together.

use serde_json::Value;

use crate::explain::Case;
use crate::recognise as see;

/// Who is right by the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// We are.
    Ours,
    /// They are.
    Theirs,
    /// The specification leaves it open.
    Open,
}

/// What a difference is recognised by.
pub enum Scope {
    /// One line on one event.
    Line(fn(&Case<'_>) -> bool),
    /// The whole section; the second argument tells whether it has filters.
    Rule(fn(&Value, bool) -> bool),
}

/// A known difference.
pub struct Difference {
    /// Name, as in `docs/rules/differences.md`.
    pub name: &'static str,
    /// Clause of the specification 2.1.0.
    pub clause: &'static str,
    /// Who is right.
    pub right: Right,
    /// What recognises it.
    pub scope: Scope,
}

const fn line(
    name: &'static str,
    right: Right,
    clause: &'static str,
    test: fn(&Case<'_>) -> bool,
) -> Difference {
    Difference { name, clause, right, scope: Scope::Line(test) }
}

/// All of them. The first that recognises a case is taken.
pub const DIFFERENCES: &[Difference] = &[
    line("exists-null", Right::Ours, "modifiers, generic: exists", see::exists_null),
    line("neq-absent", Right::Open, "modifiers, generic: neq", see::neq_absent),
    line("null-in-list-absent", Right::Open, "rules, Special Field Values", see::null_in_list),
    line("null-element", Right::Open, "rules, Special Field Values", see::null_element),
    line("expand", Right::Open, "rules, Placeholders", see::expand),
    line("utf16-alone", Right::Ours, "modifiers, encoding: utf16le, utf16be, utf16", see::utf16_alone),
    line("base64offset-whole", Right::Ours, "modifiers, encoding: base64offset", see::base64offset_whole),
    line("base64offset-ends", Right::Ours, "modifiers, encoding: base64offset", see::base64offset_ends),
    line("windash-dashes", Right::Ours, "modifiers, string: windash", see::windash_dashes),
    line("windash-wildcard", Right::Ours, "rules, Value Modifiers", see::windash_wildcard),
    line("fieldref-empty", Right::Open, "modifiers, specific: fieldref", see::fieldref_empty),
    line("fieldref-types", Right::Ours, "rules, General", see::fieldref_types),
    line(
        "startswith-wildcard",
        Right::Ours,
        "modifiers, generic: startswith, endswith",
        see::startswith_wildcard,
    ),
    line("keyword-wildcard", Right::Ours, "rules, Lists", see::keyword_wildcard),
    line("keyword-all", Right::Ours, "rules, Keywords search", see::keyword_all),
    line("keyword-number", Right::Ours, "rules, General", see::keyword_number),
    line("wildcard-newline", Right::Ours, "rules, String Wildcard", see::wildcard_newline),
    line("number-as-text", Right::Ours, "rules, General", see::number_as_text),
    line("number-text", Right::Open, "modifiers, numeric", see::number_text),
    line("large-number-text", Right::Ours, "rules, General", see::large_number),
    line("bool-text", Right::Ours, "rules, General", see::bool_text),
    line("bool-modifier", Right::Ours, "rules, Value Modifiers", see::bool_modifier),
    line("capitals-beyond", Right::Open, "rules, General", see::capitals),
    line("cidr-mapped", Right::Open, "modifiers, IP: cidr", see::cidr_mapped),
    line("time-form", Right::Open, "modifiers, time", see::time_form),
    line("dotted-key", Right::Open, "rules, Field Usage", see::dotted_key),
    Difference {
        name: "expand-unset",
        clause: "rules, Placeholders",
        right: Right::Ours,
        scope: Scope::Rule(see::expand_unset),
    },
    Difference {
        name: "filter-selector",
        clause: "filters, Global Filter",
        right: Right::Ours,
        scope: Scope::Rule(see::filter_selector),
    },
    Difference {
        name: "hidden-search",
        clause: "rules, Condition",
        right: Right::Ours,
        scope: Scope::Rule(see::hidden_search),
    },
];

/// A rule that one side refuses and the other does not.
pub struct Refusal {
    /// Name, as in `docs/rules/differences.md`.
    pub name: &'static str,
    /// Clause of the specification 2.1.0.
    pub clause: &'static str,
    /// Whether it is we who refuse.
    pub we_refuse: bool,
    /// Who is right.
    pub right: Right,
    /// A part of the message.
    pub message: &'static str,
}

const fn refused(
    name: &'static str,
    we_refuse: bool,
    right: Right,
    message: &'static str,
    clause: &'static str,
) -> Refusal {
    Refusal { name, clause, we_refuse, right, message }
}

/// All of them.
pub const REFUSALS: &[Refusal] = &[
    refused("time-part-relation", false, Right::Open, "got |g", "modifiers, time"),
    refused("time-part-relation", false, Right::Open, "got |l", "modifiers, time"),
    refused(
        "all-single",
        false,
        Right::Theirs,
        "|all modifier requires more than one value",
        "modifiers, generic: all",
    ),
    refused("of-nothing", true, Right::Ours, "fits no search identifier", "rules, Condition"),
    refused("of-too-many", true, Right::Open, "can never hold", "rules, Condition"),
    refused(
        "base64-wildcard",
        true,
        Right::Ours,
        "with wildcards cannot be encoded",
        "rules, Value Modifiers",
    ),
];

/// Differences in correlations, each shown by a test of its own in `tests/correlation.rs`.
pub const IN_CORRELATIONS: &[&str] = &[
    "temporal-default",
    "percentile-bounds",
    "call-of-several-rules",
    "one-event-two-places",
    "sum-of-nothing",
    "chain-of-values",
    "order-of-arrival",
];
