//! What registries answer, read with care: challenges, errors, bodies with a bound.
//!
//! Owns the parsing. Nothing that a registry says reaches a terminal unescaped.

use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};
use reqwest::{Response, StatusCode};
use serde::Deserialize;

use super::OciError;

/// Longest body of an answer that says what is wrong, or that holds a token.
pub(super) const MAX_ANSWER_BYTES: usize = 64 << 10;
/// Longest challenge header.
const MAX_CHALLENGE_BYTES: usize = 4 << 10;

/// How a registry wants to be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// Name and password with each request.
    Basic,
    /// A token from `realm`, for `service` and `scope`.
    Bearer { realm: String, service: Option<String>, scope: Option<String> },
}

impl Challenge {
    /// From the headers of an answer 401; of several the token first.
    pub(super) fn from_headers(headers: &HeaderMap) -> Option<Challenge> {
        let all = headers.get_all(WWW_AUTHENTICATE);
        let texts = all.iter().filter_map(|h| h.to_str().ok()).filter(|t| t.len() <= MAX_CHALLENGE_BYTES);
        let mut found: Vec<Challenge> = texts.filter_map(Challenge::parse).collect();
        found.sort_by_key(|c| matches!(c, Challenge::Basic));
        found.into_iter().next()
    }

    fn parse(text: &str) -> Option<Challenge> {
        let (scheme, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        if scheme.eq_ignore_ascii_case("basic") {
            return Some(Challenge::Basic);
        }
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let (mut realm, mut service, mut scope) = (None, None, None);
        let mut rest = rest.trim();
        while let Some((name, value)) = rest.split_once('=') {
            let (value, after) = match value.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"')?,
                None => value.split_once(',').map_or((value, ""), |(v, _)| (v, &value[v.len()..])),
            };
            let slot = match name.trim().to_ascii_lowercase().as_str() {
                "realm" => Some(&mut realm),
                "service" => Some(&mut service),
                "scope" => Some(&mut scope),
                _ => None,
            };
            if let Some(slot) = slot {
                *slot = Some(value.to_owned());
            }
            rest = after.trim_start().trim_start_matches(',').trim_start();
        }
        Some(Challenge::Bearer { realm: realm?, service, scope })
    }
}

/// A token as registries give it.
#[derive(Deserialize)]
pub(super) struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

impl Token {
    pub(super) fn parse(bytes: &[u8]) -> Option<String> {
        let token: Token = serde_json::from_slice(bytes).ok()?;
        token
            .token
            .or(token.access_token)
            .filter(|t| !t.is_empty() && t.bytes().all(|b| b.is_ascii_graphic()))
    }
}

/// The body of an answer if it is not longer than `limit`.
///
/// # Errors
/// When it is longer, by its header or in fact, or the connection fails.
pub(super) async fn body(mut answer: Response, limit: usize, what: &str) -> Result<Vec<u8>, OciError> {
    let too_long =
        || OciError::Refused(format!("{what} is longer than the {limit} bytes that were expected"));
    if answer.content_length().is_some_and(|length| length > limit as u64) {
        return Err(too_long());
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|e| unreachable(&e, what))? {
        if bytes.len() + chunk.len() > limit {
            return Err(too_long());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// What an answer that is no success means.
pub(super) async fn failure(answer: Response, what: &str) -> OciError {
    let status = answer.status();
    let said = body(answer, MAX_ANSWER_BYTES, "the answer").await.map(|b| said(&b)).unwrap_or_default();
    match status {
        StatusCode::NOT_FOUND => OciError::Missing(what.to_owned()),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => OciError::Denied(format!(
            "the registry does not allow it ({status}{said}): set RINGFENCE_REGISTRY_USER and RINGFENCE_REGISTRY_PASSWORD, or log in with docker"
        )),
        status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
            OciError::Unreachable(format!("{what}: the registry fails ({status}{said}): try again later"))
        }
        status => OciError::Refused(format!("{what}: the registry refuses ({status}{said})")),
    }
}

/// The first error of a registry's answer, to be put behind the status.
fn said(bytes: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Errors {
        errors: Vec<One>,
    }
    #[derive(Deserialize)]
    struct One {
        #[serde(default)]
        code: String,
        #[serde(default)]
        message: String,
    }
    let errors: Option<Errors> = serde_json::from_slice(bytes).ok();
    errors.and_then(|e| e.errors.into_iter().next()).map_or_else(String::new, |one| {
        format!(", {}: {}", crate::escaped(&one.code, 40), crate::escaped(&one.message, 200))
    })
}

/// A request that got no answer. The address is not told again: it may hold a token.
pub(super) fn unreachable(error: &reqwest::Error, what: &str) -> OciError {
    use std::error::Error as _;
    let mut reason = String::new();
    let mut source = error.source();
    while let Some(error) = source {
        reason = error.to_string();
        source = error.source();
    }
    let kind = if error.is_timeout() {
        "took too long"
    } else if error.is_redirect() {
        "was led elsewhere, where it does not go"
    } else if error.is_connect() {
        "cannot be reached"
    } else {
        "broke off"
    };
    let reason =
        if reason.is_empty() { String::new() } else { format!(" ({})", crate::escaped(&reason, 200)) };
    OciError::Unreachable(format!("{what}: the registry {kind}{reason}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn challenges_are_read() {
        let bearer = r#"Bearer realm="https://auth.example/token?a=b",service="reg, istry", scope="repository:a/b:pull,push",error=x"#;
        assert_eq!(
            Challenge::parse(bearer),
            Some(Challenge::Bearer {
                realm: "https://auth.example/token?a=b".to_owned(),
                service: Some("reg, istry".to_owned()),
                scope: Some("repository:a/b:pull,push".to_owned()),
            })
        );
        assert_eq!(Challenge::parse("Basic realm=\"x\""), Some(Challenge::Basic));
        assert_eq!(Challenge::parse("bearer service=x"), None);
        assert_eq!(Challenge::parse("Negotiate"), None);
        let mut headers = HeaderMap::new();
        headers.append(WWW_AUTHENTICATE, "Basic realm=x".parse().unwrap());
        headers.append(WWW_AUTHENTICATE, "Bearer realm=https://a".parse().unwrap());
        assert!(matches!(Challenge::from_headers(&headers), Some(Challenge::Bearer { .. })));
    }

    #[test]
    fn tokens_and_errors_are_read() {
        assert_eq!(Token::parse(br#"{"access_token": "abc"}"#).as_deref(), Some("abc"));
        assert_eq!(Token::parse(b"{\"token\": \"a\\nX: b\"}"), None);
        let errors = br#"{"errors": [{"code": "DENIED", "message": "no\u001b[2J"}]}"#;
        assert_eq!(said(errors), ", DENIED: no\\u{1b}[2J");
        assert_eq!(said(b"<html>"), "");
    }

    proptest! {
        #[test]
        fn any_header_is_a_challenge_or_none(text in "(Bearer |Basic )?[ -~]{0,80}") {
            let _ = Challenge::parse(&text);
        }
    }
}
