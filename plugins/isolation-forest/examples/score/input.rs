//! The rows of a CSV file, plain or gzip.
//!
//! Owns header, labels and numbers, and says in which line and column something is wrong.

use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};

use csv::{Reader, StringRecord};

/// What a gzip file begins with, whatever it is called.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Rows one after the other.
#[derive(Debug, PartialEq)]
pub struct Table {
    /// Row after row.
    pub values: Vec<f64>,
    /// Columns that count: all but the label.
    pub features: usize,
}

impl Table {
    /// Reads a file.
    pub fn open(path: &str) -> Result<Table, Box<dyn Error>> {
        Table::read(BufReader::new(File::open(path)?))
    }

    fn read(mut from: impl BufRead) -> Result<Table, Box<dyn Error>> {
        let packed = from.fill_buf()?.starts_with(&GZIP);
        let plain: Box<dyn Read + '_> = match packed {
            true => Box::new(flate2::bufread::MultiGzDecoder::new(from)),
            false => Box::new(from),
        };
        let mut reader = Reader::from_reader(plain);
        let names = reader.headers()?.clone();
        let features = features(&names)?;
        let (mut values, mut record) = (Vec::new(), StringRecord::new());
        while reader.read_record(&mut record)? {
            for (text, name) in record.iter().zip(&names).take(features) {
                match text.trim().parse::<f64>() {
                    Ok(value) if value.is_finite() => values.push(value),
                    _ => {
                        let line = record.position().map_or(0, csv::Position::line);
                        let text: String = text.chars().take(40).collect();
                        return Err(format!(
                            "line {line}, column {name}: {text:?} is not a finite number; correct it or leave the row out"
                        )
                        .into());
                    }
                }
            }
        }
        Ok(Table { values, features })
    }
}

/// How many columns count.
fn features(names: &StringRecord) -> Result<usize, String> {
    let is_label = |name: &str| name.trim().eq_ignore_ascii_case("label");
    if names.iter().all(|name| name.trim().parse::<f64>().is_ok()) {
        return Err("line 1: a header row f0,f1,…,label is needed before the numbers".to_owned());
    }
    match names.iter().position(is_label) {
        Some(0) => Err("line 1: there is no feature before the label".to_owned()),
        Some(at) if at + 1 < names.len() => {
            Err(format!("line 1: `label` is column {} of {}; it must be the last", at + 1, names.len()))
        }
        Some(at) => Ok(at),
        None => Ok(names.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn read(text: &[u8]) -> Result<Table, String> {
        Table::read(text).map_err(|e| e.to_string())
    }

    #[test]
    fn labels_are_left_out_and_gzip_is_seen() {
        let text = b"f0,f1,label\n1,2.5,1\r\n-3e2, 4 ,anything\n";
        let table = Table { values: vec![1.0, 2.5, -300.0, 4.0], features: 2 };
        assert_eq!(read(text), Ok(Table { values: table.values.clone(), features: 2 }));
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(text).unwrap();
        let packed = packed.finish().unwrap();
        assert_eq!(read(&packed), Ok(table));
        assert!(read(&packed[..packed.len() - 10]).is_err(), "cut off");
        assert_eq!(read(b"f0,f1\n1,2\n"), Ok(Table { values: vec![1.0, 2.0], features: 2 }));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, why) in [
            ("", "line 1: a header"),
            ("1,2,3\n4,5,6\n", "line 1: a header"),
            ("label\n1\n", "line 1: there is no feature"),
            ("f0,label,f1\n1,0,2\n", "line 1: `label` is column 2 of 3"),
            ("f0,f1,label\n1,2,0\n1,x,0\n", "line 3, column f1: \"x\""),
            ("f0,f1,label\n1,,0\n", "line 2, column f1: \"\""),
            ("f0,f1,label\n\n1,2,0\n1,?,0\n", "line 4, column f1"),
            ("f0,f1,label\nNaN,1,0\n", "line 2, column f0: \"NaN\""),
            ("f0,f1,label\n1,-inf,0\n", "line 2, column f1"),
            ("f0,f1,label\n1,1e999,0\n", "line 2, column f1"),
            ("f0,f1,label\n1,2,0\n1,2\n", "line: 3"),
        ] {
            let error = read(text.as_bytes()).unwrap_err();
            assert!(error.contains(why), "{error} for {text:?}");
        }
    }
}
