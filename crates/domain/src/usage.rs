//! What a run spends, and what it may spend.

use std::time::Duration;

use crate::limits;

/// Tokens of one or more model calls, as the provider counted them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TokenUsage {
    /// Tokens of the prompts, cached ones included.
    pub input: u64,
    /// Tokens of the answers, thinking included.
    pub output: u64,
    /// The part of `input` that came from the provider's cache.
    pub cache_read: u64,
    /// The part of `input` that was written to the provider's cache.
    pub cache_write: u64,
}

impl TokenUsage {
    /// Input and output together; what a token budget counts.
    #[must_use]
    pub const fn total(self) -> u64 {
        self.input.saturating_add(self.output)
    }

    /// The sum of two usages.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            input: self.input.saturating_add(other.input),
            output: self.output.saturating_add(other.output),
            cache_read: self.cache_read.saturating_add(other.cache_read),
            cache_write: self.cache_write.saturating_add(other.cache_write),
        }
    }
}

/// The same tokens with each counted once: the four add up to all of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TokensApart {
    /// Tokens of the prompts that no cache knew.
    pub input: u64,
    /// Tokens of the answers, thinking included.
    pub output: u64,
    /// Tokens of the prompts that came from the provider's cache.
    pub cache_read: u64,
    /// Tokens of the prompts that were written to the provider's cache.
    pub cache_write: u64,
}

impl TokensApart {
    /// The sum of the four.
    #[must_use]
    pub const fn total(self) -> u64 {
        self.input
            .saturating_add(self.output)
            .saturating_add(self.cache_read)
            .saturating_add(self.cache_write)
    }
}

impl TokenUsage {
    /// Takes the cached tokens out of the input.
    ///
    /// A provider that counts more cached tokens than there were in the prompt is believed only up to
    /// that number, reads before writes.
    #[must_use]
    pub const fn apart(self) -> TokensApart {
        let cache_read = if self.cache_read < self.input {
            self.cache_read
        } else {
            self.input
        };
        let rest = self.input - cache_read;
        let cache_write = if self.cache_write < rest {
            self.cache_write
        } else {
            rest
        };
        TokensApart {
            input: rest - cache_write,
            output: self.output,
            cache_read,
            cache_write,
        }
    }
}

/// What one run may spend; checked before each model call, so at most one call overshoots.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Budget {
    /// Model requests.
    pub turns: u32,
    /// Tool calls.
    pub tool_calls: u32,
    /// Input and output tokens together.
    pub tokens: u64,
    /// Time since the run first started.
    pub wall: Duration,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            turns: limits::RUN_TURNS_MAX,
            tool_calls: limits::RUN_TOOL_CALLS_MAX,
            tokens: limits::RUN_TOKENS_MAX,
            wall: limits::RUN_WALL_MAX,
        }
    }
}

/// What a run has spent so far; rebuilt from its events.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Spending {
    /// Model requests answered.
    pub turns: u32,
    /// Tool calls begun.
    pub tool_calls: u32,
    /// Tokens of all model calls.
    pub tokens: TokenUsage,
    /// Time since the run first started.
    pub wall: Duration,
}

impl Budget {
    /// The first limit that `spent` has reached, in the words of the cause's sentence.
    #[must_use]
    pub fn exceeded_by(&self, spent: &Spending) -> Option<String> {
        if spent.turns >= self.turns {
            return Some(format!("{} turns", self.turns));
        }
        if spent.tool_calls >= self.tool_calls {
            return Some(format!("{} tool calls", self.tool_calls));
        }
        if spent.tokens.total() >= self.tokens {
            return Some(format!("{} tokens", self.tokens));
        }
        if spent.wall >= self.wall {
            return Some(format!("{} seconds of wall time", self.wall.as_secs()));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_token_is_counted_twice_or_lost() {
        let usage = TokenUsage {
            input: 100,
            output: 7,
            cache_read: 60,
            cache_write: 30,
        };
        let apart = TokensApart {
            input: 10,
            output: 7,
            cache_read: 60,
            cache_write: 30,
        };
        assert_eq!(usage.apart(), apart);
        for (cache_read, cache_write) in [(0, 0), (100, 0), (0, 100), (70, 70), (500, 1)] {
            let odd = TokenUsage {
                cache_read,
                cache_write,
                ..usage
            };
            assert_eq!(odd.apart().total(), usage.total(), "{odd:?}");
        }
    }

    #[test]
    fn each_limit_is_exceeded_at_its_edge_and_not_before() {
        let budget = Budget {
            turns: 2,
            tool_calls: 3,
            tokens: 10,
            wall: Duration::from_secs(5),
        };
        let edge = Spending {
            turns: 1,
            tool_calls: 2,
            tokens: TokenUsage {
                input: 4,
                output: 5,
                ..TokenUsage::default()
            },
            wall: Duration::from_millis(4_999),
        };
        assert_eq!(budget.exceeded_by(&edge), None);
        assert_eq!(
            budget
                .exceeded_by(&Spending { turns: 2, ..edge })
                .as_deref(),
            Some("2 turns")
        );
        assert_eq!(
            budget
                .exceeded_by(&Spending {
                    tool_calls: 3,
                    ..edge
                })
                .as_deref(),
            Some("3 tool calls")
        );
        let tokens = TokenUsage {
            input: 5,
            output: 5,
            ..TokenUsage::default()
        };
        assert_eq!(
            budget.exceeded_by(&Spending { tokens, ..edge }).as_deref(),
            Some("10 tokens")
        );
        let wall = Duration::from_secs(5);
        assert_eq!(
            budget.exceeded_by(&Spending { wall, ..edge }).as_deref(),
            Some("5 seconds of wall time")
        );
    }
}
