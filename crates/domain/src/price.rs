//! What tokens cost: exact decimals from the configuration to the sum, without floating point.

use std::fmt;
use std::str::FromStr;

use crate::TokenUsage;

/// Digits behind the point of a price; with them a token costs whole picodollars.
const DECIMALS: usize = 6;
/// US dollars per million tokens at most.
const DOLLARS_MAX: u64 = 1_000_000;
const MILLIONTHS: u64 = 1_000_000;
const PICODOLLARS_PER_CENT: u128 = 10_000_000_000;

/// A price in US dollars per million tokens, such as `3`, `0.25` or `18.75`; kept as picodollars a
/// token, which are the same number of millionths.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Price(u64);

/// The text is no price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a price is a decimal number of US dollars per million tokens with at most {DECIMALS} digits behind the point, and at most {DOLLARS_MAX}"
)]
pub struct InvalidPrice;

impl FromStr for Price {
    type Err = InvalidPrice;

    fn from_str(text: &str) -> Result<Self, InvalidPrice> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || fraction.len() > DECIMALS {
            return Err(InvalidPrice);
        }
        let whole: u64 = whole.parse().map_err(|_| InvalidPrice)?;
        let fraction: u64 = format!("{fraction:0<DECIMALS$}")
            .parse()
            .map_err(|_| InvalidPrice)?;
        let price = whole
            .checked_mul(MILLIONTHS)
            .and_then(|price| price.checked_add(fraction));
        price
            .filter(|price| *price <= DOLLARS_MAX * MILLIONTHS)
            .map(Self)
            .ok_or(InvalidPrice)
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.0 / MILLIONTHS, self.0 % MILLIONTHS);
        if fraction == 0 {
            return write!(f, "{whole}");
        }
        let fraction = format!("{fraction:0>DECIMALS$}");
        write!(f, "{whole}.{}", fraction.trim_end_matches('0'))
    }
}

/// What the tokens of a model cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Prices {
    /// Tokens of prompts that no cache knows.
    pub input: Price,
    /// Tokens of answers.
    pub output: Price,
    /// Tokens of prompts that came from a cache.
    pub cache_read: Price,
    /// Tokens of prompts that were written to a cache.
    pub cache_write: Price,
}

impl Prices {
    /// What a usage costs.
    #[must_use]
    pub fn cost(&self, usage: TokenUsage) -> Cost {
        let apart = usage.apart();
        let parts = [
            (apart.input, self.input),
            (apart.output, self.output),
            (apart.cache_read, self.cache_read),
            (apart.cache_write, self.cache_write),
        ];
        let cost = |(tokens, price): (u64, Price)| u128::from(tokens) * u128::from(price.0);
        Cost(parts.into_iter().map(cost).fold(0, u128::saturating_add))
    }
}

/// An amount of money in picodollars, so that sums of any length stay exact.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Cost(u128);

impl Cost {
    /// The sum of two costs.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// In picodollars (10⁻¹² US dollars).
    #[must_use]
    pub const fn picodollars(self) -> u128 {
        self.0
    }
}

/// In US cents, exact to the last digit, such as `0.0375`.
impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.0 / PICODOLLARS_PER_CENT;
        let fraction = self.0 % PICODOLLARS_PER_CENT;
        if fraction == 0 {
            return write!(f, "{whole}");
        }
        let fraction = format!("{fraction:0>10}");
        write!(f, "{whole}.{}", fraction.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(text: &str) -> Price {
        text.parse().unwrap()
    }

    fn prices() -> Prices {
        Prices {
            input: price("3"),
            output: price("15"),
            cache_read: price("0.3"),
            cache_write: price("3.75"),
        }
    }

    #[test]
    fn prices_read_what_they_show() {
        for (text, shown) in [
            ("0", "0"),
            ("3", "3"),
            ("3.00", "3"),
            ("0.075", "0.075"),
            ("0.000001", "0.000001"),
            ("1000000", "1000000"),
        ] {
            assert_eq!(price(text).to_string(), shown);
        }
        for text in [
            "",
            ".",
            ".5",
            "5.",
            "-1",
            "+1",
            "1e3",
            "0,5",
            " 1",
            "1.0000001",
            "1000000.000001",
            "99999999999999999999",
            "1.2.3",
            "NaN",
        ] {
            assert_eq!(text.parse::<Price>(), Err(InvalidPrice), "{text:?}");
        }
    }

    #[test]
    fn each_kind_of_token_has_its_price_and_none_is_counted_twice() {
        let usage = TokenUsage {
            input: 1_000_000,
            output: 100_000,
            cache_read: 600_000,
            cache_write: 200_000,
        };
        // 200,000 × 3 + 100,000 × 15 + 600,000 × 0.3 + 200,000 × 3.75 millionths of a dollar.
        assert_eq!(prices().cost(usage).to_string(), "303");
        assert_eq!(prices().cost(TokenUsage::default()), Cost::default());
    }

    #[test]
    fn small_sums_do_not_drift() {
        let one = TokenUsage {
            input: 1,
            ..TokenUsage::default()
        };
        let cost = Prices {
            input: price("0.1"),
            ..prices()
        }
        .cost(one);
        assert_eq!(cost.to_string(), "0.00001");
        let sum = (0..100_000).fold(Cost::default(), |sum, _| sum.plus(cost));
        assert_eq!(sum.to_string(), "1");
    }

    #[test]
    fn the_largest_usage_has_a_cost() {
        let all = TokenUsage {
            input: u64::MAX,
            output: u64::MAX,
            ..TokenUsage::default()
        };
        let dear = Prices {
            input: price("1000000"),
            output: price("1000000"),
            ..prices()
        };
        assert!(dear.cost(all) > Cost::default());
    }
}
