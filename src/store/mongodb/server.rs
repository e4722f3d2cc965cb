//! The product of a server, by its own description: MongoDB, or another one that speaks its protocol.

use mongodb::bson::Bson;
use mongodb::bson::Document;

use crate::store::error::ServerProblem;
use crate::store::error::StoreError;

/// The fields of `buildInfo` that every MongoDB server has. No other product is known to have all of them.
const OWN_FIELDS: [&str; 3] = ["gitVersion", "javascriptEngine", "allocator"];

/// Checks that a server is MongoDB, or that the caller accepts another product. `hello` and `build` are the answers to
/// `hello` and `buildInfo`; the latter is `None` where this user may not run it.
///
/// # Errors
/// [`StoreError::Unsuitable`] for another product.
pub(crate) fn check(place: &str, hello: &Document, build: Option<&Document>, accept_other: bool) -> Result<(), StoreError> {
    match other_product(hello, build) {
        Some(product) if !accept_other => Err(StoreError::Unsuitable {
            problem: ServerProblem::Product,
            message: format!("{place} is on {product}, not on MongoDB"),
        }),
        _ => Ok(()),
    }
}

fn other_product(hello: &Document, build: Option<&Document>) -> Option<&'static str> {
    let build_has = |mark: &str| build.is_some_and(|build| build.keys().any(|key| key.starts_with(mark)));
    if build_has("ferretdb") {
        return Some("FerretDB");
    }
    // In Azure DocumentDB and in the open-source project. It has the versions of the product.
    if hello.contains_key("internal") {
        return Some("DocumentDB");
    }
    if named_in(hello, ".docdb.amazonaws.com") || named_in(hello, ".docdb-elastic.amazonaws.com") {
        return Some("Amazon DocumentDB");
    }
    if build_has("_t") || hello.get_str("setName").is_ok_and(|name| name == "globaldb") || named_in(hello, ".cosmos.azure.com") {
        return Some("Azure Cosmos DB");
    }
    if build_has("dataLake") {
        return Some("Atlas Data Federation");
    }
    let own = build.is_none_or(|build| OWN_FIELDS.iter().all(|field| build.contains_key(field)));
    (!own).then_some("a server that only speaks its protocol")
}

/// Returns true where a host in the answer to `hello` is in this domain.
fn named_in(hello: &Document, domain: &str) -> bool {
    let hosts = hello.get_array("hosts").into_iter().flatten();
    let mut names = hosts.chain(hello.get("me")).chain(hello.get("primary")).filter_map(Bson::as_str);
    names.any(|name| name.rsplit_once(':').map_or(name, |(host, _port)| host).ends_with(domain))
}

#[cfg(test)]
mod tests {
    use mongodb::bson::Document;
    use mongodb::bson::doc;

    use super::check;
    use super::other_product;

    /// A part of the answer of a MongoDB server to `buildInfo`.
    fn genuine() -> Document {
        doc! { "version": "7.0.5", "gitVersion": "7809d71e84e314b497f282ea8aa06d7ded3eb205", "modules": [],
        "allocator": "tcmalloc", "javascriptEngine": "mozjs", "sysInfo": "deprecated", "bits": 64, "ok": 1 }
    }

    fn and(mut document: Document, more: Document) -> Document {
        document.extend(more);
        document
    }

    #[test]
    fn mongodb_is_recognised_by_what_it_reports() {
        for hello in [
            doc! { "isWritablePrimary": true },
            doc! { "setName": "rs0", "hosts": ["a.example:27017"], "me": "a.example:27017" },
            doc! { "msg": "isdbgrid" },
        ] {
            assert_eq!(other_product(&hello, Some(&genuine())), None, "{hello}");
            assert_eq!(other_product(&hello, None), None, "{hello}");
        }
    }

    #[test]
    fn other_products_are_named_and_pass_only_where_they_are_accepted() {
        let plain = || doc! { "isWritablePrimary": true };
        let poor =
            || doc! { "version": "7.0.0", "versionArray": [7, 0, 0, 0], "bits": 64, "maxBsonObjectSize": 16 << 20, "ok": 1 };
        let foreign = |hello: Document, build: Document, name: &str| {
            let refused = check("mongodb://h/d", &hello, Some(&build), false).unwrap_err().to_string();
            assert!(refused.contains(&format!("is on {name}, not on MongoDB")), "{refused}");
            check("mongodb://h/d", &hello, Some(&build), true).unwrap();
        };
        foreign(plain(), and(genuine(), doc! { "ferretdbVersion": "v1.24.0", "ferretdbFeatures": {} }), "FerretDB");
        foreign(plain(), and(genuine(), doc! { "ferretdb": { "version": "v2.5.0" } }), "FerretDB");
        foreign(and(plain(), doc! { "internal": { "documentdb_versions": ["0.109-0"] } }), genuine(), "DocumentDB");
        foreign(and(plain(), doc! { "internal": {} }), poor(), "DocumentDB");
        let amazon = doc! { "setName": "rs0", "hosts": ["a.cluster-x.eu-west-1.docdb.amazonaws.com:27017"] };
        foreign(amazon, poor(), "Amazon DocumentDB");
        foreign(doc! { "setName": "globaldb" }, genuine(), "Azure Cosmos DB");
        foreign(plain(), doc! { "_t": "BuildInfoResponse", "version": "7.0.0" }, "Azure Cosmos DB");
        foreign(plain(), poor(), "a server that only speaks its protocol");
    }
}
