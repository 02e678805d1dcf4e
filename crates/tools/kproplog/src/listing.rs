//! The summary and the updates, in MIT's form.

use crate::attribute;
use k5_cli::LocalZone;
use k5_kdb::ulog::{Header, LogState, Logfile, Slot, Stamp};
use k5_types::Timestamp;
use std::io::{self, Write};

/// How the log is shown.
pub(crate) struct Listing {
    pub zone: LocalZone,
    /// 0: no attributes; 1: their names; more: their values.
    pub verbosity: u32,
}

impl Listing {
    pub fn header(&self, header: &Header, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "\tLog version # : {}", header.version)?;
        match header.state {
            LogState::STABLE => writeln!(out, "\tLog state : Stable"),
            LogState::UNSTABLE => writeln!(out, "\tLog state : Unstable"),
            LogState::CORRUPT => writeln!(out, "\tLog state : Corrupt"),
            LogState(other) => writeln!(out, "\tLog state : Unknown state: {other}"),
        }?;
        writeln!(out, "\tEntry block size : {}", header.block)?;
        writeln!(out, "\tNumber of entries : {}", header.count)?;
        let (first, last) = (header.first, header.last);
        if last.serial == 0 {
            writeln!(out, "\tLast serial # : None")?;
        } else {
            match first.serial {
                0 => writeln!(out, "\tFirst serial # : None"),
                serial => writeln!(out, "\tFirst serial # : {serial}"),
            }?;
            writeln!(out, "\tLast serial # : {}", last.serial)?;
        }
        if last.time.seconds == 0 {
            return writeln!(out, "\tLast time stamp : None");
        }
        match first.time.seconds {
            0 => writeln!(out, "\tFirst time stamp : None"),
            _ => writeln!(out, "\tFirst time stamp : {}", self.moment(first.time)),
        }?;
        writeln!(out, "\tLast time stamp : {}\n", self.moment(last.time))
    }

    /// The newest updates, or all; inside, what is wrong with one, behind which nothing is shown.
    pub fn entries(
        &self,
        log: &Logfile,
        entries: u32,
        newest: u32,
        out: &mut dyn Write,
    ) -> io::Result<Result<(), String>> {
        let header = &log.header;
        // A header that says more than the log can hold would have the same entries shown again and again.
        let count = header.count.min(entries);
        let shown = if newest > 0 && newest < count { newest } else { count };
        let first = header.last.serial.saturating_sub(shown.saturating_sub(1));
        for serial in first.max(1)..=header.last.serial {
            let slot = match log.entry(serial, entries) {
                Ok(slot) => slot,
                Err(error) => return Ok(Err(error.to_string())),
            };
            if let Err(fault) = self.entry(&slot, out)? {
                return Ok(Err(fault));
            }
        }
        Ok(Ok(()))
    }

    fn entry(&self, slot: &Slot, out: &mut dyn Write) -> io::Result<Result<(), String>> {
        let (header, update) = match slot {
            Slot::Damaged => return Ok(Err("Corrupt update entry".to_owned())),
            Slot::Dummy(header) | Slot::Unreadable(header) => (header, None),
            Slot::Update(header, update) => (header, Some(update)),
        };
        write!(out, "---\nUpdate Entry\n\tUpdate serial # : {}\n", header.id.serial)?;
        let Some(update) = update else {
            if matches!(slot, Slot::Dummy(_)) {
                writeln!(out, "\tDummy entry")?;
                return Ok(Ok(()));
            }
            return Ok(Err("Entry data decode failure".to_owned()));
        };
        let operation = if update.deleted { "Delete" } else { "Add" };
        writeln!(out, "\tUpdate operation : {operation}")?;
        out.write_all(b"\tUpdate principal : ")?;
        out.write_all(attribute::until_nul(&update.name))?;
        writeln!(out, "\n\tUpdate size : {}", header.size)?;
        writeln!(out, "\tUpdate committed : {}", if header.committed { "True" } else { "False" })?;
        match header.id.time.seconds {
            0 => writeln!(out, "\tUpdate time stamp : None"),
            _ => writeln!(out, "\tUpdate time stamp : {}", self.moment(header.id.time)),
        }?;
        writeln!(out, "\tAttributes changed : {}", update.attributes.len())?;
        if self.verbosity > 0 {
            for value in &update.attributes {
                attribute::show(value, self.verbosity > 1, &self.zone, out)?;
            }
        }
        Ok(Ok(()))
    }

    fn moment(&self, time: Stamp) -> String {
        self.zone.ctime(Timestamp(time.seconds))
    }
}
