//! Writes the body of an answer to standard output: indented on a terminal, else unchanged.

use std::io::{self, IsTerminal, Write};

use crate::error::CliError;

pub(super) fn body(body: &[u8]) -> Result<(), CliError> {
    let mut out = io::stdout().lock();
    let written = if out.is_terminal() { out.write_all(for_terminal(body).as_bytes()) } else { as_is(&mut out, body) };
    written.and_then(|()| out.flush()).map_err(CliError::Output)
}

fn as_is(out: &mut impl Write, body: &[u8]) -> io::Result<()> {
    out.write_all(body)?;
    if body.is_empty() || body.ends_with(b"\n") { Ok(()) } else { out.write_all(b"\n") }
}

/// Indents JSON and keeps its order. Escapes characters that would control the terminal or turn the direction of text.
fn for_terminal(body: &[u8]) -> String {
    let mut indented = Vec::new();
    let mut from = serde_json::Deserializer::from_slice(body);
    let is_json = serde_transcode::transcode(&mut from, &mut serde_json::Serializer::pretty(&mut indented)).is_ok();
    let text = String::from_utf8_lossy(if is_json { &indented } else { body });
    let mut shown = String::new();
    for c in text.trim_end().chars() {
        if c == '\n' || c.escape_debug().len() == 1 || matches!(c, '"' | '\'' | '\\') {
            shown.push(c);
        } else {
            // This escape is valid JSON too.
            shown.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    if !shown.is_empty() {
        shown.push('\n');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_indented_in_its_order_and_drives_no_terminal() {
        assert_eq!(for_terminal(br#"{"b":1,"a":[true]}"#), "{\n  \"b\": 1,\n  \"a\": [\n    true\n  ]\n}\n");
        assert_eq!(for_terminal("\"\u{9b}2J\u{202e}é\"".as_bytes()), "\"\\u009b2J\\u202eé\"\n");
        assert_eq!(for_terminal(b"a,b\n\x1b[31m\n"), "a,b\n\\u001b[31m\n");
        assert_eq!(for_terminal(b""), "");
    }
}
