//! `[libdefaults]`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use k5_types::EncType;

use crate::error::MitFault;
use crate::profile::{Profile, setting_name};
use crate::{Config, Env, Error, Result, Value, enctypes, expand_tokens, parse_enctype_list, paths};

const SECTION: &str = "libdefaults";

/// MIT's `clockskew` where none, or no number, is set: five minutes.
const CLOCKSKEW: i32 = 300;

/// `dns_canonicalize_hostname`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CanonicalizeHostname {
    /// Never ask the resolver for another name.
    No,
    /// Ask at once (the default).
    Yes,
    /// Ask if the name as given has no key.
    Fallback,
}

/// The settings that MIT reads, and refuses to start without understanding, in every program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Checked {
    allow_weak_crypto: bool,
    allow_des3: bool,
    allow_rc4: bool,
    ignore_acceptor_hostname: bool,
    canonicalize: CanonicalizeHostname,
}

impl Checked {
    pub(crate) fn read(profile: &Profile, env: &Env) -> Result<Checked> {
        let flag = |name| Ok::<_, Error>(profile.boolean(&[SECTION, name])?.unwrap_or(false));
        let checked = Checked {
            allow_weak_crypto: flag("allow_weak_crypto")?,
            allow_des3: flag("allow_des3")?,
            allow_rc4: flag("allow_rc4")?,
            ignore_acceptor_hostname: flag("ignore_acceptor_hostname")?,
            canonicalize: {
                flag("enforce_ok_as_delegate")?;
                canonicalize(profile)?
            },
        };
        // No module is loaded from there, but MIT stops at a path that it cannot expand.
        let names = [SECTION, "plugin_base_dir"];
        if let Some(dir) = profile.value(&names)
            && let Err(fault) = expand_tokens(dir.bytes(), env)
        {
            return Err(bad(&names, dir, fault.to_string(), MitFault::InvalidArgument));
        }
        Ok(checked)
    }
}

fn canonicalize(profile: &Profile) -> Result<CanonicalizeHostname> {
    let names = [SECTION, "dns_canonicalize_hostname"];
    let Some(value) = profile.value(&names) else { return Ok(CanonicalizeHostname::Yes) };
    match value.boolean() {
        Some(true) => Ok(CanonicalizeHostname::Yes),
        Some(false) => Ok(CanonicalizeHostname::No),
        None if value.bytes().eq_ignore_ascii_case(b"fallback") => Ok(CanonicalizeHostname::Fallback),
        None => Err(bad(&names, value, "use true, false or fallback".into(), MitFault::InvalidArgument)),
    }
}

fn bad(names: &[&str], value: Value<'_>, reason: String, mit: MitFault) -> Error {
    Error::BadValue {
        origin: value.origin(),
        setting: setting_name(names),
        value: value.text().into_owned(),
        reason,
        mit,
    }
}

impl Config {
    /// A value of `[libdefaults]`: the first one in the files.
    pub fn libdefault(&self, name: &str) -> Option<Value<'_>> {
        self.profile().value(&[SECTION, name])
    }

    /// A number of `[libdefaults]`; `None` where it is not set.
    ///
    /// # Errors
    /// [`Error::BadValue`] for anything but a decimal number of 32 bits.
    pub fn libdefault_integer(&self, name: &str) -> Result<Option<i32>> {
        let Some(value) = self.libdefault(name) else { return Ok(None) };
        let none = || bad(&[SECTION, name], value, "use a whole number".into(), MitFault::BadInteger);
        value.integer().map(Some).ok_or_else(none)
    }

    /// All values of a variable of a realm, such as `kdc`, in the files' order.
    pub fn realm_values(&self, realm: &[u8], name: &str) -> Vec<Value<'_>> {
        self.profile().values(&[b"realms".as_slice(), realm, name.as_bytes()])
    }

    /// `default_realm`, as it stands in the file.
    ///
    /// # Errors
    /// [`Error::NoDefaultRealm`].
    pub fn default_realm(&self) -> Result<Value<'_>> {
        self.libdefault("default_realm").ok_or_else(|| Error::NoDefaultRealm { files: self.files().to_vec() })
    }

    /// `allow_weak_crypto` (false): whether lists of encryption types keep the weak ones.
    pub fn allow_weak_crypto(&self) -> bool {
        self.checked.allow_weak_crypto
    }

    /// `allow_des3` (false): whether a KDC makes triple-DES session keys.
    pub fn allow_des3(&self) -> bool {
        self.checked.allow_des3
    }

    /// `allow_rc4` (false): whether a KDC makes RC4 session keys.
    pub fn allow_rc4(&self) -> bool {
        self.checked.allow_rc4
    }

    /// `ignore_acceptor_hostname` (false).
    pub fn ignore_acceptor_hostname(&self) -> bool {
        self.checked.ignore_acceptor_hostname
    }

    /// `dns_canonicalize_hostname`.
    pub fn canonicalize_hostname(&self) -> CanonicalizeHostname {
        self.checked.canonicalize
    }

    /// `clockskew` in seconds. MIT takes a plain number only and passes over anything else.
    pub fn clockskew(&self) -> i32 {
        self.libdefault("clockskew").and_then(|v| v.integer()).unwrap_or(CLOCKSKEW)
    }

    /// `err_fmt`: how programs are to show errors, `%M` being the text and `%C` the code.
    pub fn err_fmt(&self) -> Option<Value<'_>> {
        self.libdefault("err_fmt")
    }

    /// `permitted_enctypes`, or MIT's default list.
    ///
    /// # Errors
    /// [`Error::BadValue`] if nothing usable is in the list.
    pub fn permitted_enctypes(&self) -> Result<Vec<EncType>> {
        self.enctypes("permitted_enctypes")
    }

    /// `default_tkt_enctypes`, or else the permitted ones.
    ///
    /// # Errors
    /// As [`Config::permitted_enctypes`].
    pub fn default_tkt_enctypes(&self) -> Result<Vec<EncType>> {
        self.enctypes("default_tkt_enctypes")
    }

    /// `default_tgs_enctypes`, or else the permitted ones.
    ///
    /// # Errors
    /// As [`Config::permitted_enctypes`].
    pub fn default_tgs_enctypes(&self) -> Result<Vec<EncType>> {
        self.enctypes("default_tgs_enctypes")
    }

    fn enctypes(&self, name: &'static str) -> Result<Vec<EncType>> {
        let permitted = "permitted_enctypes";
        let set = self.libdefault(name).map(|value| (name, value));
        let Some((name, value)) = set.or_else(|| Some((permitted, self.libdefault(permitted)?))) else {
            return Ok(enctypes::DEFAULT.to_vec());
        };
        let types = parse_enctype_list(&value.text(), self.allow_weak_crypto()).types;
        if types.is_empty() {
            let reason = "no encryption type is left of this list".into();
            return Err(bad(&[SECTION, name], value, reason, MitFault::NoEncTypes));
        }
        Ok(types)
    }

    /// The default keytab's name: `KRB5_KTNAME`, `default_keytab_name` or `FILE:/etc/krb5.keytab`, with its
    /// tokens expanded unless it comes from the environment.
    ///
    /// # Errors
    /// [`Error::Token`].
    pub fn default_keytab_name(&self) -> Result<OsString> {
        self.name("KRB5_KTNAME", "default_keytab_name", paths::KEYTAB)
    }

    /// The default client keytab's name, in the same way: `KRB5_CLIENT_KTNAME`, `default_client_keytab_name`
    /// or `FILE:/etc/krb5/user/EUID/client.keytab`.
    ///
    /// # Errors
    /// [`Error::Token`].
    pub fn default_client_keytab_name(&self) -> Result<OsString> {
        self.name("KRB5_CLIENT_KTNAME", "default_client_keytab_name", paths::CLIENT_KEYTAB)
    }

    /// The default credential cache's name, in the same way: `KRB5CCNAME`, `default_ccache_name` or
    /// `FILE:/tmp/krb5cc_UID`.
    ///
    /// # Errors
    /// [`Error::Token`]; MIT says `Internal credentials cache error` then.
    pub fn default_ccache_name(&self) -> Result<OsString> {
        self.name("KRB5CCNAME", "default_ccache_name", paths::CCACHE)
    }

    fn name(&self, variable: &str, setting: &str, default: &str) -> Result<OsString> {
        if let Some(name) = self.env().get(variable) {
            return Ok(name.to_owned());
        }
        let value = self.libdefault(setting);
        let bytes = value.map_or(default.as_bytes(), |v| v.bytes());
        expand_tokens(bytes, self.env()).map(OsString::from_vec).map_err(|fault| Error::Token {
            origin: value.map(|v| v.origin()),
            setting: setting_name(&[SECTION, setting]),
            value: OsStr::from_bytes(bytes).to_string_lossy().into_owned(),
            fault,
        })
    }
}
