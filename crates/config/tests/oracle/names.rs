//! Default names of keytabs and caches, and the tokens in them.

use crate::mit::Scratch;

#[test]
fn tokens_in_keytab_names() {
    for token in [
        "%{uid}",
        "%{USERID}",
        "%{euid}",
        "%{username}",
        "%{TEMP}",
        "%{LIBDIR}",
        "%{BINDIR}",
        "%{SBINDIR}",
        "%{null}",
        "%{u}",
        "%{L}",
        "%{B}",
        "%{S}",
        "%{foo}",
        "%{}",
        "%{uid",
        "%",
        "%%",
        "%{uid}}",
        "%{ uid}",
        "%{USERCONFIG}",
        "%{UID}",
    ] {
        let config = format!(
            "[libdefaults]\ndefault_keytab_name = /k{token}x\ndefault_client_keytab_name = /c{token}x\n\
             default_ccache_name = FILE:/nowhere{token}x\n"
        );
        for tmpdir in [None, Some("/some where")] {
            let mut scratch = Scratch::new(&[("krb5.conf", &config)]);
            scratch.unset("KRB5_KTNAME");
            scratch.unset("KRB5CCNAME");
            if let Some(dir) = tmpdir {
                scratch.set("TMPDIR", dir);
            }
            assert_eq!(scratch.our_keytab(), scratch.mit_keytab(), "{token}");

            let client = scratch.run("klist", &["-k", "-i"]);
            let cache = scratch.run("klist", &[]);
            let ours = scratch.client().unwrap();
            match ours.default_client_keytab_name() {
                Ok(name) => assert_eq!(client.field("Keytab name: FILE:"), name.to_str().unwrap()),
                Err(error) => assert_eq!(client.reason("klist"), error.mit_text(), "{token}"),
            }
            match ours.default_ccache_name() {
                Ok(name) => {
                    let path = name.to_str().unwrap().strip_prefix("FILE:").unwrap();
                    let expected = format!("klist: No credentials cache found (filename: {path})\n");
                    assert_eq!(cache.stderr, expected);
                }
                Err(_) => assert_eq!(cache.reason("klist"), "Internal credentials cache error", "{token}"),
            }
        }
    }
}

#[test]
fn built_in_names() {
    let mut scratch = Scratch::new(&[("krb5.conf", "")]);
    scratch.unset("KRB5_KTNAME");
    scratch.unset("KRB5CCNAME");
    let ours = scratch.client().unwrap();
    assert_eq!(scratch.our_keytab(), scratch.mit_keytab());
    let client = scratch.run("klist", &["-k", "-i"]);
    let name = ours.default_client_keytab_name().unwrap();
    assert_eq!(client.field("Keytab name: "), name.to_str().unwrap());
}

#[test]
fn the_environment_goes_first_and_is_not_expanded() {
    let mut scratch = Scratch::new(&[("krb5.conf", "[libdefaults]\ndefault_keytab_name = /k\n")]);
    scratch.set("KRB5_KTNAME", "FILE:DIR/%{uid}");
    scratch.set("KRB5_CLIENT_KTNAME", "FILE:DIR/c%{uid}");
    assert_eq!(scratch.our_keytab(), scratch.mit_keytab());
    let client = scratch.run("klist", &["-k", "-i"]);
    let name = scratch.client().unwrap().default_client_keytab_name().unwrap();
    assert_eq!(client.field("Keytab name: "), name.to_str().unwrap());
}
