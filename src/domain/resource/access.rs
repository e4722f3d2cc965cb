//! Access to resources: clients see the client's schema, and only the owner changes a resource.

use crate::domain::access::Access;
use crate::domain::access::Permission;
use crate::domain::resource::schema::client_event;
use crate::domain::resource::schema::client_schema;

/// The access to resources.
pub const ACCESS: Access = Access::new(|state, _| client_schema(&state), client_event, permission);

fn permission(command: &str) -> Permission {
    match command {
        "resource.create" => Permission::ActsAs("owner_id"),
        _ => Permission::Owner("owner_id"),
    }
}
