//! Tokens for tests: made with the key, and without it.

use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use jsonwebtoken::Algorithm;
use jsonwebtoken::EncodingKey;
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::Ed25519KeyPair;
use ring::signature::RSA_PKCS1_SHA256;
use ring::signature::RsaKeyPair;
use serde_json::Value;
use serde_json::json;

/// The secret of servers that are started with [`WITH_SECRET`].
pub const SECRET: &str = "the secret of these tests, which is long enough";
/// Arguments of a server that checks tokens.
pub const WITH_SECRET: [&str; 2] = ["--jwt-secret-file", "secret"];
pub const RSA: &str = include_str!("keys/rsa.pem");
pub const RSA_PUBLIC: &str = include_str!("keys/rsa.pub.pem");
pub const SHORT_RSA_PUBLIC: &str = include_str!("keys/rsa1024.pub.pem");
pub const ED25519: &str = include_str!("keys/ed25519.pem");
pub const ED25519_PUBLIC: &str = include_str!("keys/ed25519.pub.pem");

/// Seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// Returns valid claims, with the scopes to read and write, of the player and owner of the same name.
pub fn claims(name: &str) -> Value {
    json!({"sub": format!("client-{name}"), "player_id": name, "scope": "read write", "exp": now() + 600})
}

/// The same with other claims, or without those that are null.
pub fn claims_with(name: &str, others: Value) -> Value {
    let mut claims = claims(name);
    let members = claims.as_object_mut().unwrap();
    for (claim, value) in others.as_object().unwrap() {
        members.insert(claim.clone(), value.clone());
    }
    members.retain(|_, value| !value.is_null());
    claims
}

/// The token of a player.
pub fn player(name: &str) -> String {
    signed(&claims(name))
}

/// The token of an administrator.
pub fn admin() -> String {
    signed(&claims_with("admin", json!({"scope": "admin", "player_id": null})))
}

/// The token with these claims, signed with the secret.
pub fn signed(claims: &Value) -> String {
    signed_by(Algorithm::HS256, &EncodingKey::from_secret(SECRET.as_bytes()).unwrap(), claims)
}

/// The same with any key.
pub fn signed_by(algorithm: Algorithm, key: &EncodingKey, claims: &Value) -> String {
    let message = format!("{}.{}", part(&json!({"typ": "JWT", "alg": algorithm})), part(claims));
    format!("{message}.{}", base64url(&signature(algorithm, key.as_bytes(), message.as_bytes())))
}

fn signature(algorithm: Algorithm, key: &[u8], message: &[u8]) -> Vec<u8> {
    let secret = |algorithm| hmac::sign(&hmac::Key::new(algorithm, key), message).as_ref().to_vec();
    match algorithm {
        Algorithm::HS256 => secret(hmac::HMAC_SHA256),
        Algorithm::HS384 => secret(hmac::HMAC_SHA384),
        Algorithm::HS512 => secret(hmac::HMAC_SHA512),
        Algorithm::RS256 => {
            let pair = RsaKeyPair::from_der(key).unwrap();
            let mut signature = vec![0; pair.public().modulus_len()];
            pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).unwrap();
            signature
        }
        Algorithm::EdDSA => Ed25519KeyPair::from_pkcs8_maybe_unchecked(key).unwrap().sign(message).as_ref().to_vec(),
        other => panic!("no test signs with {other:?}"),
    }
}

/// Returns a token made without the key: any header, any claims, any signature.
pub fn forged(header: &Value, claims: &Value, signature: &str) -> String {
    format!("{}.{}.{signature}", part(header), part(claims))
}

/// A header or claims, as they stand in a token.
pub fn part(value: &Value) -> String {
    base64url(value.to_string().as_bytes())
}

pub fn base64url(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for place in 0..=three.len() {
            text.push(char::from(LETTERS[(bits >> (18 - 6 * place)) as usize & 63]));
        }
    }
    text
}
