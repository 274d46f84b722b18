use std::collections::BTreeMap;

use uuid::Uuid;

/// What somebody may do, as `module.verb`. A permission is declared once, where its routes are, with `permission!`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Permission(pub &'static str);

inventory::collect!(Permission);

impl Permission {
    /// Every permission that this program declares, sorted.
    pub fn all() -> Vec<Self> {
        let mut all: Vec<Self> = inventory::iter::<Self>.into_iter().copied().collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// Which part of the organisation tree a question may see. Paths end with `/`, so `/a/b/` holds `/a/b/c/` but not `/a/bc/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The whole district: administrators of data and the program itself.
    All,
    /// These subtrees; none at all when the list is empty.
    Under(Vec<String>),
}

impl Scope {
    /// The scope that holds these subtrees.
    pub fn under<S: Into<String>>(paths: impl IntoIterator<Item = S>) -> Self {
        Self::Under(paths.into_iter().map(Into::into).collect())
    }

    /// The scope that holds nothing.
    pub const fn nothing() -> Self {
        Self::Under(Vec::new())
    }

    /// Whether something that belongs to `path` may be seen.
    pub fn holds(&self, path: &str) -> bool {
        match self {
            Self::All => true,
            Self::Under(paths) => paths.iter().any(|p| path.starts_with(p.as_str())),
        }
    }

    /// Whether nothing can be seen.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Under(paths) if paths.is_empty())
    }
}

/// What kind of caller it is; the audit record keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActorKind {
    /// A person with an account who logged in.
    Person,
    /// A program with an API token.
    Token,
    /// Somebody who holds a signed link.
    Link,
    /// Somebody without an account.
    Anonymous,
    /// A timer or a job of this program.
    System,
}

impl ActorKind {
    /// The word that the audit record stores.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Token => "token",
            Self::Link => "link",
            Self::Anonymous => "anonymous",
            Self::System => "system",
        }
    }
}

/// One bundle of permissions that somebody holds, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The key of the bundle.
    pub role: String,
    /// The root of the subtree in which it holds; `/` is the whole district.
    pub path: String,
}

/// Who asks, and what part of the tree each permission reaches.
#[derive(Clone, Debug)]
pub struct Actor {
    /// The account, token or link; nil for anonymous callers and for the system.
    pub id: Uuid,
    /// What kind of caller.
    pub kind: ActorKind,
    /// The name shown in timelines.
    pub name: String,
    /// The person in the organisation that the account belongs to, when it belongs to one.
    pub person: Option<Uuid>,
    /// The staff number, whose last four characters stand in watermarks.
    pub staff_no: Option<String>,
    /// The bundles behind the grants, for showing; rules ask for permissions, never for these.
    pub held: Vec<Held>,
    /// The hash of the secret that ties this caller's commands to what it uploaded before, when it showed one.
    pub uploads: Option<[u8; 32]>,
    grants: BTreeMap<&'static str, Scope>,
}

impl Actor {
    /// A caller with these grants.
    pub fn new(
        id: Uuid,
        kind: ActorKind,
        name: impl Into<String>,
        grants: impl IntoIterator<Item = (Permission, Scope)>,
    ) -> Self {
        let (held, grants_held) = (Vec::new(), BTreeMap::new());
        let mut actor =
            Self { id, kind, name: name.into(), person: None, staff_no: None, held, uploads: None, grants: grants_held };
        for (permission, scope) in grants {
            actor.grant(permission, scope);
        }
        actor
    }

    /// The same caller with the hash of a secret of uploads.
    #[must_use]
    pub fn with_uploads(mut self, uploads: Option<[u8; 32]>) -> Self {
        self.uploads = uploads;
        self
    }

    /// Somebody without an account: may use the public routes only.
    pub fn anonymous() -> Self {
        Self::new(Uuid::nil(), ActorKind::Anonymous, "", [])
    }

    /// The program itself. It sees the whole district; what it does is recorded as done by the system.
    pub fn system() -> Self {
        Self::new(Uuid::nil(), ActorKind::System, "", Permission::all().into_iter().map(|p| (p, Scope::All)))
    }

    fn grant(&mut self, permission: Permission, scope: Scope) {
        match (self.grants.get_mut(permission.0), scope) {
            (Some(Scope::All), _) => {}
            (Some(Scope::Under(have)), Scope::Under(more)) => have.extend(more),
            (_, scope) => {
                self.grants.insert(permission.0, scope);
            }
        }
    }

    /// What this permission reaches; nothing when it was never granted.
    pub fn scope(&self, permission: Permission) -> Scope {
        self.grants.get(permission.0).cloned().unwrap_or(Scope::nothing())
    }

    /// Whether the permission was granted anywhere.
    pub fn may(&self, permission: Permission) -> bool {
        self.grants.get(permission.0).is_some_and(|s| !s.is_empty())
    }

    /// The names of the permissions that were granted somewhere, sorted.
    pub fn permissions(&self) -> Vec<&'static str> {
        self.grants.iter().filter(|(_, s)| !s.is_empty()).map(|(p, _)| *p).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: Permission = Permission("thing.read");
    const WRITE: Permission = Permission("thing.write");

    #[test]
    fn a_prefix_ends_at_a_slash() {
        let scope = Scope::under(["/1/2/"]);
        assert!(scope.holds("/1/2/"));
        assert!(scope.holds("/1/2/3/"));
        assert!(!scope.holds("/1/"));
        assert!(!scope.holds("/1/23/"));
        assert!(Scope::All.holds("/9/"));
        assert!(!Scope::nothing().holds("/1/"));
    }

    #[test]
    fn grants_add_up_and_never_widen_another_permission() {
        let actor = Actor::new(
            Uuid::nil(),
            ActorKind::Person,
            "x",
            [(READ, Scope::under(["/a/"])), (READ, Scope::under(["/b/"])), (WRITE, Scope::under(["/b/"]))],
        );
        assert!(actor.scope(READ).holds("/a/x/") && actor.scope(READ).holds("/b/"));
        assert!(!actor.scope(WRITE).holds("/a/"));
        assert!(!Actor::anonymous().may(READ));
    }
}
