//! Principal names and their text form.

use crate::NameType;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A principal: realm, components, name type. Bytes, not text: realms and components may hold anything.
///
/// Two principals are equal when realm and components are; the name type is a hint and does not count (RFC
/// 4120 section 6.2).
#[derive(Debug, Clone)]
pub struct Principal {
    realm: Vec<u8>,
    components: Vec<Vec<u8>>,
    name_type: NameType,
}

/// Components, and the realm where there is one.
type Parts = (Vec<Vec<u8>>, Option<Vec<u8>>);

/// Why a text is no principal name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PrincipalError {
    /// A second `@`, a `/` in the realm, or a backslash at the end (MIT's `KRB5_PARSE_MALFORMED`).
    #[error("Malformed representation of principal")]
    Malformed,
    /// [`RealmRule::Required`] and none is there.
    #[error("Principal {0} is missing required realm")]
    MissingRealm(String),
    /// [`RealmRule::Forbidden`] and one is there.
    #[error("Principal {0} has realm present")]
    RealmPresent(String),
}

/// What becomes of the realm of a parsed name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RealmRule<'a> {
    /// This one where the text has none.
    Default(&'a [u8]),
    /// The text must have one.
    Required,
    /// The text must have none; the realm is empty.
    Forbidden,
    /// Any realm is dropped; the realm is empty.
    Ignored,
    /// Empty where the text has none.
    Optional,
}

/// How to parse a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseFlags<'a> {
    /// What becomes of the realm.
    pub realm: RealmRule<'a>,
    /// One component, in which `/` and the first `@` are ordinary (RFC 6806 section 5).
    pub enterprise: bool,
}

/// The character behind a backslash for a byte that must be quoted in the text form.
fn quoted(byte: u8) -> Option<u8> {
    match byte {
        b'@' | b'/' | b'\\' => Some(byte),
        b'\t' => Some(b't'),
        b'\n' => Some(b'n'),
        0x08 => Some(b'b'),
        0 => Some(b'0'),
        _ => None,
    }
}

/// The byte that `\c` stands for.
fn unquoted(c: u8) -> u8 {
    match c {
        b'n' => b'\n',
        b't' => b'\t',
        b'b' => 0x08,
        b'0' => 0,
        other => other,
    }
}

impl Principal {
    /// A principal from its parts; the name type is inferred from the components.
    pub fn new<R, I, C>(realm: R, components: I) -> Self
    where
        R: Into<Vec<u8>>,
        I: IntoIterator<Item = C>,
        C: Into<Vec<u8>>,
    {
        let components: Vec<Vec<u8>> = components.into_iter().map(Into::into).collect();
        Principal { realm: realm.into(), name_type: NameType::infer(&components), components }
    }

    /// The same principal with another name type.
    #[must_use]
    pub fn with_name_type(mut self, name_type: NameType) -> Self {
        self.name_type = name_type;
        self
    }

    /// Parses a name, the realm being `default_realm` where it has none.
    ///
    /// # Errors
    /// [`PrincipalError::Malformed`].
    pub fn parse(text: &[u8], default_realm: &[u8]) -> Result<Self, PrincipalError> {
        Self::parse_with(text, ParseFlags { realm: RealmRule::Default(default_realm), enterprise: false })
    }

    /// Parses a name as MIT's `krb5_parse_name_flags` does. An empty text is one empty component.
    ///
    /// # Errors
    /// [`PrincipalError`], by the rule for the realm.
    pub fn parse_with(text: &[u8], flags: ParseFlags<'_>) -> Result<Self, PrincipalError> {
        let (components, realm) = match text.contains(&b'\\') || flags.enterprise {
            true => Self::parse_quoted(text, flags.enterprise)?,
            false => Self::parse_plain(text)?,
        };
        let shown = || String::from_utf8_lossy(text).into_owned();
        let realm = match (flags.realm, realm) {
            (RealmRule::Forbidden, Some(_)) => return Err(PrincipalError::RealmPresent(shown())),
            (RealmRule::Required, None) => return Err(PrincipalError::MissingRealm(shown())),
            (RealmRule::Ignored | RealmRule::Forbidden, _) | (RealmRule::Optional, None) => Vec::new(),
            (RealmRule::Default(default), None) => default.to_vec(),
            (_, Some(realm)) => realm,
        };
        let principal = Principal::new(realm, components);
        Ok(if flags.enterprise { principal.with_name_type(NameType::ENTERPRISE) } else { principal })
    }

    /// Components and realm of a text in which nothing is quoted, as nearly all are, without a look at each byte.
    fn parse_plain(text: &[u8]) -> Result<Parts, PrincipalError> {
        let mut sides = text.split(|byte| *byte == b'@');
        let components = sides.next().unwrap_or_default().split(|byte| *byte == b'/').map(<[u8]>::to_vec);
        let realm = sides.next();
        if sides.next().is_some() || realm.is_some_and(|realm| realm.contains(&b'/')) {
            return Err(PrincipalError::Malformed);
        }
        Ok((components.collect(), realm.map(<[u8]>::to_vec)))
    }

    /// The same of any text.
    fn parse_quoted(text: &[u8], enterprise: bool) -> Result<Parts, PrincipalError> {
        let mut components = vec![Vec::new()];
        let mut realm: Option<Vec<u8>> = None;
        let mut first_at = true;
        let mut bytes = text.iter().copied();
        while let Some(byte) = bytes.next() {
            match byte {
                b'/' if !enterprise => {
                    if realm.is_some() {
                        return Err(PrincipalError::Malformed);
                    }
                    components.push(Vec::new());
                    continue;
                }
                b'@' if !enterprise || !first_at => {
                    if realm.replace(Vec::new()).is_some() {
                        return Err(PrincipalError::Malformed);
                    }
                    continue;
                }
                b'@' => first_at = false,
                _ => {}
            }
            let byte = match byte {
                b'\\' => unquoted(bytes.next().ok_or(PrincipalError::Malformed)?),
                plain => plain,
            };
            // There is always a last component.
            if let Some(part) = realm.as_mut().or(components.last_mut()) {
                part.push(byte);
            }
        }
        Ok((components, realm))
    }

    /// The realm.
    #[must_use]
    pub fn realm(&self) -> &[u8] {
        &self.realm
    }

    /// The components.
    #[must_use]
    pub fn components(&self) -> &[Vec<u8>] {
        &self.components
    }

    /// The name type.
    #[must_use]
    pub fn name_type(&self) -> NameType {
        self.name_type
    }

    /// The quoted text with its realm: what the database keys by and MIT shows.
    #[must_use]
    pub fn unparse(&self) -> Vec<u8> {
        let mut text = self.room();
        let components = self.components.iter().map(Vec::as_slice);
        Principal::unparse_parts_to(&mut text, components, &self.realm);
        text
    }

    /// The same of the parts of a name, behind what `text` holds: for lists of hundreds of thousands, which need one buffer.
    pub fn unparse_parts_to<'a>(
        text: &mut Vec<u8>,
        components: impl IntoIterator<Item = &'a [u8]>,
        realm: &[u8],
    ) {
        push_components(text, components, true);
        text.push(b'@');
        push_quoted(text, realm, true);
    }

    /// The quoted text without its realm. `@` needs no quoting here.
    #[must_use]
    pub fn unparse_no_realm(&self) -> Vec<u8> {
        self.quoted_components(false)
    }

    /// The quoted text, without the realm where it is `default_realm`.
    #[must_use]
    pub fn unparse_short(&self, default_realm: &[u8]) -> Vec<u8> {
        if self.realm == default_realm { self.quoted_components(true) } else { self.unparse() }
    }

    /// The text without quoting, for people.
    #[must_use]
    pub fn unparse_display(&self) -> Vec<u8> {
        let mut text = self.components.join(&b'/');
        text.push(b'@');
        text.extend_from_slice(&self.realm);
        text
    }

    /// The salt that RFC 4120 section 4 gives a password: realm and components without separators.
    #[must_use]
    pub fn salt(&self) -> Vec<u8> {
        [self.realm.clone(), self.salt_no_realm()].concat()
    }

    /// The components without separators.
    #[must_use]
    pub fn salt_no_realm(&self) -> Vec<u8> {
        self.components.concat()
    }

    fn quoted_components(&self, quote_at: bool) -> Vec<u8> {
        let mut text = self.room();
        push_components(&mut text, self.components.iter().map(Vec::as_slice), quote_at);
        text
    }

    /// Room for all of a name without quotes, realm included.
    fn room(&self) -> Vec<u8> {
        let components: usize = self.components.iter().map(|component| component.len() + 1).sum();
        Vec::with_capacity(components + self.realm.len())
    }
}

fn push_components<'a>(text: &mut Vec<u8>, components: impl IntoIterator<Item = &'a [u8]>, quote_at: bool) {
    for (index, component) in components.into_iter().enumerate() {
        if index > 0 {
            text.push(b'/');
        }
        push_quoted(text, component, quote_at);
    }
}

fn push_quoted(text: &mut Vec<u8>, part: &[u8], quote_at: bool) {
    let quote = |byte: u8| quoted(byte).filter(|_| byte != b'@' || quote_at);
    // Nearly every name goes without: it is copied in one piece. Looking at all of it, whatever the first bytes are, is
    // what a compiler makes many bytes at a time of.
    if !part.iter().fold(false, |any, byte| any | quote(*byte).is_some()) {
        return text.extend_from_slice(part);
    }
    for byte in part {
        match quote(*byte) {
            Some(c) => text.extend([b'\\', c]),
            None => text.push(*byte),
        }
    }
}

impl PartialEq for Principal {
    fn eq(&self, other: &Self) -> bool {
        self.realm == other.realm && self.components == other.components
    }
}

impl Eq for Principal {}

impl Hash for Principal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.realm.hash(state);
        self.components.hash(state);
    }
}

impl fmt::Display for Principal {
    /// The quoted text with its realm; bytes that are no UTF-8 are replaced. Programs that must show MIT's
    /// bytes write [`Principal::unparse`] instead.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.unparse()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Principal, PrincipalError> {
        Principal::parse(text.as_bytes(), b"DEF")
    }

    #[test]
    fn components_and_realms() {
        assert_eq!(parse("host/a.b@R"), Ok(Principal::new("R", ["host", "a.b"])));
        assert_eq!(parse("alice"), Ok(Principal::new("DEF", ["alice"])));
        assert_eq!(parse(""), Ok(Principal::new("DEF", [""])));
        assert_eq!(parse("a//b@"), Ok(Principal::new("", ["a", "", "b"])));
        assert_eq!(
            parse(r"a\/b\@c\\\n\t\b\0\x@R"),
            Ok(Principal::new("R", [b"a/b@c\\\n\t\x08\0x".to_vec()]))
        );
        for bad in ["a@b@c", "a@b/c", "a\\", "a@b\\"] {
            assert_eq!(parse(bad), Err(PrincipalError::Malformed), "{bad}");
        }
    }

    #[test]
    fn realm_rules() {
        let with = |text: &str, realm| {
            Principal::parse_with(text.as_bytes(), ParseFlags { realm, enterprise: false })
        };
        assert_eq!(with("a", RealmRule::Required), Err(PrincipalError::MissingRealm("a".into())));
        assert_eq!(with("a@R", RealmRule::Forbidden), Err(PrincipalError::RealmPresent("a@R".into())));
        assert_eq!(with("a@R", RealmRule::Ignored), Ok(Principal::new("", ["a"])));
        assert_eq!(with("a", RealmRule::Optional), Ok(Principal::new("", ["a"])));
    }

    #[test]
    fn enterprise_names() {
        let flags = ParseFlags { realm: RealmRule::Default(b"DEF"), enterprise: true };
        let parsed = Principal::parse_with(b"user/x@corp.com", flags).unwrap();
        assert_eq!(parsed, Principal::new("DEF", ["user/x@corp.com"]));
        assert_eq!(parsed.name_type(), NameType::ENTERPRISE);
        assert_eq!(parsed.unparse(), br"user\/x\@corp.com@DEF");
        assert_eq!(Principal::parse_with(b"u@c@R", flags).unwrap(), Principal::new("R", ["u@c"]));
        assert_eq!(Principal::parse_with(b"u@c@R@S", flags), Err(PrincipalError::Malformed));
    }

    #[test]
    fn text_forms() {
        let odd = Principal::new("R/x", [&b"a@b"[..], b"c\0\n"]);
        assert_eq!(odd.unparse(), br"a\@b/c\0\n@R\/x");
        assert_eq!(odd.unparse_no_realm(), br"a@b/c\0\n");
        assert_eq!(odd.unparse_short(b"R/x"), br"a\@b/c\0\n");
        assert_eq!(odd.unparse_short(b"R"), odd.unparse());
        assert_eq!(odd.unparse_display(), b"a@b/c\0\n@R/x");
        assert_eq!(Principal::parse(&odd.unparse(), b"DEF").unwrap(), odd.clone());
        assert_eq!(odd.salt(), b"R/xa@bc\0\n");
    }

    #[test]
    fn inferred_types() {
        assert_eq!(parse("krbtgt/R").unwrap().name_type(), NameType::SRV_INST);
        assert_eq!(parse("WELLKNOWN/ANONYMOUS").unwrap().name_type(), NameType::WELLKNOWN);
        assert_eq!(parse("krbtgt/a/b").unwrap().name_type(), NameType::PRINCIPAL);
    }
}
