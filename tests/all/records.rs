//! Call records as Webex gives them, made for a test.

use serde_json::{Map, Value, json};

/// `2026-03-02T00:00:00Z`, a Monday.
pub const MONDAY: i64 = 1_772_409_600_000;
pub const SECOND: i64 = 1000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

pub fn iso(millis: i64) -> String {
    model::finding::format_time(millis)
}

/// An outbound call as its owner's side records it.
pub struct Call {
    pub id: u32,
    pub user: u32,
    pub start: i64,
    pub called: String,
    pub seconds: u32,
}

impl Call {
    pub fn record(&self) -> Map<String, Value> {
        let ring = 5;
        let answered = self.seconds > 0;
        let release = self.start + i64::from(self.seconds + ring) * SECOND;
        let record = json!({
            "Report ID": format!("{:08x}-f1f6-4326-86f9-565d2e11553d", self.id),
            "Report time": iso(release),
            "Start time": iso(self.start),
            "Answer time": if answered { iso(self.start + i64::from(ring) * SECOND) } else { String::new() },
            "Release time": iso(release),
            "Duration": self.seconds,
            "Ring duration": ring.to_string(),
            "Answered": if answered { "true" } else { "false" },
            "Direction": "ORIGINATING",
            "Call type": "SIP_INTERNATIONAL",
            "Calling number": "+34911234000",
            "Called number": self.called,
            "Dialed digits": "",
            "User": format!("User {}", self.user),
            "User UUID": format!("{:08x}-0000-4000-8000-000000000001", self.user),
            "User number": "+34911234000",
            "User type": "User",
            "Location": "Madrid",
            "Site timezone": "60",
            "Org UUID": "408806bc-a013-4a4b-9a24-85e374912102",
            "Correlation ID": format!("{:08x}-0000-4000-9000-000000000002", self.id),
            "Call outcome": "Success",
            "Call outcome reason": if answered { "Normal" } else { "NoAnswer" },
            "Releasing party": "Local",
            "Client type": "TEAMS_WXC_CLIENT",
            "OS type": "windows",
        });
        match record {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }
}

/// Three quiet weeks of office calls by four users, then user 1 calls Latvia all Saturday night.
pub fn toll_fraud() -> Vec<Map<String, Value>> {
    let mut calls = Vec::new();
    let mut id = 0;
    for day in (0..19).filter(|d| d % 7 < 5) {
        for user in 1..=4u32 {
            for n in 0..6i64 {
                id += 1;
                calls.push(Call {
                    id,
                    user,
                    start: MONDAY + day * DAY + 8 * HOUR + n * 70 * MINUTE + i64::from(user) * MINUTE,
                    called: format!("+3461100{:04}", (n * 7 + i64::from(user)) % 40),
                    seconds: 60 + (n as u32) * 30,
                });
            }
        }
    }
    for n in 0..14 {
        id += 1;
        calls.push(Call {
            id,
            user: 1,
            start: MONDAY + 19 * DAY + 25 * HOUR + n * 3 * MINUTE,
            called: format!("+3712012{:04}", 3000 + n % 3),
            seconds: if n < 2 { 5 } else { 170 },
        });
    }
    calls.iter().map(Call::record).collect()
}

pub fn ndjson(records: &[Map<String, Value>]) -> Vec<u8> {
    records.iter().flat_map(|r| format!("{}\n", Value::Object(r.clone())).into_bytes()).collect()
}

pub fn page(records: &[Map<String, Value>]) -> Vec<u8> {
    serde_json::to_vec_pretty(&json!({ "items": records })).unwrap()
}

pub fn array(records: &[Map<String, Value>]) -> Vec<u8> {
    serde_json::to_vec(records).unwrap()
}

/// As the Control Hub report spells it: BOM, other capitals, TRUE and FALSE, NA for nothing.
pub fn csv(records: &[Map<String, Value>]) -> Vec<u8> {
    let mut out = csv::Writer::from_writer(b"\xef\xbb\xbf".to_vec());
    let keys: Vec<&String> = records[0].keys().collect();
    out.write_record(
        keys.iter().map(|k| k.replace("OS type", "OS Type").replace("User number", "User Number")),
    )
    .unwrap();
    for record in records {
        out.write_record(keys.iter().map(|key| match &record[*key] {
            Value::String(text) if text.is_empty() => "NA".to_owned(),
            Value::String(text) if text == "true" || text == "false" => text.to_uppercase(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }))
        .unwrap();
    }
    out.into_inner().unwrap()
}
