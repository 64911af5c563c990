//! What a login request says, read in place: most logins have no text that JSON would escape.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

/// The members of a JSON object.
pub(super) struct Fields<'a>(Vec<(Key<'a>, Member<'a>)>);

#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize)]
#[serde(untagged)]
enum Member<'a> {
    #[serde(borrow)]
    Text(Cow<'a, str>),
    Other(IgnoredAny),
}

impl Fields<'_> {
    /// The text of this name: the last, if there is more than one of that name.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match self.0.iter().rfind(|(key, _)| key.0 == name)? {
            (_, Member::Text(text)) => Some(text),
            (_, Member::Other(_)) => None,
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Fields<'a>, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut members = Vec::with_capacity(2);
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Fields(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_a_text_escaped_or_not() {
        let fields: Fields<'_> = serde_json::from_str(r#"{"a":"x","b":"\u0079\"","c":1,"d":null,"a":"z"}"#).unwrap();
        let found = ["a", "b", "c", "d", "e"].map(|name| fields.text(name));
        assert_eq!(found, [Some("z"), Some("y\""), None, None, None]);
        assert!(matches!(fields.0[0].1, Member::Text(Cow::Borrowed("x"))));
    }

    #[test]
    fn anything_else_is_no_object() {
        for body in ["[]", r#"["a"]"#, "1", "null", r#"{"a":"x""#, r#"{"a":"x"} x"#, ""] {
            assert!(serde_json::from_str::<Fields<'_>>(body).is_err(), "{body}");
        }
    }
}
