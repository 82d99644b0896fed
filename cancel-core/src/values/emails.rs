//! The addresses that the service notifies.

use std::fmt;
use std::str::FromStr;

use super::InvalidInput;

const WHAT: &str = "notification e-mail";
/// The longest address that SMTP carries (RFC 5321).
const MAX_LENGTH: usize = 254;
/// Of all addresses together. They are in every checkpoint.
const MAX_TOTAL: usize = 16 * 1024;

/// One or more e-mail addresses. The request has them as one string, `notification-emails`
/// ([cancel page](crate::guide::wire#sources), "Request body properties"). Migrated offers ignore them.
///
/// An address has one `@` and at most 254 bytes. Before the `@` it has letters and digits of any script, and
/// ``!#$%&'*+-/=?^_`{|}~.``. After the `@` it has letters, digits, `-` and `.`. Quoted names, comments and display
/// names (`A <a@contoso.com>`) are refused. All addresses together have at most 16 KiB.
///
/// ```
/// # use cancel_core::NotificationEmails;
/// let emails = NotificationEmails::parse("a@contoso.com, b@contoso.com")?;
/// assert_eq!(emails.as_str(), "a@contoso.com,b@contoso.com");
/// # Ok::<(), cancel_core::InvalidInput>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NotificationEmails(Box<str>);

impl NotificationEmails {
    /// Reads addresses that are separated by commas.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`] when there is no address, when one of them is not an address, or when they are longer than 16
    /// KiB.
    pub fn parse(list: &str) -> Result<Self, InvalidInput> {
        Self::new(list.split(','))
    }

    /// Takes addresses one by one. Spaces around an address are dropped.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`] when there is no address, when one of them is not an address, or when they are longer than 16
    /// KiB.
    pub fn new<I>(addresses: I) -> Result<Self, InvalidInput>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let mut joined = String::new();
        for address in addresses {
            let address = address.as_ref().trim_matches(' ');
            check(address)?;
            if !joined.is_empty() {
                joined.push(',');
            }
            joined.push_str(address);
            if joined.len() > MAX_TOTAL {
                return Err(InvalidInput::hiding(WHAT, "list is longer than 16 KiB"));
            }
        }
        if joined.is_empty() {
            return Err(InvalidInput::hiding(WHAT, "list is empty"));
        }
        Ok(Self(joined.into_boxed_str()))
    }

    /// The addresses as they are sent: joined by commas, without spaces. No character of them needs an escape in
    /// JSON.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// This is less than RFC 5322 allows. The service could not split addresses with comments or quoted commas.
fn check(address: &str) -> Result<(), InvalidInput> {
    let fails = |problem| Err(InvalidInput::showing(WHAT, address, problem));
    let Some((local, domain)) = address.split_once('@') else {
        return fails("has no \"@\"");
    };
    if local.is_empty() || domain.is_empty() {
        return fails("has nothing on one side of its \"@\"");
    }
    let atom = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    if !local.chars().all(atom) || !domain.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '.')) {
        return fails("holds a character that an address does not have");
    }
    if address.len() > MAX_LENGTH {
        return fails("is longer than 254 bytes");
    }
    Ok(())
}

impl FromStr for NotificationEmails {
    type Err = InvalidInput;

    fn from_str(list: &str) -> Result<Self, InvalidInput> {
        Self::parse(list)
    }
}

impl fmt::Display for NotificationEmails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_joined_by_commas_alone() {
        let emails = NotificationEmails::new([" a+x@contoso.com", "ü@contoso.example "]).unwrap();
        assert_eq!(emails.as_str(), "a+x@contoso.com,ü@contoso.example");
    }

    #[test]
    fn a_text_that_is_no_address_is_refused() {
        for bad in [
            "", " ", "a", "a@", "@b", "a@b@c", "a@b,", "a@b,,c@d", "a@b\nc@d", "a b@c", "a@b;c@d", "<a@b>", "\"a\"@b",
            "a@b\"", "a@b\\",
        ] {
            assert!(NotificationEmails::parse(bad).is_err(), "{bad:?}");
        }
        assert!(NotificationEmails::new(["a@b,c@d"]).is_err(), "a comma inside one address");
        assert!(NotificationEmails::new(Vec::<String>::new()).is_err());
        assert!(NotificationEmails::parse(&format!("{}@b", "a".repeat(253))).is_err());
    }
}
