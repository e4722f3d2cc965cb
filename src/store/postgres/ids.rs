//! Event ids as values of the types `uuid` and `uuid[]`.

use sqlx::Postgres;
use sqlx::encode::Encode;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::PgArgumentBuffer;
use sqlx::postgres::PgTypeInfo;
use sqlx::postgres::types::Oid;
use sqlx::types::Type;
use uuid::Uuid;

/// The object ids of `uuid` and `uuid[]`, which are constants of PostgreSQL's catalog.
const UUID: u32 = 2950;
const UUID_ARRAY: u32 = 2951;

/// Several ids as one argument.
pub(crate) struct Ids(pub(crate) Vec<Uuid>);

/// An id as an argument.
pub(crate) struct Id(pub(crate) Uuid);

impl Type<Postgres> for Ids {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(UUID_ARRAY))
    }
}

impl Encode<'_, Postgres> for Ids {
    fn encode_by_ref(&self, buf: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let count = u32::try_from(self.0.len())?;
        // One dimension, no NULL, the type of the elements, their number, the lower bound 1.
        for number in [1, 0, UUID, count, 1] {
            buf.extend_from_slice(&number.to_be_bytes());
        }
        for id in &self.0 {
            buf.extend_from_slice(&16_u32.to_be_bytes());
            buf.extend_from_slice(id.as_bytes());
        }
        Ok(IsNull::No)
    }
}

impl Type<Postgres> for Id {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(UUID))
    }
}

impl Encode<'_, Postgres> for Id {
    fn encode_by_ref(&self, buf: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buf.extend_from_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }
}
