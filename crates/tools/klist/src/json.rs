//! Caches in JSON; `docs/json.md` tells users the same.

use crate::address;
use crate::check::Verdict;
use k5_ccache::{Address, Ccache, CcacheError, Credential, OpenCcache, Ticket, TicketFlags};
use k5_cli::json::{EncTypeJson, ErrorJson, PrincipalJson, Schema, text, time};
use k5_types::Timestamp;
use serde::Serialize;

/// The document of `-V`.
pub(crate) const VERSION_SCHEMA: Schema = Schema { name: "version", version: 1 };

#[derive(Serialize)]
pub(crate) struct VersionJson {
    pub(crate) kerberos: &'static str,
}

/// A cache and what is in it.
#[derive(Serialize)]
pub(crate) struct CacheJson {
    cache: String,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(flatten)]
    principal: PrincipalJson,
    file_version: Option<u8>,
    clock_offset: Option<OffsetJson>,
    pub(crate) valid: bool,
    tickets: Vec<TicketJson>,
    config: Vec<SettingJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<ErrorJson>,
    #[serde(skip)]
    verdict: Verdict,
}

#[derive(Serialize)]
struct OffsetJson {
    seconds: i32,
    microseconds: i32,
}

#[derive(Serialize)]
struct TicketJson {
    client: PrincipalJson,
    server: PrincipalJson,
    auth_time: String,
    start_time: Option<String>,
    end_time: String,
    renew_till: Option<String>,
    expired: bool,
    flags: Vec<&'static str>,
    flags_number: u32,
    session_enctype: EncTypeJson,
    ticket_enctype: Option<EncTypeJson>,
    ticket_kvno: Option<u32>,
    ticket_server: Option<PrincipalJson>,
    user_to_user: bool,
    addresses: Vec<AddressJson>,
    authdata_types: Vec<i16>,
}

#[derive(Serialize)]
struct AddressJson {
    #[serde(rename = "type")]
    kind: u16,
    address: Option<String>,
}

#[derive(Serialize)]
struct SettingJson {
    name: String,
    principal: Option<String>,
    value: String,
}

/// The document of `-l`.
#[derive(Serialize)]
pub(crate) struct ListJson {
    pub(crate) caches: Vec<NameJson>,
}

/// The document of `-A`.
#[derive(Serialize)]
pub(crate) struct CollectionJson {
    pub(crate) caches: Vec<CacheJson>,
}

#[derive(Serialize)]
pub(crate) struct NameJson {
    cache: String,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(flatten)]
    principal: PrincipalJson,
    valid: bool,
}

impl ListJson {
    pub(crate) const SCHEMA: Schema = Schema { name: "ccache-list", version: 1 };
}

impl CollectionJson {
    pub(crate) const SCHEMA: Schema = Schema { name: "ccache-collection", version: 1 };
}

impl NameJson {
    pub(crate) fn new(cache: &Ccache, open: &OpenCcache<'_>, expired: bool) -> Self {
        NameJson {
            cache: text(&cache.name()),
            kind: cache.kind(),
            principal: open.principal().into(),
            valid: !expired,
        }
    }
}

impl CacheJson {
    pub(crate) const SCHEMA: Schema = Schema { name: "ccache", version: 1 };

    /// A cache without tickets so far.
    pub(crate) fn new(cache: &Ccache, open: &OpenCcache<'_>) -> Self {
        let offset = open.clock_offset();
        CacheJson {
            cache: text(&cache.name()),
            kind: cache.kind(),
            principal: open.principal().into(),
            file_version: open.version().map(k5_ccache::Version::number),
            clock_offset: offset
                .map(|offset| OffsetJson { seconds: offset.seconds, microseconds: offset.microseconds }),
            valid: false,
            tickets: Vec::new(),
            config: Vec::new(),
            error: None,
            verdict: Verdict::new(open.principal().realm()),
        }
    }

    /// Puts the credentials in.
    pub(crate) fn fill(&mut self, credentials: &[Credential], now: Timestamp) {
        for credential in credentials {
            self.verdict.take(credential, now);
            if credential.is_config() {
                self.config.push(setting(credential));
            } else {
                self.tickets.push(ticket(credential, now));
            }
        }
        self.valid = self.verdict.is_good();
    }
}

pub(crate) fn error(error: &CcacheError) -> ErrorJson {
    let offset = match error {
        CcacheError::Damaged { offset, .. } => Some(*offset),
        _ => None,
    };
    ErrorJson { message: error.shown(), offset }
}

fn setting(credential: &Credential) -> SettingJson {
    let part = |index: usize| credential.server.components().get(index).map(|part| text(part));
    SettingJson {
        name: part(1).unwrap_or_default(),
        principal: part(2),
        value: text(credential.ticket.expose()),
    }
}

fn ticket(credential: &Credential, now: Timestamp) -> TicketJson {
    let shown = Ticket::decode(credential.ticket.expose());
    let set = |at: Timestamp| (at.0 != 0).then(|| time(at));
    let other = shown.as_ref().filter(|ticket| ticket.server != credential.server);
    TicketJson {
        client: (&credential.client).into(),
        server: (&credential.server).into(),
        auth_time: time(credential.auth_time),
        start_time: set(credential.start_time),
        end_time: time(credential.end_time),
        renew_till: set(credential.renew_till),
        expired: credential.end_time <= now,
        flags: FLAGS.iter().filter(|(flag, _)| credential.flags.has(*flag)).map(|(_, name)| *name).collect(),
        flags_number: credential.flags.0,
        session_enctype: credential.session_key.enctype.into(),
        ticket_enctype: shown.as_ref().map(|ticket| ticket.enctype.into()),
        ticket_kvno: shown.as_ref().and_then(|ticket| ticket.kvno),
        ticket_server: other.map(|ticket| (&ticket.server).into()),
        user_to_user: credential.is_skey,
        addresses: credential.addresses.iter().map(address_json).collect(),
        authdata_types: credential.authdata.iter().map(|one| one.kind).collect(),
    }
}

fn address_json(address: &Address) -> AddressJson {
    AddressJson { kind: address.kind, address: address::ip(address).map(address::number) }
}

/// The names of RFC 4120, RFC 6806 and RFC 8062.
const FLAGS: [(u32, &str); 15] = [
    (TicketFlags::FORWARDABLE, "forwardable"),
    (TicketFlags::FORWARDED, "forwarded"),
    (TicketFlags::PROXIABLE, "proxiable"),
    (TicketFlags::PROXY, "proxy"),
    (TicketFlags::MAY_POSTDATE, "may-postdate"),
    (TicketFlags::POSTDATED, "postdated"),
    (TicketFlags::INVALID, "invalid"),
    (TicketFlags::RENEWABLE, "renewable"),
    (TicketFlags::INITIAL, "initial"),
    (TicketFlags::PRE_AUTH, "pre-authent"),
    (TicketFlags::HW_AUTH, "hw-authent"),
    (TicketFlags::TRANSIT_POLICY_CHECKED, "transited-policy-checked"),
    (TicketFlags::OK_AS_DELEGATE, "ok-as-delegate"),
    (TicketFlags::ENC_PA_REP, "enc-pa-rep"),
    (TicketFlags::ANONYMOUS, "anonymous"),
];
