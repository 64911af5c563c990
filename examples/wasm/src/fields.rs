//! The fields of a call, taken out one by one; what is left over at the end is an error.
//!
//! By hand, since derived readers would add a tenth to the module's size, and their errors repeat values, hence secrets.

use std::num::NonZeroU8;

use hub_auth_core::InvalidInput;
use hub_auth_core::UnixTime;
use serde_json::{Map, Value};

/// Tells of a wrong use of the interface. The text names fields and repeats no value.
pub(crate) struct Misuse(pub(crate) String);

/// The fields of one JSON object.
pub(crate) struct Fields(Map<String, Value>);

/// Reads a whole call, `{"name": {fields}}`.
pub(crate) fn read(call: &[u8]) -> Result<(String, Fields), Misuse> {
    let form = || Misuse::new("a call is JSON of the form {\"name\": {fields}}");
    let call = std::str::from_utf8(call).map_err(|_| form())?;
    let Ok(Value::Object(mut call)) = serde_json::from_str(call) else { return Err(form()) };
    let name = call.keys().next().cloned().filter(|_| call.len() == 1).ok_or_else(form)?;
    match call.get_mut(&name).map(Value::take) {
        Some(Value::Object(fields)) => Ok((name, Fields(fields))),
        _ => Err(form()),
    }
}

impl Fields {
    pub(crate) fn text(&mut self, name: &str) -> Result<String, Misuse> {
        self.text_if_any(name)?.ok_or_else(|| wrong(name, "is missing"))
    }

    pub(crate) fn text_if_any(&mut self, name: &str) -> Result<Option<String>, Misuse> {
        match self.take(name) {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text)),
            _ => Err(wrong(name, "is not a text")),
        }
    }

    pub(crate) fn number(&mut self, name: &str) -> Result<u64, Misuse> {
        self.number_if_any(name)?.ok_or_else(|| wrong(name, "is missing"))
    }

    pub(crate) fn number_if_any(&mut self, name: &str) -> Result<Option<u64>, Misuse> {
        match self.take(name) {
            Value::Null => Ok(None),
            value => value.as_u64().map(Some).ok_or_else(|| wrong(name, "is not a whole number from 0")),
        }
    }

    pub(crate) fn flag(&mut self, name: &str) -> Result<bool, Misuse> {
        match self.take(name) {
            Value::Null => Ok(false),
            value => value.as_bool().ok_or_else(|| wrong(name, "is not true or false")),
        }
    }

    pub(crate) fn count_if_any(&mut self, name: &str) -> Result<Option<NonZeroU8>, Misuse> {
        let count = self.number_if_any(name)?;
        let small = |count| u8::try_from(count).ok().and_then(NonZeroU8::new);
        count.map(|count| small(count).ok_or_else(|| wrong(name, "is not a number from 1 to 255"))).transpose()
    }

    /// The host's clock.
    pub(crate) fn now(&mut self) -> Result<UnixTime, Misuse> {
        self.number("now").map(UnixTime::from_millis)
    }

    pub(crate) fn object(&mut self, name: &str) -> Result<Fields, Misuse> {
        self.object_if_any(name)?.ok_or_else(|| wrong(name, "is missing"))
    }

    pub(crate) fn object_if_any(&mut self, name: &str) -> Result<Option<Fields>, Misuse> {
        match self.take(name) {
            Value::Null => Ok(None),
            Value::Object(fields) => Ok(Some(Fields(fields))),
            _ => Err(wrong(name, "is not an object")),
        }
    }

    pub(crate) fn list(&mut self, name: &str) -> Result<Vec<Value>, Misuse> {
        match self.take(name) {
            Value::Array(list) => Ok(list),
            _ => Err(wrong(name, "is missing, or is not a list")),
        }
    }

    /// Refuses what nobody took, so that a slip in a name is not lost.
    pub(crate) fn end(self) -> Result<(), Misuse> {
        if self.0.values().all(Value::is_null) {
            return Ok(());
        }
        Err(Misuse::new("the call has a field that does not belong to it"))
    }

    /// A field that is missing is null, and so is one that was taken.
    fn take(&mut self, name: &str) -> Value {
        self.0.get_mut(name).map(Value::take).unwrap_or_default()
    }
}

pub(crate) fn wrong(name: &str, problem: &str) -> Misuse {
    Misuse(format!("the field `{name}` {problem}"))
}

impl Misuse {
    pub(crate) fn new(text: &str) -> Misuse {
        Misuse(text.to_owned())
    }
}

impl From<InvalidInput> for Misuse {
    fn from(input: InvalidInput) -> Misuse {
        Misuse(input.to_string())
    }
}
