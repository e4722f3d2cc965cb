//! The caller of a request, and its scopes.

use crate::event::Timestamp;
use crate::event::same_text;
use crate::server::HttpProblem;

/// A permission of a caller. An administrator has all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Read states and events.
    Read,
    /// Send commands.
    Write,
    /// Operate the server: replay, rebuild, act for other players and owners, see everything.
    Admin,
}

impl Scope {
    /// Returns the name of the scope in a token.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

/// The scopes of a caller.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scopes {
    read: bool,
    write: bool,
    admin: bool,
}

impl Scopes {
    /// All scopes.
    pub const ALL: Self = Self { read: true, write: true, admin: true };

    /// Parses the scopes that a token lists, such as `read write`. Unknown names are ignored.
    pub fn parse(listed: &str) -> Self {
        let has = |scope: Scope| listed.split_ascii_whitespace().any(|word| word == scope.name());
        Self { read: has(Scope::Read), write: has(Scope::Write), admin: has(Scope::Admin) }
    }

    /// Returns true if the caller has a scope.
    pub fn hold(self, scope: Scope) -> bool {
        self.admin
            || match scope {
                Scope::Read => self.read,
                Scope::Write => self.write,
                Scope::Admin => false,
            }
    }
}

/// The caller of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The name that is recorded with every event.
    pub client_id: String,
    /// The scopes.
    pub scopes: Scopes,
    /// The player or owner that the caller acts as, from its token.
    pub acts_as: Option<String>,
    /// The time at which the token expires.
    pub expires: Option<Timestamp>,
    /// Set if a token was verified. A server without a key serves its own machine only and trusts the name that a
    /// caller gives.
    pub authenticated: bool,
}

impl Caller {
    /// Returns a caller of a server that checks no tokens: it has all scopes and any name.
    pub fn in_development(client_id: impl Into<String>) -> Self {
        let client_id = client_id.into();
        Self { client_id, scopes: Scopes::ALL, acts_as: None, expires: None, authenticated: false }
    }

    /// Checks that the caller has a scope.
    ///
    /// # Errors
    /// Forbidden if the scope is missing.
    pub fn may(&self, scope: Scope) -> Result<(), HttpProblem> {
        if self.scopes.hold(scope) {
            return Ok(());
        }
        let name = scope.name();
        Err(HttpProblem::forbidden("scope_missing", format!("scope {name} is required")).with("scope", name))
    }

    /// Checks that the caller acts as this player or owner, or may act for everyone.
    ///
    /// # Errors
    /// Forbidden if the caller acts as another one.
    pub fn must_be(&self, name: &str) -> Result<(), HttpProblem> {
        if self.is_trusted() || self.acts_as.as_deref().is_some_and(|own| same_text(own, name)) {
            return Ok(());
        }
        let they = self.acts_as.as_deref().map_or_else(|| "no player or owner".to_owned(), |who| format!("\"{who}\""));
        Err(HttpProblem::forbidden("not_yourself", format!("this caller acts as {they} and may not act as \"{name}\"")))
    }

    /// Returns true if the caller may act for everyone and see everything: an administrator, or any caller if no tokens
    /// are checked.
    pub fn is_trusted(&self) -> bool {
        !self.authenticated || self.scopes.hold(Scope::Admin)
    }
}

#[cfg(test)]
mod tests {
    use super::Caller;
    use super::Scope;
    use super::Scopes;

    #[test]
    fn administrators_may_everything_and_others_what_is_listed() {
        assert!(Scopes::parse("admin").hold(Scope::Write));
        let listed = Scopes::parse("openid read");
        assert!(listed.hold(Scope::Read) && !listed.hold(Scope::Write) && !listed.hold(Scope::Admin));
        assert!(!Scopes::parse("readwrite Admin").hold(Scope::Read));
    }

    #[test]
    fn a_caller_with_a_token_is_only_itself() {
        let ann = Caller {
            scopes: Scopes::parse("read write"),
            acts_as: Some("ann".into()),
            authenticated: true,
            ..Caller::in_development("c1")
        };
        assert!(ann.must_be("ann").is_ok() && ann.must_be("bob").is_err() && ann.must_be("").is_err());
        let nameless = Caller { acts_as: None, ..ann.clone() };
        assert!(nameless.must_be("ann").is_err());
        assert!(Caller { scopes: Scopes::ALL, ..ann }.must_be("bob").is_ok());
        assert!(Caller::in_development("c1").must_be("bob").is_ok());
    }
}
