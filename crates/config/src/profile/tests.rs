//! The syntax and merging rules on text of our own; `tests/oracle.rs` asks MIT about the same.

use std::fs;
use std::path::PathBuf;

use super::*;

fn parse(text: &str) -> Profile {
    Profile::parse("k.conf", text.as_bytes()).unwrap()
}

fn fault(text: &str) -> (u32, SyntaxFault) {
    match Profile::parse("k.conf", text.as_bytes()) {
        Err(Error::Syntax { origin, fault }) => (origin.line, fault),
        other => panic!("{other:?}"),
    }
}

fn texts<const N: usize>(profile: &Profile, names: [&str; N]) -> Vec<String> {
    profile.values(&names).iter().map(|v| v.text().into_owned()).collect()
}

#[test]
fn sections_relations_and_comments() {
    let p = parse(
        "ignored = before the first header\n [ignored]\n[a]\n# c\n ; c\n  x = 1 # not a comment\n\n\
         y= two words \t\r\n\tg = {\n z =3\n n = {\n deep=1\n } trailing\n }\n[b]\nx = b\n[a] \n x = 2\n\
         g = {\nz = 4\n}\n",
    );
    assert_eq!(texts(&p, ["a", "x"]), ["1 # not a comment", "2"]);
    assert_eq!(texts(&p, ["a", "y"]), ["two words"]);
    assert_eq!(texts(&p, ["a", "g", "z"]), ["3", "4"]);
    assert_eq!(texts(&p, ["a", "g", "n", "deep"]), ["1"]);
    assert_eq!(texts(&p, ["b", "x"]), ["b"]);
    assert_eq!(p.subsections::<&str>(&[]), [b"a", b"b"]);
    assert_eq!(p.subsections(&["a"]), [b"g"]);
    assert_eq!(p.relations(&["a"]), [b"x", b"y"]);
    assert!(p.values(&["a", "g"]).is_empty());
    assert_eq!(p.value(&["a", "g", "z"]).unwrap().origin().to_string(), "k.conf:10");
}

#[test]
fn quotes_and_escapes() {
    let p = parse("[a]\nq = \" x\\ty\\n\\b\\\\\\\"\\z \" rest\nu = \"open\\\ne = \"\"\nh = a\"b\"\n");
    assert_eq!(p.value(&["a", "q"]).unwrap().bytes(), b" x\ty\n\x08\\\"z ");
    assert_eq!(p.value(&["a", "e"]).unwrap().bytes(), b"");
    assert_eq!(p.value(&["a", "h"]).unwrap().bytes(), b"a\"b\"");
    assert_eq!(p.value(&["a", "u"]).unwrap().bytes(), b"open\\");
}

#[test]
fn braces() {
    let p = parse("[a]\ng =\n { anything\n x = 1\n}\nv = {x\nw = {}\n");
    assert_eq!(texts(&p, ["a", "g", "x"]), ["1"]);
    assert_eq!(texts(&p, ["a", "v"]), ["{x"]);
    assert_eq!(texts(&p, ["a", "w"]), ["{}"]);
    // A file may end inside a group.
    assert_eq!(texts(&parse("[a]\ng = {\nx = 1"), ["a", "g", "x"]), ["1"]);
}

#[test]
fn bytes_need_not_be_utf8_and_nul_ends_a_line() {
    let p = Profile::parse("k", b"[a]\nx = \xff\xfe\ny = one\0two\nz = 3\n").unwrap();
    assert_eq!(p.value(&["a", "x"]).unwrap().bytes(), b"\xff\xfe");
    assert_eq!(texts(&p, ["a", "y"]), ["one"]);
    assert_eq!(texts(&p, ["a", "z"]), ["3"]);
}

#[test]
fn long_lines_are_one_line() {
    let long = "v".repeat(10_000);
    let p = parse(&format!("[a]\n# {long}\nx = {long}\n"));
    assert_eq!(p.value(&["a", "x"]).unwrap().bytes().len(), 10_000);
}

#[test]
fn faults_name_their_line() {
    assert_eq!(fault("[a]\nfoo\n"), (2, SyntaxFault::Relation));
    assert_eq!(fault("[a]\n= 1\n"), (2, SyntaxFault::Relation));
    assert_eq!(fault("[a]\nx y = 1\n"), (2, SyntaxFault::Relation));
    assert_eq!(fault("\n[a\n"), (2, SyntaxFault::SectionHeader));
    assert_eq!(fault("[a] b\n"), (1, SyntaxFault::SectionHeader));
    assert_eq!(fault("[a] *\n"), (1, SyntaxFault::SectionHeader));
    assert_eq!(fault("[a]\nx = {\n[b]\n"), (3, SyntaxFault::SectionNotAtTop));
    assert_eq!(fault("[a]\n}\n"), (2, SyntaxFault::ExtraBrace));
    assert_eq!(fault("[a]\nx =\n\n{\n"), (3, SyntaxFault::MissingBrace));
    assert_eq!(fault("[a]\nmodule x:y\n"), (2, SyntaxFault::Relation));
    let error = Profile::parse("/etc/k.conf", b"[a]\nfoo\n").unwrap_err();
    assert_eq!(error.to_string(), "/etc/k.conf:2: Syntax error in profile relation");
    assert_eq!(error.mit_text(), "Improper format of Kerberos configuration file");
    assert_eq!(
        error.message(),
        "Improper format of Kerberos configuration file (/etc/k.conf:2: Syntax error in profile relation)"
    );
}

#[test]
fn module_declarations_are_noted() {
    let p = parse("module /x.so:rest\n[a]\nx = 1\n");
    assert_eq!(texts(&p, ["a", "x"]), ["1"]);
    assert_eq!(
        p.notices()[0].to_string(),
        "k.conf:1: module /x.so:rest: profile modules are not loaded; the files count"
    );
}

/// A directory with files in it, and their paths.
fn files(contents: &[(&str, &str)]) -> (tempfile::TempDir, Vec<PathBuf>) {
    let dir = tempfile::tempdir().unwrap();
    let paths = contents
        .iter()
        .map(|(name, text)| {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text.replace("DIR", dir.path().to_str().unwrap())).unwrap();
            path
        })
        .collect();
    (dir, paths)
}

#[test]
fn files_are_asked_in_order_until_one_is_final() {
    let (_dir, paths) = files(&[
        ("1", "[a]\nx = 1\ng = {\ny = 1\n}\nh = {\nz = 1\n}*\nr* = 1\n[f]*\nv = 1\n[e]\n k* = {\n}\n"),
        (
            "2",
            "[a]\nx = 2\ng = {\ny = 2\n}\nh = {\nz = 2\nonly = 2\n}\nr = 2\n[f]\nv = 2\nw = 2\n[e]\nk = {\nv=2\n}\n",
        ),
    ]);
    let p = Profile::load(&paths).unwrap();
    assert_eq!(texts(&p, ["a", "x"]), ["1", "2"]);
    assert_eq!(p.value(&["a", "x"]).unwrap().text(), "1");
    assert_eq!(p.last_value(&["a", "x"]).unwrap().text(), "2");
    assert_eq!(texts(&p, ["a", "g", "y"]), ["1", "2"]);
    assert_eq!(texts(&p, ["a", "h", "z"]), ["1"]);
    assert_eq!(texts(&p, ["a", "h", "only"]), Vec::<String>::new());
    // A star on a relation ends nothing.
    assert_eq!(texts(&p, ["a", "r"]), ["1", "2"]);
    assert_eq!(texts(&p, ["f", "v"]), ["1"]);
    assert_eq!(texts(&p, ["f", "w"]), Vec::<String>::new());
    assert_eq!(texts(&p, ["e", "k", "v"]), Vec::<String>::new());
}

#[test]
fn includes_join_the_including_file() {
    let (dir, paths) = files(&[
        ("main", "[a]\ng = {\nx = 1\ninclude DIR/inc\nx = 2\n}\nincludedir DIR/d\ny = end\n"),
        ("inc", "x = ignored\n[a]\ny = inc\ng = {\nx = inc\n"),
        ("d/b", "[a]\ny = b\n"),
        ("d/a.conf", "[a]\ny = a\n"),
        ("d/Z-_9", "[a]\ny = Z\n"),
        ("d/.hidden.conf", "broken [\n["),
        ("d/save~", "[["),
        ("d/x.rpmsave", "[["),
        ("d/sub/file", "[["),
    ]);
    let p = Profile::load(&paths[..1]).unwrap();
    assert_eq!(texts(&p, ["a", "g", "x"]), ["1", "inc", "2"]);
    assert_eq!(texts(&p, ["a", "y"]), ["inc", "Z", "a", "b", "end"]);
    assert_eq!(p.values(&["a", "y"])[1].origin(), crate::Origin::new(&dir.path().join("d/Z-_9"), 2));
    // A directory in the list is what includedir makes of it.
    let p = Profile::load(&[dir.path().join("d")]).unwrap();
    assert_eq!(texts(&p, ["a", "y"]), ["Z", "a", "b"]);
}

#[test]
fn faulty_includes() {
    let (dir, paths) = files(&[
        ("missing", "[a]\ninclude DIR/none\n"),
        ("nodir", "includedir DIR/none\n"),
        ("loop", "[a]\ninclude DIR/loop\n"),
        ("bad", "include DIR/broken\n"),
        ("broken", "[a]\n\noops\n"),
        ("isdir", "include DIR\n[a]\nx=1\n"),
        ("d/self", "includedir DIR/d\n"),
    ]);
    let load = |at: usize| Profile::load(&paths[at..=at]);
    let error = load(0).unwrap_err();
    assert_eq!(error.mit_text(), "Included profile file could not be read");
    assert!(error.to_string().contains("missing:2: cannot include "), "{error}");
    let error = load(1).unwrap_err();
    assert_eq!(error.mit_text(), "Included profile directory could not be read");
    assert!(error.to_string().contains("nodir:1: cannot read directory "), "{error}");
    assert_eq!(load(2).unwrap_err().mit_text(), "Included profile file could not be read");
    let broken = dir.path().join("broken");
    assert_eq!(
        load(3).unwrap_err().to_string(),
        format!("{}:3: Syntax error in profile relation", broken.display())
    );
    let p = load(5).unwrap();
    assert_eq!(texts(&p, ["a", "x"]), ["1"]);
    assert!(matches!(p.notices(), [Notice::IncludeOfDirectory { .. }]));
    assert!(load(6).is_err());
}

#[test]
fn missing_files_are_passed_over_unless_all_are() {
    let (dir, paths) = files(&[("there", "[a]\nx = 1\n")]);
    let none = dir.path().join("none");
    let p = Profile::load(&[none.clone(), paths[0].clone(), PathBuf::new()]).unwrap();
    assert_eq!(texts(&p, ["a", "x"]), ["1"]);
    let error = Profile::load(std::slice::from_ref(&none)).unwrap_err();
    assert_eq!(error.mit_text(), "No such file or directory");
    assert!(error.to_string().contains(none.to_str().unwrap()));
    assert!(!Profile::load::<PathBuf>(&[]).unwrap().has_files());
    let error = Profile::load(&[paths[0].join("x")]).unwrap_err();
    assert_eq!(error.mit_text(), "Not a directory");
}

#[test]
fn endless_files_end() {
    assert!(matches!(Profile::load(&["/dev/zero"]), Err(Error::Read { .. })));
}

#[test]
fn booleans_and_integers() {
    let p =
        parse("[a]\nx = YES\nx = off\nx = f\nx = maybe\ni = \" +12\"\ni = -7x\ni = 2147483648\ni = \"\"\n");
    let x = p.values(&["a", "x"]);
    let read: Vec<_> = x.iter().map(Value::boolean).collect();
    assert_eq!(read, [Some(true), Some(false), None, None]);
    assert_eq!(x[2].kadmin_boolean(), Some(false));
    let i = p.values(&["a", "i"]);
    assert_eq!(i.iter().map(Value::integer).collect::<Vec<_>>(), [Some(12), None, None, None]);
    assert_eq!(i[1].scanned_integer(), Some(-7));
    let error = parse("[a]\nx = maybe\n").boolean(&["a", "x"]).unwrap_err();
    assert_eq!(error.to_string(), "k.conf:2: [a] x = maybe: not a boolean (use true or false)");
    assert_eq!(error.mit_text(), "Invalid boolean value");
}

/// Any bytes give a profile or an error, never a panic. (xorshift with a fixed seed.)
#[test]
fn any_bytes() {
    let mut state = 0x5eed_u64;
    for _ in 0..2000 {
        let mut text = b"[a]\n".to_vec();
        for _ in 0..40 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let alphabet = b"[]{}=*\"\\ \t\r\n\n\0ab#;\xff";
            text.push(alphabet[(state >> 33) as usize % alphabet.len()]);
        }
        if let Ok(profile) = Profile::parse("k", &text) {
            for section in profile.subsections::<&str>(&[]) {
                for relation in profile.relations(&[section]) {
                    assert!(profile.value(&[section, relation]).is_some(), "{text:?}");
                }
            }
        }
    }
}
