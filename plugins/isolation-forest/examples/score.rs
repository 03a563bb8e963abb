//! Scores a data set with itself: `score FILE.csv[.gz] [--seeds 0..10] [--time]`.
//!
//! The file has columns f0…fN and a last column `label`, which is not used. Prints one CSV row per input row, one column
//! per seed, in full precision.

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::ops::Range;
use std::time::Instant;

use isolation_forest::{Forest, Options};

fn main() -> Result<(), Box<dyn Error>> {
    let (mut file, mut seeds, mut timed) = (None, 0..1u64, false);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--seeds" => seeds = range(&arguments.next().ok_or("--seeds needs a range like 0..10")?)?,
            "--time" => timed = true,
            _ => file = Some(argument),
        }
    }
    let file = file.ok_or("usage: score FILE.csv[.gz] [--seeds 0..10] [--time]")?;
    let (rows, features) = read(&file)?;
    let mut columns = Vec::new();
    for seed in seeds.clone() {
        let begin = Instant::now();
        let forest = Forest::fit(&rows, features, Options { seed, ..Options::default() })?;
        let fitted = Instant::now();
        columns.push(forest.scores(&rows)?);
        if timed {
            let count = (rows.len() / features) as f64;
            eprintln!(
                "seed {seed}: fit {:.2} ms, score {:.0} ns per row",
                (fitted - begin).as_secs_f64() * 1e3,
                fitted.elapsed().as_secs_f64() * 1e9 / count
            );
        }
    }
    let mut out = BufWriter::new(std::io::stdout().lock());
    let header: Vec<String> = seeds.map(|s| format!("seed_{s}")).collect();
    writeln!(out, "{}", header.join(","))?;
    for row in 0..rows.len() / features {
        let line: Vec<String> = columns.iter().map(|c| c[row].to_string()).collect();
        writeln!(out, "{}", line.join(","))?;
    }
    Ok(out.flush()?)
}

fn range(text: &str) -> Result<Range<u64>, Box<dyn Error>> {
    let (from, to) = text.split_once("..").ok_or("--seeds must look like 0..10")?;
    Ok(from.parse()?..to.parse()?)
}

fn read(path: &str) -> Result<(Vec<f64>, usize), Box<dyn Error>> {
    let file = File::open(path).map_err(|e| format!("{path}: {e}"))?;
    let input: Box<dyn Read> = match path.ends_with(".gz") {
        true => Box::new(flate2::read::MultiGzDecoder::new(file)),
        false => Box::new(file),
    };
    let mut reader = csv::Reader::from_reader(input);
    let labelled = reader.headers()?.iter().next_back() == Some("label");
    let features = reader.headers()?.len() - usize::from(labelled);
    let mut rows = Vec::new();
    for (line, record) in reader.records().enumerate() {
        let record = record?;
        for (column, value) in record.iter().take(features).enumerate() {
            let value = value.trim().parse::<f64>();
            rows.push(value.map_err(|e| format!("{path}: row {}, column {}: {e}", line + 2, column + 1))?);
        }
    }
    Ok((rows, features))
}
