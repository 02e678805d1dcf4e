//! A name server for tests, which knows a handful of records.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

const A: u16 = 1;
const CNAME: u16 = 5;
const PTR: u16 = 12;
const TXT: u16 = 16;
const AAAA: u16 = 28;
const SRV: u16 = 33;

/// The port that every resolver asks.
const PORT: u16 = 53;

/// A record: `www.example.test`, its type, and its data as octets. Names have no dot at their end.
#[derive(Clone, Debug)]
struct Record {
    name: String,
    kind: u16,
    data: Vec<u8>,
}

/// A name server on an address of 127.0.0.0/8 of its own, until this goes away. Only root may use its port.
#[derive(Debug)]
pub(crate) struct NameServer {
    pub(crate) address: Ipv4Addr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl NameServer {
    /// Serves records: `("www.example.test", "CNAME", "web.example.test")`. Of a PTR the name is an address.
    pub(crate) fn start(records: &[(&str, &str, &str)]) -> NameServer {
        let records: Vec<Record> =
            records.iter().map(|(name, kind, value)| record(name, kind, value)).collect();
        let socket = free_socket();
        let SocketAddr::V4(address) = socket.local_addr().expect("bound") else { panic!("bound to IPv4") };
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = thread::spawn(move || serve(&socket, &records, &told));
        NameServer { address: *address.ip(), stop, thread: Some(thread) }
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Any packet wakes it up.
        let woken =
            UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|s| s.send_to(b"", (self.address, PORT)));
        if let (Ok(_), Some(thread)) = (woken, self.thread.take()) {
            let _ = thread.join();
        }
    }
}

/// Each process looks for an address from its own place on.
fn free_socket() -> UdpSocket {
    let start = std::process::id().wrapping_mul(256);
    for step in 0..65_536 {
        let [_, b, c, d] = start.wrapping_add(step).to_be_bytes();
        match UdpSocket::bind((Ipv4Addr::new(127, b | 1, c, d), PORT)) {
            Ok(socket) => return socket,
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {}
            Err(error) => panic!("cannot serve names at port {PORT}, which only root may: {error}"),
        }
    }
    panic!("no address of 127.0.0.0/8 is free at port {PORT}")
}

fn record(name: &str, kind: &str, value: &str) -> Record {
    let (kind, data) = match kind {
        "A" => (A, value.parse::<Ipv4Addr>().expect("an address").octets().to_vec()),
        "AAAA" => (AAAA, value.parse::<std::net::Ipv6Addr>().expect("an address").octets().to_vec()),
        "CNAME" => (CNAME, wire_name(value)),
        "PTR" => (PTR, wire_name(value)),
        "TXT" => (TXT, [&[u8::try_from(value.len()).expect("short")], value.as_bytes()].concat()),
        "SRV" => (SRV, [&[0, 0, 0, 0, 0, 88][..], &wire_name(value)].concat()),
        other => panic!("no records of type {other}"),
    };
    let name = match name.parse() {
        Ok(address) if kind == PTR => reverse_name(address),
        _ => name.to_owned(),
    };
    Record { name, kind, data }
}

fn reverse_name(address: std::net::IpAddr) -> String {
    match address {
        std::net::IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        std::net::IpAddr::V6(address) => {
            let halves = address.octets().into_iter().rev().flat_map(|byte| [byte & 15, byte >> 4]);
            halves.map(|half| format!("{half:x}.")).collect::<String>() + "ip6.arpa"
        }
    }
}

fn wire_name(name: &str) -> Vec<u8> {
    let mut wire = Vec::new();
    for label in name.split('.').filter(|label| !label.is_empty()) {
        wire.push(u8::try_from(label.len()).expect("short"));
        wire.extend_from_slice(label.as_bytes());
    }
    wire.push(0);
    wire
}

fn serve(socket: &UdpSocket, records: &[Record], stop: &AtomicBool) {
    let mut packet = [0; 1500];
    while let Ok((length, from)) = socket.recv_from(&mut packet) {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        if let Some(reply) = packet.get(..length).and_then(|query| reply(query, records)) {
            let _ = socket.send_to(&reply, from);
        }
    }
}

/// The answer to a query of one question (RFC 1035 section 4), aliases followed.
fn reply(query: &[u8], records: &[Record]) -> Option<Vec<u8>> {
    let id = query.get(..2)?;
    let (mut name, mut at) = (String::new(), 12);
    loop {
        let length = usize::from(*query.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        let label = str::from_utf8(query.get(at..at + length)?).ok()?;
        name = if name.is_empty() { label.to_owned() } else { format!("{name}.{label}") };
        at += length;
    }
    let question = query.get(12..at + 4)?;
    let kind = u16::from_be_bytes(query.get(at..at + 2)?.try_into().ok()?);
    let mut answers: Vec<u8> = Vec::new();
    let (mut count, mut known) = (0u16, false);
    for _ in 0..8 {
        let here: Vec<&Record> = records.iter().filter(|r| r.name.eq_ignore_ascii_case(&name)).collect();
        known |= !here.is_empty();
        let wanted = here.iter().filter(|record| record.kind == kind || record.kind == CNAME);
        let mut alias = None;
        for record in wanted {
            let length = u16::try_from(record.data.len()).ok()?.to_be_bytes();
            answers.extend(
                [
                    wire_name(&record.name),
                    record.kind.to_be_bytes().to_vec(),
                    vec![0, 1, 0, 0, 0, 60],
                    length.to_vec(),
                    record.data.clone(),
                ]
                .concat(),
            );
            count += 1;
            if record.kind == CNAME {
                alias = records.iter().find(|other| wire_name(&other.name) == record.data);
            }
        }
        match alias {
            Some(other) if kind != CNAME => name.clone_from(&other.name),
            _ => break,
        }
    }
    // A response, authoritative, with recursion; 3: no such name.
    let flags: [u8; 2] = [0x85, if known { 0x80 } else { 0x83 }];
    let head = [id, &flags, &[0, 1], &count.to_be_bytes(), &[0, 0, 0, 0]].concat();
    Some([&head[..], question, &answers].concat())
}
