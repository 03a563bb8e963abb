//! The organisation of a case: its locations, and nothing of the machine's configuration.
//!
//! Owns making a configuration of what a case says. Does not own what locations mean (`config`, `directory`).

use rules::Diagnostic;
use rules::sigma::Case;

use crate::config::{Config, LocationConfig};

/// Country of a case without locations: what is national and what international must be known.
const USUAL_COUNTRY: &str = "ES";

/// The configuration that a case describes, and the location of events that name none.
///
/// # Errors
/// What is wrong with the case's locations.
pub fn config_of(case: &Case, file: &str) -> Result<(Config, Option<String>), Vec<Diagnostic>> {
    let mut config = Config::default();
    let mut problems = Vec::new();
    let mut first = None;
    let mut wrong = |message: String| {
        let help = "locations are written as in the configuration: zone, country, business_hours, holidays";
        problems.push(Diagnostic::error(file, case.span, message, help));
    };
    for (name, value) in &case.locations {
        match serde_json::from_value::<LocationConfig>(value.clone()) {
            Ok(location) => match location.check() {
                Ok(()) => {
                    first.get_or_insert_with(|| name.clone());
                    config.locations.insert(name.clone(), location);
                }
                Err(message) => wrong(format!("location '{}': {message}", name.escape_debug())),
            },
            Err(error) => wrong(format!("location '{}': {error}", name.escape_debug())),
        }
    }
    if config.locations.is_empty() {
        config.country = Some(USUAL_COUNTRY.to_owned());
    }
    if problems.is_empty() { Ok((config, first)) } else { Err(problems) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_checked_as_in_the_configuration() {
        let case = |text: &str| Case {
            name: "c".to_owned(),
            span: rules::Span::default(),
            start: None,
            locations: serde_json::from_str::<serde_json::Map<_, _>>(text).unwrap().into_iter().collect(),
            placeholders: Vec::new(),
            events: Vec::new(),
            expect: Vec::new(),
        };
        let (config, first) =
            config_of(&case(r#"{"Madrid":{"zone":"Europe/Madrid","country":"ES"}}"#), "f").unwrap();
        assert_eq!(first.as_deref(), Some("Madrid"));
        assert_eq!(config.locations["Madrid"].zone.as_deref(), Some("Europe/Madrid"));
        let wrong = config_of(&case(r#"{"A":{"zone":"Madrid"},"B":{"zon":"UTC"}}"#), "f").unwrap_err();
        assert_eq!(wrong.len(), 2);
        assert!(wrong[0].message.contains("IANA") && wrong[1].message.contains("zon"), "{wrong:?}");
        assert_eq!(config_of(&case("{}"), "f").unwrap().1, None);
    }
}
