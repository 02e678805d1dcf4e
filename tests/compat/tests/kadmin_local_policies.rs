//! kadmin.local's commands on policies beside MIT's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use compat::script;
use harness::Pair;

fn pair() -> Pair {
    let pair = Pair::new();
    pair.create_by_mit("master");
    pair
}

#[test]
fn making_changing_showing_deleting() {
    let pair = pair();
    script(
        &pair,
        r#"
        K addpol
        K -q addpol
        K -q "addpol -minlength 8 p"
        K -q "addpol p"
        K addpol p
        K -q "addpol -minlength 0 p2"
        K -q "addpol -minlength -1 p2"
        K -q "addpol -minlength abc p2"
        K -q "addpol -minclasses 6 p2"
        K -q "addpol -minclasses 0 p2"
        K -q "addpol -history 0 p2"
        K -q "addpol -history -3 p2"
        K -q "addpol -maxlife 1d -minlife 2d p2"
        K -q "addpol -maxlife 2d -minlife 1d p3"
        K getpol p3
        K getpol -terse p3
        K -q "addpol -maxlife foo p4"
        K -q "addpol -maxlife never p4"
        K -q "addpol -maxlife '3 days' p4"
        K -q 'addpol -maxlife "3 days" p4'
        K -q "addpol -maxlife -5 p5"
        K getpol -terse p5
        K -q 'addpol -maxlife "3 days ago" p6'
        K -q "addpol -maxfailure 3 -failurecountinterval 1h -lockoutduration 5m p7"
        K getpol p7
        K getpol -terse p7
        K -q "addpol -maxfailure -1 p8"
        K getpol p8
        K getpol -terse p8
        K -q "addpol -minlength 3000000000 p9"
        K getpol -terse p9
        K -q "addpol -history 2147483647 -minclasses 5 p10"
        K getpol p10
        K getpol p11
        K getpol -terse p11
        K getpol -terse p10
        K -q "addpol -maxlife 1d"
        K -q "addpol -foo p"
        K -q "addpol foo p"
        K -q 'addpol ""'
        K -q 'addpol "p q"'
        K getpol "p q"
        K modpol
        K -q "modpol -minlength 9 p"
        K getpol p
        K -q "modpol -minlength 9 nosuch"
        K modpol -minlength 9 nosuch
        K -q "modpol p"
        K -q "modpol -maxlife 1d p"
        K -q "modpol -minlife 2d p"
        K -q "modpol -maxlife 3d -minlife 2d p"
        K -q "modpol -maxlife 1d p"
        K getpol p
        K -q "modpol -minclasses 9 p"
        K -q "modpol -history 0 p"
        K -q "modpol -minlength 0 p"
        K getpol p
        K getpol p
        K -q 'modpol ""'
        K -q "modpol -maxfailure 5 -failurecountinterval never p"
        K -q 'modpol -maxfailure 5 -failurecountinterval "" p'
        K getpol p
        K getpol
        K getpol nosuch
        K getpol ""
        K getpol -terse
        K getpol -foo p
        K getpol a b c
        K -q "getpol nosuch"
        K listpols
        K -q listpols
        K listpols p1*
        K getpols "p?"
        K listpols a b
        K listpols "["
        K list_policies nosuch
        K get_policies "p 1"
        K delpol
        K delpol nosuch
        K -q "delpol nosuch"
        K -q "delpol -force nosuch"
        K -q "delpol -foo nosuch"
        printf 'yes\n' | K -q "delpol p10"
        K delpol -force p10
        K delpol ""
        K listpols
        "#,
    );
    pair.same_dump();
}

#[test]
fn names() {
    let pair = pair();
    script(
        &pair,
        r#"
        K addpol 'tab	here'
        K -q 'addpol a"b'
        K -q 'addpol "a""b"'
        K addpol ä
        K addpol ' '
        K addpol ' lead'
        K addpol -
        K addpol --
        K addpol -maxlife -maxlife
        K addpol -maxlife 1d -maxlife
        K addpol -force
        K delpol -force
        K delpol -force -force
        K getpol -terse -force
        K addpol default
        K addpol DEFAULT
        K addpol Default@EXAMPLE.COM
        K listpols
        K listpols 'D*'
        K listpols '[dD]efault'
        K listpols '*@*'
        K listpols '?'
        K listpols ''
        K listpols 'a\'
        K getpol default@EXAMPLE.COM
        K -q "getpol  default  "
        "#,
    );
    pair.same_dump();
}

#[test]
fn aliases_of_the_commands() {
    let pair = pair();
    script(
        &pair,
        r#"
        K add_policy -minlength 3 a
        K -q "add_policy -minlength 3 a"
        K modify_policy -minlength 4 a
        K get_policy a
        K get_policy -terse a
        K list_policies
        K get_policies
        K getpols a
        K delete_policy a
        K delete_policy a
        K get_privs
        K getprivs
        K -q getprivs
        K getprivs x
        K -q "get_privs x"
        K list_policies x y
        K modify_policy x
        K modify_policy -minlength
        K delete_policy
        K get_policy
        K listpols [
        K -q "listpols ["
        "#,
    );
    pair.same_dump();
}

#[test]
fn numbers_and_intervals() {
    let pair = pair();
    script(
        &pair,
        r#"
        K addpol -minlength 08 n1
        K addpol -minlength ' 9x' n2
        K addpol -minlength +7 n3
        K addpol -minlength 4294967297 n4
        K addpol -minlength 2147483648 n5
        K addpol -minlength 2147483647 n6
        K addpol -minclasses 1 n7
        K addpol -minclasses 5 n8
        K addpol -minclasses -2 n9
        K addpol -history 1 n10
        K addpol -history 4294967298 n11
        K addpol -maxfailure -1 n12
        K addpol -maxfailure x n13
        K addpol -maxfailure 99999999999999999999 n14
        K addpol -maxfailure 4294967299 n15
        K addpol -maxlife 1 n16
        K addpol -maxlife 1s n17
        K addpol -maxlife 2h3m n18
        K addpol -maxlife 10-8:45:0 n19
        K addpol -maxlife 999:11 n20
        K addpol -maxlife 0 n21
        K addpol -maxlife never n22
        K addpol -maxlife '2 weeks' n23
        K addpol -maxlife '2 years' n24
        K addpol -maxlife '1 fortnight' n25
        K addpol -maxlife 'yesterday' n26
        K addpol -maxlife '3 days ago' n27
        K addpol -maxlife 'gibberish' n28
        K addpol -maxlife '' n29
        K addpol -maxlife -1h n30
        K addpol -minlife 1d n31
        K addpol -minlife 1d -maxlife 1h n32
        K addpol -maxlife 1h -minlife 1d n33
        K addpol -maxlife 0 -minlife 1d n34
        K addpol -maxlife 1d -minlife 1d n35
        K addpol -failurecountinterval 5m n36
        K addpol -lockoutduration '10 minutes' n37
        K addpol -lockoutduration never n38
        K addpol -lockoutduration x n39
        K addpol -maxfailure 3 -failurecountinterval 2147483647 -lockoutduration 2147483647 n40
        K addpol -failurecountinterval -1 n41
        K addpol -maxlife 2147483647 n42
        K addpol -maxlife 2147483648 n43
        K addpol -maxlife 4294967295 n44
        K listpols
        K getpol n40
        K getpol n41
        K getpol n42
        K getpol n43
        K getpol n44
        K getpol -terse n12
        K getpol -terse n14
        K getpol -terse n15
        K getpol -terse n40
        K getpol -terse n34
        K modpol -maxlife 1h n34
        K modpol -minlife 2h n34
        K modpol -minlife 30m n34
        K modpol -maxlife 0 -minlife 2h n34
        K getpol n34
        K modpol -minlength 5 -minclasses 6 n34
        K getpol -terse n34
        K modpol -history 2 -minlength 0 n34
        K getpol -terse n34
        K modpol -maxfailure 0 -failurecountinterval 0 -lockoutduration 0 n40
        K getpol n40
        "#,
    );
    pair.same_dump();
}

#[test]
fn allowed_keysalts_are_checked() {
    let pair = pair();
    script(
        &pair,
        r#"
        K addpol -allowedkeysalts aes256-cts:normal,aes128-cts p
        K getpol p
        K getpol -terse p
        K addpol -allowedkeysalts - q
        K getpol -terse q
        K addpol -allowedkeysalts
        K addpol -allowedkeysalts p
        K -q "addpol -allowedkeysalts aes256-cts"
        K modpol -allowedkeysalts aes256-sha2 q
        K getpol q
        K modpol -allowedkeysalts - q
        K getpol q
        K addpol -allowedkeysalts AES256-CTS:Normal,aes128-sha2:special mixed
        K getpol mixed
        K addpol -allowedkeysalts aes256-cts,aes256-cts twice
        K getpol -terse twice
        K addpol -allowedkeysalts aes256-cts -allowedkeysalts - back
        K getpol -terse back
        K addpol -allowedkeysalts - -allowedkeysalts aes256-cts forth
        K getpol -terse forth
        K modpol -allowedkeysalts aes128-cts -allowedkeysalts - forth
        K getpol -terse forth
        DIV-54 K -q "addpol -allowedkeysalts aes256-cts:normal,foo bad"
        DIV-54 K addpol -allowedkeysalts '' bad2
        DIV-54 K -q "addpol -allowedkeysalts , bad3"
        DIV-54 K -q 'addpol -allowedkeysalts "aes256-cts aes128-cts" bad4'
        DIV-54 K -q "modpol -allowedkeysalts aes256-cts:foo q"
        K modpol -allowedkeysalts - q
        DIV-54 K delpol bad
        DIV-54 K delpol bad2
        DIV-54 K delpol bad3
        DIV-54 K delpol bad4
        "#,
    );
    pair.same_dump();
}
