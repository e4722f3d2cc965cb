//! Attacks by number: a client that sends too many requests gets the time to come back, and costs the others nothing.

use serde_json::json;

use crate::common::backend::Backend;
use crate::common::backend::run;
use crate::serve::support::Served;
use crate::serve::token;
use crate::serve::token::WITH_SECRET;

#[test]
fn a_client_that_asks_too_often_waits_and_the_others_do_not() {
    run(async {
        let args = [&WITH_SECRET[..], &["--rate-limit", "20"]].concat();
        let served = Served::with(Backend::Sqlite, &args).await;
        let (ann, bob) = (token::player("ann"), token::player("bob"));
        let mut refused = 0;
        for number in 0..100 {
            let answer = served.command_as(&ann, "document.create", &format!("a{number}"), json!({"document": {}})).await;
            match answer.status.as_u16() {
                201 => {}
                429 => {
                    refused += 1;
                    let wait: u64 = answer.header("retry-after").parse().unwrap();
                    assert!(wait >= 1 && answer.json["error"]["code"] == "rate_limited", "{}", answer.text);
                }
                _ => panic!("{}", answer.text),
            }
        }
        assert!(refused > 0, "100 requests at once were all taken");
        served.command_as(&bob, "document.create", "b", json!({"document": {}})).await.is(201);
        // A refused command was not applied.
        let done = served.esctl(&["stream", "list", "--prefix", "document-a"])["items"].as_array().unwrap().len();
        assert_eq!(done, 100 - refused);
    });
}

#[test]
fn a_flood_without_tokens_does_not_keep_out_clients_with_one() {
    run(async {
        let args = [&WITH_SECRET[..], &["--rate-limit", "20"]].concat();
        let served = Served::with(Backend::Sqlite, &args).await;
        let mut refused = 0;
        for number in 0..100 {
            // A forged token each time does not make a new client.
            let forged = token::forged(&json!({"alg": "HS256"}), &token::claims(&format!("n{number}")), "AAAA");
            let status = served.command_as(&forged, "document.create", "x", json!({"document": {}})).await.status.as_u16();
            assert!([401, 429].contains(&status), "{status}");
            refused += u32::from(status == 429);
        }
        assert!(refused > 0, "100 guesses at once were all looked at");
        served.command_as(&token::player("bob"), "document.create", "b", json!({"document": {}})).await.is(201);
    });
}

#[test]
fn without_tokens_a_new_name_is_no_new_client() {
    run(async {
        let served = Served::with(Backend::Sqlite, &["--rate-limit", "20"]).await;
        let mut refused = 0;
        for number in 0..100 {
            let request = served.request(reqwest::Method::GET, "/health").header("X-Client-Id", format!("n{number}"));
            refused += u32::from(crate::serve::support::answer(request).await.status.as_u16() == 429);
        }
        assert!(refused > 0, "100 requests at once were all taken");
    });
}
