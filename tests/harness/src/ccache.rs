//! Credential caches made by hand: what no KDC would issue today, in each version of the format.

/// A principal as it stands in a cache.
#[derive(Clone, Debug)]
pub struct CacheName {
    /// The name type.
    pub kind: i32,
    /// The realm.
    pub realm: Vec<u8>,
    /// The components.
    pub parts: Vec<Vec<u8>>,
}

impl CacheName {
    /// A name of name type 1.
    pub fn new(realm: impl AsRef<[u8]>, parts: &[&[u8]]) -> CacheName {
        let parts = parts.iter().map(|part| part.to_vec()).collect();
        CacheName { kind: 1, realm: realm.as_ref().to_vec(), parts }
    }
}

/// A credential; every field is what stands in the file.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the names say it")]
pub struct CacheEntry {
    pub client: CacheName,
    pub server: CacheName,
    pub enctype: i16,
    pub key: Vec<u8>,
    /// Authentication, start, end, renewal.
    pub times: [u32; 4],
    pub is_skey: u8,
    pub flags: u32,
    pub addresses: Vec<(u16, Vec<u8>)>,
    pub authdata: Vec<(i16, Vec<u8>)>,
    pub ticket: Vec<u8>,
    pub second_ticket: Vec<u8>,
}

impl CacheEntry {
    /// A ticket for `server`, good from 2020 until 2100, with keys of enctype 18.
    pub fn new(client: &CacheName, server: &CacheName) -> CacheEntry {
        CacheEntry {
            client: client.clone(),
            server: server.clone(),
            enctype: 18,
            key: vec![0x5a; 32],
            times: [1_577_836_800, 1_577_836_801, 4_102_444_800, 0],
            is_skey: 0,
            flags: 0x0041_0000,
            addresses: Vec::new(),
            authdata: Vec::new(),
            ticket: der_ticket(&server.realm, &server.parts, 18, Some(1)),
            second_ticket: Vec::new(),
        }
    }
}

/// A cache.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the names say it")]
pub struct CacheBytes {
    /// 1 to 4.
    pub version: u8,
    /// Fields of the header of version 4: tag and value.
    pub header: Vec<(u16, Vec<u8>)>,
    pub principal: CacheName,
    pub entries: Vec<CacheEntry>,
}

impl CacheBytes {
    /// The file.
    pub fn bytes(&self) -> Vec<u8> {
        let mut to = Writer { version: self.version, bytes: vec![5, self.version] };
        if self.version == 4 {
            let fields = self.header.iter().map(|(tag, value)| {
                let len = u16::try_from(value.len()).expect("a short value");
                [&tag.to_be_bytes()[..], &len.to_be_bytes(), value].concat()
            });
            let fields: Vec<u8> = fields.flatten().collect();
            to.u16(u16::try_from(fields.len()).expect("a short header"));
            to.bytes.extend(fields);
        }
        to.name(&self.principal);
        self.entries.iter().for_each(|entry| to.entry(entry));
        to.bytes
    }
}

struct Writer {
    version: u8,
    bytes: Vec<u8>,
}

impl Writer {
    fn u16(&mut self, number: u16) {
        let bytes = if self.version < 3 { number.to_ne_bytes() } else { number.to_be_bytes() };
        self.bytes.extend(bytes);
    }

    fn u32(&mut self, number: u32) {
        let bytes = if self.version < 3 { number.to_ne_bytes() } else { number.to_be_bytes() };
        self.bytes.extend(bytes);
    }

    fn len(&mut self, len: usize) {
        self.u32(u32::try_from(len).expect("less than 4 GB"));
    }

    fn data(&mut self, data: &[u8]) {
        self.len(data.len());
        self.bytes.extend(data);
    }

    fn name(&mut self, name: &CacheName) {
        if self.version > 1 {
            self.u32(name.kind.cast_unsigned());
        }
        self.len(name.parts.len() + usize::from(self.version == 1));
        self.data(&name.realm);
        name.parts.iter().for_each(|part| self.data(part));
    }

    fn entry(&mut self, entry: &CacheEntry) {
        self.name(&entry.client);
        self.name(&entry.server);
        for _ in 0..if self.version == 3 { 2 } else { 1 } {
            self.u16(entry.enctype.cast_unsigned());
        }
        self.data(&entry.key);
        entry.times.iter().for_each(|time| self.u32(*time));
        self.bytes.push(entry.is_skey);
        self.u32(entry.flags);
        self.len(entry.addresses.len());
        for (kind, address) in &entry.addresses {
            self.u16(*kind);
            self.data(address);
        }
        self.len(entry.authdata.len());
        for (kind, data) in &entry.authdata {
            self.u16(kind.cast_unsigned());
            self.data(data);
        }
        self.data(&entry.ticket);
        self.data(&entry.second_ticket);
    }
}

/// A ticket in DER whose encrypted part is no real one.
pub fn der_ticket(realm: &[u8], parts: &[Vec<u8>], enctype: i32, kvno: Option<i32>) -> Vec<u8> {
    let parts: Vec<u8> = parts.iter().flat_map(|part| element(27, part)).collect();
    let name = [element(0xa0, &integer(1)), element(0xa1, &element(0x30, &parts))].concat();
    let kvno = kvno.map(|kvno| element(0xa1, &integer(kvno))).unwrap_or_default();
    let encrypted = [element(0xa0, &integer(enctype)), kvno, element(0xa2, &element(4, b"cipher"))].concat();
    let fields = [
        element(0xa0, &integer(5)),
        element(0xa1, &element(27, realm)),
        element(0xa2, &element(0x30, &name)),
        element(0xa3, &element(0x30, &encrypted)),
    ];
    element(0x61, &element(0x30, &fields.concat()))
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let head = match content.len() {
        len @ 0..128 => vec![tag, u8::try_from(len).expect("checked")],
        len @ 128..256 => vec![tag, 0x81, u8::try_from(len).expect("checked")],
        len => [&[tag, 0x82][..], &u16::try_from(len).expect("less than 64 KB").to_be_bytes()].concat(),
    };
    [head, content.to_vec()].concat()
}

fn integer(number: i32) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let needless = |at: usize| matches!((bytes[at], bytes[at + 1]), (0, 0..128) | (255, 128..));
    let skipped = (0..3).take_while(|at| needless(*at)).count();
    element(2, &bytes[skipped..])
}
