//! The n-fold function (RFC 3961 section 5.1).

use zeroize::{Zeroize, Zeroizing};

/// How far each copy of the input is rotated to the right against the one before, in bits.
const ROTATION: usize = 13;

/// Stretches or folds `input` to fill `output`: as many copies of the input, each rotated, as make a whole
/// number of outputs are laid end to end, cut into outputs, and added up in one's complement.
///
/// An empty input gives zeros, as it does with MIT.
pub(crate) fn n_fold(input: &[u8], output: &mut [u8]) {
    output.fill(0);
    if input.is_empty() || output.is_empty() {
        return;
    }
    let mut sums = column_sums(input, output.len());
    // What is carried out of the top comes in again at the bottom, until nothing is carried.
    loop {
        let mut carry = 0;
        for sum in sums.iter_mut().rev() {
            *sum += carry;
            carry = *sum >> 8;
            *sum &= 0xff;
        }
        match sums.last_mut() {
            Some(last) if carry != 0 => *last += carry,
            _ => break,
        }
    }
    for (byte, sum) in output.iter_mut().zip(sums.iter()) {
        *byte = sum.to_le_bytes()[0];
    }
}

/// Adds up the copies' bytes that fall on each byte of the output. A sum has at most as many terms as the
/// input has bytes, so it fits.
fn column_sums(input: &[u8], output_len: usize) -> Zeroizing<Vec<u64>> {
    let in_bits = input.len() * 8;
    let total = input.len() / gcd(input.len(), output_len) * output_len;
    let mut sums = Zeroizing::new(vec![0u64; output_len]);
    for position in 0..total {
        let (copy, at) = (position / input.len(), position % input.len());
        let bit = (at * 8 + in_bits - (copy * ROTATION) % in_bits) % in_bits;
        let (byte, shift) = (bit / 8, bit % 8);
        let mut pair = u16::from_be_bytes([input[byte], input[(byte + 1) % input.len()]]);
        sums[position % output_len] += u64::from((pair << shift).to_be_bytes()[0]);
        pair.zeroize();
    }
    sums
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(input: &str, bits: usize) -> String {
        let mut output = vec![0; bits / 8];
        n_fold(input.as_bytes(), &mut output);
        output.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// RFC 3961 appendix A.1.
    #[test]
    fn rfc_vectors() {
        assert_eq!(fold("012345", 64), "be072631276b1955");
        assert_eq!(fold("password", 56), "78a07b6caf85fa");
        assert_eq!(fold("Rough Consensus, and Running Code", 64), "bb6ed30870b7f0e0");
        assert_eq!(fold("password", 168), "59e4a8ca7c0385c3c37b3f6d2000247cb6e6bd5b3e");
        assert_eq!(
            fold("MASSACHVSETTS INSTITVTE OF TECHNOLOGY", 192),
            "db3b0d8f0b061e603282b308a50841229ad798fab9540c1b"
        );
        assert_eq!(fold("Q", 168), "518a54a2 15a8452a 518a54a2 15a8452a 518a54a2 15".replace(' ', ""));
        assert_eq!(fold("ba", 168), "fb25d531 ae897449 9f52fd92 ea9857c4 ba24cf29 7e".replace(' ', ""));
        assert_eq!(fold("kerberos", 64), "6b65726265726f73");
        assert_eq!(fold("kerberos", 128), "6b65726265726f737b9b5b2b93132b93");
        assert_eq!(fold("kerberos", 168), "8372c236344e5f1550cd0747e15d62ca7a5a3bcea4");
        assert_eq!(fold("kerberos", 256), "6b65726265726f737b9b5b2b93132b935c9bdcdad95c9899c4cae4dee6d6cae4");
    }

    #[test]
    fn nothing_folds_to_zeros() {
        assert_eq!(fold("", 64), "0000000000000000");
        n_fold(b"x", &mut []);
    }
}
