//! Begins to follow a store that another program wrote.

use std::sync::Arc;

use crate::event::Timestamp;
use crate::store::error::StoreError;
use crate::store::follow::Follow;
use crate::store::follow::FollowStart;
use crate::store::follow::FollowToken;
use crate::store::layout_store::follow_order::OrderFollower;
use crate::store::layout_store::follow_streams::StreamsFollower;
use crate::store::layout_store::follow_unique::not_unique;
use crate::store::layout_store::opening::Opening;
use crate::store::read::ReadQuery;
use crate::store::read::ReadSource;

/// Returns a follower of the events of a query.
///
/// # Errors
/// [`StoreError::Invalid`] for a token of another layout or stream, or a place in a store without an order.
pub(super) async fn follow(
    opening: Arc<Opening>,
    query: ReadQuery,
    start: FollowStart,
    now: Timestamp,
) -> Result<Box<dyn Follow>, StoreError> {
    let opened = opening.opened().await?;
    let by_streams = query.source == ReadSource::All && opened.position().is_none();
    let source = match &query.source {
        ReadSource::All => "all streams".to_owned(),
        ReadSource::Stream(stream) => format!("stream {stream}"),
    };
    let of = format!("layout {}, {source}", opened.name);
    let no_order = opened.no_order();
    let token = match &start {
        FollowStart::Token(text) => {
            let token = FollowToken::parse(text).map_err(StoreError::Invalid)?;
            if token.of != of {
                return Err(StoreError::Invalid(format!("the token is of {}, not of {of}", token.of)));
            }
            Some(token)
        }
        _ => None,
    };
    let note = not_unique(opened, &query.source);
    if !by_streams {
        let mut follower = match (token, start) {
            (Some(token), _) => OrderFollower::resume(opening, query, token)?,
            (None, FollowStart::After { place, existing }) => {
                let signed = |place: u64| i64::try_from(place).unwrap_or(i64::MAX);
                OrderFollower::open(opening, query, of, Some((signed(place), signed(existing))), now).await?
            }
            (None, _) => OrderFollower::open(opening, query, of, None, now).await?,
        };
        note.into_iter().for_each(|note| follower.notes.add(note));
        return Ok(Box::new(follower));
    }
    let mut follower = match (token, start) {
        (Some(token), _) => StreamsFollower::resume(opening, query, token),
        (None, FollowStart::After { place: 0, .. }) => StreamsFollower::new(opening, query, of),
        (None, FollowStart::After { .. }) => return Err(StoreError::Invalid(no_order)),
        (None, _) => {
            let mut follower = StreamsFollower::new(opening, query, of);
            follower.skip_existing(now).await?;
            follower
        }
    };
    note.into_iter().for_each(|note| follower.notes.add(note));
    Ok(Box::new(follower))
}
