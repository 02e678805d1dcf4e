//! Points in time.

/// Seconds since 1970-01-01 00:00:00 UTC as the database, the keytab and the protocol keep them: unsigned 32
/// bits, good until 2106-02-07. Zero means "never" or "not set" wherever MIT's formats use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Timestamp(pub u32);

impl Timestamp {
    /// "Never", "not set".
    pub const NEVER: Timestamp = Timestamp(0);

    /// Seconds since the epoch as a wide number, for arithmetic and for formatting.
    #[must_use]
    pub fn seconds(self) -> i64 {
        i64::from(self.0)
    }

    /// The 32 low bits of a wide number of seconds, as MIT's casts keep them.
    #[must_use]
    pub fn wrapping(seconds: i64) -> Timestamp {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cut is the meaning")]
        Timestamp(seconds as u32)
    }
}
