//! What a cache holds: credentials and what they are made of.

use k5_types::{KeyBlock, Principal, Secret, Timestamp};

/// The realm of entries that are settings of the cache and no tickets.
const CONFIG_REALM: &[u8] = b"X-CACHECONF:";

/// The first component of their names.
const CONFIG_COMPONENT: &[u8] = b"krb5_ccache_conf_data";

/// A ticket with what belongs to it, or a setting of the cache ([`Credential::is_config`]).
#[derive(Debug)]
pub struct Credential {
    /// Whose ticket it is.
    pub client: Principal,
    /// The service that it is for.
    pub server: Principal,
    /// The session key.
    pub session_key: KeyBlock,
    /// When the client showed who it is.
    pub auth_time: Timestamp,
    /// From when the ticket is good; 0: from `auth_time`.
    pub start_time: Timestamp,
    /// Until when it is good.
    pub end_time: Timestamp,
    /// Until when it can be renewed; 0: it cannot.
    pub renew_till: Timestamp,
    /// Whether the ticket is encrypted in the session key of `second_ticket` (user to user).
    pub is_skey: bool,
    /// The ticket's flags.
    pub flags: TicketFlags,
    /// The addresses from which it may be used; none: from everywhere.
    pub addresses: Vec<Address>,
    /// Authorization data that the client asked for.
    pub authdata: Vec<AuthData>,
    /// The ticket (RFC 4120 section 5.3), DER encoded; of a setting its value.
    pub ticket: Secret<Vec<u8>>,
    /// The ticket whose session key `ticket` is encrypted in; as a rule empty.
    pub second_ticket: Secret<Vec<u8>>,
}

impl Credential {
    /// Whether this is a setting of the cache: the second component of the server's name is then the setting's name,
    /// a third one the principal that it is for, and the ticket its value.
    #[must_use]
    pub fn is_config(&self) -> bool {
        self.server.realm() == CONFIG_REALM
            && self.server.components().first().is_some_and(|first| first == CONFIG_COMPONENT)
    }

    /// Whether the entry was removed from a cache file, where it stays as a mark: it ended in 1970, for somebody who
    /// showed in 2106 who he is.
    #[must_use]
    pub fn is_removed(&self) -> bool {
        self.end_time == Timestamp(0) && self.auth_time == Timestamp(u32::MAX)
    }

    /// Whether it is a ticket of `realm`'s ticket-granting service for that realm itself.
    #[must_use]
    pub fn is_local_tgt(&self, realm: &[u8]) -> bool {
        self.server.realm() == realm
            && matches!(self.server.components(), [tgs, of] if tgs == b"krbtgt" && of == realm)
    }
}

/// The flags of a ticket (RFC 4120 section 5.3): the first one of the RFC is the highest bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TicketFlags(pub u32);

impl TicketFlags {
    /// `FORWARDABLE`.
    pub const FORWARDABLE: u32 = 0x4000_0000;
    /// `FORWARDED`.
    pub const FORWARDED: u32 = 0x2000_0000;
    /// `PROXIABLE`.
    pub const PROXIABLE: u32 = 0x1000_0000;
    /// `PROXY`.
    pub const PROXY: u32 = 0x0800_0000;
    /// `MAY-POSTDATE`.
    pub const MAY_POSTDATE: u32 = 0x0400_0000;
    /// `POSTDATED`.
    pub const POSTDATED: u32 = 0x0200_0000;
    /// `INVALID`.
    pub const INVALID: u32 = 0x0100_0000;
    /// `RENEWABLE`.
    pub const RENEWABLE: u32 = 0x0080_0000;
    /// `INITIAL`.
    pub const INITIAL: u32 = 0x0040_0000;
    /// `PRE-AUTHENT`.
    pub const PRE_AUTH: u32 = 0x0020_0000;
    /// `HW-AUTHENT`.
    pub const HW_AUTH: u32 = 0x0010_0000;
    /// `TRANSITED-POLICY-CHECKED`.
    pub const TRANSIT_POLICY_CHECKED: u32 = 0x0008_0000;
    /// `OK-AS-DELEGATE`.
    pub const OK_AS_DELEGATE: u32 = 0x0004_0000;
    /// `ENC-PA-REP` (RFC 6806).
    pub const ENC_PA_REP: u32 = 0x0001_0000;
    /// `ANONYMOUS` (RFC 8062).
    pub const ANONYMOUS: u32 = 0x0000_8000;

    /// Whether all the bits of `flags` are set.
    #[must_use]
    pub fn has(self, flags: u32) -> bool {
        self.0 & flags == flags
    }
}

/// A network address (RFC 4120 section 5.2.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The kind of address; 2 is IPv4, 24 is IPv6. Cache files have 16 bits of it.
    pub kind: u16,
    /// The address itself.
    pub contents: Vec<u8>,
}

/// An element of authorization data (RFC 4120 section 5.2.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthData {
    /// Its type. Cache files have 16 bits of it.
    pub kind: i16,
    /// Its value.
    pub contents: Vec<u8>,
}

/// How far the KDC's clock is ahead of the client's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockOffset {
    /// Seconds.
    pub seconds: i32,
    /// Microseconds.
    pub microseconds: i32,
}
