//! Tokens: who a request is from.
//!
//! One key and one algorithm, fixed by the settings. A token comes in `Authorization: Bearer …` or, from browsers that
//! open a WebSocket, as a subprotocol `bearer.…`; never in a URL, which ends up in logs.

use axum::http::HeaderMap;
use axum::http::header;
use jsonwebtoken::Algorithm;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::Validation;
use jsonwebtoken::errors::ErrorKind;
use secrecy::ExposeSecret;
use serde::Deserialize;
use thiserror::Error;

use crate::event::Timestamp;
use crate::event::is_unsafe;
use crate::server::Caller;
use crate::server::Problem;
use crate::server::Scopes;
use crate::server::settings::AUDIENCE;
use crate::server::settings::TokenKey;
use crate::server::settings::TokenSettings;

/// How the clocks of who makes tokens and of this machine may differ, in seconds.
const LEEWAY_SECONDS: u64 = 5;
/// The shortest secret: shorter ones can be found by trying (RFC 7518, 3.2).
const MIN_SECRET_BYTES: usize = 32;
/// The longest token; what proxies take as a header is less.
const MAX_TOKEN_BYTES: usize = 8 << 10;
/// The longest name of a client, player or owner.
const MAX_NAME_BYTES: usize = 200;
/// How a WebSocket subprotocol says that it is a token.
const SUBPROTOCOL: &str = "bearer.";
/// Who asks, on a server that checks no tokens.
const CLIENT_HEADER: &str = "x-client-id";

/// Why a key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyError {
    /// A secret that can be guessed.
    #[error("the secret has {0} bytes; HS256 wants at least {MIN_SECRET_BYTES}")]
    ShortSecret(usize),
    /// Not a key of a kind that is known.
    #[error("this is no public key of RSA or Ed25519 in PEM")]
    NoPublicKey,
}

/// Says who a request is from.
pub struct Auth {
    keys: Option<(DecodingKey, Validation)>,
}

/// What a token must hold, and may.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: f64,
    #[serde(default)]
    scope: String,
    player_id: Option<String>,
    owner_id: Option<String>,
    /// Checked by the library, which passes over what is no audience at all.
    #[expect(dead_code, reason = "only its form counts here")]
    aud: Option<Audience>,
}

/// Who a token is for.
#[derive(Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its form counts here")]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Auth {
    /// By the settings; without a key everybody is trusted.
    ///
    /// # Errors
    /// A key that cannot be used.
    pub fn new(settings: Option<&TokenSettings>) -> Result<Self, KeyError> {
        let Some(TokenSettings { key, audience, issuer }) = settings else { return Ok(Self { keys: None }) };
        let (algorithm, key) = decoding_key(key)?;
        let mut validation = Validation::new(algorithm);
        validation.leeway = LEEWAY_SECONDS;
        validation.validate_nbf = true;
        let mut required = vec!["exp", "sub"];
        validation.set_audience(&[audience.as_deref().unwrap_or(AUDIENCE)]);
        if audience.is_some() {
            required.push("aud");
        }
        if let Some(issuer) = issuer {
            validation.set_issuer(&[issuer]);
            required.push("iss");
        }
        validation.set_required_spec_claims(&required);
        Ok(Self { keys: Some((key, validation)) })
    }

    /// Whether tokens are checked.
    pub fn checks_tokens(&self) -> bool {
        self.keys.is_some()
    }

    /// Who a request is from.
    ///
    /// # Errors
    /// A token is missing, damaged, not meant for this server, or over (401).
    pub fn caller(&self, headers: &HeaderMap) -> Result<Caller, Problem> {
        let Some((key, validation)) = &self.keys else { return in_development(headers) };
        let missing = || {
            let problem = Problem::unauthorized("token_missing", "a token is needed");
            problem.hint("send it as 'Authorization: Bearer TOKEN', or open the WebSocket with the subprotocols 'esctl' and 'bearer.TOKEN'")
        };
        let token = token_of(headers).ok_or_else(missing)?;
        if token.len() > MAX_TOKEN_BYTES {
            return Err(invalid("is too long"));
        }
        // What a library says about a token may quote it; only kinds are told apart here.
        let claims = jsonwebtoken::decode::<Claims>(token, key, validation).map_err(|error| refusal(error.kind()))?.claims;
        caller(claims)
    }
}

fn decoding_key(key: &TokenKey) -> Result<(Algorithm, DecodingKey), KeyError> {
    match key {
        TokenKey::Secret(secret) => match secret.expose_secret() {
            short if short.len() < MIN_SECRET_BYTES => Err(KeyError::ShortSecret(short.len())),
            secret => Ok((Algorithm::HS256, DecodingKey::from_secret(secret).map_err(|_| KeyError::ShortSecret(secret.len()))?)),
        },
        // The library takes a private key for its public half; who gives one away by mistake is to be told.
        TokenKey::PublicKey(pem) if !is_public(pem) => Err(KeyError::NoPublicKey),
        TokenKey::PublicKey(pem) => {
            let ed = DecodingKey::from_ed_pem(pem).map(|key| (Algorithm::EdDSA, key));
            let rsa = || DecodingKey::from_rsa_pem(pem).map(|key| (Algorithm::RS256, key));
            ed.or_else(|_| rsa()).map_err(|_| KeyError::NoPublicKey)
        }
    }
}

/// Whether a text in PEM says of itself that it is a public key, and nothing else.
fn is_public(pem: &[u8]) -> bool {
    let text = String::from_utf8_lossy(pem);
    text.contains("PUBLIC KEY-----") && !text.contains("PRIVATE KEY-----")
}

/// The token of a request.
fn token_of(headers: &HeaderMap) -> Option<&str> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("bearer").then(|| token.trim());
    }
    let offered = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    offered.flat_map(|value| value.split(',')).find_map(|protocol| protocol.trim().strip_prefix(SUBPROTOCOL))
}

fn invalid(what: &str) -> Problem {
    Problem::unauthorized("token_invalid", format!("the token {what}"))
}

fn refusal(kind: &ErrorKind) -> Problem {
    match kind {
        ErrorKind::ExpiredSignature => Problem::unauthorized("token_expired", "the token is over").hint("get a new one"),
        ErrorKind::ImmatureSignature => invalid("does not count yet"),
        ErrorKind::InvalidAudience => invalid("is meant for others"),
        ErrorKind::InvalidIssuer => invalid("is from somebody else"),
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName => {
            invalid("is signed in another way than this server wants")
        }
        ErrorKind::InvalidSignature => invalid("is not signed with the key of this server"),
        ErrorKind::MissingRequiredClaim(_) => invalid("does not say all that it must: sub, exp, and what the server asks for"),
        _ => invalid("cannot be read"),
    }
}

fn caller(claims: Claims) -> Result<Caller, Problem> {
    let Claims { sub, exp, scope, player_id, owner_id, aud: _ } = claims;
    let acts_as = match (player_id, owner_id) {
        (Some(player), Some(owner)) if player != owner => return Err(invalid("says two things about who it is of")),
        (player, owner) => player.or(owner),
    };
    if !is_name(&sub) || !acts_as.as_deref().is_none_or(is_name) {
        return Err(invalid("names somebody in a way that cannot be recorded"));
    }
    let expires = Timestamp::from_micros_saturating((exp * 1e6) as i64);
    Ok(Caller { client_id: sub, scopes: Scopes::parse(&scope), acts_as, expires: Some(expires), authenticated: true })
}

fn in_development(headers: &HeaderMap) -> Result<Caller, Problem> {
    let Some(value) = headers.get(CLIENT_HEADER) else { return Ok(Caller::in_development("anonymous")) };
    match value.to_str().ok().filter(|name| is_name(name)) {
        Some(name) => Ok(Caller::in_development(name)),
        None => Err(Problem::bad_request("bad_client_id", "X-Client-Id is no name that can be recorded")),
    }
}

/// Whether a text can be recorded as a name.
fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= MAX_NAME_BYTES && !text.chars().any(is_unsafe)
}
