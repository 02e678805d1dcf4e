//! What stands behind `KEYRING:`.

/// `ANCHOR:COLLECTION:NAME`, or less.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Residual {
    pub(crate) anchor: Vec<u8>,
    pub(crate) collection: Vec<u8>,
    /// One cache of the collection.
    pub(crate) subsidiary: Option<Vec<u8>>,
}

impl Residual {
    /// `ANCHOR:COLLECTION:NAME`, `ANCHOR:COLLECTION`, or `COLLECTION` with the anchor `legacy`.
    pub(crate) fn parse(residual: &[u8]) -> Residual {
        let mut parts = residual.splitn(3, |byte| *byte == b':').map(<[u8]>::to_vec);
        let first = parts.next().unwrap_or_default();
        match parts.next() {
            None => Residual { anchor: b"legacy".to_vec(), collection: first, subsidiary: None },
            Some(collection) => Residual { anchor: first, collection, subsidiary: parts.next() },
        }
    }

    /// The name of the keyring that holds the collection.
    pub(crate) fn collection_key(&self) -> Vec<u8> {
        [b"_krb_", self.collection.as_slice()].concat()
    }

    /// The whole name of a cache of the collection.
    pub(crate) fn of_cache(&self, cache: &[u8]) -> Vec<u8> {
        [&self.anchor, &b":"[..], &self.collection, b":", cache].concat()
    }

    /// The user id that a persistent collection is named by: nothing stands for one's own. MIT reads a C `long` and
    /// keeps 32 bits.
    pub(crate) fn uid(&self, own: u32) -> Option<u32> {
        if self.collection.is_empty() {
            return Some(own);
        }
        let number: i64 = std::str::from_utf8(&self.collection).ok()?.trim_start().parse().ok()?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cut is the meaning")]
        Some(number as u32)
    }

    /// For messages; bytes that are no UTF-8 are replaced.
    pub(crate) fn shown(&self) -> String {
        let name = match &self.subsidiary {
            Some(cache) => self.of_cache(cache),
            None => [&self.anchor, &b":"[..], &self.collection].concat(),
        };
        String::from_utf8_lossy(&name).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_forms() {
        let parts = |text: &str| {
            let name = Residual::parse(text.as_bytes());
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            (text(&name.anchor), text(&name.collection), name.subsidiary.map(|name| text(&name)))
        };
        let owned = |anchor: &str, collection: &str, cache: Option<&str>| {
            (anchor.to_owned(), collection.to_owned(), cache.map(str::to_owned))
        };
        assert_eq!(parts("x"), owned("legacy", "x", None));
        assert_eq!(parts(""), owned("legacy", "", None));
        assert_eq!(parts("session:x"), owned("session", "x", None));
        assert_eq!(parts("user:x:y:z"), owned("user", "x", Some("y:z")));
        assert_eq!(parts("persistent::"), owned("persistent", "", Some("")));
    }

    #[test]
    fn user_ids() {
        let uid = |text: &str| Residual::parse(format!("persistent:{text}").as_bytes()).uid(7);
        assert_eq!(uid(""), Some(7));
        assert_eq!(uid("0"), Some(0));
        assert_eq!(uid(" 12"), Some(12));
        assert_eq!(uid("12x"), None);
        assert_eq!(uid("x"), None);
    }
}
