//! The wrapper for what must not outlive its use and must never be shown.

use std::fmt;
use zeroize::Zeroize;

/// A key, a password or any buffer that held one: wiped when dropped, opaque in `Debug`, copied only by
/// [`Secret::duplicate`], so that every copy is visible in the code.
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Takes the value in.
    pub fn new(value: T) -> Self {
        Secret(value)
    }

    /// Lends the value out. The name is long enough to be found by a reviewer.
    pub fn expose(&self) -> &T {
        &self.0
    }

    /// Lends the value out for a change in place.
    pub fn expose_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: Zeroize + Clone> Secret<T> {
    /// A second copy, wiped on its own.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Secret(self.0.clone())
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl<T: Zeroize> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Secret(value)
    }
}

impl PartialEq for Secret<Vec<u8>> {
    /// Looks at every byte whatever the first difference, so that the time taken tells nothing.
    fn eq(&self, other: &Self) -> bool {
        constant_time_eq(&self.0, &other.0)
    }
}

impl Eq for Secret<Vec<u8>> {}

/// Compares without stopping at the first difference. The lengths are not secret.
#[must_use]
pub fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && std::hint::black_box(a.iter().zip(b).fold(0u8, |acc, (x, y)| acc | (x ^ y))) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing() {
        let secret = Secret::new(b"hunter2".to_vec());
        assert_eq!(format!("{secret:?}"), "Secret(..)");
        assert_eq!(format!("{:?}", Some(&secret)), "Some(Secret(..))");
    }

    #[test]
    fn equality_is_by_content() {
        assert_eq!(Secret::new(vec![1, 2, 3]), Secret::new(vec![1, 2, 3]));
        assert_ne!(Secret::new(vec![1, 2, 3]), Secret::new(vec![1, 2, 4]));
        assert_ne!(Secret::new(vec![1, 2, 3]), Secret::new(vec![1, 2]));
    }
}
