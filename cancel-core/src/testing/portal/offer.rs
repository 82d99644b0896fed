//! An offer: its operations, and how the service behaves for it.
//!
//! A plain value that a test builds. `cancel` has what a cancel does to it, and `view` what it looks like on the wire.

use std::time::Duration;

use super::cancel::{CancelBehavior, CancelOperation};
use super::generation::{Generation, LocationNames};
use super::operation::PublishOperation;
use super::retry_after::RetryAfter;
use super::wording::Wording;

/// An offer: its operations, and how the service behaves for it.
///
/// ```
/// use cancel_core::testing::portal::{CancelBehavior, Generation, Offer, PublishOperation, RetryAfter};
/// use std::time::Duration;
///
/// let offer = Offer::new("contoso", "contoso-offer")
///     .generation(Generation::NonMigrated2020)
///     .cancel(CancelBehavior::After(Duration::from_secs(90)))
///     .operation(PublishOperation::new("56615b67-2185-49fe-80d2-c4ddf77bb2e8"))
///     .retry_after(RetryAfter::Seconds(5));
/// # let _ = offer;
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Offer {
    pub(super) publisher: String,
    pub(super) name: String,
    /// Given by the portal; stands for the name in the `$` form of 2018.
    pub(super) guid: String,
    pub(super) generation: Generation,
    pub(super) location_names: Option<LocationNames>,
    pub(super) behavior: CancelBehavior,
    pub(super) retry_after: Option<RetryAfter>,
    /// The ETag that a cancel needs in `If-Match`.
    pub(super) if_match: Option<String>,
    pub(super) ignores_filter: bool,
    pub(super) lists_cancel_operations: bool,
    pub(super) operation_as_array: bool,
    pub(super) messages_as_text: bool,
    pub(super) wording: Wording,
    pub(super) operations: Vec<PublishOperation>,
    pub(super) cancels: Vec<CancelOperation>,
}

impl Offer {
    /// An offer that was never published, was migrated in 2020, and whose cancel works at once.
    #[must_use]
    pub fn new(publisher: &str, offer: &str) -> Self {
        Self {
            publisher: publisher.to_owned(),
            name: offer.to_owned(),
            guid: String::new(),
            generation: Generation::default(),
            location_names: None,
            behavior: CancelBehavior::default(),
            retry_after: None,
            if_match: None,
            ignores_filter: false,
            lists_cancel_operations: false,
            operation_as_array: false,
            messages_as_text: false,
            wording: Wording::default(),
            operations: Vec::new(),
            cancels: Vec::new(),
        }
    }

    /// How a 202 says where its operation is.
    #[must_use]
    pub fn generation(mut self, generation: Generation) -> Self {
        self.generation = generation;
        self
    }

    /// What the location of a 202 shows, if not what is the rule for the generation.
    #[must_use]
    pub fn location_names(mut self, names: LocationNames) -> Self {
        self.location_names = Some(names);
        self
    }

    /// What a cancel does.
    #[must_use]
    pub fn cancel(mut self, behavior: CancelBehavior) -> Self {
        self.behavior = behavior;
        self
    }

    /// Adds an operation. An offer of the real service runs one at a time; this is not checked.
    #[must_use]
    pub fn operation(mut self, operation: PublishOperation) -> Self {
        self.operations.push(operation);
        self
    }

    /// When to ask again, in a 202 and in each poll of an operation in progress.
    #[must_use]
    pub fn retry_after(mut self, retry_after: RetryAfter) -> Self {
        self.retry_after = Some(retry_after);
        self
    }

    /// A cancel needs `If-Match`: 400 if it is missing, 412 unless it is this ETag or `*`.
    #[must_use]
    pub fn require_if_match(mut self, etag: &str) -> Self {
        self.if_match = Some(etag.to_owned());
        self
    }

    /// The list has every submission, whatever filter is asked for.
    #[must_use]
    pub fn ignore_filter(mut self) -> Self {
        self.ignores_filter = true;
        self
    }

    /// The list has cancel operations too. The pages neither say nor exclude it.
    #[must_use]
    pub fn list_cancel_operations(mut self) -> Self {
        self.lists_cancel_operations = true;
        self
    }

    /// Whether a single operation is answered as an array of one object, as documented, or as a bare object,
    /// as observed. The default is the object.
    #[must_use]
    pub fn operation_as_array(mut self, as_array: bool) -> Self {
        self.operation_as_array = as_array;
        self
    }

    /// An operation's own `messages` are plain strings instead of objects.
    #[must_use]
    pub fn messages_as_text(mut self) -> Self {
        self.messages_as_text = true;
        self
    }

    /// The words for a status.
    #[must_use]
    pub fn wording(mut self, wording: Wording) -> Self {
        self.wording = wording;
        self
    }

    /// What the location of a 202 shows.
    pub(super) fn located(&self) -> LocationNames {
        self.location_names.unwrap_or_else(|| self.generation.location_names())
    }

    /// The operations that were started by now.
    pub(super) fn visible(&self, now: Duration) -> impl Iterator<Item = &PublishOperation> {
        self.operations.iter().filter(move |operation| operation.is_visible(now))
    }

    /// The one in progress that was started last, or if there is none the one that was started last.
    pub(super) fn current(&self, now: Duration) -> Option<&PublishOperation> {
        self.visible(now).max_by_key(|operation| (operation.state(now).is_in_progress(), operation.started_at))
    }
}
