//! Realm variables: what MIT's programs make of them, and what this crate says that they are.

use k5_config::{Config, Error, Overrides, RealmParams};

use crate::mit::Scratch;

/// The variables that every sample needs so that nothing outside the scratch directory is touched.
const PLACES: &str = "database_name = DIR/principal\nkey_stash_file = DIR/stash\n";

fn scratch(variables: &str) -> Scratch {
    let kdc = format!("[realms]\nR.TEST = {{\n{PLACES}{variables}\n}}\n");
    Scratch::new(&[("kdc.conf", &kdc), ("krb5.conf", "[libdefaults]\ndefault_realm = R.TEST\n")])
}

fn params(config: &Config) -> Result<RealmParams, Error> {
    let realm = config.default_realm()?.bytes();
    RealmParams::new(config, realm, &Overrides::default())
}

/// Makes a realm and a principal in it with MIT's programs and holds both against our parameters. Returns
/// these, or MIT's complaint, which must be ours as well.
pub fn compare(scratch: &Scratch) -> Result<RealmParams, String> {
    let config = scratch.kdc().unwrap();
    let ours = params(&config).unwrap();
    let created = scratch.run("kdb5_util", &["create", "-s", "-P", "x"]);
    let added = scratch.run("kadmin.local", &["-q", "addprinc -randkey u"]);
    let ours = match ours.check() {
        Ok(ours) => ours,
        Err(error) => {
            assert_eq!(added.reason("kadmin.local"), error.mit_text(), "{error}");
            return Err(error.to_string());
        }
    };
    assert!(added.stdout.contains("created."), "{created:?} {added:?}");

    let database = config.db_module(&ours.realm).unwrap().database_name;
    assert!(database.is_file(), "{database:?}");
    assert!(ours.key_stash_file.is_file(), "{:?}", ours.key_stash_file);
    let announced = format!("Initializing database '{}'", ours.database_name.display());
    assert!(created.stdout.starts_with(&announced), "{created:?}");

    let shown = scratch.run("kadmin.local", &["getprinc", "u"]);
    assert_eq!(shown.field("Maximum ticket life: "), long(ours.max_life));
    assert_eq!(shown.field("Maximum renewable life: "), long(ours.max_renewable_life));
    let flags: Vec<String> = ours.default_principal_flags.names().collect();
    assert_eq!(shown.field("Attributes:").trim(), flags.join(" "));
    let never = shown.field("Expiration date: ") == "[never]";
    assert_eq!(never, ours.default_principal_expiration.is_none());

    // kadmin makes one key a type where the salts do not matter; the list says which.
    let mut types = Vec::new();
    for pair in &ours.supported_enctypes {
        if !types.contains(&pair.enctype) {
            types.push(pair.enctype);
        }
    }
    let ours_keys: Vec<String> =
        types.iter().map(|e| format!("vno 1, {}{}", e.mark(), e.name().unwrap())).collect();
    let mit_keys: Vec<&str> = shown.stdout.lines().filter_map(|l| l.strip_prefix("Key: ")).collect();
    assert_eq!(mit_keys, ours_keys);

    let master = String::from_utf8(ours.master_key_name.clone()).unwrap();
    let shown = scratch.run("kadmin.local", &["getprinc", &master]);
    let enctype = ours.master_key_type.unwrap();
    assert_eq!(shown.field("Key: vno 1, "), format!("{}{}", enctype.mark(), enctype.name().unwrap()));
    Ok(ours)
}

fn long(duration: k5_types::Duration) -> String {
    k5_types::Duration::long_form(i64::from(duration.0))
}

#[test]
fn defaults_and_ordinary_values() {
    for variables in [
        "",
        "max_life = 10h 0m 0s\nmax_renewable_life = 7d 0h 0m 0s",
        "max_life = 3:00:00\nmax_renewable_life = 1-2:03:04",
        "max_life = 36000\nmax_life = 1h",
        "max_life = bogus\nmax_renewable_life = \"\"",
        "default_principal_flags = +preauth, -forwardable",
        "default_principal_flags = preauth -forwardable",
        "default_principal_flags = \"PREAUTH\t+allow-renewable\"",
        "default_principal_flags = -renewable , 0x80",
        "default_principal_expiration = 20300101000000",
        "default_principal_expiration = 31-Dec-2030:23:59",
        "master_key_type = des3-hmac-sha1",
        "master_key_type = camellia256-cts",
        "master_key_type = AES128-SHA2",
        "master_key_type = arcfour-hmac-exp",
        "master_key_name = MASTER/key",
        "kdc_ports = 750,88\nkdc_tcp_ports = 88\nadmin_keytab = DIR/kadm5.keytab\nacl_file = DIR/acl",
        "iprop_enable = maybe\niprop_port = x",
    ] {
        assert!(compare(&scratch(variables)).is_ok(), "{variables}");
    }
}

#[test]
fn keysalt_lists() {
    for list in [
        "aes256-cts:normal",
        "aes128-cts:NORMAL,aes128-cts:onlyrealm aes256-sha2\tRC4-HMAC:normal",
        "aes256-cts:v4 aes128-cts",
        "des3-hmac-sha1:normal des-cbc-crc:normal",
        "des-cbc-crc:normal des-cbc-crc:v4 aes128-cts:special aes256-cts",
        "aes256-cts:normal:x aes128-cts:normal",
        "aes DEFAULT camellia128-cts-cmac",
        "arcfour-hmac-exp:normal aes256-cts aes256-cts",
    ] {
        let line = format!("supported_enctypes = {list}");
        assert!(compare(&scratch(&line)).is_ok(), "{list}");
    }
}

#[test]
fn values_that_stop_kadmin() {
    for (line, text) in [
        ("supported_enctypes = des-cbc-crc:normal", "single DES keys are no longer made"),
        ("supported_enctypes = nonsense", "no encryption type in this list"),
        ("supported_enctypes = \"\"", "no encryption type in this list"),
        ("supported_enctypes = aes", "no encryption type in this list"),
        ("master_key_type = nonsense", "not an encryption type"),
        ("master_key_type = des-cbc-crc", "single DES keys are no longer made"),
        ("default_principal_flags = preauth -forwardable\tbogus", "\"bogus\" is not a flag"),
        (
            "default_principal_flags = preauth -forwardable, renewable",
            "\"preauth -forwardable\" is not a flag",
        ),
        ("default_principal_flags = preauth,", "\"\" is not a flag"),
        ("default_principal_flags = \"\"", "\"\" is not a flag"),
        ("default_principal_expiration = never", "not an absolute time"),
        ("default_principal_expiration = 20300101", "not an absolute time"),
        ("iprop_enable = yes", "iprop_port is not set"),
    ] {
        let scratch = scratch(line);
        let error = compare(&scratch).map(|_| line).unwrap_err();
        let setting = line.split(' ').next().unwrap();
        let place = format!("{}:5: [realms] R.TEST {setting}", scratch.path("kdc.conf").display());
        assert!(error.contains(text), "{error}");
        assert!(error.starts_with(&place) || setting == "iprop_enable", "{error}");
    }
}

#[test]
fn times_are_completed_from_the_clock() {
    for text in
        ["20300102030405", "300102030405", "30.01.02.03.04.05", "01/02/30:03:04:05", "2-JAN-2030:03:04:05"]
    {
        let scratch = scratch(&format!("default_principal_expiration = {text}"));
        assert!(compare(&scratch).is_ok(), "{text}");
        let shown = scratch.run("kadmin.local", &["getprinc", "u"]);
        assert_eq!(shown.field("Expiration date: "), "Wed Jan 02 03:04:05 UTC 2030", "{text}");
        let time = params(&scratch.kdc().unwrap()).unwrap().default_principal_expiration.unwrap();
        let now = k5_config::CivilTime { year: 2000, month: 1, day: 1, hour: 0, minute: 0, second: 0 };
        let full = k5_config::CivilTime { year: 2030, month: 1, day: 2, hour: 3, minute: 4, second: 5 };
        assert_eq!(time.complete(now), full, "{text}");
    }
}

/// kadmin goes by the last value over all files, the back end by the first.
#[test]
fn which_value_counts() {
    let krb5 = "[libdefaults]\ndefault_realm = R.TEST\n[realms]\nR.TEST = {\nmax_life = 2h\n\
                max_renewable_life = 3d\n}\n";
    for (end, hours) in [("}", 2), ("}*", 1)] {
        let kdc = format!("[realms]\nR.TEST = {{\n{PLACES}max_life = 1h\n{end}\n");
        let scratch = Scratch::new(&[("kdc.conf", &kdc), ("krb5.conf", krb5)]);
        assert_eq!(compare(&scratch).unwrap().max_life.0, hours * 3600);
    }
}

#[test]
fn database_modules() {
    let realm = |inner: &str| format!("[realms]\nR = {{\n{inner}\n}}\n");
    let module = |name: &str, inner: &str| format!("[dbmodules]\n{name} = {{\n{inner}\n}}\n");
    for (kdc, expected) in [
        (realm("database_name = /r"), "/r"),
        (realm("database_name = /r\ndatabase_name = /s"), "/r"),
        (realm("database_name = /r") + &module("R", "database_name = /m"), "/m"),
        (realm("database_name = /r\ndatabase_module = M") + &module("M", "database_name = /m"), "/m"),
        (realm("database_name = /r\ndatabase_module = M") + &module("R", "database_name = /m"), "/r"),
        (realm("database_module = M") + &module("M", "db_library = db2"), "/var/lib/krb5kdc/principal"),
        (module("R", "database_name = /m\ndatabase_name = /n"), "/m"),
        (realm("database_module = M\ndatabase_module = N") + &module("M", "database_name = /m"), "/m"),
        (module("R", "unlockiter = maybe"), "Invalid boolean value"),
        (module("R", "disable_lockout = f"), "Invalid boolean value"),
        (module("R", "disable_last_success = T\ndisable_lockout = yes\ndatabase_name = /m"), "/m"),
    ] {
        let scratch = Scratch::new(&[("kdc.conf", &kdc)]);
        let ours = scratch.our_database("R");
        assert_eq!(ours, scratch.mit_database("R"), "{kdc}");
        assert_eq!(ours, expected, "{kdc}");
    }
    let scratch = Scratch::new(&[("kdc.conf", &module("R", "db_library = nonsense"))]);
    assert_eq!(scratch.our_database("R"), scratch.mit_database("R"));
}

#[test]
fn no_file_named_is_not_no_file() {
    let mut scratch = Scratch::new(&[("krb5.conf", "[realms]\nR = {\ndatabase_name = /r\n}\n")]);
    scratch.set("KRB5_KDC_PROFILE", "");
    assert_eq!(scratch.our_database("R"), scratch.mit_database("R"));
    scratch.set("KRB5_KDC_PROFILE", "DIR/none");
    assert_eq!(scratch.our_database("R"), scratch.mit_database("R"));
}

/// The built-in paths cannot be tried without touching the machine's own realm: they must stand in MIT's files.
#[test]
fn built_in_paths() {
    use k5_config::defaults;
    let library = |name: &str| {
        let path = std::path::Path::new(defaults::LIBDIR).join(name);
        std::fs::read(&path).unwrap_or_else(|e| panic!("MIT's {}: {e}", path.display()))
    };
    for (name, texts) in [
        ("libkrb5.so.3", &[defaults::KRB5_CONF, defaults::KDC_CONF, defaults::KEYTAB, defaults::CCACHE][..]),
        ("libkrb5.so.3", &[defaults::CLIENT_KEYTAB, defaults::LIBDIR, defaults::BINDIR, defaults::SBINDIR]),
        ("libkadm5srv_mit.so.12", &[defaults::DATABASE, defaults::ACL_FILE]),
        ("libkdb5.so.10", &[defaults::STASH_STUB]),
    ] {
        let bytes = library(name);
        for text in texts {
            let string = [b"\0", text.as_bytes(), b"\0"].concat();
            assert!(bytes.windows(string.len()).any(|w| w == string), "{text} is not in {name}");
        }
    }
    let scratch = Scratch::new(&[("kdc.conf", "")]);
    let ours = RealmParams::new(&scratch.kdc().unwrap(), b"R.TEST", &Overrides::default()).unwrap();
    assert_eq!(ours.key_stash_file.to_str(), Some("/etc/krb5kdc/.k5.R.TEST"));
    assert_eq!(ours.acl_file.to_str(), Some("/etc/krb5kdc/kadm5.acl"));
}

#[test]
fn plugin_lines() {
    use k5_config::PluginInterface::Pwqual;
    let scratch = scratch("}\n[plugins]\npwqual = {\nmodule = nocolon");
    scratch.run("kdb5_util", &["create", "-s", "-P", "x"]);
    let ran = scratch.run("kadmin.local", &["getprinc", "K/M"]);
    let error = scratch.kdc().unwrap().plugin_modules(Pwqual).unwrap_err();
    assert_eq!(ran.reason("kadmin.local"), error.mit_text());
}

#[test]
fn the_update_log() {
    let scratch = scratch("iprop_enable = TRUE\niprop_port = 1999\niprop_master_ulogsize = 7");
    let ours = compare(&scratch).unwrap();
    assert!(ours.iprop.logfile.is_file(), "MIT keeps its log there");
    assert_eq!(ours.iprop.ulogsize, 7);
}
