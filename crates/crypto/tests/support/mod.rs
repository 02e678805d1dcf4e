//! Stored keys out of the text of a dump, by its fields alone.

use k5_crypto::{decrypt, encrypt};
use k5_types::{EncType, KeyBlock, Principal};

/// A key of a principal as the database keeps it.
pub struct StoredKey {
    pub principal: Principal,
    /// Which master key encrypts it.
    pub mkvno: u16,
    pub kvno: u32,
    pub enctype: EncType,
    pub sealed: Vec<u8>,
    /// Salt type and salt, where they are kept with the key.
    pub salt: Option<(i16, Vec<u8>)>,
}

impl StoredKey {
    /// The salt that the password was mixed with.
    pub fn salt(&self) -> Vec<u8> {
        match &self.salt {
            None => self.principal.salt(),
            Some((2, _)) => self.principal.salt_no_realm(),
            Some((3, _)) => self.principal.realm().to_vec(),
            Some((_, salt)) => salt.clone(),
        }
    }

    /// The key itself. Its length comes first, in the clear, since the cipher may have padded it.
    pub fn open(&self, master: &KeyBlock) -> KeyBlock {
        let (length, cipher) = self.sealed.split_at(2);
        let length = usize::from(u16::from_le_bytes(length.try_into().unwrap()));
        let plain = decrypt(master, 0, cipher)
            .unwrap_or_else(|error| panic!("{}: {error}", self.principal.unparse_display().escape_ascii()));
        KeyBlock::new(self.enctype, plain.expose()[..length].to_vec())
    }
}

/// A key as [`StoredKey::open`] opens it.
pub fn seal(master: &KeyBlock, key: &[u8]) -> Vec<u8> {
    let length = u16::try_from(key.len()).unwrap().to_le_bytes();
    let cipher = encrypt(master, 0, None, key, &mut k5_crypto::SystemRandom).unwrap();
    [&length[..], &cipher].concat()
}

/// Every key of every principal.
pub fn stored_keys(dump: &[u8]) -> Vec<StoredKey> {
    let mut found = Vec::new();
    for line in dump.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"princ\t")) {
        let mut fields = line.split(|byte| *byte == b'\t').skip(3);
        let tl_count = number(fields.next());
        let key_count = number(fields.next());
        let principal = Principal::parse(fields.nth(1).unwrap(), b"").unwrap();
        // Attributes, three lifetimes and dates more, and the three of lockout.
        let mut fields = fields.skip(8);
        let mut mkvno = 1;
        for _ in 0..tl_count {
            let (kind, value) = octets(&mut fields);
            if kind == 8 {
                mkvno = u16::from_le_bytes(value.try_into().unwrap());
            }
        }
        for _ in 0..key_count {
            let version = number(fields.next());
            let kvno = u32::try_from(number(fields.next())).unwrap();
            let (enctype, sealed) = octets(&mut fields);
            let salt = (version == 2).then(|| octets(&mut fields));
            let salt = salt.map(|(kind, salt)| (i16::try_from(kind).unwrap(), salt));
            let principal = principal.clone();
            found.push(StoredKey { principal, mkvno, kvno, enctype: EncType(enctype), sealed, salt });
        }
        assert_eq!(fields.next(), Some(&b"-1;"[..]), "{}", line.escape_ascii());
    }
    found
}

/// Type, length and bytes; `-1` stands for no bytes.
fn octets<'a>(fields: &mut impl Iterator<Item = &'a [u8]>) -> (i32, Vec<u8>) {
    let kind = number(fields.next());
    let length = number(fields.next());
    let bytes = match fields.next().unwrap() {
        b"-1" => Vec::new(),
        text => hex(text),
    };
    assert_eq!(bytes.len(), usize::try_from(length).unwrap());
    (kind, bytes)
}

fn number(field: Option<&[u8]>) -> i32 {
    std::str::from_utf8(field.unwrap()).unwrap().parse().unwrap()
}

pub fn hex(text: &[u8]) -> Vec<u8> {
    text.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}
