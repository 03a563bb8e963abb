//! Detection rules.

use super::reader::{Reader, nearest};
use super::{metadata, ours, searches};
use crate::sigma::{LogSource, Rule};
use crate::yaml::Node;

pub(super) fn read(reader: &mut Reader<'_>, node: &Node) -> Option<Rule> {
    let logsource = metadata::log_source(reader, node);
    let about_calls = node.get("ringfence").is_some() || logsource.as_ref().is_some_and(LogSource::is_ours);
    if reader.is_ours() && !about_calls {
        elsewhere(reader, node, logsource.as_ref());
    }
    metadata::keys(reader, node, "detection");
    let meta = metadata::read(reader, node);
    let ours = ours(reader, node);
    let detection = searches::section(reader, node.get("detection")?, "detection", &[]);
    let (searches, condition) = detection?;
    Some(Rule { meta, logsource: logsource.unwrap_or_default(), searches, condition, ours })
}

/// A rule for another log is somebody else's: it is read as such, but its reader shall know that it matches no call.
fn elsewhere(reader: &mut Reader<'_>, node: &Node, logsource: Option<&LogSource>) {
    let at = node.get("logsource").map_or(node.span, |n| n.span);
    let Some(source) = logsource else {
        reader.error(at, "no log source", "add 'logsource:' with 'product: webex' under it");
        return;
    };
    const CATEGORIES: [&str; 4] = ["call", "forwarding", "admin", "sign_in"];
    let value = |key: &str| node.get("logsource").and_then(|s| s.get(key)).map_or(at, |n| n.span);
    let is = |text: &Option<String>, wanted: &[&str]| {
        text.as_deref().is_some_and(|t| wanted.iter().any(|w| w.eq_ignore_ascii_case(t)))
    };
    match source.product.as_deref() {
        Some(product) if product.eq_ignore_ascii_case("webex") => {
            if source.service.is_some() && !is(&source.service, &["calling"]) {
                let help = "write 'service: calling', or take the line away";
                reader.error(value("service"), "no such service of product webex", help);
            } else {
                let help =
                    format!("one of: {}; or take the line away for all of them", CATEGORIES.join(", "));
                reader.error(value("category"), "no such category of product webex", help);
            }
        }
        Some(product) if nearest(product, &["webex"]).is_some() => {
            reader.error(value("product"), "unknown product", "did you mean 'webex'?");
        }
        None if is(&source.service, &["calling"]) || is(&source.category, &CATEGORIES) => {
            reader.error(at, "the log source names no product", "add 'product: webex'");
        }
        _ => {
            reader.warn(
                at,
                "the rule is about another product and matches no call",
                "for rules about calls write 'product: webex'",
            );
            reader.relax();
        }
    }
}
