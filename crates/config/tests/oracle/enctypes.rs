//! Lists of encryption types: what `kinit` asks a KDC for.

use std::io::Read;
use std::net::UdpSocket;
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::mit::Scratch;

enum Event {
    Packet(Vec<u8>),
    Ended(String),
}

/// The types in the AS-REQ that MIT's kinit sends for this configuration, or what it says.
fn asked_for(libdefaults: &str) -> Result<Vec<i32>, String> {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let kdc = socket.local_addr().unwrap();
    let scratch = scratch(libdefaults, &kdc.to_string());
    let mut kinit = scratch.command("kinit");
    kinit.arg("u@R").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = kinit.spawn().unwrap();
    let mut stderr = child.stderr.take().unwrap();

    // A list that kinit refuses ends it without a packet: take whichever comes first.
    let (events, first) = mpsc::channel();
    let packets = events.clone();
    let reader = thread::spawn(move || {
        let mut packet = [0; 4096];
        let length = socket.recv(&mut packet).unwrap();
        let _ = packets.send(Event::Packet(packet[..length].to_vec()));
    });
    let waiter = thread::spawn(move || {
        let mut text = String::new();
        stderr.read_to_string(&mut text).unwrap();
        let _ = events.send(Event::Ended(text));
    });
    let event = first.recv_timeout(Duration::from_secs(60));
    let _ = child.kill();
    child.wait().unwrap();
    // Whatever came, the reader gets something to end on.
    UdpSocket::bind("127.0.0.1:0").unwrap().send_to(b"", kdc).unwrap();
    reader.join().unwrap();
    waiter.join().unwrap();
    match event.unwrap() {
        Event::Packet(packet) => Ok(etypes(&packet)),
        Event::Ended(text) => {
            let reason = text.strip_prefix("kinit: ").and_then(|t| t.rsplit_once(" while "));
            Err(reason.unwrap_or_else(|| panic!("{text}")).0.to_owned())
        }
    }
}

fn scratch(libdefaults: &str, kdc: &str) -> Scratch {
    let config =
        format!("[libdefaults]\ndns_lookup_kdc = false\n{libdefaults}\n[realms]\nR = {{\nkdc = {kdc}\n}}\n");
    Scratch::new(&[("krb5.conf", &config)])
}

/// The contents of the first DER element of `tag` in `text`, and what follows it.
fn element(mut text: &[u8], tag: u8) -> &[u8] {
    loop {
        let first = text[1];
        let (length, head) = match first {
            0x81 => (usize::from(text[2]), 3),
            0x82 => (usize::from(text[2]) << 8 | usize::from(text[3]), 4),
            short => (usize::from(short), 2),
        };
        let (this, rest) = text.split_at(head + length);
        if this[0] == tag {
            return &this[head..];
        }
        text = rest;
    }
}

/// AS-REQ (RFC 4120 section 5.4.1): [APPLICATION 10] SEQUENCE, req-body [4], in it etype [8].
fn etypes(packet: &[u8]) -> Vec<i32> {
    let request = element(element(packet, 0x6a), 0x30);
    let body = element(element(request, 0xa4), 0x30);
    let mut list = element(element(body, 0xa8), 0x30);
    let mut types = Vec::new();
    while let [0x02, length, rest @ ..] = list {
        let (number, rest) = rest.split_at(usize::from(*length));
        types.push(number.iter().fold(0, |n, b| n << 8 | i32::from(*b)));
        list = rest;
    }
    types
}

#[test]
fn lists() {
    for libdefaults in [
        "",
        "permitted_enctypes = aes256-cts, rc4-hmac",
        "permitted_enctypes = DEFAULT -aes +camellia",
        "permitted_enctypes = AES -aes128-cts des3\tRC4",
        "permitted_enctypes = camellia arcfour-hmac-exp",
        "allow_weak_crypto = true\npermitted_enctypes = camellia arcfour-hmac-exp des-cbc-crc",
        "permitted_enctypes = des-cbc-crc nonsense",
        "permitted_enctypes = aes -aes",
        "permitted_enctypes = \"\"",
        "permitted_enctypes = aes256-cts\ndefault_tkt_enctypes = aes128-cts aes128-sha1",
        "permitted_enctypes = aes256-cts\npermitted_enctypes = aes128-cts",
        "default_tkt_enctypes = -aes aes128-sha2 -aes256-sha2",
        "default_tkt_enctypes = nonsense\npermitted_enctypes = aes",
    ] {
        let config = scratch(libdefaults, "127.0.0.1").client().unwrap();
        let ours = match config.default_tkt_enctypes() {
            Ok(types) => Ok(types.iter().map(|e| e.0).collect()),
            Err(error) => Err(error.mit_text()),
        };
        assert_eq!(ours, asked_for(libdefaults), "{libdefaults}");
    }
}
