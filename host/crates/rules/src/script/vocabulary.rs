//! Fields whose values are known beforehand: a text that is none of them never matches, which nobody means.
//!
//! Only countries and destination classes, which are ours: Webex may add values to its own enumerations any day.

use model::fields::well_known::{CLASSES, COUNTRIES};

use super::near;

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Vocabulary {
    Country,
    Class,
}

impl Vocabulary {
    /// Of a variable or function by its name.
    pub(super) fn of(name: &str) -> Option<Vocabulary> {
        match name {
            "country" | "calling_country" | "called_country" | "forward_country" => Some(Vocabulary::Country),
            "class" | "calling_class" | "called_class" | "forward_class" => Some(Vocabulary::Class),
            _ => None,
        }
    }

    /// What is wrong with a text and what to do; none if nothing is.
    pub(super) fn fault(self, text: &str) -> Option<(String, String)> {
        match self {
            Vocabulary::Country if COUNTRIES.binary_search(&text).is_err() => {
                let help =
                    "codes are those of ISO 3166 in capitals, such as \"CU\"; 001 for world-wide numbers";
                Some((format!("'{text}' is no country's code"), help.to_owned()))
            }
            Vocabulary::Class if !CLASSES.contains(&text) => {
                let help =
                    near::help(text, CLASSES.into_iter(), &format!("use one of {}", CLASSES.join(", ")));
                Some((format!("'{text}' is no class of numbers"), help))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_those_that_numbers_get() {
        let known: Vec<&str> = model::fields::well_known::all().map(|(_, text)| text).collect();
        assert!(CLASSES.iter().all(|class| known.contains(class)));
    }
}
