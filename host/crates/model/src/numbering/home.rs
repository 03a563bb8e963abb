//! How a country dials: its calling code, prefix for calls abroad, and trunk prefix.
//!
//! Owns the regular expressions of `libphonenumber` for reading what was dialled, compiled once per country.

use std::sync::{LazyLock, OnceLock};

use phonenumber::metadata::DATABASE;
use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};

use super::country_index;
use crate::Name;
use crate::fields::well_known::COUNTRIES;

/// A country's dialling rules.
pub(super) struct DialRules {
    /// Calling code.
    pub code: u16,
    international: Option<Regex>,
    trunk: Option<Regex>,
    transform: Option<String>,
    /// The trunk prefix as people write it, e.g. `0`.
    pub trunk_prefix: Option<String>,
}

static RULES: LazyLock<Vec<OnceLock<Option<DialRules>>>> =
    LazyLock::new(|| COUNTRIES.iter().map(|_| OnceLock::new()).collect());

/// Rules of a country, if it is known.
pub(super) fn rules(country: Name) -> Option<&'static DialRules> {
    let index = country_index(country)?;
    RULES.get(index)?.get_or_init(|| DialRules::build(COUNTRIES[index])).as_ref()
}

impl DialRules {
    fn build(id: &str) -> Option<DialRules> {
        let region = DATABASE.by_id(id).filter(|_| id != "001")?;
        let trunk_prefix = region.national_prefix().map(str::to_owned);
        let trunk = match region.national_prefix_for_parsing() {
            Some(pattern) => compile(pattern.as_str()),
            None => trunk_prefix.as_deref().and_then(compile),
        };
        Some(DialRules {
            code: region.country_code(),
            international: region.international_prefix().and_then(|p| compile(p.as_str())),
            trunk,
            transform: region.national_prefix_transform_rule().map(str::to_owned),
            trunk_prefix,
        })
    }

    /// What follows the country's prefix for calls abroad.
    pub(super) fn after_international_prefix<'d>(&self, dialled: &'d str) -> Option<&'d str> {
        let found = self.international.as_ref()?.find(Input::new(dialled).anchored(Anchored::Yes))?;
        dialled.get(found.end()..).filter(|_| found.end() > 0)
    }

    /// The national number without trunk prefix and carrier code, rearranged where the country needs it
    /// (Argentine mobiles, local numbers in the Caribbean).
    pub(super) fn without_trunk_prefix(&self, dialled: &str) -> Option<String> {
        let regex = self.trunk.as_ref()?;
        let mut captures = regex.create_captures();
        regex.captures(Input::new(dialled).anchored(Anchored::Yes), &mut captures);
        let whole = captures.get_match().filter(|m| m.end() > 0)?;
        let rest = dialled.get(whole.end()..)?;
        let last = captures.group_len().saturating_sub(1);
        match &self.transform {
            Some(rule) if last > 0 && captures.get_group(last).is_some() => {
                let mut text = String::new();
                captures.interpolate_string_into(dialled, &spaced(rule), &mut text);
                text.push_str(rest);
                Some(text)
            }
            _ => Some(rest.to_owned()),
        }
    }
}

/// `$15` means group 1 then the digit 5 in the metadata: groups have one digit.
fn spaced(rule: &str) -> String {
    let mut text = String::new();
    let mut chars = rule.chars();
    while let Some(c) = chars.next() {
        match (c, c == '$') {
            (_, true) => {
                text.push_str("${");
                text.extend(chars.next());
                text.push('}');
            }
            (c, false) => text.push(c),
        }
    }
    text
}

fn compile(pattern: &str) -> Option<Regex> {
    Regex::builder()
        .syntax(syntax::Config::new().ignore_whitespace(true).unicode(false).utf8(true))
        .build(pattern)
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numbering::country_name;

    #[test]
    fn every_country_has_rules_that_compile() {
        for region in DATABASE.iter().filter(|r| r.id() != "001") {
            let rules = rules(country_name(region.id())).unwrap_or_else(|| panic!("{}", region.id()));
            assert_eq!(rules.code, region.country_code());
            assert_eq!(
                rules.international.is_some(),
                region.international_prefix().is_some(),
                "{}",
                region.id()
            );
            let prefixed =
                region.national_prefix_for_parsing().is_some() || region.national_prefix().is_some();
            assert_eq!(rules.trunk.is_some(), prefixed, "{}", region.id());
        }
    }

    #[test]
    fn argentine_mobiles_are_rearranged() {
        let rules = rules(country_name("AR")).unwrap();
        assert_eq!(rules.without_trunk_prefix("0111523456789").as_deref(), Some("91123456789"));
    }
}
