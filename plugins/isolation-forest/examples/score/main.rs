//! Scores a data set with itself: `score FILE.csv[.gz] [--seeds 0..10] [--threads 1] [--time]`.
//!
//! Prints one CSV row per input row, one column per seed, without a header, each score with all the digits it takes to read the same
//! number back. Owns arguments and output; [`input`] owns the file.

mod input;

use std::error::Error;
use std::io::{BufWriter, ErrorKind, Write};
use std::ops::Range;
use std::process::ExitCode;
use std::time::Instant;

use input::Table;
use isolation_forest::{Forest, Options};

const USAGE: &str = "usage: score FILE.csv[.gz] [--seeds 0..10] [--threads 1] [--time]
  FILE       a header row, columns f0 to fN, a last column `label` that is not used
  --seeds    from..to, without the last; one column of scores each (default 0..1)
  --threads  threads to fit and score on; the scores do not depend on it (default 1)
  --time     writes the time of fitting and scoring to standard error, per seed";

/// More columns of scores than anyone compares; a slip like 0..1000000 would fill the memory.
const MAX_SEEDS: u64 = 10_000;

#[derive(Debug, PartialEq)]
struct Arguments {
    file: String,
    seeds: Range<u64>,
    threads: usize,
    timed: bool,
}

fn main() -> ExitCode {
    match arguments(std::env::args().skip(1)) {
        Ok(None) => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        Ok(Some(arguments)) => match run(&arguments) {
            Ok(()) => ExitCode::SUCCESS,
            // Whoever reads has seen enough, as `head` does.
            Err(e)
                if e.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == ErrorKind::BrokenPipe) =>
            {
                ExitCode::SUCCESS
            }
            Err(e) => {
                eprintln!("error: {}: {e}", arguments.file);
                ExitCode::FAILURE
            }
        },
        Err(e) => {
            eprintln!("error: {e}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

/// `None` when only the usage is asked for.
fn arguments(given: impl IntoIterator<Item = String>) -> Result<Option<Arguments>, String> {
    let mut given = given.into_iter();
    let mut found = Arguments { file: String::new(), seeds: 0..1, threads: 1, timed: false };
    while let Some(argument) = given.next() {
        let (name, mut value) = match argument.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, Some(value.to_owned())),
            _ => (argument.as_str(), None),
        };
        match name {
            "--help" | "-h" => return Ok(None),
            "--time" => found.timed = true,
            "--seeds" => {
                let text = value.take().or_else(|| given.next()).unwrap_or_default();
                found.seeds = seeds(&text)
                    .ok_or(format!("--seeds needs a range like 0..10 of 1 to {MAX_SEEDS} seeds"))?;
            }
            "--threads" => {
                let text = value.take().or_else(|| given.next()).unwrap_or_default();
                found.threads =
                    text.parse().ok().filter(|t| *t > 0).ok_or("--threads needs a number from 1 on")?;
            }
            _ if argument.starts_with("--") => return Err(format!("there is no option {argument}")),
            _ if !found.file.is_empty() => return Err("one file at a time".to_owned()),
            _ => found.file.clone_from(&argument),
        }
    }
    if found.file.is_empty() { Err("which file?".to_owned()) } else { Ok(Some(found)) }
}

/// `0..10`, the end left out.
fn seeds(text: &str) -> Option<Range<u64>> {
    let (from, to) = text.split_once("..")?;
    let (from, to): (u64, u64) = (from.parse().ok()?, to.parse().ok()?);
    let count = to.checked_sub(from)?;
    (1..=MAX_SEEDS).contains(&count).then_some(from..to)
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let Table { values, features } = Table::open(&arguments.file)?;
    let count = values.len() / features;
    let threads = arguments.threads;
    let mut columns = Vec::new();
    for seed in arguments.seeds.clone() {
        let begin = Instant::now();
        let forest = Forest::fit_on(threads, &values, features, Options { seed, ..Options::default() })?;
        let fitted = Instant::now();
        columns.push(forest.scores_on(threads, &values)?);
        if arguments.timed {
            let (fit, score) = ((fitted - begin).as_secs_f64() * 1e3, fitted.elapsed().as_secs_f64() * 1e9);
            eprintln!("seed {seed}: fit {fit:.3} ms, score {:.1} ns per row", score / count as f64);
        }
    }
    let mut out = BufWriter::new(std::io::stdout().lock());
    for row in 0..count {
        for (i, column) in columns.iter().enumerate() {
            write!(out, "{}{}", if i == 0 { "" } else { "," }, column[row])?;
        }
        writeln!(out)?;
    }
    Ok(out.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Option<Arguments>, String> {
        arguments(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn arguments_come_in_any_order() {
        let all = Arguments { file: "a.csv".to_owned(), seeds: 3..7, threads: 2, timed: true };
        assert_eq!(read("--seeds 3..7 --time a.csv --threads 2"), Ok(Some(all)));
        let plain = Arguments { file: "a.csv".to_owned(), seeds: 0..1, threads: 1, timed: false };
        assert_eq!(read("a.csv"), Ok(Some(plain)));
        assert_eq!(read("a.csv --seeds=0..10").unwrap().unwrap().seeds, 0..10);
        assert_eq!(read("--help"), Ok(None));
    }

    #[test]
    fn wrong_arguments_are_named() {
        for (line, why) in [
            ("", "which file"),
            ("a.csv b.csv", "one file"),
            ("a.csv --seed 1", "--seed"),
            ("a.csv --seeds", "range"),
            ("a.csv --seeds 5", "range"),
            ("a.csv --seeds 5..5", "range"),
            ("a.csv --seeds 9..5", "range"),
            ("a.csv --seeds 0..999999999", "range"),
            ("a.csv --threads 0", "number"),
        ] {
            assert!(read(line).unwrap_err().contains(why), "{line}");
        }
    }
}
