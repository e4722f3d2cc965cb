//! The transactions that may still make rows visible.

/// An open transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writer {
    /// The identity, which no other transaction has at the same time.
    pub id: String,
    /// True for a prepared transaction. Until then it was one of a session, with another identity.
    pub prepared: bool,
    /// The numbers of the transaction, by which a prepared one is known again. One that has not written has none.
    pub numbers: Vec<String>,
    /// The session or prepared transaction in words. Has text from the database, which may not reach a terminal as it is.
    pub shown: String,
}

/// The transactions that may still make rows visible whose numbers were taken before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Writers {
    /// These transactions.
    Open(Vec<Writer>),
    /// Those from the number of the oldest open one on. A standby knows no more, and transactions without a number not at all.
    Horizon {
        /// The number of the oldest open transaction.
        oldest: u64,
        /// The number that the next transaction gets.
        next: u64,
    },
    /// The database does not name them.
    Unknown,
    /// None: rows become visible in the order of their numbers.
    InOrder,
}
