//! An outcome and a progress as the JSON that the manual's [page](crate::guide::json) describes.

use std::time::Duration;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::baseline::TrackedOperation;
use super::outcome::Outcome;
use super::progress::Progress;
use crate::error::{Described, Error};

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("outcome", self.as_str())?;
        if let Some(proof) = self.proof() {
            map.serialize_entry("proof", &proof)?;
        }
        map.serialize_entry("posted", &self.posted())?;
        if let Some(status) = self.status() {
            map.serialize_entry("status", status)?;
        }
        if let Self::Accepted { location, retry_after, .. } = self {
            if let Some(location) = location {
                map.serialize_entry("location", location)?;
            }
            if let Some(wait) = retry_after {
                map.serialize_entry("retry_after_ms", &milliseconds(*wait))?;
            }
        }
        operations(&mut map, "operations", self.operations())?;
        operations(&mut map, "others", self.others())?;
        refused_location(&mut map, self.refused_location())?;
        map.end()
    }
}

impl Serialize for Progress<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("phase", &self.phase)?;
        map.serialize_entry("posted", &self.posted)?;
        map.serialize_entry("post_in_flight", &self.post_in_flight)?;
        map.serialize_entry("polls", &self.polls)?;
        if let Some(due) = self.due {
            // A wait is not shorter in milliseconds.
            map.serialize_entry("due_ms", &milliseconds(due.saturating_add(Duration::from_nanos(999_999))))?;
        }
        map.serialize_entry("deadline_ms", &milliseconds(self.deadline))?;
        if let Some(operation) = self.operation {
            map.serialize_entry("status", operation.status())?;
        }
        if let Some(location) = self.location {
            map.serialize_entry("location", location)?;
        }
        operations(&mut map, "operations", self.baseline)?;
        refused_location(&mut map, self.refused_location)?;
        map.end()
    }
}

impl Serialize for TrackedOperation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("id", self.id())?;
        map.serialize_entry("status", self.status())?;
        map.end()
    }
}

fn operations<M: SerializeMap>(map: &mut M, name: &str, operations: &[TrackedOperation]) -> Result<(), M::Error> {
    if operations.is_empty() { Ok(()) } else { map.serialize_entry(name, operations) }
}

fn refused_location<M: SerializeMap>(map: &mut M, error: Option<&Error>) -> Result<(), M::Error> {
    error.map_or(Ok(()), |error| map.serialize_entry("refused_location", &Described(error)))
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
