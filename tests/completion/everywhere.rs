//! The same from every backend.

use crate::common::backend::Backend;
use crate::completion::shell::seeded;

crate::on_every_backend! {
    names_come_from_the_store
}

fn names_come_from_the_store(on: Backend) {
    let esctl = seeded(on);
    assert_eq!(esctl.offered(&["stream", "show", "order-"]), ["order-1", "order-2"]);
    assert_eq!(esctl.offered(&["resource", "lock", "go"]), ["gold", "good"]);
    assert_eq!(esctl.offered(&["stream", "read", "--all", "--category", "p"]), ["parcel"]);
    assert_eq!(esctl.offered(&["stream", "read", "--all", "--type", "order"]), ["order.placed"]);
    assert_eq!(esctl.offered(&["snapshot", "show", "res"]), ["resource-gold"]);
}
