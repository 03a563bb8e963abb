//! The folder that `demo --write` leaves.
//!
//! Owns file names and layout. Does not own the formats of records (`render`).

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use chrono::{NaiveDate, NaiveTime};
use serde::Serialize;

use super::Demo;
use super::delivery::Item;
use super::render::{self, Chunks};
use super::row::Row;
use super::sites::{self, SITES, Site};
use crate::config::{Config, Hours, LocationConfig, Weekday};

/// Records of one page, as the API pages them by default.
const PAGE: usize = 5000;

/// Which files hold the records: a large set in every form takes several gigabytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// `records.csv`, the Control Hub report.
    pub csv: bool,
    /// `pages/page-0001.json` and so on, as the API gives them.
    pub pages: bool,
    /// `feed.ndjson`, records and events in order of arrival.
    pub feed: bool,
}

impl Default for Parts {
    fn default() -> Self {
        Parts { csv: true, pages: true, feed: false }
    }
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Files.
    pub files: usize,
    /// Deliveries of records in each form.
    pub records: usize,
    /// Events.
    pub events: usize,
}

#[derive(Serialize)]
struct DirectoryFile {
    locations: BTreeMap<String, LocationConfig>,
    numbers: Vec<String>,
}

impl Demo {
    /// Writes the set to a folder, which is made if need be. Files of an earlier set are replaced.
    ///
    /// # Errors
    /// When the folder or a file cannot be written.
    pub fn write(&self, folder: &Path, parts: Parts) -> io::Result<Written> {
        fs::create_dir_all(folder)?;
        let mut written = Written { records: self.record_deliveries().count(), ..Written::default() };
        if parts.csv {
            self.write_csv(File::create(folder.join("records.csv"))?)?;
            written.files += 1;
        }
        if parts.pages {
            written.files += self.write_pages(&folder.join("pages"))?;
        }
        if parts.feed {
            self.write_ndjson(File::create(folder.join("feed.ndjson"))?)?;
            written.files += 1;
        }
        written.events = self.write_events(File::create(folder.join("events.ndjson"))?)?;
        let labels = serde_json::to_vec_pretty(&self.labels).map_err(io::Error::other)?;
        fs::write(folder.join("labels.json"), labels)?;
        fs::write(folder.join("directory.yaml"), directory_yaml()?)?;
        fs::write(folder.join("ringfence.yaml"), CONFIG)?;
        written.files += 4;
        Ok(written)
    }

    fn record_deliveries(&self) -> impl Iterator<Item = &super::leg::Leg> {
        self.order.iter().filter_map(|item| match item {
            Item::Record(index) => Some(&self.output.legs[*index as usize]),
            Item::Event(_) => None,
        })
    }

    fn write_csv(&self, file: File) -> io::Result<()> {
        let mut chunks = Chunks::new(file);
        render::push_header(&mut chunks.buffer);
        let mut row = Row::default();
        for leg in self.record_deliveries() {
            row.fill(&self.world, leg);
            render::push_csv(&mut chunks.buffer, &row);
            chunks.flush_if_full()?;
        }
        chunks.flush()
    }

    fn write_pages(&self, folder: &Path) -> io::Result<usize> {
        remove_pages(folder)?;
        fs::create_dir_all(folder)?;
        let mut records = self.record_deliveries().peekable();
        let mut row = Row::default();
        let mut pages = 0;
        while records.peek().is_some() {
            pages += 1;
            let mut chunks = Chunks::new(File::create(folder.join(format!("page-{pages:04}.json")))?);
            chunks.buffer.extend_from_slice(b"{\"items\":[");
            for (index, leg) in records.by_ref().take(PAGE).enumerate() {
                chunks.buffer.extend_from_slice(if index > 0 { b",\n" } else { b"\n" });
                row.fill(&self.world, leg);
                render::push_json(&mut chunks.buffer, &row);
                chunks.flush_if_full()?;
            }
            chunks.buffer.extend_from_slice(b"\n]}\n");
            chunks.flush()?;
        }
        Ok(pages)
    }

    fn write_events(&self, file: File) -> io::Result<usize> {
        let mut chunks = Chunks::new(file);
        let mut count = 0;
        for item in &self.order {
            if let Item::Event(index) = item {
                self.push_event(&mut chunks.buffer, *index)?;
                chunks.buffer.push(b'\n');
                count += 1;
            }
        }
        chunks.flush()?;
        Ok(count)
    }
}

/// Removes pages of an earlier, longer set, so that none of them is taken for this one's. Nothing else is touched.
fn remove_pages(folder: &Path) -> io::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or("");
        if name.starts_with("page-") && name.ends_with(".json") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

const CONFIG: &str = "\
# Configuration of a synthetic organisation, made by `ringfence demo --write`.
# Try: ringfence scan --config ringfence.yaml pages/*.json events.ndjson
organisation: Demo
directory: directory.yaml
";

fn directory_yaml() -> io::Result<String> {
    let config = config();
    let directory = DirectoryFile { locations: config.locations, numbers: config.numbers };
    let mut text = String::from("# Locations and numbers of the synthetic organisation.\n");
    serde_saphyr::to_fmt_writer(&mut text, &directory).map_err(io::Error::other)?;
    Ok(text)
}

/// The configuration of the organisation.
pub(super) fn config() -> Config {
    Config {
        organisation: "Demo".to_owned(),
        locations: SITES.iter().map(|site| (site.name.to_owned(), location(site))).collect(),
        numbers: sites::own_prefixes().collect(),
        ..Config::default()
    }
}

fn location(site: &Site) -> LocationConfig {
    const WEEK: [Weekday; 7] =
        [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];
    let time = |text: &str| NaiveTime::parse_from_str(text, "%H:%M").unwrap_or_default();
    let hours = site.business_hours.iter().map(|(first, last, from, to)| Hours {
        days: WEEK[usize::from(*first)..=usize::from(*last)].to_vec(),
        from: time(from),
        to: time(to),
    });
    LocationConfig {
        zone: Some(site.zone.name().to_owned()),
        country: Some(site.country.to_owned()),
        outside_access: site.outside_access.map(str::to_owned),
        business_hours: hours.collect(),
        holidays: site.holidays.iter().filter_map(|(y, m, d)| NaiveDate::from_ymd_opt(*y, *m, *d)).collect(),
    }
}
