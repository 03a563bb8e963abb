//! The end of what a plugin writes to stderr: where a panic leaves its text.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

/// How much is kept: a panic's text and a few lines before it.
const TAIL_BYTES: usize = 4 << 10;
/// What Rust adds to a panic; there is no environment to set the variable in.
const ADVICE: &str = "note: run with `RUST_BACKTRACE=";
/// Offered per write; more would only be thrown away.
const WRITE_BYTES: usize = 64 << 10;

/// Shared by the store and the stream the plugin holds.
#[derive(Clone, Default)]
pub(in crate::plugin) struct Tail(Arc<Mutex<VecDeque<u8>>>);

impl Tail {
    /// What is there, as one line with control characters written out; forgets it.
    pub(in crate::plugin) fn take(&self) -> String {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes: Vec<u8> = kept.drain(..).collect();
        let text = String::from_utf8_lossy(&bytes);
        let useful: Vec<&str> = text.trim().lines().filter(|l| !l.starts_with(ADVICE)).collect();
        let escaped = crate::plugin::text::escaped(&useful.join("\n"), usize::MAX);
        let mut start = escaped.len().saturating_sub(TAIL_BYTES);
        while !escaped.is_char_boundary(start) {
            start += 1;
        }
        escaped[start..].to_owned()
    }

    fn add(&self, bytes: &[u8]) {
        let bytes = &bytes[bytes.len().saturating_sub(TAIL_BYTES)..];
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let excess = (kept.len() + bytes.len()).saturating_sub(TAIL_BYTES);
        kept.drain(..excess);
        kept.extend(bytes);
    }
}

impl IsTerminal for Tail {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Tail {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        // Only WASI 0.3 asks for this one, which is not linked.
        Box::new(tokio::io::sink())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl OutputStream for Tail {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.add(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE_BYTES)
    }
}

#[async_trait]
impl Pollable for Tail {
    async fn ready(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_is_kept_and_read_once() {
        let tail = Tail::default();
        tail.add(&vec![b'x'; 3 * TAIL_BYTES]);
        tail.add(b"panicked at\nlib.rs");
        let text = tail.take();
        assert!(text.ends_with("xpanicked at\\nlib.rs") && text.len() <= TAIL_BYTES);
        assert_eq!(tail.take(), "");
    }
}
