//! Limits of a patch, whatever it contains; and recorded patches that do not fit are reported.

use std::iter;

use esctl::aggregate::Fold;
use esctl::aggregate::FoldError;
use esctl::domain::document::MAX_DOCUMENT_BYTES;
use esctl::domain::document::MAX_DOCUMENT_DEPTH;
use esctl::domain::document::diff;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::domain_document::support::created;
use crate::domain_document::support::deleted;
use crate::domain_document::support::given;
use crate::domain_document::support::holds;
use crate::domain_document::support::record;
use crate::domain_document::support::rejection;
use crate::domain_document::support::run;
use crate::domain_document::support::second;

#[test]
fn copying_over_and_over_again_takes_no_memory() {
    let fold = given(&[created(json!({"a": ["0123456789"]}))]);
    let bomb: Vec<Value> = iter::repeat_n(json!({"op": "copy", "from": "/a", "path": "/a/-"}), 60).collect();
    let no = rejection(&fold, "document.patch", &json!({ "patch": bomb }));
    assert!(["patch_does_not_fit", "document_too_deep"].contains(&no.code), "{}", no.message);
    let flat: Vec<Value> = (0..60)
        .map(|n| json!({"op": "copy", "from": if n == 0 { "/a".into() } else { format!("/b{}", n - 1) }, "path": format!("/b{n}")}))
        .flat_map(|copy| [copy.clone(), json!({"op": "copy", "from": copy["from"], "path": format!("{}/-", copy["path"].as_str().unwrap())})])
        .collect();
    rejection(&fold, "document.patch", &json!({ "patch": flat }));
}

#[test]
fn nothing_nests_without_end() {
    let nested = |depth: usize| (0..depth).fold(json!(1), |inner, _| json!({ "a": inner }));
    let mut fold = given(&[]);
    run(&mut fold, "document.create", &json!({"document": nested(MAX_DOCUMENT_DEPTH)})).unwrap();
    let deepest = "/a".repeat(MAX_DOCUMENT_DEPTH);
    let patch = json!({"patch": [{"op": "replace", "path": deepest, "value": []}]});
    assert_eq!(rejection(&fold, "document.patch", &patch).code, "document_too_deep");
    let set = json!({"set": [{"path": deepest, "value": {}}]});
    assert_eq!(rejection(&fold, "document.set", &set).code, "document_too_deep");
    // The deepest document can be replaced as a whole, and that recorded.
    let changed = json!({"patch": [{"op": "replace", "path": deepest, "value": 2}]});
    run(&mut fold, "document.patch", &changed).unwrap();
    // One level more with each three operations, on paths of one length.
    let wrap = [
        json!({"op": "add", "path": "/b", "value": {}}),
        json!({"op": "move", "from": "/a", "path": "/b/a"}),
        json!({"op": "move", "from": "/b", "path": "/a"}),
    ];
    let many: Vec<Value> = iter::repeat_n(wrap, 5000).flatten().collect();
    let fold = given(&[created(json!({"a": 1}))]);
    assert_eq!(rejection(&fold, "document.patch", &json!({ "patch": many })).code, "document_too_deep");
}

#[test]
fn a_document_grows_up_to_its_limit_and_can_always_shrink() {
    let half = "x".repeat(MAX_DOCUMENT_BYTES / 2);
    let mut fold = given(&[created(json!({ "a": half }))]);
    let no = rejection(&fold, "document.merge", &json!({"merge": {"b": half}}));
    assert_eq!((no.code, no.details["limit"].as_u64()), ("document_too_large", Some(MAX_DOCUMENT_BYTES as u64)));
    run(&mut fold, "document.merge", &json!({"merge": {"b": 1}})).unwrap();
    let mut larger = given(&[created(json!({ "a": half, "b": half, "c": 1 }))]);
    run(&mut larger, "document.merge", &json!({"merge": {"c": null}})).unwrap();
}

#[test]
fn a_patch_that_the_library_cannot_take_back_is_refused_like_any_other() {
    let fold = given(&[created(json!({"a": {"x": 1}, "b": 2}))]);
    let patch = json!({"patch": [{"op": "move", "from": "/a", "path": ""}, {"op": "test", "path": "/x", "value": 5}]});
    assert_eq!(rejection(&fold, "document.patch", &patch).code, "patch_test_failed");
    assert_eq!(holds(&fold), Some(json!({"a": {"x": 1}, "b": 2})));
}

#[test]
fn a_test_compares_numbers_by_their_value() {
    let big = 9_007_199_254_740_993_i64;
    let fold = given(&[created(json!({"one": 1, "half": 0.5, "list": [1.0, {"n": 2}], "big": big, "max": i64::MAX}))]);
    let cases = [
        ("/one", json!(1.0), true),
        ("/half", json!(5e-1), true),
        ("/list", json!([1, {"n": 2.0}]), true),
        ("/big", json!(big as f64), false),
        ("/max", json!(i64::MAX as f64), false),
        ("/one", json!("1"), false),
        ("/one", json!(true), false),
        ("/list", json!([1]), false),
        ("/list/1", json!({"n": 2, "m": null}), false),
    ];
    for (path, value, fits) in cases {
        let patch = json!({"patch": [{"op": "test", "path": path, "value": value}]});
        match fits {
            true => assert_eq!(run(&mut given(&[created(holds(&fold).unwrap())]), "document.patch", &patch).unwrap().len(), 0),
            false => assert_eq!(rejection(&fold, "document.patch", &patch).code, "patch_test_failed", "{path} {value}"),
        }
    }
}

#[test]
fn a_diff_that_is_longer_than_the_document_says_the_document() {
    let list = |from: u32| Map::from_iter([("list".to_owned(), Value::from((from..from + 20_000).collect::<Vec<_>>()))]);
    let patch = serde_json::to_value(diff(&list(0), &list(1))).unwrap();
    assert_eq!((&patch[0]["op"], &patch[0]["path"], patch.as_array().unwrap().len()), (&json!("replace"), &json!(""), 1));
    let small = |n: u32| Map::from_iter([("n".to_owned(), n.into())]);
    assert_eq!(serde_json::to_value(diff(&small(1), &small(2))).unwrap(), json!([{"op": "replace", "path": "/n", "value": 2}]));
}

#[test]
fn a_recorded_patch_that_does_not_fit_is_reported_and_changes_nothing() {
    let updated = r#"{"patch":[{"op":"add","path":"/b","value":1},{"op":"remove","path":"/nope"}]}"#;
    for mut fold in [given(&[created(json!({"a": 1}))]), given(&[]), given(&[created(json!({})), deleted()])] {
        let before = (fold.save().unwrap(), fold.show(second(0)));
        let error = record(&mut fold, "document.updated", updated).unwrap_err();
        assert!(matches!(&error, FoldError::Misfit { event_type, .. } if event_type == "document.updated"), "{error}");
        assert_eq!((fold.save().unwrap(), fold.show(second(0))), before);
    }
    for data in
        ["{}", r#"{"patch":{}}"#, r#"{"patch":[{"op":"nope","path":""}]}"#, r#"{"patch":[{"op":"add","path":"a","value":1}]}"#]
    {
        let mut fold = given(&[created(json!({}))]);
        assert!(matches!(record(&mut fold, "document.updated", data), Err(FoldError::Data { .. })), "{data}");
    }
}
