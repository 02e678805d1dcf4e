//! What the doctor can find: one table of codes, their levels and their meaning. Codes are for scripts and stay.

use std::fmt;

/// How bad a finding is. The worst one decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Good to know; nothing is wrong.
    Note,
    /// It may fail for somebody, some day, or is careless.
    Warning,
    /// It does not work.
    Broken,
}

impl Level {
    /// `note`, `warning` or `broken`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Level::Note => "note",
            Level::Warning => "warning",
            Level::Broken => "broken",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A kind of finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Code(&'static str);

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The code.
    pub code: Code,
    /// Its level.
    pub level: Level,
    /// What it means, in one line.
    pub meaning: &'static str,
}

macro_rules! codes {
    ($($name:ident $text:literal $level:ident $meaning:literal)*) => {
        impl Code {
            $(#[doc = $meaning] pub const $name: Code = Code($text);)*
        }
        /// All that there is to find, in the order in which it is looked for.
        pub const TABLE: &[Row] = &[
            $(Row { code: Code::$name, level: Level::$level, meaning: $meaning },)*
        ];
    };
}

codes! {
    UNREADABLE "unreadable" Broken "the keytab cannot be opened or read"
    NOT_A_KEYTAB "not-a-keytab" Broken "the file does not begin as a keytab does"
    DAMAGED "damaged" Broken "from that offset on the file is no keytab any more; what stands before it is whole"
    EMPTY "empty" Broken "there is no entry"
    UNREADABLE_BY_USER "unreadable-by-user" Broken "the user of the service may not read the file"
    READABLE_BY_OTHERS "readable-by-others" Warning "everybody may read the file"
    WRITABLE_BY_OTHERS "writable-by-others" Warning "its group, or everybody, may write to the file"
    OWNED_BY_OTHER "owned-by-other" Warning "the owner of the file is neither root nor the user of the service"
    READABLE_BY_GROUP "readable-by-group" Note "its group may read the file"
    HOLES "holes" Note "there is space that entries have left"
    KEY_LENGTH "key-length" Broken "a key is not as long as those of its type are"
    NO_USABLE_KEY "no-usable-key" Broken "a principal has entries of such types only as no library can use"
    ENCTYPE_REMOVED "enctype-removed" Warning "no library has this encryption type any more"
    ENCTYPE_UNKNOWN "enctype-unknown" Warning "nobody knows this encryption type"
    ENCTYPE_WEAK "enctype-weak" Warning "the encryption type is broken and needs `allow_weak_crypto`"
    ENCTYPE_DEPRECATED "enctype-deprecated" Warning "the encryption type is too weak for this day"
    ENCTYPE_NOT_PERMITTED "enctype-not-permitted" Warning "`permitted_enctypes` leaves the encryption type out"
    DUPLICATE_DIFFERS "duplicate-differs" Warning "two entries of one principal, version and encryption type have different keys: the first one counts"
    DUPLICATE "duplicate" Note "an entry is there twice"
    KVNO_FIELDS_DIFFER "kvno-fields-differ" Warning "the old and the new field of an entry's key version number contradict each other"
    KVNO_OVER_255 "kvno-over-255" Note "programs that know the old field only find this key version number by its low 8 bits"
    TIMESTAMP_FUTURE "timestamp-future" Warning "an entry says that it was written in the future"
    DATABASE_UNUSABLE "database-unusable" Warning "there is a database, but its keys cannot be had: nothing was compared"
    DATABASE_NOT_CHECKED "database-not-checked" Note "there is no database here: nothing was compared"
    REALM_NOT_CHECKED "realm-not-checked" Note "a principal is of a realm that the database does not have"
    PRINCIPAL_MISSING "principal-missing" Broken "the database does not know the principal"
    PRINCIPAL_ALIAS "principal-alias" Note "the name is an alias in the database"
    TICKETS_DISALLOWED "tickets-disallowed" Broken "the principal gets no tickets, and nobody gets one for it (`-allow_tix`)"
    SERVICE_DISALLOWED "service-disallowed" Broken "nobody gets a ticket for this service (`-allow_svr`)"
    PRINCIPAL_EXPIRED "principal-expired" Broken "the principal has expired"
    NO_KEYS "no-keys" Broken "the principal has no key in the database that the KDC may use"
    TGT_DISALLOWED "tgt-disallowed" Warning "a client with a ticket-granting ticket gets none for this service (`-allow_tgs_req`)"
    CLIENT_ONLY "client-only" Note "nobody gets a ticket for this principal (`-allow_svr`), but it is no service"
    PASSWORD_EXPIRED "password-expired" Note "its password has expired: services do not mind, but `kinit -k` fails"
    KEYS_LOCKED "keys-locked" Note "its keys are locked (`+lockdown_keys`): they cannot be fetched from afar"
    KEY_UNOPENED "key-unopened" Warning "a key in the database cannot be decrypted and was not compared"
    KEY_DIFFERS "key-differs" Broken "the key in which the KDC encrypts the tickets is another one in the database"
    KVNO_WRONG "kvno-wrong" Broken "the key is that of the database, but its key version number is another one"
    KVNO_STALE "kvno-stale" Broken "only older key versions than the database's are there"
    KVNO_AHEAD "kvno-ahead" Broken "only newer key versions than the database's are there"
    ENCTYPE_MISSING "enctype-missing" Broken "the key in which the KDC encrypts the tickets is not there"
    OTHER_KEY_DIFFERS "other-key-differs" Warning "a current key, but none in which the KDC encrypts tickets today, is not that of the database"
    OLD_KEY_DIFFERS "old-key-differs" Warning "an old key is not the one that the database keeps"
    KVNO_NEWER "kvno-newer" Warning "beside the current key there is one of a version that the database has not reached"
    ENCTYPE_GAP "enctype-gap" Warning "the database has current keys of further encryption types, which are not there"
    ENCTYPE_EXTRA "enctype-extra" Note "the database has no such key at this version: no ticket needs it"
    KVNO_OLD_KEPT "kvno-old-kept" Note "an old key, which the database keeps as well"
    KVNO_OLD "kvno-old" Note "an old key, good for tickets from before the last change only"
    HOST_NOT_CHECKED "host-not-checked" Note "nothing was compared with names of hosts"
    HOST_UNKNOWN "host-unknown" Note "the resolver does not find a host: its name counts as given"
    NAME_UNKNOWN "name-unknown" Warning "the database does not know the name under which clients ask for the service"
    NAME_MISSING "name-missing" Warning "the name under which clients ask for the service has no entry"
    ACCEPTOR_REFUSES "acceptor-refuses" Note "a service that calls itself by this host's name passes over an entry"
}

impl Code {
    /// The code: small letters, digits and dashes.
    #[must_use]
    pub fn text(self) -> &'static str {
        self.0
    }

    /// Its level.
    #[must_use]
    pub fn level(self) -> Level {
        TABLE.iter().find(|row| row.code == self).map_or(Level::Broken, |row| row.level)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_are_unique_words() {
        let mut seen = HashSet::new();
        for row in TABLE {
            assert!(seen.insert(row.code), "{} stands there twice", row.code);
            assert!(
                row.code.text().bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            );
        }
        assert!(Level::Note < Level::Warning && Level::Warning < Level::Broken);
        assert_eq!(Code::KVNO_OLD.level(), Level::Note);
    }
}
