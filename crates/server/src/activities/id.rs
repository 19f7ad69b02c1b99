//! The ids of activities: the place of their event, and their own among those of that event.

use std::fmt;

use outwork_domain::Seq;

/// Which activity of a session.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct ActivityId {
    /// The event that it comes from.
    pub(crate) seq: Seq,
    /// Its place among the activities of that event, from 0.
    pub(crate) part: u8,
}

/// 32 hexadecimal digits, as the vendor's have; their order is that of the activities.
impl fmt::Display for ActivityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:030x}{:02x}", self.seq.0, self.part)
    }
}

impl ActivityId {
    /// Reads an id back; none for a text that is not one.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (seq, part) = text.split_at_checked(30)?;
        let id = Self {
            seq: Seq(u64::from_str_radix(seq, 16).ok()?),
            part: u8::from_str_radix(part, 16).ok()?,
        };
        // Signs and capitals would be other names of the same.
        (id.to_string() == text).then_some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_back_and_have_one_form() {
        for (seq, part) in [(1, 0), (255, 2), (u64::MAX, 255)] {
            let id = ActivityId {
                seq: Seq(seq),
                part,
            };
            let text = id.to_string();
            assert_eq!((text.len(), ActivityId::read(&text)), (32, Some(id)));
        }
        let upper = format!("{:030X}{:02X}", 255, 255);
        let signed = format!("+{:029x}{:02x}", 1, 0);
        for bad in ["", "7", &upper, &signed, &"f".repeat(32), &"ü".repeat(16)] {
            assert_eq!(ActivityId::read(bad), None, "{bad}");
        }
    }
}
