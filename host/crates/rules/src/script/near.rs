//! "Did you mean".

use model::fields::edit_distance;

/// Most names offered.
const OFFERED: usize = 3;
/// Names longer than this are not compared: the distance takes time with the square of the length.
const MAX_NAME: usize = 64;

/// Names that resemble `name`, as a remedy; `otherwise` if there are none.
pub(super) fn help<'a>(name: &str, names: impl Iterator<Item = &'a str>, otherwise: &str) -> String {
    let wanted = name.to_ascii_lowercase();
    if wanted.len() > MAX_NAME {
        return otherwise.to_owned();
    }
    let mut near: Vec<(usize, &str)> = names
        .filter(|n| n.len() <= MAX_NAME)
        .map(|n| {
            let is_part = wanted.len() > 3 && n.len() > 3 && (n.contains(&wanted) || wanted.contains(n));
            let distance = edit_distance(&wanted, n);
            (if is_part { distance.min(2) } else { distance }, n)
        })
        .filter(|(distance, n)| *distance <= 1 + n.len() / 4)
        .collect();
    near.sort_unstable();
    near.dedup();
    near.truncate(OFFERED);
    if near.is_empty() {
        return otherwise.to_owned();
    }
    let names: Vec<String> = near.iter().map(|(_, n)| format!("'{n}'")).collect();
    format!("did you mean {}?", names.join(" or "))
}
