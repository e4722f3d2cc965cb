//! The cryptography of tokens: ring, which TLS brings in any case. The providers of jsonwebtoken would build a second library
//! for the same work.

use jsonwebtoken::Algorithm;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::crypto::CryptoProvider;
use jsonwebtoken::crypto::JwtVerifier;
use jsonwebtoken::crypto::KeyUtils;
use jsonwebtoken::errors::Error;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::signature;
use ring::hmac;
use ring::signature::ED25519;
use ring::signature::RSA_PKCS1_2048_8192_SHA256;
use ring::signature::UnparsedPublicKey;

static RING: CryptoProvider = CryptoProvider {
    signer_factory: |_, _| Err(ErrorKind::UnsupportedAlgorithm.into()),
    verifier_factory: verifier,
    key_utils: KeyUtils::new_unimplemented(),
};

/// Lets the library for tokens use ring. Keeps what a program with esctl as a library chose.
pub(super) fn use_ring() {
    if CryptoProvider::try_get_default().is_none() {
        // An error means that another thread was first, with a provider that works as well.
        let _ = RING.install_default();
    }
}

/// Verifies the signatures of one algorithm with one key.
struct RingVerifier {
    algorithm: Algorithm,
    key: VerifyingKey,
}

enum VerifyingKey {
    Secret(hmac::Key),
    Public(UnparsedPublicKey<Vec<u8>>),
}

fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, Error> {
    if key.family() != algorithm.family() {
        return Err(ErrorKind::InvalidKeyFormat.into());
    }
    let bytes = key.try_get_as_bytes()?;
    let key = match algorithm {
        Algorithm::HS256 => VerifyingKey::Secret(hmac::Key::new(hmac::HMAC_SHA256, bytes)),
        Algorithm::RS256 => VerifyingKey::Public(UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, bytes.to_vec())),
        Algorithm::EdDSA => VerifyingKey::Public(UnparsedPublicKey::new(&ED25519, bytes.to_vec())),
        _ => return Err(ErrorKind::UnsupportedAlgorithm.into()),
    };
    Ok(Box::new(RingVerifier { algorithm: *algorithm, key }))
}

impl signature::Verifier<Vec<u8>> for RingVerifier {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        let verified = match &self.key {
            VerifyingKey::Secret(key) => hmac::verify(key, message, signature),
            VerifyingKey::Public(key) => key.verify(message, signature),
        };
        verified.map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for RingVerifier {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}
