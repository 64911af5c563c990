//! Serves the CSV files of the analytics exports. They have another origin, as at the Hub, and refuse a request with a bearer.
//! `Range` resumes a download.

use http::header::{ACCEPT_RANGES, AUTHORIZATION, CONTENT_RANGE, RANGE};
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use crate::hub::answers::{self, Answer};
use crate::hub::handle::Call;
use crate::hub::sim_hub::SimHub;
use crate::hub::tokens;

const PARTS: u64 = 2;
const LINES: u64 = 500;
const RAW_HEAD: &str = "type,host,country,timestamp,namespace,repository,reference,method,action,user_agent";
const SUMMARY_HEAD: &str = "date,repository,unique_addresses,pulls_by_tag,pulls_by_digest,version_checks";

/// Lists the files of an export.
pub(super) fn links(hub: &SimHub, export: &str) -> Vec<Value> {
    let link = |part| {
        let file = format!("{export}-{part}.csv");
        json!({"url": format!("{}/exports/{file}", elsewhere(&hub.origin)), "size": content(&file).len()})
    };
    (0..PARTS).map(link).collect()
}

/// Returns another origin of the same server: the other name of loopback.
fn elsewhere(origin: &str) -> String {
    if origin.contains("127.0.0.1") {
        return origin.replacen("127.0.0.1", "localhost", 1);
    }
    origin.replacen("localhost", "127.0.0.1", 1).replacen("hub.docker.com", "downloads.example", 1)
}

pub(super) fn read(file: &str, call: &Call<'_>) -> Answer {
    if call.headers.contains_key(AUTHORIZATION) {
        return answers::malformed("a download takes no Authorization header");
    }
    let whole = content(file);
    let range = call.headers.get(RANGE).and_then(|range| range.to_str().ok());
    let start = range.and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()).unwrap_or(0);
    let Some(rest) = whole.get(start..).filter(|rest| !rest.is_empty()) else {
        return answers::json(StatusCode::RANGE_NOT_SATISFIABLE, "{}");
    };
    let status = if start == 0 { StatusCode::OK } else { StatusCode::PARTIAL_CONTENT };
    let mut answer = answers::of_type(status, "text/csv", rest);
    answer.headers_mut().insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let span = format!("bytes {start}-{}/{}", whole.len() - 1, whole.len());
    if let (true, Ok(span)) = (start > 0, HeaderValue::try_from(span)) {
        answer.headers_mut().insert(CONTENT_RANGE, span);
    }
    answer
}

/// Makes a CSV file, always the same for the same name.
fn content(file: &str) -> String {
    let rows = (0..LINES).map(|nth| (nth, nth % 28 + 1));
    let (head, lines): (&str, Vec<String>) = if file.contains("-raw-") {
        let row = |(nth, day)| {
            let host = tokens::hex(file, nth);
            format!("pull,{host},DE,2025-06-{day:02}T12:00:00Z,acme,hello,latest,GET,pull_by_tag,docker/28.2.2")
        };
        (RAW_HEAD, rows.map(row).collect())
    } else {
        let row = |(nth, day)| format!("2025-06-{day:02},acme/hello,{},{},{},{nth}", nth + 1, nth * 3, nth * 2);
        (SUMMARY_HEAD, rows.map(row).collect())
    };
    format!("{head}\n{}\n", lines.join("\n"))
}
