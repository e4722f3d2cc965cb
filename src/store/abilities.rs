//! The abilities of a store. Code above the store asks for them, and knows no layout.

/// The abilities of a store beyond the reading of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Abilities {
    /// The store can be written. It keeps snapshots, read models and records.
    pub writes: bool,
    /// Positions and versions have no holes, and a hash chain covers the events.
    pub dense: bool,
    /// Times grow with positions, so a moment has a position.
    pub growing_times: bool,
    /// The domains of esctl may fold the streams.
    pub domains: bool,
}

impl Abilities {
    /// The abilities of a store of esctl.
    pub const OWN: Self = Self { writes: true, dense: true, growing_times: true, domains: true };
    /// The abilities of a store that another program wrote, read with a layout.
    pub const FOREIGN: Self = Self { writes: false, dense: false, growing_times: false, domains: false };
}
