//! Verifying a store that others write to meanwhile.

use std::thread;

use esctl::ops::verify::Verify;
use esctl::ops::verify::verify;
use serde_json::json;

use crate::common::backend::Backend;
use crate::runtime::kit::command;
use crate::runtime::kit::world;

crate::on_every_backend! { async:
    what_is_appended_while_it_looks_is_no_finding
}

async fn what_is_appended_while_it_looks_is_no_finding(on: Backend) {
    let world = world(on);
    world.create("gold", 1000).await;
    world.allocate("gold", 3).await;
    let mut appended = false;
    let mut append_once = |_| {
        if !std::mem::replace(&mut appended, true) {
            let bus = world.bus(0);
            let payload = json!({"owner_id": "bob", "resource_type": "wood", "initial_amount": 1, "max_amount": 9});
            let create = command("resource.create", "wood", payload);
            let allocate = command("resource.allocate", "gold", json!({"amount": 1}));
            thread::scope(|scope| {
                scope.spawn(|| {
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                    runtime.block_on(async {
                        bus.send(&allocate).await.unwrap();
                        bus.send(&create).await.unwrap();
                    });
                });
            });
        }
    };
    let report = verify(&world.store, &Verify::default(), &mut append_once).await.unwrap();
    assert_eq!(world.store.head().await.unwrap().position.0, 6);
    assert_eq!((report.findings, report.ok), (Vec::new(), true));
    assert_eq!((report.events, report.streams, report.head_position.0), (4, 1, 4));
}
