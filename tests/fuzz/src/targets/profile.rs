//! Configuration files: every section and relation, and every setting that the programs ask for.

use std::ffi::OsString;

use k5_config::{Config, Env, Overrides, PluginInterface, Profile, RealmParams, User};

pub(super) fn run(data: &[u8]) {
    let profile = match Profile::parse("krb5.conf", data) {
        Ok(profile) => profile,
        Err(error) => {
            assert!(error.to_string().contains("krb5.conf"), "{error}");
            return;
        }
    };
    let mut left = data.len();
    walk(&profile, &mut Vec::new(), &mut left);
    let user = User { uid: 1000, euid: 1000, name: |_| Some("tester".into()) };
    let nothing: [(&str, OsString); 0] = [];
    let env = Env::new(nothing, user);
    let Ok(config) = Config::new(profile, vec!["krb5.conf".into()], &env) else { return };
    let realm = config.default_realm().map(|realm| realm.bytes().to_vec()).unwrap_or_default();
    let _ = (config.permitted_enctypes(), config.default_tkt_enctypes(), config.default_tgs_enctypes());
    let _ = (config.default_keytab_name(), config.default_client_keytab_name(), config.default_ccache_name());
    let _ = (config.allow_weak_crypto(), config.clockskew(), config.err_fmt().is_some());
    let _ = (config.domain_realm("www.example.com").is_some(), config.db_module(&realm));
    let _ = config.plugin_modules(PluginInterface::Pwqual);
    let overrides = Overrides::default();
    if let Ok(params) = RealmParams::new(&config, &realm, &overrides) {
        let _ = params.check();
    }
}

/// Looks at every value. There are no more sections and relations than bytes, so `left` never runs out.
fn walk(profile: &Profile, names: &mut Vec<Vec<u8>>, left: &mut usize) {
    for relation in profile.relations(names) {
        let mut path = names.clone();
        path.push(relation.to_vec());
        let values = profile.values(&path);
        assert!(!values.is_empty(), "a relation without a value");
        for value in values {
            *left = left.checked_sub(1).expect("more values than bytes");
            let _ = (value.text(), value.boolean(), value.kadmin_boolean(), value.integer());
            let _ = (value.scanned_integer(), value.origin());
        }
    }
    for section in profile.subsections(names) {
        *left = left.checked_sub(1).expect("more sections than bytes");
        names.push(section.to_vec());
        walk(profile, names, left);
        names.pop();
    }
}
