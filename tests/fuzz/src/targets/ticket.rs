//! Tickets: the DER encoding of RFC 4120.

use k5_ccache::Ticket;

pub(super) fn run(data: &[u8]) {
    if let Some(ticket) = Ticket::decode(data) {
        let names: usize = ticket.server.components().iter().map(Vec::len).sum();
        assert!(names + ticket.server.realm().len() <= data.len());
        // What follows a ticket is passed over.
        assert_eq!(Ticket::decode(&[data, b"more"].concat()), Some(ticket));
    }
}
