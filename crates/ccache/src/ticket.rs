//! What a ticket shows to those who have not its key.

use k5_types::{EncType, Kvno, NameType, Principal};
use rasn::prelude::*;

/// The version of Kerberos.
const VERSION: i32 = 5;

/// The part of a ticket (RFC 4120 section 5.3) that is not encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// The service that the ticket is for, as the KDC has named it.
    pub server: Principal,
    /// The encryption type of the service's key.
    pub enctype: EncType,
    /// The version number of that key, where the KDC tells it. Some domain controllers write it as a negative number.
    pub kvno: Option<Kvno>,
}

impl Ticket {
    /// Reads a DER encoded ticket; `None` where that is none. What follows it is passed over, as by MIT.
    #[must_use]
    pub fn decode(der: &[u8]) -> Option<Ticket> {
        let (ticket, rest) = rasn::der::decode_with_remainder::<Asn1Ticket>(der).ok()?;
        // The library does not look at the bit that tells lists from plain values.
        let canonical = rasn::der::encode(&ticket).ok()?;
        if ticket.tkt_vno != VERSION || der.strip_suffix(rest) != Some(&canonical[..]) {
            return None;
        }
        let kvno = match ticket.enc_part.kvno {
            Some(kvno) => {
                Some(u32::try_from(kvno).or_else(|_| i32::try_from(kvno).map(i32::cast_unsigned)).ok()?)
            }
            None => None,
        };
        let components = ticket.sname.name_string.into_iter().map(|part| part.0.to_vec());
        let server = Principal::new(ticket.realm.0.to_vec(), components);
        Some(Ticket {
            server: server.with_name_type(NameType(ticket.sname.name_type)),
            enctype: EncType(ticket.enc_part.etype),
            kvno,
        })
    }
}

/// A `GeneralString`, whose bytes are what they are: realms and names of today are UTF-8, which the type of the
/// library refuses.
#[derive(AsnType, Decode, Encode)]
#[rasn(delegate, tag(universal, 27))]
struct GeneralBytes(OctetString);

#[derive(AsnType, Decode, Encode)]
#[rasn(tag(explicit(application, 1)))]
struct Asn1Ticket {
    #[rasn(tag(explicit(0)))]
    tkt_vno: i32,
    #[rasn(tag(explicit(1)))]
    realm: GeneralBytes,
    #[rasn(tag(explicit(2)))]
    sname: Asn1Name,
    #[rasn(tag(explicit(3)))]
    enc_part: Asn1Encrypted,
}

#[derive(AsnType, Decode, Encode)]
struct Asn1Name {
    #[rasn(tag(explicit(0)))]
    name_type: i32,
    #[rasn(tag(explicit(1)))]
    name_string: Vec<GeneralBytes>,
}

#[derive(AsnType, Decode, Encode)]
struct Asn1Encrypted {
    #[rasn(tag(explicit(0)))]
    etype: i32,
    #[rasn(tag(explicit(1)))]
    kvno: Option<i64>,
    #[rasn(tag(explicit(2)))]
    cipher: OctetString,
}

#[cfg(test)]
mod tests;
