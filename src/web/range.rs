//! The one range of bytes that a player asks for (RFC 9110, 14.2).
//!
//! Several ranges at once, and units other than bytes, may be ignored: then everything is sent.

/// What is sent of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    All,
    /// From the first byte up to and with the last one.
    Part(u64, u64),
    /// Nothing of what was asked for is there.
    Nothing,
}

/// What a `Range` header asks of something with so many bytes.
#[must_use]
pub fn sent(header: Option<&str>, length: u64) -> Sent {
    let asked = header.and_then(|header| header.trim().strip_prefix("bytes="));
    let Some((first, last)) = asked.and_then(|asked| asked.split_once('-')) else {
        return Sent::All;
    };
    let number = |text: &str| text.trim().parse::<u64>().ok();
    match (first.trim(), last.trim()) {
        ("", count) => match number(count) {
            Some(0) => Sent::Nothing,
            Some(count) if length > 0 => Sent::Part(length.saturating_sub(count), length - 1),
            Some(_) => Sent::Nothing,
            None => Sent::All,
        },
        (first, last) => {
            let end = if last.is_empty() { Some(u64::MAX) } else { number(last) };
            match (number(first), end) {
                (Some(first), Some(last)) if first > last => Sent::All,
                (Some(first), Some(_)) if first >= length => Sent::Nothing,
                (Some(first), Some(last)) => Sent::Part(first, last.min(length - 1)),
                _ => Sent::All,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Sent, sent};

    #[test]
    fn a_range_is_read_as_players_write_it() {
        let check = |header: &str, expect| assert_eq!(sent(Some(header), 10), expect, "{header}");
        check("bytes=0-", Sent::Part(0, 9));
        check("bytes=2-4", Sent::Part(2, 4));
        check("bytes=2-99", Sent::Part(2, 9));
        check("bytes=-3", Sent::Part(7, 9));
        check("bytes=-30", Sent::Part(0, 9));
        check("bytes=10-", Sent::Nothing);
        check("bytes=-0", Sent::Nothing);
        check("bytes=4-2", Sent::All);
        check("bytes=0-1,3-4", Sent::All);
        check("pictures=1-2", Sent::All);
        assert_eq!(sent(None, 10), Sent::All);
        assert_eq!(sent(Some("bytes=0-"), 0), Sent::Nothing);
    }
}
