//! Downloads files side by side, each resumed where it was broken off.
//!
//! The links lead to another host, so they get an HTTP client of their own that never saw the Hub's token. They may be signed:
//! no message shows more of them than the host.

use std::fs;
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use http::header::{ACCEPT_ENCODING, CONTENT_RANGE, ETAG, IF_RANGE, RANGE};
use http::{HeaderValue, Response, Uri};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tempfile::NamedTempFile;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body};

use crate::hub::Export;
use crate::{Error, file};

const SIDE_BY_SIDE: usize = 4;
/// A try that takes longer is broken off, and the next one goes on from there.
const TRY: Duration = Duration::from_secs(60);
/// Tries in a row that may bring nothing.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(500);

/// How a try ended.
enum Ended {
    Whole,
    BrokenOff(String),
}

/// Downloads the files into `directory`. One that fails stops no other.
pub(crate) fn all(directory: &Path, files: &[Export], plain_http: bool) -> Result<(), Error> {
    fs::create_dir_all(directory).map_err(|error| file::unwritable(directory, &error))?;
    // The cryptography and the roots that the Hub's client has too.
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::PlatformVerifier)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
    let agent = Agent::config_builder()
        .tls_config(tls.build())
        .http_status_as_error(false)
        .https_only(!plain_http)
        .user_agent("pulls/1.0")
        .timeout_connect(Some(TRY))
        .timeout_recv_response(Some(TRY))
        .timeout_recv_body(Some(TRY))
        .build()
        .new_agent();
    let bars = MultiProgress::new();
    let style = ProgressStyle::with_template("{msg:36!} {wide_bar} {bytes}/{total_bytes}")?;
    let queue = Mutex::new(files.iter());
    let failed = Mutex::new(Vec::new());
    let work = || {
        let next = || queue.lock().ok()?.next();
        while let Some(export) = next() {
            // The bars draw on standard error, if that is a terminal.
            let bar =
                bars.add(ProgressBar::new(export.size).with_style(style.clone()).with_message(export.name.clone()));
            let done = one(&agent, &directory.join(&export.name), export, &bar);
            bar.finish_and_clear();
            if let (Err(error), Ok(mut failed)) = (done, failed.lock()) {
                failed.push(format!("{}: {error}", export.name));
            }
        }
    };
    thread::scope(|scope| (0..SIDE_BY_SIDE.min(files.len())).for_each(|_| drop(scope.spawn(work))));
    let mut failed = failed.into_inner()?;
    failed.sort();
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\npulls: ").into()) }
}

/// Downloads one file, unless a file of that name and size is there already.
fn one(agent: &Agent, path: &Path, export: &Export, bar: &ProgressBar) -> Result<(), Error> {
    if fs::metadata(path).is_ok_and(|found| found.len() == export.size) {
        return Ok(());
    }
    let url: Uri = export.url.parse().map_err(|_| "the Hub sent a link that is no URL")?;
    let mut part = Part { path, size: export.size, file: file::begin(path)?, have: 0, etag: None };
    let (mut most, mut in_vain) = (0, 0);
    while let Ended::BrokenOff(why) = part.go_on(agent, &url, bar)? {
        in_vain = if part.have > most { 0 } else { in_vain + 1 };
        most = most.max(part.have);
        if in_vain == TRIES {
            return Err(format!("{}: {why}; {} of {} bytes came", host(&url), part.have, part.size).into());
        }
        thread::sleep(PAUSE * in_vain);
    }
    check(part.file.path())?;
    file::finish(part.file, path)
}

/// A file under way.
struct Part<'a> {
    path: &'a Path,
    size: u64,
    file: NamedTempFile,
    have: u64,
    /// The version that the bytes are of.
    etag: Option<HeaderValue>,
}

impl Part<'_> {
    /// Asks for what is missing, and writes what comes.
    fn go_on(&mut self, agent: &Agent, url: &Uri, bar: &ProgressBar) -> Result<Ended, Error> {
        let mut request = agent.get(url).header(ACCEPT_ENCODING, "identity");
        if self.have > 0 {
            request = request.header(RANGE, format!("bytes={}-", self.have));
            request = self.etag.iter().fold(request, |request, etag| request.header(IF_RANGE, etag));
        }
        let mut answer = match request.call() {
            Ok(answer) => answer,
            Err(ureq::Error::RequireHttpsOnly(_) | ureq::Error::BadUri(_)) => {
                return Err(format!("{}: the link does not lead to an https URL", host(url)).into());
            }
            Err(error) => return Ok(Ended::BrokenOff(error.to_string())),
        };
        match answer.status().as_u16() {
            200 => self.begin_anew(&answer)?,
            206 if self.continues(&answer) => {}
            206 | 416 => return Err("wrong size: the file changed meanwhile; run the command again".into()),
            429 | 500..=599 => return Ok(Ended::BrokenOff(format!("it answered {}", answer.status()))),
            _ => {
                let next = "the link has ended or the file is gone; run the command again for a new link";
                return Err(format!("{} answered {}: {next}", host(url), answer.status()).into());
            }
        }
        self.write_all(answer.body_mut().as_reader(), bar)
    }

    /// Takes the whole file, whether it was asked for or not.
    fn begin_anew(&mut self, answer: &Response<Body>) -> Result<(), Error> {
        self.fits(answer.body().content_length().unwrap_or(self.size), self.size)?;
        self.have = 0;
        // A weak one does not promise the same bytes.
        self.etag = answer.headers().get(ETAG).filter(|etag| !etag.as_bytes().starts_with(b"W/")).cloned();
        let emptied = self.file.as_file().set_len(0).and_then(|()| self.file.rewind());
        emptied.map_err(|error| file::unwritable(self.path, &error))
    }

    fn continues(&self, answer: &Response<Body>) -> bool {
        let range = format!("bytes {}-{}/{}", self.have, self.size.saturating_sub(1), self.size);
        answer.headers().get(CONTENT_RANGE).is_some_and(|sent| sent == &*range)
    }

    fn write_all(&mut self, mut body: impl Read, bar: &ProgressBar) -> Result<Ended, Error> {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let bytes = match body.read(&mut buffer) {
                Ok(0) | Err(_) if self.have == self.size => return Ok(Ended::Whole),
                Ok(0) => return Ok(Ended::BrokenOff("the file ended early".to_owned())),
                Ok(read) => buffer.get(..read).unwrap_or_default(),
                Err(error) => return Ok(Ended::BrokenOff(error.to_string())),
            };
            let have = self.have + bytes.len() as u64;
            self.fits(have, have.min(self.size))?;
            self.file.as_file_mut().write_all(bytes).map_err(|error| file::unwritable(self.path, &error))?;
            self.have = have;
            bar.set_position(have);
        }
    }

    /// Refuses a length other than `expected`.
    fn fits(&self, length: u64, expected: u64) -> Result<(), Error> {
        if length == expected {
            return Ok(());
        }
        let sizes = format!("the Hub announced {} bytes, {length} came or would come", self.size);
        Err(format!("wrong size: {sizes}; run the command again").into())
    }
}

fn host(url: &Uri) -> &str {
    url.host().unwrap_or("the download host")
}

/// Refuses a file with a row of more or fewer fields than its head has.
fn check(path: &Path) -> Result<(), Error> {
    let mut rows = csv::Reader::from_path(path)?;
    let mut row = csv::ByteRecord::new();
    while rows.read_byte_record(&mut row).map_err(|error| format!("not kept, malformed: {error}"))? {}
    Ok(())
}
