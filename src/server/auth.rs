//! Authentication by tokens.
//!
//! The settings fix one key and one algorithm. A token comes in `Authorization: Bearer …`. Browsers that open a
//! WebSocket send it as a subprotocol `bearer.…`. It is never read from a URL, because URLs end up in logs.

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
use crate::server::HttpProblem;
use crate::server::Scopes;
use crate::server::settings::AUDIENCE;
use crate::server::settings::TokenKey;
use crate::server::settings::TokenSettings;
use crate::server::token_crypto::use_ring;

/// Tolerated difference between the clocks of the token issuer and of this machine, in seconds.
const LEEWAY_SECONDS: u64 = 5;
/// Minimum length of a secret. Shorter ones can be found by brute force (RFC 7518, 3.2).
const MIN_SECRET_BYTES: usize = 32;
/// Length of the shortest RSA key of 2048 bits in DER. Shorter keys are not allowed (RFC 7518, 3.3).
const MIN_RSA_BYTES: usize = 268;
/// Maximum length of a token. Proxies accept less than this in a header.
const MAX_TOKEN_BYTES: usize = 8 << 10;
/// Maximum length of the name of a client, player or owner.
const MAX_NAME_BYTES: usize = 200;
/// The prefix of a WebSocket subprotocol that carries a token.
const SUBPROTOCOL: &str = "bearer.";
/// The header that names the client on a server that checks no tokens.
const CLIENT_HEADER: &str = "x-client-id";

/// The reason why a key is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyError {
    /// The secret is short enough to be guessed.
    #[error("the secret has {0} bytes; HS256 requires at least {MIN_SECRET_BYTES}")]
    ShortSecret(usize),
    /// The key is too short for its algorithm.
    #[error("the RSA key is too short; RS256 requires at least 2048 bits")]
    ShortRsaKey,
    /// The key is of an unknown kind.
    #[error("not a public key of RSA or Ed25519 in PEM format")]
    NoPublicKey,
}

/// Authenticates requests.
pub struct Auth {
    keys: Option<(DecodingKey, Validation)>,
}

/// The claims of a token that are used.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: f64,
    #[serde(default)]
    scope: String,
    player_id: Option<String>,
    owner_id: Option<String>,
    /// Verified by the library, which ignores a claim of another type.
    #[expect(dead_code, reason = "only its type is checked")]
    aud: Option<Audience>,
}

/// The intended audience of a token.
#[derive(Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its type is checked")]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Auth {
    /// Creates an authenticator from the settings. Without a key every caller is trusted.
    ///
    /// # Errors
    /// [`KeyError`] if the key is unusable.
    pub fn new(settings: Option<&TokenSettings>) -> Result<Self, KeyError> {
        let Some(TokenSettings { key, audience, issuer }) = settings else { return Ok(Self { keys: None }) };
        use_ring();
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

    /// Returns true if tokens are checked.
    pub fn checks_tokens(&self) -> bool {
        self.keys.is_some()
    }

    /// Returns the caller of a request.
    ///
    /// # Errors
    /// Unauthorized (401) if the token is missing, malformed, expired or not valid for this server.
    pub fn caller(&self, headers: &HeaderMap) -> Result<Caller, HttpProblem> {
        let Some((key, validation)) = &self.keys else { return in_development(headers) };
        let missing = || {
            let problem = HttpProblem::unauthorized("token_missing", "token missing");
            problem.hint("send a token as 'Authorization: Bearer TOKEN', or open the WebSocket with the subprotocols 'esctl' and 'bearer.TOKEN'")
        };
        let token = token_of(headers).ok_or_else(missing)?;
        if token.len() > MAX_TOKEN_BYTES {
            return Err(invalid(&format!("longer than {MAX_TOKEN_BYTES} bytes")));
        }
        // An error of the library may quote the token, so only its kind is reported.
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
        // The library accepts a private key for its public half. A private key that was given by mistake is refused
        // here.
        TokenKey::PublicKey(pem) if !is_public(pem) => Err(KeyError::NoPublicKey),
        TokenKey::PublicKey(pem) => {
            let ed = DecodingKey::from_ed_pem(pem).map(|key| (Algorithm::EdDSA, key));
            let rsa = || DecodingKey::from_rsa_pem(pem).map(|key| (Algorithm::RS256, key));
            let (algorithm, key) = ed.or_else(|_| rsa()).map_err(|_| KeyError::NoPublicKey)?;
            let bytes = key.try_get_as_bytes().map_err(|_| KeyError::NoPublicKey)?;
            match algorithm {
                Algorithm::RS256 if bytes.len() < MIN_RSA_BYTES => Err(KeyError::ShortRsaKey),
                _ => Ok((algorithm, key)),
            }
        }
    }
}

/// Returns true if a PEM text contains a public key and no private key.
fn is_public(pem: &[u8]) -> bool {
    let text = String::from_utf8_lossy(pem);
    text.contains("PUBLIC KEY-----") && !text.contains("PRIVATE KEY-----")
}

/// Returns the token of a request.
fn token_of(headers: &HeaderMap) -> Option<&str> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("bearer").then(|| token.trim());
    }
    let offered = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    offered.flat_map(|value| value.split(',')).find_map(|protocol| protocol.trim().strip_prefix(SUBPROTOCOL))
}

fn invalid(reason: &str) -> HttpProblem {
    HttpProblem::unauthorized("token_invalid", format!("invalid token: {reason}"))
}

fn refusal(kind: &ErrorKind) -> HttpProblem {
    match kind {
        ErrorKind::ExpiredSignature => HttpProblem::unauthorized("token_expired", "token expired").hint("request a new token"),
        ErrorKind::ImmatureSignature => invalid("not valid yet"),
        ErrorKind::InvalidAudience => invalid("wrong audience"),
        ErrorKind::InvalidIssuer => invalid("wrong issuer"),
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName => invalid("unsupported algorithm"),
        ErrorKind::InvalidSignature => invalid("wrong signature"),
        ErrorKind::MissingRequiredClaim(_) => invalid("required claim missing: sub, exp, and the ones that the server requires"),
        _ => invalid("malformed"),
    }
}

fn caller(claims: Claims) -> Result<Caller, HttpProblem> {
    let Claims { sub, exp, scope, player_id, owner_id, aud: _ } = claims;
    let acts_as = match (player_id, owner_id) {
        (Some(player), Some(owner)) if player != owner => return Err(invalid("player_id and owner_id differ")),
        (player, owner) => player.or(owner),
    };
    if !is_name(&sub) || !acts_as.as_deref().is_none_or(is_name) {
        return Err(invalid("unusable name in sub, player_id or owner_id"));
    }
    let expires = Timestamp::from_micros_saturating((exp * 1e6) as i64);
    Ok(Caller { client_id: sub, scopes: Scopes::parse(&scope), acts_as, expires: Some(expires), authenticated: true })
}

fn in_development(headers: &HeaderMap) -> Result<Caller, HttpProblem> {
    let Some(value) = headers.get(CLIENT_HEADER) else { return Ok(Caller::in_development("anonymous")) };
    match value.to_str().ok().filter(|name| is_name(name)) {
        Some(name) => Ok(Caller::in_development(name)),
        None => Err(HttpProblem::bad_request("bad_client_id", "unusable name in X-Client-Id")),
    }
}

/// Returns true if a text can be recorded as a name.
fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= MAX_NAME_BYTES && !text.chars().any(is_unsafe)
}
