//! Changes to inputs that are the same in every run.

/// Numbers at which lengths and counts go wrong.
const EDGES: [u32; 9] = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff];

/// No input becomes longer than this.
const LONGEST: usize = 1 << 16;

/// Makes new inputs of old ones.
#[derive(Debug)]
pub struct Mutator(u64);

impl Mutator {
    /// The changes that this seed stands for.
    pub fn new(seed: u64) -> Self {
        // Zero would stay zero.
        Mutator(seed.wrapping_mul(2) + 1)
    }

    /// A number below `limit`, or 0 if that is 0. (xorshift64*)
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(high).unwrap_or(0) % limit.max(1)
    }

    /// `input` with one to four changes; some take bytes from `other`.
    pub fn mutate(&mut self, input: &[u8], other: &[u8]) -> Vec<u8> {
        let mut bytes = input.to_vec();
        for _ in 0..=self.below(4) {
            self.change(&mut bytes, other);
            bytes.truncate(LONGEST);
        }
        bytes
    }

    fn change(&mut self, bytes: &mut Vec<u8>, other: &[u8]) {
        let at = self.below(bytes.len());
        let some = self.below(16).min(bytes.len() - at);
        let many = self.below(bytes.len() - at);
        match self.below(10) {
            0 => self.set(bytes, at, |random, _| random),
            1 => self.set(bytes, at, |random, old| old ^ (1 << (random % 8))),
            2 => self.set(bytes, at, |random, old| old.wrapping_add(random % 16).wrapping_sub(8)),
            3 => self.edge(bytes, at),
            4 => bytes[at..at + some].fill(if self.below(2) == 0 { 0 } else { 0xff }),
            5 => drop(bytes.drain(at..at + some)),
            6 => bytes.truncate(at),
            7 => {
                let piece = bytes[at..at + many.min(256)].to_vec();
                let to = self.below(bytes.len() + 1);
                bytes.splice(to..to, piece);
            }
            8 => {
                let from = self.below(other.len());
                let count = self.below(256).min(other.len() - from);
                bytes.splice(at..at + some, other[from..from + count].iter().copied());
            }
            _ => {
                let random = self.below(256).to_le_bytes()[0];
                bytes.splice(at..at, std::iter::repeat_n(random, some));
            }
        }
    }

    fn set(&mut self, bytes: &mut [u8], at: usize, new: impl FnOnce(u8, u8) -> u8) {
        let random = self.below(256).to_le_bytes()[0];
        if let Some(byte) = bytes.get_mut(at) {
            *byte = new(random, *byte);
        }
    }

    /// Writes one of the [`EDGES`] in either byte order.
    fn edge(&mut self, bytes: &mut [u8], at: usize) {
        let edge = EDGES[self.below(EDGES.len())];
        let width = [1, 2, 4][self.below(3)];
        let little = self.below(2) == 0;
        let number = if little { edge.to_le_bytes() } else { edge.to_be_bytes() };
        let number = if little { &number[..width] } else { &number[4 - width..] };
        bytes.iter_mut().skip(at).zip(number).for_each(|(byte, new)| *byte = *new);
    }
}

#[cfg(test)]
mod tests {
    use super::Mutator;

    #[test]
    fn a_seed_always_makes_the_same_inputs_and_others_make_others() {
        let made = |seed| {
            let mut mutator = Mutator::new(seed);
            (0..50).map(|_| mutator.mutate(b"some input", b"another one")).collect::<Vec<_>>()
        };
        assert_eq!(made(1), made(1));
        assert_ne!(made(1), made(2));
        assert!(made(1).iter().any(|bytes| bytes.len() > 10));
        assert!(made(1).iter().any(|bytes| bytes.len() < 10));
        // Nothing to change is no reason to stop.
        let _ = Mutator::new(3).mutate(b"", b"");
    }
}
