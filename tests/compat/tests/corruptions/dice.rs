//! Numbers that look random and come again from the same seed.

/// SplitMix64.
pub struct Dice(u64);

impl Dice {
    /// Another sequence for each name.
    pub fn new(seed: u64, name: &str) -> Dice {
        let mixed =
            name.bytes().fold(seed, |mixed, byte| mixed.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte));
        Dice(mixed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ (value >> 31)
    }

    /// A number less than `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// What makes another byte of a byte by exclusive or: one bit in one of two cases, anything in the other.
    pub fn flip(&mut self) -> u8 {
        match self.next() % 2 {
            0 => 1 << self.below(8),
            _ => 1 + self.below(255) as u8,
        }
    }
}
