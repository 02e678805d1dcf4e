//! Damaged dumps: two lines of a sound one, what is changed in them, and what comes of it.

/// What becomes of a damaged dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Both load it.
    Loaded,
    /// Both refuse it.
    Refused,
    /// MIT loads it, reading past a field or a line, or cutting a number.
    MitLoads,
    /// MIT ends by a signal.
    MitCrashes,
    /// MIT never ends, or fills the disk with messages; it is not tried.
    MitHangs,
}

/// A principal's line with something of everything.
pub const PRINC: &str = "princ\t38\t13\t2\t2\t0\tp@GOLDEN.TEST\t1\t2\t3\t4\t5\t6\t7\t8\t500\t2\tabcd\t501\t0\t-1\t\
2\t300\t18\t2\t0102\t4\t1\t41\t1\t2\t-3\t1\tff\t-1;\n";
/// A policy's.
pub const POLICY: &str =
    "policy\tpol\t1\t2\t3\t4\t5\t0\t7\t8\t9\t10\t11\t12\taes256-cts:normal\t1\t300\t2\tabcd\n";

/// Changes to the two lines: what is replaced, what by, what becomes of it.
pub const DAMAGE: &[(&str, &str, Fate)] = {
    use Fate::*;
    &[
        ("", "", Loaded),
        ("princ\t", "princ \t ", Loaded),
        ("\t1\t2\t3\t4\t5\t6", "\t1\t\t2 3\t4\t5\t6", Loaded),
        ("abcd\t501", "ABCD\t501", Loaded),
        ("princ", "\n\nprinc", Loaded),
        ("\t8\t500", "\t4294967295\t500", Loaded),
        ("\t8\t500", "\t-1\t500", Loaded),
        ("-1;\n", "-1;x\n", Loaded),
        ("-1;\n", "-1\n", Loaded),
        ("-1;\npolicy", "-1;policy", Loaded),
        ("policy\tpol", "End\npolicy\tpol", Loaded),
        ("\t10\t11\t12\taes256-cts:normal\t1\t300\t2\tabcd\n", "\n", Loaded),
        ("\t10\t11\t12\taes256-cts:normal\t1\t300\t2\tabcd\n", "\t1\t2\t3\t-\t0\n", Loaded),
        ("princ", "prince", Refused),
        ("policy", "polic", Refused),
        ("policy", "garbage\npolicy", Refused),
        ("\t38\t13", "\tx\t13", Refused),
        ("\t13\t2\t2", "\t12\t2\t2", Refused),
        ("\t13\t2\t2", "\t99999999999\t2\t2", Refused),
        ("\t13\t2\t2", "\t3000000000\t2\t2", Refused),
        ("\t13\t2\t2", "\t13\t1\t2", Refused),
        ("\t13\t2\t2", "\t13\t3\t2", Refused),
        ("\t13\t2\t2", "\t13\t70000\t2", Refused),
        ("\t13\t2\t2", "\t13\t2\t3", Refused),
        ("\t13\t2\t2", "\t13\t2\t40000", Refused),
        ("p@GOLDEN.TEST", "p@GOLD@N.TEST", Refused),
        ("p@GOLDEN.TEST", "p@GOLDEN.TES\\", Refused),
        ("\t1\t2\t3\t4", "\t1\tzwei\t3\t4", Refused),
        ("\t500\t2\tabcd", "\t40000\t2\tabcd", Refused),
        ("\t500\t2\tabcd", "\t500\t70000\tabcd", Refused),
        ("\t500\t2\tabcd", "\t500\t-2\tabcd", Refused),
        ("\t500\t2\tabcd", "\t500\t2\tabxy", Refused),
        ("\t500\t2\tabcd", "\t32767\t2\tabcd", Refused),
        ("\t501\t0\t-1", "\t501\t0\t", Refused),
        ("\t501\t0\t-1", "\t501\t0\t00", Refused),
        ("\t2\t300\t18", "\t3\t300\t18", Refused),
        ("\t2\t300\t18", "\t2\t70000\t18", Refused),
        ("\t2\t300\t18", "\t2\t-1\t18", Refused),
        ("\t18\t2\t0102", "\t18\t-2\t0102", Refused),
        ("\t18\t2\t0102", "\t18\t66000\t0102", Refused),
        ("\t18\t2\t0102", "\t18\t2\t01", Refused),
        ("-1;", "-2;", Refused),
        ("-1;", "00;", Refused),
        ("\t9\t10\t11", "\t9\tx\t11", Refused),
        ("\t1\t300\t2\tabcd\n", "\t2\t300\t2\tabcd\n", Refused),
        ("\t1\t300\t2\tabcd\n", "\t0\t300\t2\tabcd\n", Refused),
        ("\t10\t11\t12\taes256-cts:normal\t1\t300\t2\tabcd\n", "\t10\t11\n", Refused),
        ("\t7\t8\t9\t10\t11\t12\taes256-cts:normal\t1\t300\t2\tabcd\n", "\n", Refused),
        // Numbers that MIT cuts.
        ("\t38\t13", "\t4294967334\t13", MitLoads),
        ("\t1\t2\t3\t4\t5\t6", "\t1\t99999999999\t3\t4\t5\t6", MitLoads),
        ("\t2\t300\t18\t", "\t2\t300\t65554\t", MitLoads),
        ("\t10\t11\t12", "\t10\t9999999999\t12", MitLoads),
        // Lines and fields that MIT reads past.
        ("\t13\t2\t2", "\t14\t2\t2", MitLoads),
        ("\t1\t2\t3\t4\t5\t6", "\t1\t2\n3\t4\t5\t6", MitLoads),
        ("\t500\t2\tabcd", "\t500\t2\tab cd", MitLoads),
        ("\t500\t2\tabcd\t501\t0", "\t500\t2\tabcd501\t0", MitLoads),
        ("\t500\t2\tabcd", "\t500\t2\tab\ncd", MitLoads),
        ("\t7\t8\t9\t10", "\t7\n8\t9\t10", MitLoads),
        ("\tpol\t", "\t\npol\t", MitLoads),
        ("\t300\t2\tabcd\n", "\t300\t2\tabcd", MitLoads),
        // Records that MIT's own programs cannot read back.
        ("\t38\t13\t2\t2\t0\t", "\t38\t13\t2\t2\t2\t", Refused),
        ("\t2\t300\t18\t2\t0102\t4\t1\t41", "\t-1\t300", MitLoads),
        ("\t38\t13", "\t40\t13", MitCrashes),
        ("-1;\npolicy", "-1;", MitHangs),
    ]
};

/// The two lines, changed.
///
/// # Panics
/// Where `from` is not in them.
#[must_use]
pub fn damaged(from: &str, to: &str) -> String {
    let lines = format!("{PRINC}{POLICY}");
    if (from, to) == ("-1;\npolicy", "-1;") {
        return PRINC.trim_end().to_owned();
    }
    let changed = lines.replacen(from, to, 1);
    assert!(changed != lines || from.is_empty(), "{from:?} is not there");
    changed
}
