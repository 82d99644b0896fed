//! Redacts tokens in what the token command says to a person. What the service says is redacted in the core.

use std::collections::HashSet;

/// So many characters in a row of a token are not shown.
const PART: usize = 32;
/// What ends a URL.
const NOT_OF_URL: &str = "\"'<>`|\\";

/// The text without words that are a JSON Web Token, as those of Azure are, or hold a part of what was printed on stdout.
/// Before that is known, any long word may be the token, but for a part of a URL: a person may have to open it.
pub(crate) fn redacted(text: &str, printed: Option<&[u8]>) -> String {
    let parts: Option<HashSet<_>> = printed.map(|printed| printed.windows(PART).collect());
    let holds_part = |word: &str, is_of_url: bool| match &parts {
        Some(parts) => word.as_bytes().windows(PART).any(|part| parts.contains(part)),
        None => word.len() >= PART && !is_of_url,
    };
    let is_web_token = |word: &str| word.find("eyJ").is_some_and(|at| word.len() - at >= PART);
    let mut shown = String::with_capacity(text.len());
    for chunk in text.split_inclusive(|c: char| c.is_whitespace() || NOT_OF_URL.contains(c)) {
        let url = chunk.find("://").unwrap_or(chunk.len());
        let mut rest = chunk;
        while !rest.is_empty() {
            let (word, after) = rest.split_at(rest.find(|c| !is_of_token(c)).unwrap_or(rest.len()));
            let (other, after) = after.split_at(after.find(is_of_token).unwrap_or(after.len()));
            let is_of_url = url < chunk.len() - rest.len();
            shown += if is_web_token(word) || holds_part(word, is_of_url) { "***" } else { word };
            shown += other;
            rest = after;
        }
    }
    shown
}

/// The characters of a bearer token (RFC 6750).
fn is_of_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~+/=".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_needs_is_shown() {
        for text in [
            "ERROR: AADSTS700082: The refresh token has expired. Trace ID: 56615b67-2185-49fe-80d2-c4ddf77bb2e8\n",
            "open https://microsoft.com/devicelogin and enter the code ABCD1234Z to authenticate.",
            "https://login.example/authorize?client_id=04b07795-8ddb&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWb",
            "eyJ is how it begins; Grüße\r\n\n",
        ] {
            assert_eq!(redacted(text, Some(b"\"an-opaque-token-of-more-than-32-characters\"")), text);
        }
        for text in [
            "open https://login.example/authorize?client_id=04b07795-8ddb&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWb\n",
            "and enter the code ABCD1234Z",
            r#"{"url":"https://a.example","complete":"https://login.example/device?code=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWb"}"#,
        ] {
            assert_eq!(redacted(text, None), text, "at once");
        }
    }

    #[test]
    fn a_token_is_not_shown() {
        let token = "0123456789abcdefghijklmnopqrstuvwxyzABCDEF";
        let web_token = "eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2lnbmF0dXJl";
        for secret in [token, token.split_at(PART).0, token.split_at(10).1, web_token, web_token.split_at(PART).0] {
            let text =
                format!("+ echo '{secret}'\n a={secret};\"b\":\"{secret}\",\"c\":\"https://c\",\"d\":\"{secret}\"");
            for printed in [Some(format!("{{\"accessToken\":\"{token}\"}}")), None] {
                let shown = redacted(&text, printed.as_ref().map(String::as_bytes));
                assert!(!shown.contains(secret.split_at(8).1) && shown.starts_with("+ echo '***'\n "), "{shown}");
            }
        }
    }
}
