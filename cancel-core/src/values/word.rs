//! The stable words of an enum. A word is printed, parsed, serialized and deserialized by the one table of `as_str`.

/// Of an enum with `as_str(self)`: its words, both ways. It does not compile when a variant is missing.
macro_rules! words {
    ($name:ident, $what:literal: $($variant:ident),+ $(,)?) => {
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $name {
            /// Each of them.
            pub(crate) const EACH: &'static [Self] = &[$(Self::$variant),+];
        }

        impl std::str::FromStr for $name {
            type Err = $crate::values::InvalidInput;

            /// Reads the word that [`as_str`](Self::as_str) gives.
            fn from_str(word: &str) -> Result<Self, Self::Err> {
                const _: fn($name) = |value| match value { $($name::$variant => ()),+ };
                let known = Self::EACH.iter().find(|known| known.as_str() == word);
                known.copied().ok_or_else(|| Self::Err::showing($what, word, "is not a word that is known"))
            }
        }

        $crate::values::as_text::serialized_as_text!($name);
    };
}

pub(crate) use words;

#[cfg(test)]
mod tests {
    use std::fmt::{Debug, Display};
    use std::str::FromStr;

    use serde::Serialize;
    use serde::de::DeserializeOwned;

    use crate::{ErrorKind, Phase, Posted, Proof, State, TokenReason, Until};

    #[test]
    fn a_word_is_read_as_what_it_is_of() {
        fn check<T>(value: &T, word: &str)
        where
            T: FromStr<Err: Debug> + Display + Serialize + DeserializeOwned + PartialEq + Debug,
        {
            assert_eq!(value.to_string(), word);
            assert_eq!(serde_json::to_string(value).unwrap(), format!("{word:?}"));
            assert_eq!(serde_json::from_str::<T>(&format!("{word:?}")).unwrap(), *value);
            assert_eq!(word.parse::<T>().unwrap(), *value);
            assert!(word.to_uppercase().parse::<T>().is_err());
        }
        check(&Until::Verified, "verified");
        check(&State::InProgress, "in_progress");
        check(&Posted::Maybe, "maybe");
        check(&Proof::ByLocation, "by_location");
        check(&Phase::Rechecking, "rechecking");
        check(&TokenReason::FirstUse, "first_use");
        check(&ErrorKind::BodyTooLarge, "body_too_large");
    }

    #[test]
    fn an_unknown_word_is_named() {
        let error = "sometimes".parse::<Until>().unwrap_err().to_string();
        assert_eq!(error, "mode \"sometimes\" is not a word that is known");
    }
}
