//! `klist` on caches in the kernel's keyrings, which MIT's `kinit`, `kvno` and `kswitch` filled, beside MIT's own.
//!
//! Each script runs in a user namespace and a session of its own, so that it meets nobody's keyrings and leaves nothing
//! behind.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use harness::{Kdc, Output, Realm, Side};

const PASSWORD: &str = "alicespw";

fn realm() -> (Realm, Kdc) {
    let realm = Realm::new(Side::Mit);
    realm.create("masterpw");
    for name in ["alice", "bob", "carol"] {
        realm.kadmin_local(["addprinc", "-pw", PASSWORD, name]).ok();
    }
    realm.kadmin_local(["addprinc", "-randkey", "host/a"]).ok();
    let kdc = Kdc::start(&realm);
    (realm, kdc)
}

/// What a script needs: `init PRINCIPAL`, and `both WORDS`, which runs MIT's `klist` and ours and fails unless they say the
/// same; then it prints that, and the exit code.
fn prelude() -> String {
    let (mit, ours) = (Side::Mit.program("klist"), Side::Ours.program("klist"));
    format!(
        r#"
init() {{ echo {PASSWORD} | kinit "$@" >/dev/null || exit 90; }}
both() {{
    {mit} "$@" >mit.out 2>mit.err; mit=$?
    {ours} "$@" >ours.out 2>ours.err; ours=$?
    if cmp mit.out ours.out && cmp mit.err ours.err && test $mit = $ours; then
        cat ours.out; cat ours.err; echo "exit $ours"
    else
        echo "klist $* as $KRB5CCNAME: $mit, $ours"; cat mit.out mit.err; echo '+++'; cat ours.out ours.err; exit 91
    fi
}}
"#,
        mit = mit.display(),
        ours = ours.display()
    )
}

fn script(realm: &Realm, cache: &str, lines: &str) -> Output {
    let lines = lines.replace("KLIST_OURS", &Side::Ours.program("klist").display().to_string());
    realm.write("script", format!("{}{lines}", prelude()));
    let words = ["--user", "--map-root-user", "keyctl", "session", "-", "sh", "script"];
    let run = realm.mit("unshare", words).env("KRB5CCNAME", cache).output();
    assert_eq!(run.exit, 0, "{run}");
    run
}

#[test]
fn every_anchor_that_processes_share() {
    let (realm, _kdc) = realm();
    for cache in [
        "KEYRING:legacyname",
        "KEYRING:",
        "KEYRING:session:col",
        "KEYRING:session:",
        "KEYRING:user:col",
        "KEYRING:persistent:0",
        "KEYRING:persistent:",
        "KEYRING:session:col:one",
        "KEYRING:legacy:col:one",
        "KEYRING:persistent:0:krb_ccache_x",
    ] {
        let said = script(
            &realm,
            cache,
            "both; both -l; both -A; both -s
             init alice; both; both -efdCan; both -s; both -l
             kvno host/a >/dev/null; both -efdCan; both -A -eC; both -A -s",
        );
        assert!(said.stdout.contains("host/a@EXAMPLE.COM"), "{cache}: {said}");
    }
}

#[test]
fn collections() {
    let (realm, _kdc) = realm();
    for cache in ["KEYRING:col", "KEYRING:session:col", "KEYRING:user:col", "KEYRING:persistent:0"] {
        let said = script(
            &realm,
            cache,
            "init alice; init bob; init carol
             both -l; both; both -A -efC; both -s
             kswitch -p alice; both -l; both; both -A
             for name in $(klist -l | sed -n 's/.*KEYRING/KEYRING/p'); do both -e $name; both -l $name; both -s $name; done
             kdestroy -p bob; both -l; both -A
             kdestroy; both -l; both -A; both; both -s
             kdestroy -A; both -l; both -A; both",
        );
        let first = said.stdout.lines().filter(|line| line.starts_with("alice@EXAMPLE.COM ")).count();
        assert!(first > 2, "{said}");
    }
}

/// A cache that programs from before there were collections have made: a keyring in the session keyring itself.
#[test]
fn caches_of_old_programs() {
    let (realm, _kdc) = realm();
    let said = script(
        &realm,
        "KEYRING:old",
        "init alice
         ring=$(keyctl search @s keyring old); test -n \"$ring\" || exit 92
         keyctl unlink $(keyctl search @s keyring _krb_old) @s
         # MIT's klist makes the collection anew, so ours comes first.
         KLIST_OURS >ours; cat ours; klist >mit; cmp ours mit || exit 93
         both -l; both",
    );
    assert!(said.stdout.contains("Default principal: alice@EXAMPLE.COM"), "{said}");
}

#[test]
fn names_that_lead_nowhere() {
    let (realm, _kdc) = realm();
    for cache in [
        "KEYRING:nobody:x",
        "KEYRING:persistent:12x",
        "KEYRING:persistent:x:y",
        "KEYRING:process:x",
        "KEYRING:thread:x",
        "KEYRING:process:x:y",
    ] {
        script(&realm, cache, "both; both -s");
    }
    // A collection of a version from the future, and one whose primary key is damaged.
    for payload in [r"\0\0\0\2\0\0\0\3tkt", r"\0\0\0\1\0\0\0\377t"] {
        let lines = format!(
            "ring=$(keyctl newring _krb_bad @s); printf '{payload}' | keyctl padd user krb_ccache:primary $ring
             both -s"
        );
        script(&realm, "KEYRING:session:bad", &lines);
    }
}

/// DIV-111: a look makes nothing. MIT's makes the collection.
#[test]
fn a_look_makes_no_keyring() {
    let (realm, _kdc) = realm();
    harness::announced_divergence("DIV-111");
    let said = script(
        &realm,
        "KEYRING:session:new",
        "KLIST_OURS; KLIST_OURS -l; KLIST_OURS -A
         keyctl search @s keyring _krb_new && exit 94
         klist; keyctl search @s keyring _krb_new || exit 95
         exit 0",
    );
    assert_eq!(
        said.stderr.matches("klist: Credentials cache keyring 'session:new:new' not found\n").count(),
        2,
        "{said}"
    );
}

/// DIV-113: MIT ends its listing at a ticket that the kernel has let expire; ours goes on.
#[test]
fn tickets_that_have_expired_in_the_kernel() {
    let (realm, _kdc) = realm();
    harness::announced_divergence("DIV-113");
    let said = script(
        &realm,
        "KEYRING:session:col",
        "init alice; kvno host/a >/dev/null
         key=$(keyctl show @s | sed -n 's/^ *\\([0-9]*\\) .*krbtgt.EXAMPLE.COM@EXAMPLE.COM$/\\1/p')
         keyctl timeout $key 1
         while keyctl print $key >/dev/null 2>&1; do :; done
         klist; echo \"exit $?\"; KLIST_OURS; echo \"exit $?\"",
    );
    let exits: Vec<_> = said.stdout.lines().filter(|line| line.starts_with("exit ")).collect();
    assert_eq!(exits, ["exit 1", "exit 0"], "{said}");
    assert!(said.stderr.contains("klist: No credentials cache found while retrieving a ticket"), "{said}");
}
