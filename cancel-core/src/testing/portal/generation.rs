//! How a 202 says where its operation is: the rows of the contract's location table.
//!
//! This module writes locations. `route` reads them.

use serde_json::json;

use super::answer::Answer;

/// The only version of the API.
pub(super) const API_VERSION: &str = "2017-10-31";

/// Nobody has an operation of this id.
const NOWHERE: &str = "00000000-0000-0000-0000-000000000000";

/// How a 202 says where its operation is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Generation {
    /// 2018: `Operation-Location`, absolute, without `api-version`.
    Absolute2018,
    /// 2018, as after a publish: `Operation-Location`, relative, the `$` form with a GUID for the offer.
    Slot2018,
    /// 2020, an offer that was migrated: `Location`, relative, with `api-version`.
    #[default]
    Migrated2020,
    /// 2020, an offer that was not migrated: `Location`, relative, the `$` form.
    NonMigrated2020,
    /// No header; the body is a JSON string.
    BodyString,
    /// No header; the body is an object with a string member of this name, such as `location`,
    /// `operationLocation` or `Operation-Location`.
    BodyMember(String),
    /// Both headers: `Operation-Location` is right, and `Location` gets a 404.
    BothHeaders,
    /// No location at all, which no page allows.
    NoLocation,
}

/// What the location of a 202 shows.
///
/// The pages say the cancel operation. Clients have observed `canceled` there, which only the publish can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LocationNames {
    /// The cancel's own progress: `running`, then `completed` or `failed`.
    CancelOperation,
    /// The operation that the cancel is meant for: `running`, then `canceled` or its own end.
    CanceledOperation,
}

/// The parts of a location.
pub(super) struct Names<'a> {
    pub(super) origin: &'a str,
    pub(super) publisher: &'a str,
    pub(super) offer: &'a str,
    pub(super) offer_guid: &'a str,
    pub(super) operation: &'a str,
    pub(super) version: u32,
    pub(super) slot: &'a str,
}

impl Generation {
    /// What the location shows unless [`Offer::location_names`](super::Offer::location_names) says
    /// otherwise: the slot's operation in the `$` forms, the cancel operation in all others.
    #[must_use]
    pub fn location_names(&self) -> LocationNames {
        match self {
            Self::Slot2018 | Self::NonMigrated2020 => LocationNames::CanceledOperation,
            _ => LocationNames::CancelOperation,
        }
    }

    /// The 202 of a cancel.
    pub(super) fn accepted(&self, names: &Names<'_>) -> Answer {
        let accepted = Answer::status(202);
        match self {
            Self::Absolute2018 => accepted
                .header("Operation-Location", &format!("{}{}", names.origin, names.operation_path(names.operation))),
            Self::Slot2018 => accepted.header("Operation-Location", &names.slot_url(names.offer_guid)),
            Self::Migrated2020 => accepted.header("Location", &names.operation_url(names.operation)),
            Self::NonMigrated2020 => accepted.header("Location", &names.slot_url(names.offer)),
            Self::BodyString => accepted.json(&json!(names.operation_url(names.operation))),
            Self::BodyMember(member) => accepted.json(&json!({ member: names.operation_url(names.operation) })),
            Self::BothHeaders => accepted
                .header("Location", &names.operation_url(NOWHERE))
                .header("Operation-Location", &names.operation_url(names.operation)),
            Self::NoLocation => accepted,
        }
    }
}

impl Names<'_> {
    fn operation_path(&self, operation: &str) -> String {
        format!("/api/publishers/{}/offers/{}/operations/{operation}", self.publisher, self.offer)
    }

    fn operation_url(&self, operation: &str) -> String {
        format!("{}?api-version={API_VERSION}", self.operation_path(operation))
    }

    fn slot_url(&self, offer: &str) -> String {
        let Self { publisher, version, slot, .. } = self;
        format!("/api/operations/{publisher}${offer}${version}${slot}?api-version={API_VERSION}")
    }
}
