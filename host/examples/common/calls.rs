//! A Control Hub report for benchmarks. Included by path; owns no measurement.
#![allow(clippy::unwrap_used, reason = "a measurement that cannot go on ends")]

use std::io::{BufWriter, Write};
use std::path::Path;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const HEADER: &str = "Start time,Answer time,Duration,Calling number,Called number,User,Calling line ID,Called line ID,Correlation ID,\
     Location,Inbound trunk,Outbound trunk,Route group,Direction,Call type,Client type,Client version,Sub client type,OS type,\
     Device Mac,Model,Answered,International Country,Original reason,Related reason,Redirect reason,Site main number,Site timezone,\
     User type,Call ID,Local SessionID,Remote SessionID,User UUID,Org UUID,Report ID,Site UUID,Releasing party,Report time";

/// Monday, 2 February 2026, 0:00 UTC.
const MONDAY: i64 = 1_769_990_400_000;
const DAY: i64 = 86_400_000;
const HOUR: i64 = 3_600_000;
const WORKING_DAYS: u64 = 64;

/// Moment of the i-th record of so many: working days of three months, from 8 to 18 UTC.
fn at_work(i: u64, records: u64) -> i64 {
    let at = u128::from(i) * u128::from(WORKING_DAYS) * (10 * HOUR) as u128 / u128::from(records.max(1));
    let (day, within) = ((at / (10 * HOUR) as u128) as i64, (at % (10 * HOUR) as u128) as i64);
    MONDAY + (day / 5 * 7 + day % 5) * DAY + 8 * HOUR + within
}

/// One call in so many goes abroad.
const ABROAD: u32 = 200;

/// Outgoing calls of 2,200 users over three months, 38 columns.
pub fn write_csv(path: &Path, records: u64) -> std::io::Result<()> {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut out = BufWriter::new(std::fs::File::create(path)?);
    writeln!(out, "{HEADER}")?;
    for i in 0..records {
        let start = at_work(i, records);
        let duration: i64 = random.random_range(0..600);
        let (start_text, end_text) =
            (model::finding::format_time(start), model::finding::format_time(start + duration * 1000));
        let user: u32 = random.random_range(0..2_200);
        let uuid = |r: &mut ChaCha8Rng| model::RecordId(r.random::<u128>() & !(7 << 61)).to_string();
        let (correlation, report) = (uuid(&mut random), uuid(&mut random));
        let (local, remote): (u128, u128) = (random.random(), random.random());
        let called: u32 = random.random_range(10_000_000..99_999_999);
        // A Spanish mobile number, or one in London.
        let prefix = if random.random_range(0..ABROAD) == 0 { "+4420" } else { "+346" };
        writeln!(
            out,
            "{start_text},{start_text},{duration},+34911{user:06},{prefix}{called},User {user},+34911234567,NA,{correlation},Madrid,,,,\
             ORIGINATING,SIP_NATIONAL,SIP,45.6.0,,windows,,,TRUE,,,,,+34911234500,60,User,SSE{i}@10.0.0.1,{local:032x},{remote:032x},\
             00000000-0000-4000-8000-{user:012x},00000000-0000-4000-8000-00000000000a,{report},\
             00000000-0000-4000-8000-00000000000b,Local,{end_text}"
        )?;
    }
    out.flush()
}
