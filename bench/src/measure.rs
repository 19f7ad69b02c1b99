//! The names of what can be measured.

/// A group of figures that are measured together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// F7.
    Ready,
    /// F1, F2, F3 and the full extent.
    Turns,
    /// F4.
    Memory,
    /// F8.
    Concurrency,
    /// F5 and F6.
    Load,
    /// F12.
    Streams,
    /// F13.
    Repositories,
    /// The steps of ordinary tasks beside bombs.
    Bombs,
}

impl Measure {
    /// All of them, in the order in which they are measured.
    pub const ALL: [Self; 8] = [
        Self::Ready,
        Self::Turns,
        Self::Memory,
        Self::Concurrency,
        Self::Load,
        Self::Streams,
        Self::Repositories,
        Self::Bombs,
    ];

    /// The word for the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Turns => "turns",
            Self::Memory => "memory",
            Self::Concurrency => "concurrency",
            Self::Load => "load",
            Self::Streams => "streams",
            Self::Repositories => "repositories",
            Self::Bombs => "bombs",
        }
    }
}
