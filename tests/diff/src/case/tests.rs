use super::*;

const TEXT: &str = "\
## remarks

# first
@ forms stdin q
@ args -p \"a b\"
@ env USER
@ file words a\\nb
@ differs DIV-7 q exit
addprinc{TAB}x
< secret
<

# second
# no name but a command
";

#[test]
fn blocks_are_read() {
    let cases = parse("f", TEXT).unwrap();
    let first = &cases[0];
    assert_eq!((first.name.as_str(), first.place.as_str()), ("first", "f:3"));
    assert_eq!(first.forms, [Form::Stdin, Form::Query]);
    assert_eq!(first.args, ["-p", "a b"]);
    assert_eq!(first.env, [("USER".into(), None)]);
    assert_eq!(first.files, [("words".into(), "a\nb".into())]);
    let told = Expected { divergence: "DIV-7".into(), forms: vec![Form::Query], aspects: vec![Aspect::Exit] };
    assert_eq!(first.expected, [told]);
    assert_eq!(
        first.steps,
        [Step { line: "addprinc\tx".into(), answers: vec!["secret".into(), String::new()] }]
    );
    assert_eq!(cases[1].steps, [Step::new("# no name but a command")]);
}

#[test]
fn what_is_written_can_be_read() {
    let cases = parse("f", TEXT).unwrap();
    let plain = Case {
        args: Vec::new(),
        env: Vec::new(),
        expected: Vec::new(),
        place: "f:1".into(),
        ..cases[0].clone()
    };
    assert_eq!(parse("f", &plain.to_string()).unwrap(), [plain]);
}

#[test]
fn slips_have_a_place() {
    assert_eq!(parse("f", "lost\n").unwrap_err(), "f:1: outside of a block");
    assert_eq!(parse("f", "# a\n@ froms q\nx\n").unwrap_err(), "f:2: I do not understand \"@ froms q\"");
    assert_eq!(parse("f", "# a\n\n# b\nx\n").unwrap_err(), "f:1: no commands");
}
