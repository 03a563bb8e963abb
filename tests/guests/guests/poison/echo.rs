//! What `poison` and `poison-mended` share.

use guests::{Batch, Column, Error, Output, RecordId, finding};

pub fn process(batch: &Batch, look: impl Fn(u32)) -> Result<Vec<Output>, Error> {
    if batch.rows == 0 {
        return Ok(Vec::new());
    }
    let [Column::Ids(ids), Column::U32s(users), Column::U32s(seconds)] = &batch.columns[..] else {
        return Err(Error::InvalidBatch("other columns than asked for".to_owned()));
    };
    let echo = |row: usize| {
        look(seconds[row]);
        let id = RecordId { hi: ids[2 * row], lo: ids[2 * row + 1] };
        let mut finding = finding(users[row], &format!("{:x}", id.hi));
        finding.evidence = vec![id];
        Output::Raise(finding)
    };
    Ok((0..batch.rows as usize).map(echo).collect())
}
