//! Rules of every kind that keeps windows, so lax that each finds something among the demo's people.

use std::sync::Arc;

use rules::{File, LoadOptions, RuleSet};

use super::organisation::LATENESS;

const RULES: &str = r#"
title: Call abroad
name: plain
logsource: {product: webex, service: calling, category: call}
detection:
    selection: {direction: ORIGINATING, called_class: international}
    condition: selection
fields: [called_number, called_country, user_name]
level: low
ringfence: {window: 2h, severity: 'if count > 2 { "high" } else { "low" }'}
---
title: No talk, seldom
name: scripted
logsource: {product: webex, service: calling, category: call}
detection:
    selection: {direction: ORIGINATING, called_number|startswith: '+'}
    talk: {answered: true}
    condition: selection and not talk
level: medium
ringfence: {zone: location, subject: called_number, when: 'local_hour >= 17 && count("3d") >= 2'}
---
title: Several abroad within a day
name: counted
correlation: {type: event_count, rules: [abroad], group-by: [user], timespan: 1d, condition: {gte: 3}}
level: medium
---
title: Call abroad, a part
name: abroad
logsource: {product: webex, service: calling, category: call}
detection:
    selection: {direction: ORIGINATING, called_class: [international, premium]}
    condition: selection
---
title: Several countries by one location
name: distinct
correlation:
    type: value_count
    rules: [abroad]
    group-by: [location]
    timespan: 2d
    condition: {field: called_country, gte: 3}
level: medium
---
title: Long talk abroad
name: summed
correlation:
    type: value_sum
    rules: [abroad]
    group-by: [user]
    timespan: 1d
    condition: {field: duration, gte: 600}
level: medium
---
title: Sign-in, then abroad
name: ordered
correlation: {type: temporal_ordered, rules: [signed_in, abroad], group-by: [user], timespan: 12h}
level: medium
---
title: Sign-in, a part
name: signed_in
logsource: {product: webex, service: calling, category: sign_in}
detection:
    selection: {success: true}
    condition: selection
---
title: Either and the other
name: together
correlation: {type: temporal, rules: [signed_in, abroad], group-by: [user], timespan: 6h}
level: medium
---
title: Several abroad and then a sign-in
name: chained
correlation: {type: temporal_ordered, rules: [twice_abroad, signed_in], group-by: [user], timespan: 4d}
level: medium
---
title: Twice abroad, a part
name: twice_abroad
correlation: {type: event_count, rules: [abroad], group-by: [user], timespan: 1d, condition: {gte: 2}}
---
title: A country that is new to the location
name: new_value
logsource: {product: webex, service: calling, category: call}
detection:
    selection: {direction: ORIGINATING, called_country|exists: true}
    condition: selection
level: medium
ringfence: {subject: location, baseline: {new_value: [called_country], days: 6, after_days: 2}}
---
title: Many more calls than usual
name: rate
logsource: {product: webex, service: calling, category: call}
detection:
    selection: {direction: ORIGINATING}
    condition: selection
level: medium
ringfence: {baseline: {rate: {per: 1h, factor: 2, at_least: 4}, days: 7, after_days: 2}}
---
title: Abroad, on trial
name: shadow
status: experimental
logsource: {product: webex, service: calling, category: call}
detection:
    selection: {called_country|exists: true}
    home: {called_country|fieldref: country}
    condition: selection and not home
level: low
"#;

/// Compiled once.
pub fn rules() -> Arc<RuleSet> {
    let file = File { name: "order.yml".to_owned(), text: RULES.as_bytes().into() };
    let loaded = rules::load(&[file], &[], &LoadOptions { lateness: LATENESS, ..LoadOptions::default() });
    assert!(loaded.diagnostics.is_empty(), "{:#?}", loaded.diagnostics);
    loaded.set
}
