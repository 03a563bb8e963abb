//! As many rules as wanted, of the kinds that an installation has: countries, ranges of numbers, people, times, and some that
//! count.

use std::fmt::Write as _;
use std::sync::Arc;

use rules::{File, LoadOptions, RuleSet};

/// Countries whose prefixes are in the rules.
const COUNTRIES: [(&str, &str); 12] = [
    ("CU", "+53"),
    ("SO", "+252"),
    ("LV", "+371"),
    ("GB", "+44"),
    ("FR", "+33"),
    ("DE", "+49"),
    ("MA", "+212"),
    ("CO", "+57"),
    ("MX", "+52"),
    ("PT", "+351"),
    ("IT", "+39"),
    ("TN", "+216"),
];

/// `count` rules; of those, number `changed` differs from version to version.
pub fn load(count: usize, version: usize) -> Arc<RuleSet> {
    let files: Vec<File> = (0..count).map(|n| file(n, if n == 0 { version } else { 0 })).collect();
    let loaded = rules::load(&files, &[], &LoadOptions::default());
    assert!(loaded.diagnostics.is_empty(), "{:#?}", loaded.diagnostics.first());
    loaded.set
}

fn file(n: usize, version: usize) -> File {
    let (country, prefix) = COUNTRIES[n % COUNTRIES.len()];
    let mut text = String::new();
    let detection = match n % 5 {
        0 => format!(
            "called_number|startswith: '{prefix}{}'\n        duration|gte: {}",
            n % 90 + 10,
            5 + version
        ),
        1 => format!("called_country: {country}\n        duration|gte: {}", 60 + n),
        2 => format!("called_class: international\n        location|contains: 'o{}'", n % 7),
        3 => format!("user_name|startswith: 'User {n}'\n        answered: true"),
        _ => format!("called_number|startswith: ['{prefix}{n}', '{prefix}9{n}']"),
    };
    let part = if n % 10 == 1 { format!("rule_{n}_part") } else { format!("rule_{n}") };
    let _ = write!(
        text,
        "title: Rule {n}\nname: {part}\nlogsource: {{product: webex, service: calling, category: call}}\ndetection:\n    \
         selection:\n        direction: ORIGINATING\n        {detection}\n    condition: selection\nlevel: medium\n"
    );
    if n % 10 == 1 {
        let _ = write!(
            text,
            "---\ntitle: Rule {n}\nname: rule_{n}\ncorrelation:\n    type: event_count\n    rules: [{part}]\n    group-by: [user]\n    \
             timespan: 1d\n    condition: {{gte: 3}}\nlevel: medium\n"
        );
    }
    File { name: format!("rule_{n}.yml"), text: text.into_bytes().into() }
}
