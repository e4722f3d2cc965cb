//! Attacks with tokens: forged, for others, over, in the wrong place. A server takes none of them, and none reaches its log.

use jsonwebtoken::Algorithm;
use jsonwebtoken::EncodingKey;
use reqwest::Method;
use serde_json::Value;
use serde_json::json;

use crate::common::backend::Backend;
use crate::common::backend::run;
use crate::serve::support::Served;
use crate::serve::support::answer;
use crate::serve::support::refused;
use crate::serve::token;
use crate::serve::token::WITH_SECRET;
use crate::serve::token::claims;
use crate::serve::token::claims_with;
use crate::serve::token::forged;
use crate::serve::token::now;
use crate::serve::token::signed;
use crate::serve::token::signed_by;

/// Returns the status of a command with this token.
async fn tried(served: &Served, token: &str) -> u16 {
    served.command_as(token, "document.create", "plan", json!({"document": {}})).await.status.as_u16()
}

/// Asserts that nothing has been recorded.
fn nothing_happened(served: &Served) {
    assert_eq!(served.esctl(&["stream", "list"])["items"], json!([]));
}

#[test]
fn a_valid_token_is_accepted() {
    run(async {
        let served = Served::with(Backend::Sqlite, &WITH_SECRET).await;
        served.command_as(&token::player("ann"), "document.create", "plan", json!({"document": {}})).await.is(201);
        let lower =
            served.request(Method::POST, "/api/commands").header("Authorization", format!("bearer {}", token::player("ann")));
        answer(lower.json(&json!({"command": "document.merge", "id": "plan", "with": {"merge": {"a": 1}}}))).await.is(201);
        let events = served.esctl(&["stream", "read", "document-plan"]);
        assert_eq!(events["items"][1]["metadata"]["client_id"], "client-ann");
    });
}

#[test]
fn a_token_without_a_signature_is_refused() {
    run(async {
        let served = Served::with(Backend::Sqlite, &WITH_SECRET).await;
        let claims = claims("ann");
        for algorithm in ["none", "None", "NONE", ""] {
            let header = json!({"alg": algorithm, "typ": "JWT"});
            assert_eq!(tried(&served, &forged(&header, &claims, "")).await, 401, "{algorithm}");
        }
        let header = json!({"alg": "HS256", "typ": "JWT"});
        let good = token::player("ann");
        let signature = good.rsplit('.').next().unwrap();
        let (head, tail) = good.split_at(good.len() - 4);
        let flipped = format!("{head}{}", if tail.starts_with('A') { "BBBB" } else { "AAAA" });
        for bad in [
            forged(&header, &claims, ""),
            forged(&header, &claims, "AAAA"),
            forged(&header, &claims_with("bob", json!({})), signature),
            forged(&json!({"typ": "JWT"}), &claims, signature),
            good.rsplit_once('.').unwrap().0.to_owned(),
            flipped,
            format!("{good}."),
            format!("{good}.{signature}"),
            "..".to_owned(),
            ".".to_owned(),
            "x".to_owned(),
            "x".repeat(20_000),
        ] {
            assert_eq!(tried(&served, &bad).await, 401, "{bad:.80}");
        }
        nothing_happened(&served);
    });
}

#[test]
fn the_algorithm_is_the_servers_and_not_the_tokens() {
    run(async {
        let served = Served::with(Backend::Sqlite, &WITH_SECRET).await;
        let secret = EncodingKey::from_secret(token::SECRET.as_bytes()).unwrap();
        for algorithm in [Algorithm::HS384, Algorithm::HS512] {
            assert_eq!(tried(&served, &signed_by(algorithm, &secret, &claims("ann"))).await, 401, "{algorithm:?}");
        }
        let rsa = EncodingKey::from_rsa_pem(token::RSA.as_bytes()).unwrap();
        assert_eq!(tried(&served, &signed_by(Algorithm::RS256, &rsa, &claims("ann"))).await, 401);
        // A key that the token itself contains is not trusted.
        let brought =
            json!({"alg": "HS256", "jwk": {"kty": "oct", "k": "AAAA"}, "kid": "../../dev/null", "jku": "http://evil.test"});
        assert_eq!(tried(&served, &forged(&brought, &claims("ann"), "AAAA")).await, 401);
        nothing_happened(&served);
    });
}

#[test]
fn a_public_key_is_no_secret_to_sign_with() {
    run(async {
        for (file, public, private, algorithm) in [
            ("rsa.pub.pem", token::RSA_PUBLIC, EncodingKey::from_rsa_pem(token::RSA.as_bytes()), Algorithm::RS256),
            ("ed25519.pub.pem", token::ED25519_PUBLIC, EncodingKey::from_ed_pem(token::ED25519.as_bytes()), Algorithm::EdDSA),
        ] {
            let served = Served::with(Backend::Sqlite, &["--jwt-public-key-file", file]).await;
            for secret in [public, public.trim_end()] {
                let confused = signed_by(Algorithm::HS256, &EncodingKey::from_secret(secret.as_bytes()).unwrap(), &claims("ann"));
                assert_eq!(tried(&served, &confused).await, 401, "{file}");
            }
            assert_eq!(tried(&served, &token::player("ann")).await, 401, "{file}");
            nothing_happened(&served);
            let good = signed_by(algorithm, &private.unwrap(), &claims("ann"));
            assert_eq!(tried(&served, &good).await, 201, "{file}");
        }
    });
}

#[test]
fn a_token_counts_only_in_its_time() {
    run(async {
        let served = Served::with(Backend::Sqlite, &WITH_SECRET).await;
        let later = now() + 600;
        for (what, code) in [
            (json!({"exp": now() - 60}), "token_expired"),
            (json!({"exp": 0}), "token_expired"),
            (json!({"exp": later.to_string()}), "token_invalid"),
            (json!({"exp": null}), "token_invalid"),
            (json!({"exp": [later]}), "token_invalid"),
            (json!({"exp": {"$gt": 0}}), "token_invalid"),
            (json!({"exp": -1}), "token_invalid"),
            (json!({"exp": true}), "token_invalid"),
            (json!({"nbf": later}), "token_invalid"),
            (json!({"nbf": later.to_string()}), "token_invalid"),
            (json!({"nbf": (now() - 60).to_string()}), "token_invalid"),
        ] {
            let token = signed(&claims_with("ann", what.clone()));
            let answer = served.command_as(&token, "document.create", "plan", json!({"document": {}})).await.is(401);
            assert_eq!(answer.json["error"]["code"], code, "{what}");
            assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"esctl\"");
        }
        nothing_happened(&served);
        assert_eq!(tried(&served, &signed(&claims_with("ann", json!({"nbf": now() - 60})))).await, 201);
    });
}

#[test]
fn a_token_for_others_or_from_others_is_refused() {
    run(async {
        let strict = [&WITH_SECRET[..], &["--jwt-audience", "shop", "--jwt-issuer", "https://id.example"]].concat();
        let served = Served::with(Backend::Sqlite, &strict).await;
        let good = json!({"aud": "shop", "iss": "https://id.example"});
        for wrong in [
            json!({"aud": null}),
            json!({"aud": "bank"}),
            json!({"aud": ["bank", "esctl"]}),
            json!({"aud": ""}),
            json!({"aud": []}),
            json!({"aud": {"shop": true}}),
            json!({"iss": null}),
            json!({"iss": "https://evil.test"}),
            json!({"iss": "https://id.example/"}),
            json!({"iss": ["https://id.example", "https://evil.test"], "aud": "bank"}),
        ] {
            let mut claims = claims_with("ann", good.clone());
            claims.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
            claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
            assert_eq!(tried(&served, &signed(&claims)).await, 401, "{wrong}");
        }
        nothing_happened(&served);
        assert_eq!(tried(&served, &signed(&claims_with("ann", good))).await, 201);

        // By default, a token with an audience must be for esctl.
        let usual = Served::with(Backend::Sqlite, &WITH_SECRET).await;
        for wrong in
            [json!("bank"), json!(["shop", 5]), json!(["esctl", 5]), json!({}), json!({"esctl": 1}), json!(5), json!([["esctl"]])]
        {
            assert_eq!(tried(&usual, &signed(&claims_with("ann", json!({"aud": wrong})))).await, 401, "{wrong}");
        }
        assert_eq!(tried(&usual, &signed(&claims_with("ann", json!({"aud": ["bank", "esctl"]})))).await, 201);
    });
}

#[test]
fn a_token_counts_in_its_header_and_nowhere_else() {
    run(async {
        let served = Served::with(Backend::Sqlite, &WITH_SECRET).await;
        let token = token::player("ann");
        let body = json!({"command": "document.create", "id": "plan", "with": {"document": {}}});
        for path in [format!("/api/commands?token={token}"), format!("/api/commands?access_token={token}")] {
            served.post(&path, &body).await.fails(401, "token_missing");
        }
        for (name, value) in [
            ("Cookie", format!("token={token}")),
            ("X-Client-Id", "ann".to_owned()),
            ("Authorization", token.clone()),
            ("Authorization", format!("Basic {token}")),
            ("Authorization", "Bearer".to_owned()),
            ("Authorization", "Bearer ".to_owned()),
        ] {
            let sent = served.request(Method::POST, "/api/commands").header(name, value).json(&body);
            assert_eq!(answer(sent).await.status.as_u16(), 401, "{name}");
        }
        nothing_happened(&served);
    });
}

#[test]
fn scopes_are_needed_as_they_are_written() {
    run(async {
        let served = Served::with(Backend::Sqlite, &WITH_SECRET).await;
        for scope in [json!("read"), json!(""), json!("Write"), json!("write:all"), json!("readwrite"), Value::Null] {
            let token = signed(&claims_with("ann", json!({"scope": scope})));
            served.command_as(&token, "document.create", "plan", json!({"document": {}})).await.fails(403, "scope_missing");
        }
        for scope in [json!(["write"]), json!(7), json!({"write": true})] {
            assert_eq!(tried(&served, &signed(&claims_with("ann", json!({"scope": scope})))).await, 401);
        }
        nothing_happened(&served);
    });
}

#[test]
fn names_that_cannot_be_recorded_and_claims_that_contradict_each_other_are_refused() {
    run(async {
        let served = Served::with(Backend::Sqlite, &WITH_SECRET).await;
        for wrong in [
            json!({"sub": null}),
            json!({"sub": ""}),
            json!({"sub": " "}),
            json!({"sub": "a\u{1b}[2J"}),
            json!({"sub": "a\nb"}),
            json!({"sub": "x".repeat(300)}),
            json!({"sub": ["ann"]}),
            json!({"player_id": "\u{202e}nna"}),
            json!({"player_id": ["ann", "bob"]}),
            json!({"player_id": "ann", "owner_id": "bob"}),
        ] {
            assert_eq!(tried(&served, &signed(&claims_with("ann", wrong.clone()))).await, 401, "{wrong}");
        }
        nothing_happened(&served);
    });
}

#[test]
fn no_secret_reaches_the_log() {
    run(async {
        let dir_args = [&WITH_SECRET[..], &["-vv"]].concat();
        let mut served = Served::with(Backend::Sqlite, &dir_args).await;
        let good = token::player("ann");
        let over = signed(&claims_with("ann", json!({"exp": now() - 60})));
        served.command_as(&good, "document.create", "plan", json!({"document": {}})).await.is(201);
        served.command_as(&over, "document.create", "plan", json!({"document": {}})).await.is(401);
        let socket = served.request(Method::GET, "/ws").header("Sec-WebSocket-Protocol", format!("esctl, bearer.{good}"));
        answer(socket).await;
        served.get_as(&good, "/no/such/path").await.is(404);
        served.terminate();
        served.wait();
        let log = served.log();
        assert!(log.contains("opening"), "-vv says something: {log}");
        for secret in [token::SECRET, &good, good.rsplit('.').next().unwrap(), &over] {
            assert!(!log.contains(secret), "{log}");
        }
    });
}

#[test]
fn without_a_key_only_this_machine_is_served() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:8080"] {
        let (code, said) = refused(&["--listen", address]);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("open_to_all") && said.contains("--jwt-secret-file"), "{said}");
    }
    run(async {
        let served = Served::start(Backend::Sqlite).await;
        assert!(served.log().contains("serves this machine only"), "{}", served.log());
        let open = Served::with(Backend::Sqlite, &[&WITH_SECRET[..], &["--listen", "0.0.0.0:0"]].concat()).await;
        assert!(!open.log().contains("serves this machine only"), "{}", open.log());
    });
}

#[test]
fn keys_that_protect_nothing_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (short, empty) = (file("short", "secret\n"), file("empty", ""));
    let (private, no_key) = (file("private.pem", token::RSA), file("no.pem", "-----BEGIN NONSENSE-----"));
    let short_rsa = file("short.pem", token::SHORT_RSA_PUBLIC);
    for (flag, path) in [
        ("--jwt-secret-file", &short),
        ("--jwt-secret-file", &empty),
        ("--jwt-public-key-file", &private),
        ("--jwt-public-key-file", &no_key),
        ("--jwt-public-key-file", &short),
        ("--jwt-public-key-file", &short_rsa),
    ] {
        let (code, said) = refused(&[flag, path]);
        assert_eq!(code, Some(2), "{path}: {said}");
        assert!(!said.contains("BEGIN"), "{said}");
    }
    let (code, _) = refused(&["--jwt-secret-file", "/no/such/file"]);
    assert_eq!(code, Some(3));
    let (code, said) = refused(&["--jwt-issuer", "https://id.example"]);
    assert_eq!(code, Some(2), "{said}");
}
