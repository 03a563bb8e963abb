//! Raises a finding about nobody.

guests::guest!("bad-finding", |_| Ok(vec![guests::Output::Raise(guests::finding(3_999_999_999, "k"))]));
