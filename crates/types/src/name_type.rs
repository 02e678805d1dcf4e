//! Name types of principals.

/// A principal's name type (RFC 4120 section 6.2, RFC 6111 section 3.1). Unknown numbers are carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NameType(pub i32);

impl NameType {
    /// Type not known.
    pub const UNKNOWN: NameType = NameType(0);
    /// Just the name of the principal.
    pub const PRINCIPAL: NameType = NameType(1);
    /// Service with a unique instance, such as krbtgt.
    pub const SRV_INST: NameType = NameType(2);
    /// Service with a host name as instance.
    pub const SRV_HST: NameType = NameType(3);
    /// An enterprise name: one component that may hold an `@`.
    pub const ENTERPRISE: NameType = NameType(10);
    /// A well-known name (first component `WELLKNOWN`).
    pub const WELLKNOWN: NameType = NameType(11);

    /// The type that a parsed name gets from its components alone.
    #[must_use]
    pub fn infer(components: &[Vec<u8>]) -> NameType {
        match components {
            [first, _] if first == b"krbtgt" => NameType::SRV_INST,
            [first, _, ..] if first == b"WELLKNOWN" => NameType::WELLKNOWN,
            _ => NameType::PRINCIPAL,
        }
    }
}
