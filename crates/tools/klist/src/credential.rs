//! The lines of one credential.

use crate::{Task, address, enctype};
use k5_ccache::{Credential, Ticket, TicketFlags};
use k5_hostname::Resolver;
use std::io::Write;

/// The lines of a ticket or a setting, of a cache whose default principal is `owner`.
pub(crate) fn lines(
    credential: &Credential,
    owner: &[u8],
    task: &Task<'_>,
    resolver: &dyn Resolver,
) -> Vec<u8> {
    let mut out = Vec::new();
    let is_config = credential.is_config();
    let ticket = Ticket::decode(credential.ticket.expose()).filter(|_| !is_config);
    let heading_width = if is_config { config_heading(credential, &mut out) } else { 0 };
    if !is_config {
        let start = if credential.start_time.0 == 0 { credential.auth_time } else { credential.start_time };
        let times = [task.zone.column(start), task.zone.column(credential.end_time)];
        // Writing to memory does not fail, here and below.
        let _ = write!(out, "{}  {}  ", times[0], times[1]);
        out.extend(credential.server.unparse());
        out.push(b'\n');
    }
    let mut details = Details { out: &mut out, weight: 0 };
    let client = credential.client.unparse();
    if client != owner {
        details.out.extend([&b"\tfor client "[..], &client].concat());
        details.weight += 1;
    }
    if is_config {
        config_value(credential.ticket.expose(), heading_width, details.out);
    }
    if credential.renew_till.0 != 0 {
        details.add(&format!("renew until {}", task.zone.column(credential.renew_till)), 2);
    }
    if task.options.flags {
        let letters = flags(credential.flags);
        if !letters.is_empty() {
            details.add(&format!("Flags: {letters}"), 1);
        }
    }
    details.wrap();
    if task.options.enctypes
        && let Some(ticket) = &ticket
    {
        let keys = [credential.session_key.enctype, ticket.enctype].map(enctype::shown);
        details.add(&format!("Etype (skey, tkt): {}, {} ", keys[0], keys[1]), 1);
    }
    if task.options.authdata {
        let types: Vec<_> = credential.authdata.iter().map(|one| one.kind.to_string()).collect();
        details.add(&format!("AD types: {}", types.join(", ")), 1);
    }
    details.end();
    if task.options.addresses {
        out.extend(addresses(credential, (!task.options.numeric).then_some(resolver)));
    }
    // As a rule after a referral.
    if let Some(ticket) = ticket.filter(|ticket| ticket.server != credential.server) {
        out.extend([&b"\tTicket server: "[..], &ticket.server.unparse(), b"\n"].concat());
    }
    out
}

/// What follows the first line of a ticket. MIT ends the line once there is more than two of it.
struct Details<'o> {
    out: &'o mut Vec<u8>,
    weight: u32,
}

impl Details<'_> {
    fn add(&mut self, text: &str, weight: u32) {
        self.out.extend_from_slice(if self.weight == 0 { b"\t" } else { b", " });
        self.out.extend_from_slice(text.as_bytes());
        self.weight += weight;
    }

    fn wrap(&mut self) {
        if self.weight > 2 {
            self.end();
        }
    }

    fn end(&mut self) {
        if self.weight > 0 {
            self.out.push(b'\n');
            self.weight = 0;
        }
    }
}

/// `config: NAME(PRINCIPAL) = `, and how wide that is. A NUL ends a part, as it ends a string in C.
fn config_heading(credential: &Credential, out: &mut Vec<u8>) -> usize {
    let begin = out.len();
    out.extend_from_slice(b"config: ");
    for (index, part) in credential.server.components().iter().skip(1).enumerate() {
        let part = part.split(|byte| *byte == 0).next().unwrap_or_default();
        let marks: [&[u8]; 2] = if index > 0 { [b"(", b")"] } else { [b"", b""] };
        out.extend([marks[0], part, marks[1]].concat());
    }
    out.extend_from_slice(b" = ");
    out.len() - begin
}

/// The value of a setting, in lines of some 72 columns that are indented by eight. What is not graphic is octal.
fn config_value(value: &[u8], mut column: usize, out: &mut Vec<u8>) {
    const INDENT: usize = 8;
    const LAST: usize = 72;
    for byte in value {
        while column < INDENT {
            out.push(b' ');
            column += 1;
        }
        if byte.is_ascii_graphic() {
            out.push(*byte);
            column += 1;
        } else {
            let _ = write!(out, "\\{byte:03o}");
            column += 4;
        }
        if column > LAST {
            out.push(b'\n');
            column = 0;
        }
    }
    if column > 0 {
        out.push(b'\n');
    }
}

/// MIT's letters for flags, in MIT's order.
fn flags(flags: TicketFlags) -> String {
    const LETTERS: [(u32, char); 14] = [
        (TicketFlags::FORWARDABLE, 'F'),
        (TicketFlags::FORWARDED, 'f'),
        (TicketFlags::PROXIABLE, 'P'),
        (TicketFlags::PROXY, 'p'),
        (TicketFlags::MAY_POSTDATE, 'D'),
        (TicketFlags::POSTDATED, 'd'),
        (TicketFlags::INVALID, 'i'),
        (TicketFlags::RENEWABLE, 'R'),
        (TicketFlags::INITIAL, 'I'),
        (TicketFlags::HW_AUTH, 'H'),
        (TicketFlags::PRE_AUTH, 'A'),
        (TicketFlags::TRANSIT_POLICY_CHECKED, 'T'),
        (TicketFlags::OK_AS_DELEGATE, 'O'),
        (TicketFlags::ANONYMOUS, 'a'),
    ];
    LETTERS.iter().filter(|(flag, _)| flags.has(*flag)).map(|(_, letter)| letter).collect()
}

fn addresses(credential: &Credential, resolver: Option<&dyn Resolver>) -> Vec<u8> {
    let shown: Vec<_> = credential.addresses.iter().map(|one| address::shown(one, resolver)).collect();
    let list = if shown.is_empty() { b"(none)".to_vec() } else { shown.join(&b", "[..]) };
    [&b"\tAddresses: "[..], &list, b"\n"].concat()
}
