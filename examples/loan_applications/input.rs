//! Reading a log of loan applications: CSV or gzipped CSV.
//!
//! The whole file is read and checked before the first command, so errors in it are found before anything is
//! recorded.

use std::{
    collections::{HashMap, hash_map::Entry},
    fs::File,
    io::{BufReader, Read},
    path::Path,
};

use csv::{DeserializeErrorKind, ErrorKind, StringRecord};
use flate2::read::MultiGzDecoder;
use serde::Deserialize;

use super::{
    activity::{Activity, Lifecycle},
    domain::{Act, ApplicationId, Clerk, Euros},
};

/// A log, by application, in the order in which they were submitted.
#[derive(Debug)]
pub struct Input {
    pub applications: Vec<ApplicationRows>,
}

/// The rows of one application, in the order of the file.
#[derive(Debug)]
pub struct ApplicationRows {
    pub application: ApplicationId,
    pub amount: Euros,
    pub rows: Vec<Row>,
}

/// One row: an act on an application.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Its line in the file; the header is line 1.
    pub line: u64,
    pub activity: Activity,
    pub lifecycle: Lifecycle,
    pub act: Act,
}

/// Why a file cannot be imported.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    #[error("{file} cannot be opened")]
    Open { file: String, source: std::io::Error },
    #[error("{file} cannot be read after line {line}; a name that ends in .gz must be that of a gzip file")]
    Read { file: String, line: u64, source: std::io::Error },
    #[error("{file}, line {line}: {fault}")]
    Row { file: String, line: u64, fault: String },
    #[error("{file} holds no rows")]
    Empty { file: String },
}

/// A row of the file. Columns are found by their names in the header.
#[derive(Deserialize)]
struct RawRow<'a> {
    timestamp: &'a str,
    application: u32,
    amount_requested: u32,
    activity: &'a str,
    lifecycle: &'a str,
    resource: Option<u32>,
}

impl Input {
    /// Reads a file: gzipped CSV if its name ends in `.gz`, else CSV.
    ///
    /// # Errors
    ///
    /// If the file does not exist, is named like a gzip file and is not one, or has an invalid row.
    pub fn from_file(path: &Path) -> Result<Self, InputError> {
        let name = path.display().to_string();
        let file = File::open(path).map_err(|source| InputError::Open { file: name.clone(), source })?;
        if path.extension().is_some_and(|extension| extension == "gz") {
            Self::from_csv(&name, MultiGzDecoder::new(BufReader::new(file)))
        } else {
            Self::from_csv(&name, file)
        }
    }

    /// A made-up log of a few applications in which every activity and every outcome occurs.
    ///
    /// # Errors
    ///
    /// Like [`from_csv`](Self::from_csv).
    pub fn sample() -> Result<Self, InputError> {
        Self::from_csv("the sample", include_str!("sample.csv").as_bytes())
    }

    /// Reads CSV; the name is for error messages.
    ///
    /// # Errors
    ///
    /// Like [`from_file`](Self::from_file).
    pub fn from_csv(name: &str, csv: impl Read) -> Result<Self, InputError> {
        let mut reader = csv::Reader::from_reader(csv);
        let headers = reader.headers().map_err(|error| fault(name, 0, None, error))?.clone();
        let mut applications: Vec<ApplicationRows> = Vec::new();
        let mut places = HashMap::new();
        let mut record = StringRecord::new();
        loop {
            let before = reader.position().line();
            if !reader.read_record(&mut record).map_err(|error| fault(name, before - 1, None, error))? {
                break;
            }
            let line = record.position().map_or(before, csv::Position::line);
            let raw: RawRow<'_> = record
                .deserialize(Some(&headers))
                .map_err(|error| fault(name, line, Some(&headers), error))?;
            let refuse = |fault| InputError::Row { file: name.to_owned(), line, fault };
            let row = raw.parse(line).map_err(refuse)?;
            let (application, amount) = (ApplicationId(raw.application), Euros(raw.amount_requested));
            match places.entry(application) {
                Entry::Vacant(place) => {
                    place.insert(applications.len());
                    applications.push(ApplicationRows { application, amount, rows: vec![row] });
                }
                Entry::Occupied(place) => {
                    let known = &mut applications[*place.get()];
                    if known.amount != amount {
                        return Err(refuse(format!(
                            "application {application} asks for {} here and for {} before",
                            amount.0, known.amount.0
                        )));
                    }
                    known.rows.push(row);
                }
            }
        }
        if applications.is_empty() {
            return Err(InputError::Empty { file: name.to_owned() });
        }
        Ok(Self { applications })
    }

    /// The total number of rows.
    pub fn rows(&self) -> usize {
        self.applications.iter().map(|application| application.rows.len()).sum()
    }
}

impl RawRow<'_> {
    fn parse(&self, line: u64) -> Result<Row, String> {
        let at = self.timestamp.parse().map_err(|_| {
            format!("{:?} is not a valid timestamp, such as 2011-09-30T22:38:44.546Z", self.timestamp)
        })?;
        let activity =
            Activity::named(self.activity).ok_or_else(|| format!("unknown activity {:?}", self.activity))?;
        let lifecycle = match (activity, Lifecycle::named(self.lifecycle)) {
            (Activity::Work(_), Some(lifecycle)) | (_, Some(lifecycle @ Lifecycle::Complete)) => lifecycle,
            _ => return Err(format!("lifecycle {:?} does not fit {}", self.lifecycle, self.activity)),
        };
        Ok(Row { line, activity, lifecycle, act: Act { at, clerk: self.resource.map(Clerk) } })
    }
}

/// An error of the CSV reader, with the file, the line and the column's name.
fn fault(file: &str, line: u64, headers: Option<&StringRecord>, error: csv::Error) -> InputError {
    let file = file.to_owned();
    let line = error.position().map_or(line, csv::Position::line);
    let fault = match error.into_kind() {
        ErrorKind::Io(source) => return InputError::Read { file, line, source },
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} columns where the header has {expected_len}")
        }
        ErrorKind::Utf8 { err, .. } => err.to_string(),
        ErrorKind::Deserialize { err, .. } => {
            let column = err.field().and_then(|field| headers?.get(usize::try_from(field).ok()?));
            let fault = match err.kind() {
                DeserializeErrorKind::Message(message) => message.clone(),
                kind => kind.to_string(),
            };
            column.map_or(fault.clone(), |column| format!("column {column}: {fault}"))
        }
        kind => format!("{kind:?}"),
    };
    InputError::Row { file, line, fault }
}

#[cfg(test)]
mod tests;
