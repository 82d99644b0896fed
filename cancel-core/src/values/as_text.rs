//! Serializes values as the text that they print, and reads them through the checks of their constructors. So a value
//! in a checkpoint passes the same checks as a value from a caller.

macro_rules! serialized_as_text {
    ($($name:ty),*) => {$(
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

pub(crate) use serialized_as_text;

use super::{ApiVersion, ClientRequestId, IfMatch, NotificationEmails, OfferId, OperationId, PublisherId};

serialized_as_text!(ApiVersion, ClientRequestId, IfMatch, NotificationEmails, OfferId, OperationId, PublisherId);
