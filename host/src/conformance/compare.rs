//! Two runs that must end in the same findings: the first difference in one sentence.

use std::collections::BTreeMap;

use model::Finding;

/// Longest text quoted from a finding.
const MAX_QUOTED: usize = 120;

/// What differs between what was wanted and what was found; none if nothing does. `how` says how the second run was made.
pub fn difference(
    wanted: &BTreeMap<String, Finding>,
    found: &BTreeMap<String, Finding>,
    how: &str,
) -> Option<String> {
    let missing: Vec<&Finding> =
        wanted.iter().filter(|(id, _)| !found.contains_key(*id)).map(|(_, f)| f).collect();
    let extra: Vec<&Finding> =
        found.iter().filter(|(id, _)| !wanted.contains_key(*id)).map(|(_, f)| f).collect();
    let changed: Vec<(&Finding, &Finding)> =
        wanted.iter().filter_map(|(id, f)| found.get(id).map(|g| (f, g))).filter(|(f, g)| f != g).collect();
    let (first, what) = match (missing.first(), extra.first(), changed.first()) {
        (None, None, None) => return None,
        (_, _, Some((f, g))) => (*f, format!("has {}", part(f, g))),
        (Some(f), _, _) => (*f, "is missing".to_owned()),
        (None, Some(g), _) => (*g, "should not be there".to_owned()),
    };
    let count = missing.len() + extra.len() + changed.len();
    Some(format!(
        "{how}: {count} of {} findings differ ({} missing, {} too many, {} changed); the first, '{}' about {} {}, {what}",
        wanted.len().max(found.len()),
        missing.len(),
        extra.len(),
        changed.len(),
        cut(&first.title),
        first.subject.kind.name(),
        cut(&first.subject.id),
    ))
}

/// The first part in which two revisions of a finding differ.
fn part(wanted: &Finding, found: &Finding) -> String {
    let differs = |name: &str, a: String, b: String| {
        (a != b).then(|| format!("{name} {} instead of {}", cut(&b), cut(&a)))
    };
    let figure = wanted.attributes.keys().chain(found.attributes.keys()).find_map(|key| {
        let text = |f: &Finding| f.attributes.get(key).map_or("nothing".to_owned(), |v| format!("{v:?}"));
        differs(&format!("the figure '{key}'"), text(wanted), text(found))
    });
    differs("severity", wanted.severity.to_string(), found.severity.to_string())
        .or_else(|| differs("score", wanted.score.to_string(), found.score.to_string()))
        .or_else(|| differs("kind", wanted.kind.clone(), found.kind.clone()))
        .or_else(|| differs("title", wanted.title.clone(), found.title.clone()))
        .or(figure)
        .or_else(|| differs("explanation", wanted.explanation.join(" / "), found.explanation.join(" / ")))
        .or_else(|| differs("first event", wanted.first_event.to_string(), found.first_event.to_string()))
        .or_else(|| differs("last event", wanted.last_event.to_string(), found.last_event.to_string()))
        .or_else(|| {
            differs(
                "records as evidence",
                wanted.evidence.len().to_string(),
                found.evidence.len().to_string(),
            )
        })
        .unwrap_or_else(|| "other records as evidence".to_owned())
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_QUOTED) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
