//! Names that people write: principals, patterns, keysalts, encryption types, keytabs, caches, path tokens.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use k5_admin::Glob;
use k5_ccache::CcacheName;
use k5_config::{Env, User, expand_tokens, parse_enctype_list, parse_keysalt_list};
use k5_keytab::KeytabName;
use k5_types::{ParseFlags, Principal, RealmRule};

use crate::Input;

pub(super) fn run(data: &[u8]) {
    let mut input = Input(data);
    let name = input.text();
    let pattern = input.text();
    if let Ok(principal) = Principal::parse(name, b"DEFAULT.TEST") {
        let text = principal.unparse();
        assert_eq!(Principal::parse(&text, b"OTHER.TEST").as_ref(), Ok(&principal), "{text:?}");
        let _ = (principal.unparse_no_realm(), principal.unparse_short(b"DEFAULT.TEST"), principal.salt());
        let _ = (principal.unparse_display(), principal.salt_no_realm());
    }
    let _ = Principal::parse_with(name, ParseFlags { realm: RealmRule::Required, enterprise: true });
    for glob in [Glob::for_principals(pattern), Glob::for_policies(pattern)].into_iter().flatten() {
        let _ = (glob.matches(name), glob.matches(pattern));
    }
    let text = String::from_utf8_lossy(pattern);
    for keysalt in parse_keysalt_list(&text).keysalts {
        let again = parse_keysalt_list(&keysalt.to_string());
        assert_eq!(again.keysalts, [keysalt]);
    }
    let _ = parse_enctype_list(&text, true);
    let user = User { uid: 1000, euid: 1000, name: |_| Some("tester".into()) };
    let nothing: [(&str, OsString); 0] = [];
    let _ = expand_tokens(pattern, &Env::new(nothing, user));
    let name = OsStr::from_bytes(name);
    let _ = (KeytabName::parse(name), KeytabName::for_writing(name), CcacheName::parse(name));
}
