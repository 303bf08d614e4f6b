//! Who acts: an account and the role in which it acts.

/// What somebody is in the centre.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    Operator,
    ShiftLeader,
    Director,
    PatrolMember,
    /// Manages accounts and cameras, sees no video.
    Admin,
    /// The wall display: reads, acts on nothing.
    Wall,
    /// The daemon itself: rules and clocks.
    System,
}

impl Role {
    const ALL: [Self; 7] = [
        Self::Operator,
        Self::ShiftLeader,
        Self::Director,
        Self::PatrolMember,
        Self::Admin,
        Self::Wall,
        Self::System,
    ];

    /// The word in rows, messages and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::ShiftLeader => "shift_leader",
            Self::Director => "director",
            Self::PatrolMember => "patrol_member",
            Self::Admin => "admin",
            Self::Wall => "wall",
            Self::System => "system",
        }
    }

    /// The role with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }
}

/// An account in a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Name of the account.
    pub name: String,
    pub role: Role,
}

impl Actor {
    /// The daemon itself.
    #[must_use]
    pub fn system() -> Self {
        Self { name: "gengfu".into(), role: Role::System }
    }
}
