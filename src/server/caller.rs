//! Who asks, and what they may do.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::event::Timestamp;
use crate::event::same_text;
use crate::server::Problem;
use crate::server::Server;

/// What somebody may be allowed to do. Administrators may do everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Look.
    Read,
    /// Send commands.
    Write,
    /// Operate: replay, rebuild, act for others, see everything.
    Admin,
}

impl Scope {
    /// Its name in a token.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

/// What a caller may do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scopes {
    read: bool,
    write: bool,
    admin: bool,
}

impl Scopes {
    /// Everything.
    pub const ALL: Self = Self { read: true, write: true, admin: true };

    /// As a token lists them: `read write`. What else is listed is for others.
    pub fn parse(listed: &str) -> Self {
        let has = |scope: Scope| listed.split_ascii_whitespace().any(|word| word == scope.name());
        Self { read: has(Scope::Read), write: has(Scope::Write), admin: has(Scope::Admin) }
    }

    /// Whether they hold this one.
    pub fn hold(self, scope: Scope) -> bool {
        self.admin
            || match scope {
                Scope::Read => self.read,
                Scope::Write => self.write,
                Scope::Admin => false,
            }
    }
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Recorded with every event.
    pub client_id: String,
    /// What they may do.
    pub scopes: Scopes,
    /// The player or owner that they are, where their token says so.
    pub acts_as: Option<String>,
    /// When their token ends.
    pub expires: Option<Timestamp>,
    /// Whether a token says all this. Without one, on a server for this machine alone, they are who they say.
    pub authenticated: bool,
}

impl Caller {
    /// Somebody on a server that checks no tokens: allowed everything, and whoever they say.
    pub fn in_development(client_id: impl Into<String>) -> Self {
        let client_id = client_id.into();
        Self { client_id, scopes: Scopes::ALL, acts_as: None, expires: None, authenticated: false }
    }

    /// They may do this.
    ///
    /// # Errors
    /// They may not (403).
    pub fn may(&self, scope: Scope) -> Result<(), Problem> {
        if self.scopes.hold(scope) {
            return Ok(());
        }
        let name = scope.name();
        Err(Problem::forbidden("scope_missing", format!("this needs the scope {name}")).with("scope", name))
    }

    /// They are this player or owner, or may act for anybody.
    ///
    /// # Errors
    /// They are somebody else (403).
    pub fn must_be(&self, name: &str) -> Result<(), Problem> {
        if self.is_trusted() || self.acts_as.as_deref().is_some_and(|own| same_text(own, name)) {
            return Ok(());
        }
        let they = self.acts_as.as_deref().map_or_else(|| "nobody in particular".to_owned(), |who| format!("\"{who}\""));
        Err(Problem::forbidden("not_yourself", format!("you are {they} here, and cannot act as \"{name}\"")))
    }

    /// Whether they may act for anybody and see everything: administrators, and everybody where no tokens are checked.
    pub fn is_trusted(&self) -> bool {
        !self.authenticated || self.scopes.hold(Scope::Admin)
    }
}

/// What is known of whoever sent a request, once it was admitted.
#[derive(Debug, Clone)]
pub(super) struct Admitted(pub(super) Result<Caller, Problem>);

impl FromRequestParts<Server> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Problem> {
        match parts.extensions.get::<Admitted>() {
            Some(Admitted(caller)) => caller.clone(),
            None => server.auth.caller(&parts.headers),
        }
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
        let nobody = Caller { acts_as: None, ..ann.clone() };
        assert!(nobody.must_be("ann").is_err());
        assert!(Caller { scopes: Scopes::ALL, ..ann }.must_be("bob").is_ok());
        assert!(Caller::in_development("c1").must_be("bob").is_ok());
    }
}
