//! The client: where it goes, how it says who it is, what it does not follow.
//!
//! Owns connections, redirects, time limits and tokens. Does not own what is asked for (`transfer`).

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{RequestBuilder, Response, StatusCode};
use url::Url;

use super::answer::{self, Challenge, MAX_ANSWER_BYTES};
use super::reference::is_loopback;
use super::{Credentials, OciError, Reference};

/// Most redirects of one download: a registry sends it to its storage, perhaps by way of a mirror.
const MAX_REDIRECTS: usize = 3;
/// How long a connection may take to come about.
const CONNECT_LIMIT: Duration = Duration::from_secs(15);
/// How long an answer may pause.
const READ_LIMIT: Duration = Duration::from_secs(60);
/// How long one request may take: 64 MiB at 1 Mbit/s and some.
const REQUEST_LIMIT: Duration = Duration::from_secs(900);

/// What a client may do.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Without TLS also beyond this machine.
    pub plain_http: bool,
    /// Who we are.
    pub credentials: Option<Credentials>,
}

/// A client for one reference.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    plain_http: bool,
    credentials: Option<Credentials>,
    /// What the registry accepted last: it prints nothing of itself.
    authorization: Option<HeaderValue>,
}

impl Client {
    /// For the registry of a reference.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(reference: &Reference, options: Options) -> Result<Client, OciError> {
        // Another part of the program may have set it: it is the same one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let loopback = reference.is_loopback();
        let plain = loopback || options.plain_http;
        let scheme = if plain { "http" } else { "https" };
        let base = Url::parse(&format!("{scheme}://{}/v2/", reference.registry))
            .map_err(|e| OciError::Usage(format!("{}: {e}", reference.registry)))?;
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("ringfence/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::custom(move |attempt| follow(attempt, plain)))
            .referer(false)
            .connect_timeout(CONNECT_LIMIT)
            .read_timeout(READ_LIMIT)
            .timeout(REQUEST_LIMIT);
        if loopback {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|e| OciError::Unreachable(format!("cannot set up TLS: {e}")))?;
        let (plain_http, credentials) = (plain, options.credentials);
        Ok(Client { http, base, plain_http, credentials, authorization: None })
    }

    /// An address below the registry's `/v2/`.
    pub(super) fn address(&self, path: &str) -> Result<Url, OciError> {
        self.base.join(path).map_err(|e| OciError::Usage(e.to_string()))
    }

    /// Where an upload goes on: a registry may say so in full or in part, but not lead to another one.
    pub(super) fn upload_address(&self, location: &str) -> Result<Url, OciError> {
        let refused = || {
            OciError::Refused(
                "the registry leads the upload to another host: that is not followed".to_owned(),
            )
        };
        let address = self.base.join(location).map_err(|_| refused())?;
        if address.origin() == self.base.origin() { Ok(address) } else { Err(refused()) }
    }

    /// Asks, with a token or a password if the registry wants one.
    pub(super) async fn send(
        &mut self,
        what: &str,
        request: impl Fn(&reqwest::Client) -> RequestBuilder,
    ) -> Result<Response, OciError> {
        let answer = self.try_once(what, request(&self.http)).await?;
        if answer.status() != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        let Some(challenge) = Challenge::from_headers(answer.headers()) else { return Ok(answer) };
        match self.authorize(challenge).await? {
            Some(authorization) => self.authorization = Some(authorization),
            None => return Ok(answer),
        }
        self.try_once(what, request(&self.http)).await
    }

    async fn try_once(&self, what: &str, mut request: RequestBuilder) -> Result<Response, OciError> {
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization.clone());
        }
        request.send().await.map_err(|e| answer::unreachable(&e, what))
    }

    /// What answers a challenge; none if we have nothing to say.
    async fn authorize(&self, challenge: Challenge) -> Result<Option<HeaderValue>, OciError> {
        let (realm, service, scope) = match challenge {
            Challenge::Basic => return self.credentials.as_ref().map(|c| secret(&c.basic())).transpose(),
            Challenge::Bearer { realm, service, scope } => (realm, service, scope),
        };
        let refused =
            || OciError::Refused("the registry's address for tokens is none that is asked".to_owned());
        let mut address = Url::parse(&realm).map_err(|_| refused())?;
        if !may_ask(&address, self.plain_http) {
            return Err(refused());
        }
        for (name, value) in [("service", service), ("scope", scope)] {
            if let Some(value) = value {
                address.query_pairs_mut().append_pair(name, &value);
            }
        }
        let what = "the token";
        let mut request = self.http.get(address);
        if let Some(credentials) = &self.credentials {
            request = request.header(AUTHORIZATION, secret(&credentials.basic())?);
        }
        let given = request.send().await.map_err(|e| answer::unreachable(&e, what))?;
        if !given.status().is_success() {
            return Err(answer::failure(given, what).await);
        }
        let body = answer::body(given, MAX_ANSWER_BYTES, what).await?;
        let token = answer::Token::parse(&body)
            .ok_or_else(|| OciError::Refused("the registry gave no token".to_owned()))?;
        secret(&format!("Bearer {token}")).map(Some)
    }
}

/// A header that is not shown.
fn secret(text: &str) -> Result<HeaderValue, OciError> {
    let mut value = HeaderValue::from_str(text)
        .map_err(|_| OciError::Usage("name and password must be plain text".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Whether an address may be asked at all: by TLS, or without where that is allowed.
fn may_ask(address: &Url, plain_http: bool) -> bool {
    match address.scheme() {
        "https" => true,
        "http" => plain_http || address.host_str().is_some_and(is_loopback),
        _ => false,
    }
}

/// Downloads may be led elsewhere a few times, never from TLS to no TLS; reqwest leaves the password behind at another host.
fn follow(attempt: Attempt<'_>, plain_http: bool) -> reqwest::redirect::Action {
    let from_tls = attempt.previous().last().is_some_and(|u| u.scheme() == "https");
    let goes = may_ask(attempt.url(), plain_http) && (!from_tls || attempt.url().scheme() == "https");
    if !goes {
        attempt.error("to an address without TLS")
    } else if attempt.previous().len() > MAX_REDIRECTS {
        attempt.error("too often")
    } else {
        attempt.follow()
    }
}
