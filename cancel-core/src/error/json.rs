//! An error as the JSON that the manual's [page](crate::guide::json) describes.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::{Answer, Error};

impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("outcome", "error")?;
        map.serialize_entry("posted", &self.posted())?;
        map.serialize_entry("error", &Described(self))?;
        map.end()
    }
}

/// The error itself, without what is said of the run.
pub(crate) struct Described<'a>(pub(crate) &'a Error);

impl Serialize for Described<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let error = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", &error.kind())?;
        match error.answer().and_then(Answer::message) {
            Some(message) => map.serialize_entry("message", message)?,
            None => map.serialize_entry("message", &error.to_string())?,
        }
        if !error.detail().is_empty() {
            map.serialize_entry("detail", error.detail())?;
        }
        if let Some(answer) = error.answer() {
            answer.serialize_members(&mut map)?;
        }
        map.serialize_entry("advice", error.advice())?;
        map.end()
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(message) = self.message() {
            map.serialize_entry("message", message)?;
        }
        self.serialize_members(&mut map)?;
        map.end()
    }
}

impl Answer {
    /// All but the message.
    fn serialize_members<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        map.serialize_entry("status", &self.status().as_u16())?;
        let texts = [
            ("code", self.code()),
            ("request_id", self.request_id()),
            ("correlation_request_id", self.correlation_request_id()),
            ("redirected_to", self.redirected_to()),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                map.serialize_entry(name, text)?;
            }
        }
        if !self.details.is_empty() {
            map.serialize_entry("details", &self.details)?;
        }
        if let Some(wait) = self.retry_after() {
            map.serialize_entry("retry_after_ms", &u64::try_from(wait.as_millis()).unwrap_or(u64::MAX))?;
        }
        Ok(())
    }
}
