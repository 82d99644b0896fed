//! The tokens of a conversation: which one is used next, and which ones are secret.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;

use super::redact::Redactor;
use super::step::TokenReason;
use crate::values::BearerToken;

/// How many tokens are remembered besides the last. One that was replaced is still known to those it was sent to.
const MAX_EARLIER: usize = 7;
/// How long one that was replaced is remembered at least: most have expired then. A service that rejects so many sooner
/// would have one forgotten, to show it.
const REMEMBERED: Duration = Duration::from_secs(3600);

/// The tokens of one conversation: the one that is used, and those that it has replaced.
#[derive(Debug, Clone, Default)]
pub(super) struct Tokens {
    last: Option<BearerToken>,
    /// The one that was sent last. What is answered to it says nothing of a newer one, which can come meanwhile.
    sent: Option<BearerToken>,
    /// The one that was sent last is not to be used again.
    is_rejected: bool,
    /// 401s in a row.
    rejections: u8,
    /// Each with the time at which it was replaced.
    earlier: Vec<(BearerToken, Duration)>,
}

impl Tokens {
    /// Uses this one from now on, and remembers the one before; in a very long run, instead of the oldest. Returns
    /// whether it is another one than the one that the service has rejected.
    pub(super) fn add(&mut self, token: BearerToken, now: Duration) -> bool {
        let is_another = !self.is_rejected || !self.was_sent(&token);
        self.is_rejected &= is_another;
        let is_last = self.last.as_ref() == Some(&token);
        if let Some(before) = self.last.replace(token).filter(|_| !is_last) {
            // One that was used again is as new as its last use.
            self.earlier.retain(|(known, _)| *known != before);
            self.earlier.push((before, now));
            if self.earlier.len() > MAX_EARLIER {
                // Not the one in flight: the next answer can show it.
                let oldest = self.earlier.iter().position(|(token, _)| !self.was_sent(token));
                self.earlier.remove(oldest.unwrap_or_default());
            }
        }
        is_another
    }

    /// The service has answered 401. Returns whether that is final: it is the second in a row, or one more of many in a
    /// short time.
    pub(super) fn reject(&mut self, now: Duration) -> bool {
        self.is_rejected = true;
        self.rejections = self.rejections.saturating_add(1);
        let oldest = self.earlier.first().filter(|_| self.earlier.len() == MAX_EARLIER);
        self.rejections > 1 || oldest.is_some_and(|(_, replaced)| now.saturating_sub(*replaced) < REMEMBERED)
    }

    /// The service has taken the last one.
    pub(super) fn accepted(&mut self) {
        self.rejections = 0;
    }

    /// The one to use, or why another is needed.
    pub(super) fn usable(&self) -> Result<&BearerToken, TokenReason> {
        match &self.last {
            Some(last) if self.is_rejected && self.was_sent(last) => Err(TokenReason::Rejected),
            Some(last) => Ok(last),
            None => Err(TokenReason::FirstUse),
        }
    }

    /// The last goes out with a request.
    pub(super) fn sent(&mut self) {
        self.sent.clone_from(&self.last);
        self.is_rejected = false;
    }

    fn was_sent(&self, token: &BearerToken) -> bool {
        self.sent.as_ref() == Some(token)
    }

    fn all(&self) -> impl Iterator<Item = &BearerToken> + Clone {
        self.last.iter().chain(self.earlier.iter().map(|(token, _)| token))
    }

    fn redactor(&self) -> Redactor<impl Iterator<Item = &BearerToken> + Clone> {
        Redactor { tokens: self.all() }
    }

    /// Redacts the tokens wherever an answer holds one.
    pub(super) fn redact_answer(&self, headers: &mut HeaderMap, body: &mut Bytes) {
        self.redactor().redact_headers(headers);
        self.redactor().redact_body(body);
    }

    /// Whether a text holds a token, or a long part of one.
    pub(super) fn are_in(&self, text: &str) -> bool {
        self.redactor().redacted(text.as_bytes()).is_some()
    }

    /// Redacts the tokens wherever a text holds one.
    pub(super) fn redact_text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.redactor().redacted(text.as_bytes()) {
            Some(redacted) => Cow::Owned(String::from_utf8_lossy(&redacted).into_owned()),
            None => Cow::Borrowed(text),
        }
    }

    #[cfg(all(test, feature = "testing"))]
    pub(super) fn rejections(&self) -> u8 {
        self.rejections
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const SECRET: &str = "0123456789abcdefghijklmnopqrstuvwxyz-canary";

    fn secrets(tokens: &[&str]) -> Tokens {
        let mut secrets = Tokens::default();
        for token in tokens {
            secrets.add(BearerToken::new(token).unwrap(), Duration::ZERO);
        }
        secrets
    }

    fn in_body(secrets: &Tokens, body: &str) -> Bytes {
        let mut body = Bytes::from(body.to_owned());
        secrets.redact_answer(&mut HeaderMap::new(), &mut body);
        body
    }

    fn redacted(text: &str) -> String {
        secrets(&[SECRET]).redact_text(text).into()
    }

    #[test]
    fn a_token_is_overwritten_wherever_it_stands() {
        let stars = "*".repeat(SECRET.len());
        assert_eq!(redacted(&format!("a {SECRET} b {SECRET}")), format!("a {stars} b {stars}"));
        assert_eq!(redacted(&format!("{SECRET}{SECRET}")), format!("{stars}{stars}"));
        assert_eq!(secrets(&["canary-canary"]).redact_text("a canary-canary"), format!("a {}", "*".repeat(13)));
    }

    #[test]
    fn a_long_part_of_it_is_overwritten_wherever_it_is_from() {
        for (start, end) in [(0, 32), (5, 37), (11, 43), (1, 42)] {
            for before in ["", "echo: ", "a somewhat longer text before: "] {
                let text = format!("{before}{}…", SECRET.get(start..end).unwrap());
                assert_eq!(redacted(&text), format!("{before}{}…", "*".repeat(end - start)), "{start}..{end}");
            }
        }
    }

    #[test]
    fn another_text_stays_as_it_is() {
        for text in ["", "0123", "0123456789abcde-other-and-more-0123456789abcde", "ghijklmno", "*".repeat(99).as_str()]
        {
            assert_eq!(redacted(text), text);
        }
        assert_eq!(secrets(&["canary-canary"]).redact_text("canary-canar"), "canary-canar", "a part of a short one");
    }

    #[test]
    fn a_token_that_repeats_itself_is_found_all_the_same() {
        let token = format!("{}b{}", "a".repeat(40), "a".repeat(40));
        let text = format!("b{}b{}", "a".repeat(43), "a".repeat(100));
        let redacted = secrets(&[&token]).redact_text(&text).into_owned();
        assert!(redacted.split('*').all(|shown| shown.len() < 32), "{redacted}");
    }

    #[test]
    fn a_short_piece_of_a_token_that_repeats_itself_stays_as_it_is() {
        let secrets = secrets(&[&format!("{SECRET}{}{SECRET}", "A".repeat(300))]);
        for before in 0..32 {
            let text = format!("{}opAAAAAAAA1: AAAAAAA", " ".repeat(before));
            assert_eq!(secrets.redact_text(&text), text);
        }
    }

    /// Zeros and `A`s are in many tokens, and in many texts.
    #[test]
    fn a_long_run_of_one_character_is_no_part_of_a_token_with_a_shorter_one() {
        let secrets = secrets(&[&format!("{SECRET}{}{SECRET}{}{SECRET}", "0".repeat(10), "A".repeat(12))]);
        for before in 0..64 {
            for run in ["0".repeat(32), "A".repeat(43), "0".repeat(100)] {
                let text = format!("{}\"id\":\"{run}\"", " ".repeat(before));
                assert_eq!(secrets.redact_text(&text), text);
            }
            let text = format!("{}canary{}0123456789abcdef{}", " ".repeat(before), "0".repeat(10), "0".repeat(40));
            assert!(secrets.redact_text(&text).ends_with(&"0".repeat(40)), "{text}");
            assert_eq!(secrets.redact_text(&text).matches('*').count(), 32, "{text}");
        }
    }

    #[test]
    fn escapes_do_not_hide_it() {
        let secrets = secrets(&["canary+token/0123456789"]);
        for escaped in [
            r#"{"a":["canary\u002Btoken\/0123456789"]}"#,
            r#"{"error":{"message":"you sent \u0063anary+token/0123456789"}}"#,
            r#"{"canary+token\/0123456789":1}"#,
            r#"{"a":"\\\u0063anary+token/0123456789\""}"#,
            // Readers take these, and a tree does not.
            "\u{feff}[{\"status\":\"\\u0063anary+token/0123456789\"}]",
            r#"{"status":"canary\u002btoken/0123456789","a":1e999}"#,
            r#"{"status":"canary\u002btoken/0123456789","a":"\ud800"}"#,
            // A text in a text, and a URL in one.
            r#""\\u0063anary+token/0123456789""#,
            r#"{"error":"{\"message\":\"\\u0063anary\\\/token\"} canary+token\\\/0123456789"}"#,
            "https://host/%63anary%2Btoken%2f0123456789",
            "https://host/%2563anary+token/0123456789",
            r"\u002563anary+token/0123456789",
        ] {
            let redacted = in_body(&secrets, escaped);
            let text = String::from_utf8(redacted.to_vec()).unwrap();
            assert!(text.contains("***") && !text.contains("token/0"), "{text}");
            assert_eq!(text.len(), escaped.len(), "{text}");
        }
        for other in [r#"{"a":"\u0062 \/","b":1,"b":2}"#, r"\u\/\", r"\u00", "100 % of %41 %4", "%%%25%", r"%\u00"] {
            assert_eq!(in_body(&secrets, other), other, "what does not hold it stays as it is");
        }
    }

    #[test]
    fn a_token_that_was_replaced_is_a_secret_still() {
        let mut secrets = secrets(&["first-token", "second-token"]);
        assert_eq!(secrets.redact_text("first-token second-token"), "*********** ************");
        for number in 0..MAX_EARLIER {
            secrets.add(BearerToken::new(format!("another-token-{number}")).unwrap(), Duration::ZERO);
            secrets.add(BearerToken::new("another-token-0").unwrap(), Duration::ZERO);
        }
        secrets.add(BearerToken::new("the-last-token").unwrap(), Duration::ZERO);
        assert_eq!(secrets.redact_text("first-token another-token-0"), "first-token ***************");
    }

    #[test]
    fn no_token_is_forgotten_within_an_hour_because_the_service_rejects_others() {
        // From the first replacement to the last rejection it is eight times as long: 3592 s, or an hour.
        for (every, is_final) in [(Duration::from_secs(449), true), (Duration::from_secs(450), false)] {
            let mut secrets = secrets(&["first-token"]);
            let mut now = Duration::ZERO;
            for number in 0..MAX_EARLIER {
                now += every;
                assert!(!secrets.reject(now));
                secrets.add(BearerToken::new(format!("another-token-{number}")).unwrap(), now);
                secrets.accepted();
            }
            assert_eq!(secrets.redact_text("first-token"), "***********");
            now += every;
            assert_eq!(secrets.reject(now + every), is_final, "each was rejected after {every:?}");
        }
    }

    #[test]
    fn two_tokens_in_turn_do_not_displace_a_third() {
        let mut secrets = secrets(&["first-token"]);
        for _ in 0..=MAX_EARLIER {
            secrets.add(BearerToken::new("second-token").unwrap(), Duration::ZERO);
            secrets.add(BearerToken::new("third-token").unwrap(), Duration::ZERO);
        }
        assert_eq!(secrets.redact_text("first-token"), "***********");
    }

    /// As where a service has the tokens of others rejected meanwhile.
    #[test]
    fn the_token_in_flight_is_remembered_however_many_others_there_are() {
        let mut secrets = secrets(&["first-token"]);
        secrets.sent();
        for number in 0..99 {
            secrets.add(BearerToken::new(format!("another-token-{number}")).unwrap(), Duration::ZERO);
        }
        assert_eq!(secrets.redact_text("first-token another-token-92"), "*********** ****************");
        assert_eq!(secrets.redact_text("another-token-91"), "another-token-91");
    }

    /// As from a source with two caches.
    #[test]
    fn a_token_that_was_used_again_is_as_new_as_its_last_use() {
        let mut secrets = secrets(&["first-token", "second-token", "first-token"]);
        for number in 1..MAX_EARLIER {
            secrets.add(BearerToken::new(format!("another-token-{number}")).unwrap(), Duration::ZERO);
        }
        assert_eq!(secrets.redact_text("second-token first-token"), "************ ***********");
        secrets.add(BearerToken::new("the-last-token").unwrap(), Duration::ZERO);
        assert_eq!(secrets.redact_text("second-token first-token"), "second-token ***********");
    }

    #[test]
    fn headers_and_bodies_too() {
        let secrets = secrets(&[SECRET]);
        let mut headers = HeaderMap::new();
        headers.insert("x-echo", HeaderValue::from_static("Bearer 0123456789abcdefghijklmnopqrstuvwxyz-canary"));
        secrets.redact_answer(&mut headers, &mut Bytes::new());
        assert_eq!(headers["x-echo"].as_bytes(), format!("Bearer {}", "*".repeat(SECRET.len())).as_bytes());
        assert!(!in_body(&secrets, SECRET).starts_with(b"0"));
    }
}
