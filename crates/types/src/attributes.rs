//! A principal's attribute flags, the spellings in which `+flag`/`-flag` may name them, and their names in
//! listings.

/// The attribute word of a principal entry (MIT's `KRB5_KDB_*`). Unknown bits are carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Attributes(pub u32);

/// A flag specification: the bits it sets and those it clears (never both).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FlagSpec {
    /// Bits to set.
    pub set: u32,
    /// Bits to clear.
    pub clear: u32,
}

/// A word that is no flag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown attribute")]
pub struct UnknownFlag;

/// Whether naming the flag plainly sets its bit or (for `allow_...`) clears it.
#[derive(Clone, Copy, PartialEq)]
enum Sense {
    Sets,
    Clears,
}
use Sense::{Clears, Sets};

/// Spelling, bit, sense.
static SPELLINGS: [(&str, u32, Sense); 43] = [
    ("allow_postdated", Attributes::DISALLOW_POSTDATED, Clears),
    ("postdateable", Attributes::DISALLOW_POSTDATED, Clears),
    ("disallow_postdated", Attributes::DISALLOW_POSTDATED, Sets),
    ("allow_forwardable", Attributes::DISALLOW_FORWARDABLE, Clears),
    ("forwardable", Attributes::DISALLOW_FORWARDABLE, Clears),
    ("disallow_forwardable", Attributes::DISALLOW_FORWARDABLE, Sets),
    ("allow_tgs_req", Attributes::DISALLOW_TGT_BASED, Clears),
    ("tgt_based", Attributes::DISALLOW_TGT_BASED, Clears),
    ("disallow_tgt_based", Attributes::DISALLOW_TGT_BASED, Sets),
    ("allow_renewable", Attributes::DISALLOW_RENEWABLE, Clears),
    ("renewable", Attributes::DISALLOW_RENEWABLE, Clears),
    ("disallow_renewable", Attributes::DISALLOW_RENEWABLE, Sets),
    ("allow_proxiable", Attributes::DISALLOW_PROXIABLE, Clears),
    ("proxiable", Attributes::DISALLOW_PROXIABLE, Clears),
    ("disallow_proxiable", Attributes::DISALLOW_PROXIABLE, Sets),
    ("allow_dup_skey", Attributes::DISALLOW_DUP_SKEY, Clears),
    ("dup_skey", Attributes::DISALLOW_DUP_SKEY, Clears),
    ("disallow_dup_skey", Attributes::DISALLOW_DUP_SKEY, Sets),
    ("allow_tickets", Attributes::DISALLOW_ALL_TIX, Clears),
    ("allow_tix", Attributes::DISALLOW_ALL_TIX, Clears),
    ("disallow_all_tix", Attributes::DISALLOW_ALL_TIX, Sets),
    ("preauth", Attributes::REQUIRES_PRE_AUTH, Sets),
    ("requires_pre_auth", Attributes::REQUIRES_PRE_AUTH, Sets),
    ("requires_preauth", Attributes::REQUIRES_PRE_AUTH, Sets),
    ("hwauth", Attributes::REQUIRES_HW_AUTH, Sets),
    ("requires_hw_auth", Attributes::REQUIRES_HW_AUTH, Sets),
    ("requires_hwauth", Attributes::REQUIRES_HW_AUTH, Sets),
    ("needchange", Attributes::REQUIRES_PWCHANGE, Sets),
    ("pwchange", Attributes::REQUIRES_PWCHANGE, Sets),
    ("requires_pwchange", Attributes::REQUIRES_PWCHANGE, Sets),
    ("allow_svr", Attributes::DISALLOW_SVR, Clears),
    ("service", Attributes::DISALLOW_SVR, Clears),
    ("disallow_svr", Attributes::DISALLOW_SVR, Sets),
    ("password_changing_service", Attributes::PWCHANGE_SERVICE, Sets),
    ("pwchange_service", Attributes::PWCHANGE_SERVICE, Sets),
    ("pwservice", Attributes::PWCHANGE_SERVICE, Sets),
    ("md5", Attributes::SUPPORT_DESMD5, Sets),
    ("support_desmd5", Attributes::SUPPORT_DESMD5, Sets),
    ("new_princ", Attributes::NEW_PRINC, Sets),
    ("ok_as_delegate", Attributes::OK_AS_DELEGATE, Sets),
    ("ok_to_auth_as_delegate", Attributes::OK_TO_AUTH_AS_DELEGATE, Sets),
    ("no_auth_data_required", Attributes::NO_AUTH_DATA_REQUIRED, Sets),
    ("lockdown_keys", Attributes::LOCKDOWN_KEYS, Sets),
];

/// Bit and name in listings.
static NAMES: [(u32, &str); 18] = [
    (Attributes::DISALLOW_POSTDATED, "DISALLOW_POSTDATED"),
    (Attributes::DISALLOW_FORWARDABLE, "DISALLOW_FORWARDABLE"),
    (Attributes::DISALLOW_TGT_BASED, "DISALLOW_TGT_BASED"),
    (Attributes::DISALLOW_RENEWABLE, "DISALLOW_RENEWABLE"),
    (Attributes::DISALLOW_PROXIABLE, "DISALLOW_PROXIABLE"),
    (Attributes::DISALLOW_DUP_SKEY, "DISALLOW_DUP_SKEY"),
    (Attributes::DISALLOW_ALL_TIX, "DISALLOW_ALL_TIX"),
    (Attributes::REQUIRES_PRE_AUTH, "REQUIRES_PRE_AUTH"),
    (Attributes::REQUIRES_HW_AUTH, "REQUIRES_HW_AUTH"),
    (Attributes::REQUIRES_PWCHANGE, "REQUIRES_PWCHANGE"),
    (Attributes::DISALLOW_SVR, "DISALLOW_SVR"),
    (Attributes::PWCHANGE_SERVICE, "PWCHANGE_SERVICE"),
    (Attributes::SUPPORT_DESMD5, "SUPPORT_DESMD5"),
    (Attributes::NEW_PRINC, "NEW_PRINC"),
    (Attributes::OK_AS_DELEGATE, "OK_AS_DELEGATE"),
    (Attributes::OK_TO_AUTH_AS_DELEGATE, "OK_TO_AUTH_AS_DELEGATE"),
    (Attributes::NO_AUTH_DATA_REQUIRED, "NO_AUTH_DATA_REQUIRED"),
    (Attributes::LOCKDOWN_KEYS, "LOCKDOWN_KEYS"),
];

impl Attributes {
    /// No postdated tickets.
    pub const DISALLOW_POSTDATED: u32 = 0x1;
    /// No forwardable tickets.
    pub const DISALLOW_FORWARDABLE: u32 = 0x2;
    /// No service tickets on the strength of a ticket-granting ticket.
    pub const DISALLOW_TGT_BASED: u32 = 0x4;
    /// No renewable tickets.
    pub const DISALLOW_RENEWABLE: u32 = 0x8;
    /// No proxiable tickets.
    pub const DISALLOW_PROXIABLE: u32 = 0x10;
    /// No user-to-user tickets.
    pub const DISALLOW_DUP_SKEY: u32 = 0x20;
    /// No tickets at all.
    pub const DISALLOW_ALL_TIX: u32 = 0x40;
    /// Preauthentication needed.
    pub const REQUIRES_PRE_AUTH: u32 = 0x80;
    /// Hardware preauthentication needed.
    pub const REQUIRES_HW_AUTH: u32 = 0x100;
    /// The password must be changed.
    pub const REQUIRES_PWCHANGE: u32 = 0x200;
    /// No service tickets for this principal.
    pub const DISALLOW_SVR: u32 = 0x1000;
    /// The password-changing service.
    pub const PWCHANGE_SERVICE: u32 = 0x2000;
    /// Once: DES keys with MD5.
    pub const SUPPORT_DESMD5: u32 = 0x4000;
    /// Being made in two steps.
    pub const NEW_PRINC: u32 = 0x8000;
    /// Clients may delegate to it.
    pub const OK_AS_DELEGATE: u32 = 0x10_0000;
    /// May get tickets to itself for others (S4U2Self) that are forwardable.
    pub const OK_TO_AUTH_AS_DELEGATE: u32 = 0x20_0000;
    /// No authorization data in its tickets.
    pub const NO_AUTH_DATA_REQUIRED: u32 = 0x40_0000;
    /// Its keys may not be extracted nor changed to a password from afar.
    pub const LOCKDOWN_KEYS: u32 = 0x80_0000;

    /// Whether all bits of `flag` are set.
    #[must_use]
    pub fn has(self, flag: u32) -> bool {
        self.0 & flag == flag
    }

    /// The word with a specification applied: what it sets is set, then what it clears is cleared.
    #[must_use]
    pub fn with(self, spec: FlagSpec) -> Attributes {
        Attributes((self.0 | spec.set) & !spec.clear)
    }

    /// The names of the set bits, lowest first; a bit without a name is `0x00010000`.
    pub fn names(self) -> impl Iterator<Item = String> {
        (0..32).map(|bit| 1u32 << bit).filter(move |flag| self.0 & flag != 0).map(|flag| {
            NAMES
                .iter()
                .find(|(known, _)| *known == flag)
                .map_or_else(|| format!("0x{flag:08x}"), |(_, name)| (*name).to_owned())
        })
    }
}

impl FlagSpec {
    /// Reads `+flag`, `-flag` or `flag`, where case does not matter and `-` is as good as `_`, or the bits
    /// themselves as `+0x80`. Hexadecimal digits end at the first other byte, as in C's `strtoul`.
    ///
    /// # Errors
    /// [`UnknownFlag`] where the word names no flag.
    pub fn parse(word: &str) -> Result<FlagSpec, UnknownFlag> {
        let (negated, name) = match word.as_bytes().first() {
            Some(b'-') => (true, &word[1..]),
            Some(b'+') => (false, &word[1..]),
            _ => (false, word),
        };
        let name = name.to_ascii_lowercase().replace('-', "_");
        let (bits, sense) = match SPELLINGS.iter().find(|(spelling, ..)| *spelling == name) {
            Some((_, bits, sense)) => (*bits, *sense),
            None => (hex_bits(&name).ok_or(UnknownFlag)?, Sets),
        };
        Ok(if (sense == Sets) != negated {
            FlagSpec { set: bits, clear: 0 }
        } else {
            FlagSpec { set: 0, clear: bits }
        })
    }

    /// Every spelling of a flag, without its sign, in MIT's order.
    pub fn spellings() -> impl Iterator<Item = &'static str> {
        SPELLINGS.iter().map(|(spelling, ..)| *spelling)
    }
}

/// The low 32 bits of a hexadecimal number behind `0x`; over 64 bits it is all ones.
fn hex_bits(name: &str) -> Option<u32> {
    let digits = name.strip_prefix("0x")?;
    let digits = &digits[..digits.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(digits.len())];
    if digits.is_empty() {
        return Some(0);
    }
    let wide = u64::from_str_radix(digits, 16).unwrap_or(u64::MAX);
    Some((wide & 0xffff_ffff) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_and_senses() {
        let set = |bits| Ok(FlagSpec { set: bits, clear: 0 });
        let clear = |bits| Ok(FlagSpec { set: 0, clear: bits });
        assert_eq!(FlagSpec::parse("+allow_tix"), clear(0x40));
        assert_eq!(FlagSpec::parse("-allow-tix"), set(0x40));
        assert_eq!(FlagSpec::parse("Allow_TIX"), clear(0x40));
        assert_eq!(FlagSpec::parse("disallow_all_tix"), set(0x40));
        assert_eq!(FlagSpec::parse("-disallow_all_tix"), clear(0x40));
        assert_eq!(FlagSpec::parse("+PreAuth"), set(0x80));
        assert_eq!(FlagSpec::parse("+0xffffffff"), set(0xffff_ffff));
        assert_eq!(FlagSpec::parse("-0X80zz"), clear(0x80));
        assert_eq!(FlagSpec::parse("+"), Err(UnknownFlag));
        assert_eq!(FlagSpec::parse("--allow_tix"), Err(UnknownFlag));
        assert_eq!(FlagSpec::parse("bogus"), Err(UnknownFlag));
    }

    #[test]
    fn names_of_bits() {
        assert_eq!(
            Attributes(0x0001_0081).names().collect::<Vec<_>>(),
            ["DISALLOW_POSTDATED", "REQUIRES_PRE_AUTH", "0x00010000"]
        );
        assert_eq!(Attributes(0x80).with(FlagSpec { set: 0x40, clear: 0x80 }), Attributes(0x40));
    }
}
