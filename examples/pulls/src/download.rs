//! Downloads files side by side, each resumed where it broke off.
//!
//! The links lead to another host, so they get an HTTP client of their own that never saw the Hub's token. They may be signed:
//! no message shows more of them than the host.

use std::fs;
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use http::header::{ACCEPT_ENCODING, CONTENT_RANGE, ETAG, IF_RANGE, RANGE};
use http::{HeaderValue, Uri};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tempfile::NamedTempFile;
use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig};

use crate::hub::Export;
use crate::{Error, file};

const SIDE_BY_SIDE: usize = 4;
/// A try that takes longer is broken off, and the next one goes on from there.
const TRY: Duration = Duration::from_secs(60);
/// Tries in a row that may bring nothing.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(500);

/// Downloads the files into `directory`. One that fails stops no other.
pub(crate) fn all(directory: &Path, files: &[Export], plain_http: bool) -> Result<(), Error> {
    fs::create_dir_all(directory).map_err(|error| file::unwritable(directory, &error))?;
    let agent = agent(plain_http);
    let bars = MultiProgress::new();
    let style = ProgressStyle::with_template("{msg:36!} {wide_bar} {bytes}/{total_bytes}")?;
    let download = |export: &Export| {
        // The bars draw on standard error, if that is a terminal.
        let bar = ProgressBar::new(export.size).with_style(style.clone()).with_message(export.name.clone());
        let bar = bars.add(bar);
        let done = one(&agent, &directory.join(&export.name), export, &bar);
        bar.finish_and_clear();
        done.map_err(|error| format!("{}: {error}", export.name))
    };
    let mut failed = Vec::new();
    for batch in files.chunks(SIDE_BY_SIDE) {
        thread::scope(|scope| {
            let tasks: Vec<_> = batch.iter().map(|export| scope.spawn(|| download(export))).collect();
            let ended =
                tasks.into_iter().map(|task| task.join().unwrap_or_else(|_| Err("a download panicked".to_owned())));
            failed.extend(ended.filter_map(Result::err));
        });
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\npulls: ").into()) }
}

/// Makes a client with the cryptography and the roots that the Hub's client has too.
fn agent(plain_http: bool) -> Agent {
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::PlatformVerifier)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
    let config = Agent::config_builder().tls_config(tls.build()).http_status_as_error(false).https_only(!plain_http);
    let config = config.user_agent("pulls/1.0").timeout_connect(Some(TRY)).timeout_recv_response(Some(TRY));
    config.timeout_recv_body(Some(TRY)).build().new_agent()
}

/// Downloads one file, unless a file of that name and size is there already.
fn one(agent: &Agent, path: &Path, export: &Export, bar: &ProgressBar) -> Result<(), Error> {
    if fs::metadata(path).is_ok_and(|found| found.len() == export.size) {
        return Ok(());
    }
    let url: Uri = export.url.parse().map_err(|_| "the Hub sent a link that is no URL")?;
    let mut part = Part { path, size: export.size, file: file::begin(path)?, have: 0, etag: None };
    let (mut most, mut in_vain) = (0, 0);
    while let Some(why) = part.go_on(agent, &url, bar)? {
        in_vain = if part.have > most { 0 } else { in_vain + 1 };
        most = most.max(part.have);
        if in_vain == TRIES {
            return Err(format!("{why}; {} of {} bytes came", part.have, part.size).into());
        }
        thread::sleep(PAUSE * in_vain);
    }
    file::check_csv(part.file.path())?;
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
    /// Asks for what is missing, and writes what comes. Returns why that broke off, if it did and may go on.
    fn go_on(&mut self, agent: &Agent, url: &Uri, bar: &ProgressBar) -> Result<Option<String>, Error> {
        let mut request = agent.get(url).header(ACCEPT_ENCODING, "identity");
        if self.have > 0 {
            request = request.header(RANGE, format!("bytes={}-", self.have));
            request = self.etag.iter().fold(request, |request, etag| request.header(IF_RANGE, etag));
        }
        let host = url.host().unwrap_or("the download host");
        let mut answer = match request.call() {
            Ok(answer) => answer,
            Err(ureq::Error::RequireHttpsOnly(_)) => return Err(format!("{host}: the link is not https").into()),
            Err(error) => return Ok(Some(format!("{host}: {error}"))),
        };
        let (status, headers) = (answer.status(), answer.headers());
        let rest = format!("bytes {}-{}/{}", self.have, self.size.saturating_sub(1), self.size);
        match status.as_u16() {
            200 if answer.body().content_length().is_none_or(|length| length == self.size) => {
                // The whole file, also where its rest was asked for. A weak tag does not promise the same bytes.
                self.etag = headers.get(ETAG).filter(|etag| !etag.as_bytes().starts_with(b"W/")).cloned();
                self.have = 0;
                let emptied = self.file.as_file().set_len(0).and_then(|()| self.file.rewind());
                emptied.map_err(|error| file::unwritable(self.path, &error))?;
            }
            206 if headers.get(CONTENT_RANGE).is_some_and(|range| *range == *rest) => {}
            200 | 206 | 416 => return Err(self.wrong_size()),
            429 | 500..=599 => return Ok(Some(format!("{host} answered {status}"))),
            _ => {
                let next = "the link has ended or the file is gone; run the command again for a new link";
                return Err(format!("{host} answered {status}: {next}").into());
            }
        }
        let mut body = answer.body_mut().as_reader();
        let mut buffer = vec![0; 64 * 1024];
        while self.have < self.size {
            let bytes = match body.read(&mut buffer) {
                Ok(0) => return Ok(Some(format!("{host}: the file ended early"))),
                Ok(read) => buffer.get(..read).unwrap_or_default(),
                Err(error) => return Ok(Some(format!("{host}: {error}"))),
            };
            self.file.as_file_mut().write_all(bytes).map_err(|error| file::unwritable(self.path, &error))?;
            self.have += bytes.len() as u64;
            bar.set_position(self.have);
        }
        if self.have == self.size { Ok(None) } else { Err(self.wrong_size()) }
    }

    fn wrong_size(&self) -> Error {
        format!("wrong size: the Hub announced {} bytes, and others came; run the command again", self.size).into()
    }
}
