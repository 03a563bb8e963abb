//! What a process is doing, told from what it sends to PostgreSQL.
//!
//! Follows the frontend protocol just far enough to know which statement is running: the text of simple queries and prepared
//! statements, and which prepared statement is bound.

use std::collections::HashMap;

/// What the bytes on a connection are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Phase {
    /// Connecting, migrating, asking the server what it is, preparing.
    Opening,
    /// Records on their way into the stage.
    Copy,
    /// From the stage into the log.
    Insert,
    /// The end of an ingest's transaction.
    IngestCommit,
    /// Taking, keeping and giving back the lease on evaluation.
    Lease,
    /// Reading cursors, names, the log.
    ReadLog,
    /// Detectors' state on first touch.
    ReadState,
    /// Writing cursor, names, state, findings.
    Checkpoint,
    /// The end of a checkpoint's transaction.
    CheckpointCommit,
}

impl Phase {
    pub const ALL: [Phase; 9] = [
        Phase::Opening,
        Phase::Copy,
        Phase::Insert,
        Phase::IngestCommit,
        Phase::Lease,
        Phase::ReadLog,
        Phase::ReadState,
        Phase::Checkpoint,
        Phase::CheckpointCommit,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Phase::Opening => "opening",
            Phase::Copy => "ingest copy",
            Phase::Insert => "ingest insert",
            Phase::IngestCommit => "ingest commit",
            Phase::Lease => "run lease",
            Phase::ReadLog => "run reading log",
            Phase::ReadState => "run reading state",
            Phase::Checkpoint => "run checkpoint",
            Phase::CheckpointCommit => "run commit",
        }
    }
}

/// Bytes of a message that are looked at; statements say within these what they are about.
const PREFIX: usize = 600;

/// One connection's bytes from the client.
pub struct Wire {
    phase: Phase,
    /// Type byte, unknown for the first message of a connection.
    header: Vec<u8>,
    body: Vec<u8>,
    /// Bytes of the message's body still to come.
    left: usize,
    started: bool,
    statements: HashMap<Vec<u8>, Phase>,
    transaction: Option<Phase>,
}

impl Wire {
    pub fn new() -> Wire {
        Wire {
            phase: Phase::Opening,
            header: Vec::new(),
            body: Vec::new(),
            left: 0,
            started: false,
            statements: HashMap::new(),
            transaction: None,
        }
    }

    /// Phase of what was last said.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Cuts bytes into stretches of one phase each.
    pub fn follow(&mut self, mut bytes: &[u8]) -> Vec<(usize, Phase)> {
        let mut stretches: Vec<(usize, Phase)> = Vec::new();
        // Bytes of a message whose phase is not known yet.
        let mut waiting = 0;
        while !bytes.is_empty() {
            let taken = self.step(bytes);
            bytes = &bytes[taken..];
            waiting += taken;
            if self.at_boundary() || bytes.is_empty() {
                match stretches.last_mut() {
                    Some((length, phase)) if *phase == self.phase => *length += waiting,
                    _ => stretches.push((waiting, self.phase)),
                }
                waiting = 0;
            }
        }
        stretches
    }

    fn at_boundary(&self) -> bool {
        self.left == 0 && self.header.is_empty()
    }

    /// Takes some bytes of the header or of the body.
    fn step(&mut self, bytes: &[u8]) -> usize {
        let header = if self.started { 5 } else { 4 };
        if self.left == 0 {
            let taken = bytes.len().min(header - self.header.len());
            self.header.extend_from_slice(&bytes[..taken]);
            if self.header.len() == header {
                let mut length = [0; 4];
                length.copy_from_slice(&self.header[header - 4..]);
                self.left = (u32::from_be_bytes(length) as usize).saturating_sub(4);
                if self.left == 0 {
                    self.finish();
                }
            }
            return taken;
        }
        let taken = bytes.len().min(self.left);
        let room = PREFIX.saturating_sub(self.body.len()).min(taken);
        self.body.extend_from_slice(&bytes[..room]);
        self.left -= taken;
        if self.left == 0 {
            self.finish();
        }
        taken
    }

    fn finish(&mut self) {
        let (header, body) = (std::mem::take(&mut self.header), std::mem::take(&mut self.body));
        if !self.started {
            // A request for TLS is followed by the true first message.
            self.started = body != 80_877_103u32.to_be_bytes();
            return;
        }
        let (first, rest) = text(&body);
        match header[0] {
            b'Q' => self.phase = self.about(first),
            b'P' => {
                let phase = self.about(text(rest).0);
                self.statements.insert(first.to_vec(), phase);
                self.phase = phase;
            }
            b'B' => {
                let statement = text(rest).0;
                self.phase = self.statements.get(statement).copied().unwrap_or(self.phase);
                self.note(self.phase);
            }
            _ => {}
        }
    }

    fn about(&mut self, sql: &[u8]) -> Phase {
        let sql = String::from_utf8_lossy(sql).to_lowercase();
        let has = |part: &str| sql.contains(part);
        if has("commit") && sql.len() < 20 {
            return match self.transaction.take() {
                Some(Phase::Copy | Phase::Insert) => Phase::IngestCommit,
                Some(Phase::Checkpoint) => Phase::CheckpointCommit,
                Some(Phase::Lease) => Phase::Lease,
                _ => Phase::Opening,
            };
        }
        if sql.starts_with("begin") {
            self.transaction = None;
            return self.phase;
        }
        let phase = if has("copy record_stage") {
            Phase::Copy
        } else if has("insert into record_log") {
            Phase::Insert
        } else if CHECKPOINT.iter().any(|part| has(part)) {
            Phase::Checkpoint
        } else if has("engine_lease") {
            Phase::Lease
        } else if has("from detector_state") {
            Phase::ReadState
        } else if READING.iter().any(|part| has(part)) {
            Phase::ReadLog
        } else {
            Phase::Opening
        };
        self.note(phase);
        phase
    }

    fn note(&mut self, phase: Phase) {
        if matches!(phase, Phase::Copy | Phase::Insert | Phase::Lease | Phase::Checkpoint) {
            self.transaction = Some(phase);
        }
    }
}

/// Statements of a checkpoint.
const CHECKPOINT: [&str; 11] = [
    // The fence: the first thing a checkpoint does.
    "for key share",
    "insert into log_cursor",
    "update log_cursor",
    "insert into name",
    "insert into person",
    "insert into detector_state",
    "delete from detector_state",
    "insert into finding",
    "from finding",
    "insert into parked_record",
    "insert into late_record",
];

/// Statements of reading.
const READING: [&str; 5] =
    ["from record_log", "from log_cursor", "from name", "from parked_record", "from quarantine"];

/// Text up to the next zero byte, and what is behind it.
fn text(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes.iter().position(|b| *b == 0) {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (bytes, &[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let mut bytes = vec![kind];
        bytes.extend_from_slice(&(body.len() as u32 + 4).to_be_bytes());
        bytes.extend_from_slice(body);
        bytes
    }

    #[test]
    fn statements_are_followed_however_the_bytes_are_cut() {
        let mut bytes = [0, 0, 0, 8].to_vec();
        bytes.extend_from_slice(&80_877_103u32.to_be_bytes());
        bytes.extend_from_slice(&[0, 0, 0, 9, 0, 3, 0, 0, 0]);
        let opening = bytes.len();
        let insert = message(b'P', b"s1\0insert into record_log (txn) select\0\0\0");
        let copy = [
            message(b'Q', b"BEGIN\0"),
            message(b'Q', b"copy record_stage (a) from stdin\0"),
            message(b'd', &[7; 3000]),
            message(b'c', b""),
        ]
        .concat();
        let bind = message(b'B', b"\0s1\0\0\0");
        let commit = message(b'Q', b"COMMIT\0");
        bytes.extend([&insert[..], &copy, &bind, &commit].concat());
        let mut wanted = vec![(Phase::Opening, opening), (Phase::Insert, insert.len() + 11)];
        wanted.extend([
            (Phase::Copy, copy.len() - 11),
            (Phase::Insert, bind.len()),
            (Phase::IngestCommit, commit.len()),
        ]);
        let mut seen: Vec<(Phase, usize)> = Vec::new();
        for (length, phase) in Wire::new().follow(&bytes) {
            match seen.last_mut() {
                Some((last, sum)) if *last == phase => *sum += length,
                _ => seen.push((phase, length)),
            }
        }
        assert_eq!(seen, wanted);
        for size in [1, 2, 3, 7, 1000] {
            let mut wire = Wire::new();
            let total: usize = bytes.chunks(size).flat_map(|c| wire.follow(c)).map(|(n, _)| n).sum();
            assert_eq!((total, wire.phase()), (bytes.len(), Phase::IngestCommit));
        }
    }
}
