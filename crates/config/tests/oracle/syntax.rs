//! Samples of the syntax: sections, values, includes and the merging of files.

use crate::mit::Scratch;

/// Both must find the same keytab name, or the same fault, in `krb5.conf`.
fn same_keytab(files: &[(&str, &str)]) -> String {
    let mut scratch = Scratch::new(files);
    scratch.unset("KRB5_KTNAME");
    let ours = scratch.our_keytab();
    assert_eq!(ours, scratch.mit_keytab(), "{files:?}");
    ours
}

#[test]
fn values() {
    for (line, expected) in [
        ("default_keytab_name = /a", "FILE:/a"),
        ("\tdefault_keytab_name=/a # b ", "FILE:/a # b"),
        ("default_keytab_name \t =  /a \t", "FILE:/a"),
        ("default_keytab_name = /a\r", "FILE:/a"),
        ("default_keytab_name = \"/a b \" c", "FILE:/a b "),
        ("default_keytab_name = \"/a\\tb\\\\c\\\"d\\e\\bf\"", "FILE:/a\tb\\c\"de\u{8}f"),
        ("default_keytab_name = \"/open", "FILE:/open"),
        ("default_keytab_name = \"/open\\", "FILE:/open\\"),
        ("default_keytab_name = /a\"b\"", "FILE:/a\"b\""),
        ("default_keytab_name = {/a", "FILE:{/a"),
        ("default_keytab_name = {}", "FILE:{}"),
        ("default_keytab_name* = /a", "FILE:/a"),
        ("default_keytab_name*x = /a", "FILE:/a"),
        ("default_keytab_name = /a\ndefault_keytab_name = /b", "FILE:/a"),
        ("; default_keytab_name = /x\n # default_keytab_name = /x\ndefault_keytab_name = /a", "FILE:/a"),
        ("default_keytab_name = /a=b", "FILE:/a=b"),
        ("default_keytab_name = \"\"", "FILE:"),
        ("Default_Keytab_Name = /a", "FILE:/etc/krb5.keytab"),
        ("x = {\n default_keytab_name = /x\n}\ndefault_keytab_name = /a", "FILE:/a"),
        ("default_keytab_name = {\n x = 1\n}\ndefault_keytab_name = /a", "FILE:/a"),
        ("default_keytab_name =\n{\n x = 1\n}\ndefault_keytab_name = /a", "FILE:/a"),
        ("x = {\n y = 1\n} default_keytab_name = /x\ndefault_keytab_name = /a", "FILE:/a"),
    ] {
        let found = same_keytab(&[("krb5.conf", &format!("[libdefaults]\n{line}\n"))]);
        assert_eq!(found, expected, "{line:?}");
    }
}

#[test]
fn sections() {
    let a = "default_keytab_name = /a";
    let default = "FILE:/etc/krb5.keytab";
    for (text, expected) in [
        (format!("[libdefaults]* \n{a}"), "FILE:/a"),
        (format!("[libdefaults] \t\n{a}"), "FILE:/a"),
        (format!("[ libdefaults]\n{a}"), default),
        (format!("[Libdefaults]\n{a}"), default),
        (format!("{a}\n [libdefaults]\n{a}"), default),
        (format!("junk\n = }}\n[x]\n [libdefaults]\n{a}"), "FILE:/a"),
        (format!("[libdefaults]\n[x]\ny=1\n[libdefaults]\n{a}"), "FILE:/a"),
        (format!("[libdefaults]\nx = {{\n}}*\n{a}\n[realms]"), "FILE:/a"),
        (format!("\u{feff}[libdefaults]\n{a}\n"), default),
    ] {
        assert_eq!(same_keytab(&[("krb5.conf", &text)]), expected, "{text:?}");
    }
}

#[test]
fn faults() {
    let format = "Improper format of Kerberos configuration file";
    for (text, expected) in [
        ("[libdefaults\n", format),
        ("[libdefaults] x\n", format),
        ("[libdefaults] *\n", format),
        ("[a]\nx\n", format),
        ("[a]\n= 1\n", format),
        ("[a]\nx y = 1\n", format),
        ("[a]\n}\n", format),
        ("[a]\nx = {\n[b]\n", format),
        ("[a]\nx =\n\n{\n", format),
        ("[a]\nx = \ny = 1\n", format),
        ("[a]\nmodule /x:y\n", format),
        ("[a]\ninclude\n", "Included profile file could not be read"),
        ("[a]\n include DIR/none\n", format),
        ("[a]\ninclude DIR/none\n", "Included profile file could not be read"),
        ("[a]\ninclude DIR/include-with-blank \n", "Included profile file could not be read"),
        ("includedir DIR/none\n", "Included profile directory could not be read"),
        ("include DIR/broken\n", format),
        ("includedir DIR/d\n", format),
        ("include DIR/krb5.conf\n", "Included profile file could not be read"),
    ] {
        let found = same_keytab(&[
            ("krb5.conf", text),
            ("broken", "[x]\ny\n"),
            ("d/x.conf", "[x]\ny\n"),
            ("include-with-blank", ""),
        ]);
        assert_eq!(found, expected, "{text:?}");
    }
}

#[test]
fn includes() {
    let (keytab, dir) = ("[libdefaults]\ndefault_keytab_name = ", "DIR/d");
    let text = |name: &str| format!("{keytab}/{name}\n");
    let main = format!("includedir {dir}\n");
    for (name, taken) in [
        ("x", true),
        ("A-z_9", true),
        ("x.conf", true),
        (".conf", false),
        (".x.conf", false),
        ("a b.conf", true),
        ("~x.conf", true),
        ("x.conf~", false),
        ("x.CONF", false),
        ("x.rpmsave", false),
        ("x.txt", false),
        ("x+y", false),
        ("\u{e9}", false),
    ] {
        let found = same_keytab(&[("krb5.conf", &main), (&format!("d/{name}"), &text("a"))]);
        assert_eq!(found == "FILE:/a", taken, "{name}");
    }
    // Order of names, and a directory of a fitting name.
    let order = [("krb5.conf", &*main), ("d/b", &text("b")), ("d/a.conf", &text("a")), ("d/B", &text("B"))];
    assert_eq!(same_keytab(&order), "FILE:/B");
    assert_eq!(same_keytab(&[("krb5.conf", &main), ("d/sub/x", "[["), ("d/z", &text("z"))]), "FILE:/z");
    // A file starts anew, wherever it is included, and what is around it goes on.
    let nested = "[libdefaults]\nx = {\ninclude DIR/inc\ny = 1\n}\ndefault_keytab_name = /late\n";
    assert_eq!(same_keytab(&[("krb5.conf", nested), ("inc", &text("inc"))]), "FILE:/inc");
    assert_eq!(same_keytab(&[("krb5.conf", nested), ("inc", "default_keytab_name = /no\n")]), "FILE:/late");
    assert_eq!(same_keytab(&[("krb5.conf", nested), ("inc", "[libdefaults]\nz = {\n")]), "FILE:/late");
    assert_eq!(
        same_keytab(&[("krb5.conf", "include DIR\n[libdefaults]\ndefault_keytab_name = /a\n")]),
        "FILE:/a"
    );
}

#[test]
fn lists_of_files() {
    for (list, expected) in [
        ("DIR/one:DIR/two", "FILE:/one"),
        ("DIR/none:DIR/two", "FILE:/two"),
        (":DIR/two:", "FILE:/etc/krb5.keytab"),
        ("DIR/none::DIR/two", "FILE:/etc/krb5.keytab"),
        ("DIR/two:", "FILE:/two"),
        ("DIR/empty:DIR/two", "FILE:/two"),
        ("DIR/final:DIR/two", "FILE:/etc/krb5.keytab"),
        ("DIR/two:DIR/final", "FILE:/two"),
        ("DIR/starred:DIR/two", "FILE:/starred"),
        ("DIR/none:DIR/gone", "FILE:/etc/krb5.keytab"),
        ("", "FILE:/etc/krb5.keytab"),
        ("DIR/dir", "FILE:/two"),
        ("~/two", "FILE:/two"),
        ("DIR/two/x", "Not a directory"),
        ("DIR/two:DIR/broken", "Improper format of Kerberos configuration file"),
    ] {
        let mut scratch = Scratch::new(&[
            ("one", "[libdefaults]\ndefault_keytab_name = /one\n"),
            ("two", "[libdefaults]\ndefault_keytab_name = /two\n"),
            ("empty", ""),
            ("final", "[libdefaults]*\n"),
            ("starred", "[libdefaults]\ndefault_keytab_name* = /starred\n"),
            ("dir/a.conf", "[libdefaults]\ndefault_keytab_name = /two\n"),
            ("dir/b~", "[["),
            ("broken", "[["),
        ]);
        scratch.unset("KRB5_KTNAME");
        scratch.set("KRB5_CONFIG", list);
        let ours = scratch.our_keytab();
        assert_eq!(ours, scratch.mit_keytab(), "{list}");
        assert_eq!(ours, expected, "{list}");
    }
}

#[test]
fn nested_sections_over_files() {
    let realm = |inner: &str| format!("[realms]\nR = {{\n{inner}\n}}\n");
    for (kdc, krb5, expected) in [
        (realm("database_name = /kdc"), realm("database_name = /krb5"), "/kdc"),
        (realm("x = 1"), realm("database_name = /krb5"), "/krb5"),
        (realm("x = 1") + "[realms]*\n", realm("database_name = /krb5"), "/var/lib/krb5kdc/principal"),
        ("[realms]\nR* = {\n}\n".into(), realm("database_name = /krb5"), "/var/lib/krb5kdc/principal"),
        ("[realms]\nR = {\n}*\n".into(), realm("database_name = /krb5"), "/var/lib/krb5kdc/principal"),
        ("[realms]\nS = {\n}*\n".into(), realm("database_name = /krb5"), "/krb5"),
        ("[realms]*\nS = {\n}\n".into(), realm("database_name = /krb5"), "/var/lib/krb5kdc/principal"),
        (realm("x = 1\n}\nR = {\ndatabase_name = /again"), realm("database_name = /krb5"), "/again"),
        (realm("d = {\ndatabase_name = /deep\n}"), realm("database_name = /krb5"), "/krb5"),
    ] {
        let scratch = Scratch::new(&[("kdc.conf", &kdc), ("krb5.conf", &krb5)]);
        let ours = scratch.our_database("R");
        assert_eq!(ours, scratch.mit_database("R"), "{kdc} {krb5}");
        assert_eq!(ours, expected, "{kdc} {krb5}");
    }
}
