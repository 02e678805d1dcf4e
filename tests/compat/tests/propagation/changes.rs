//! Kinds of change, one behind the other on one realm.

/// One kind of change.
pub struct Change {
    pub name: &'static str,
    pub what: &'static [Does],
    pub follows: Follows,
    /// MIT's programs cannot do it, or do not log it as a replica needs it.
    pub ours_only: bool,
}

/// One thing that is done.
pub enum Does {
    /// A query of kadmin.local.
    Kadmin(&'static str),
    /// Lines on its standard input.
    Lines(&'static str),
    /// A command of kdb5_util, its words between single blanks, and what it is answered.
    Util(&'static str, &'static str),
    /// k5srvutil.
    Keytab(&'static str),
    /// A file is made of another one.
    Edit(&'static str, &'static str, fn(&str) -> String),
}

/// How the replica follows.
#[derive(Debug, Clone, Copy)]
pub enum Follows {
    /// By so many updates; 0 for any number.
    ByUpdates(usize),
    /// By a full copy.
    ByCopy,
    /// There is nothing to follow.
    NotAtAll,
}

use Does::{Edit, Kadmin, Keytab, Lines, Util};
use Follows::{ByCopy, ByUpdates, NotAtAll};

const fn change(name: &'static str, what: &'static [Does], follows: Follows) -> Change {
    Change { name, what, follows, ours_only: false }
}

/// One that is ours to make.
const fn ours(name: &'static str, what: &'static [Does], follows: Follows) -> Change {
    Change { name, what, follows, ours_only: true }
}

/// A dump's header and the lines of principals whose names begin so, under names of the same length that begin otherwise.
fn some(dump: &str, from: &str, to: &str) -> String {
    let (from, to) = (format!("\t{from}"), format!("\t{to}"));
    let lines = dump.lines().enumerate().filter(|(number, line)| *number == 0 || line.contains(&from));
    lines.map(|(_, line)| line.replacen(&from, &to, 1) + "\n").collect()
}

pub const CHANGES: &[Change] = &[
    change("a principal with random keys", &[Kadmin("addprinc -randkey alice")], ByUpdates(1)),
    change("one with a password", &[Kadmin("addprinc -pw secret bob")], ByUpdates(1)),
    change("one without keys", &[Kadmin("addprinc -nokey carol")], ByUpdates(1)),
    change(
        "one with flags",
        &[Kadmin("addprinc -randkey +requires_preauth -allow_tix +ok_as_delegate dave")],
        ByUpdates(1),
    ),
    change(
        "one with times",
        &[Kadmin(
            "addprinc -randkey -expire 2037-01-02 -pwexpire 2036-01-02 -maxlife 2h -maxrenewlife 7d erin",
        )],
        ByUpdates(1),
    ),
    change(
        "one with many keys",
        &[Kadmin(
            "addprinc -pw s -e aes256-cts:normal,aes128-cts:special,camellia256-cts:norealm,aes256-sha2:onlyrealm frank",
        )],
        ByUpdates(1),
    ),
    change("one with a version", &[Kadmin("addprinc -randkey -kvno 300 grace")], ByUpdates(1)),
    change("a name in UTF-8", &[Kadmin("addprinc -randkey grüße/wörld")], ByUpdates(1)),
    change("a name with escapes", &[Kadmin(r"addprinc -randkey sl\/ash/a\@t")], ByUpdates(1)),
    // Updates of more than a block's 2,048 bytes have the log begin again with larger blocks.
    change("a principal that needs larger blocks", &[Lines(LARGE)], ByCopy),
    change("and one more as large", &[Lines(LARGE_AGAIN)], ByUpdates(0)),
    change("a policy", &[Kadmin("addpol -history 3 -minlength 2 strict")], ByCopy),
    change("a policy changes", &[Kadmin("modpol -maxlife 90days strict")], ByCopy),
    change("a policy with all fields", &[Kadmin(POLICY)], ByCopy),
    change("a principal with a policy", &[Kadmin("addprinc -pw secret1 -policy strict heidi")], ByUpdates(1)),
    change(
        "one with a policy that there is not",
        &[Kadmin("addprinc -randkey -policy nowhere ivan")],
        ByUpdates(1),
    ),
    change("a principal gets a policy", &[Kadmin("modprinc -policy strict bob")], ByUpdates(1)),
    change("a principal loses its policy", &[Kadmin("modprinc -clearpolicy bob")], ByUpdates(1)),
    change("a flag is set", &[Kadmin("modprinc +lockdown_keys carol")], ByUpdates(1)),
    change("a flag is cleared", &[Kadmin("modprinc +allow_tix dave")], ByUpdates(1)),
    ours("all flags are set", &[Kadmin("modprinc +0xffffffff dave")], ByUpdates(1)),
    ours("and none", &[Kadmin("modprinc -0xffffffff dave")], ByUpdates(1)),
    change("an expiration", &[Kadmin("modprinc -expire 2030-05-06 alice")], ByUpdates(1)),
    ours("an expiration after 2038", &[Kadmin("modprinc -expire 2050-05-06 alice")], ByUpdates(1)),
    change("no expiration", &[Kadmin("modprinc -expire never alice")], ByUpdates(1)),
    change("a password's expiration", &[Kadmin("modprinc -pwexpire 2031-05-06 alice")], ByUpdates(1)),
    change("a ticket life", &[Kadmin("modprinc -maxlife 3h alice")], ByUpdates(1)),
    change("a renewable life", &[Kadmin("modprinc -maxrenewlife 3d alice")], ByUpdates(1)),
    change("a version", &[Kadmin("modprinc -kvno 9 carol"), Kadmin("modprinc -kvno 9 alice")], ByUpdates(2)),
    change("an unlock", &[Kadmin("modprinc -unlock bob")], ByUpdates(1)),
    change("a password", &[Kadmin("cpw -pw other bob")], ByUpdates(1)),
    change("a password beside old keys", &[Kadmin("cpw -keepold -pw another bob")], ByUpdates(1)),
    change("random keys", &[Kadmin("cpw -randkey alice")], ByUpdates(1)),
    change("random keys beside old ones", &[Kadmin("cpw -randkey -keepold alice")], ByUpdates(1)),
    change("keys of other types", &[Kadmin("cpw -randkey -e aes128-cts:normal grace")], ByUpdates(1)),
    // The history's principal is made first.
    change("a password with history", &[Kadmin("cpw -pw secret2 heidi")], ByUpdates(0)),
    change("and again", &[Kadmin("cpw -pw secret3 heidi")], ByUpdates(1)),
    change("old keys go", &[Kadmin("purgekeys bob")], ByUpdates(1)),
    change("keys before a version go", &[Kadmin("purgekeys -keepkvno 11 alice")], ByUpdates(1)),
    change("all keys go", &[Kadmin("purgekeys -all erin")], ByUpdates(1)),
    change("a string attribute", &[Kadmin("setstr alice name value")], ByUpdates(1)),
    change("a second one", &[Kadmin("setstr alice other \"two words\"")], ByUpdates(1)),
    change("it changes", &[Kadmin("setstr alice other three")], ByUpdates(1)),
    change("it goes", &[Kadmin("delstr alice other")], ByUpdates(1)),
    change("the last one goes", &[Kadmin("delstr alice name")], ByUpdates(1)),
    change("a name changes", &[Kadmin("renprinc -force frank francis")], ByUpdates(3)),
    change("a name changes, with a policy", &[Kadmin("renprinc -force heidi adelheid")], ByUpdates(3)),
    change("a principal goes", &[Kadmin("delprinc -force grace")], ByUpdates(1)),
    change(
        "one goes and comes again",
        &[Lines("delprinc -force ivan\naddprinc -randkey ivan\n")],
        ByUpdates(2),
    ),
    change("a keytab", &[Kadmin("ktadd -k {DIR}/some.keytab alice ivan")], ByUpdates(2)),
    change(
        "a keytab of keys that are there",
        &[Kadmin("ktadd -k {DIR}/some.keytab -norandkey alice")],
        NotAtAll,
    ),
    change("entries leave a keytab", &[Kadmin("ktremove -k {DIR}/some.keytab alice old")], NotAtAll),
    ours("new keys for a keytab", &[Keytab("-f some.keytab change")], ByUpdates(2)),
    ours("an alias", &[Kadmin("alias al alice")], ByUpdates(1)),
    ours("an alias goes", &[Kadmin("delprinc -force al")], ByUpdates(1)),
    change("random keys for the realm", &[Kadmin("cpw -randkey -keepold krbtgt/EXAMPLE.COM")], ByUpdates(1)),
    change(
        "many lines, of which some fail",
        &[Lines(
            "addprinc -randkey one\naddprinc -randkey one\ndelprinc -force none\naddprinc -randkey two\nmodprinc -maxlife x one\nmodprinc -maxlife 5h one\n",
        )],
        ByUpdates(3),
    ),
    change(
        "under a lock",
        &[Lines("lock\naddprinc -randkey three\nmodprinc -maxlife 5h three\ndelprinc -force two\nunlock\n")],
        ByUpdates(3),
    ),
    change("a policy goes", &[Kadmin("delpol -force full")], ByCopy),
    change("a change before a policy's and one behind", &[Lines(AROUND_A_POLICY)], ByCopy),
    change("the large principal goes", &[Kadmin("delprinc -force large")], ByUpdates(1)),
    // MIT's needs the types named.
    change("ark", &[Util("ark -e aes256-cts:normal alice", "")], ByUpdates(1)),
    change("a new master key", &[Util("add_mkey -s", "newer\nnewer\n")], ByUpdates(1)),
    change("it comes into use", &[Util("use_mkey 2", "")], ByUpdates(1)),
    ours("all keys are encrypted in it", &[Util("update_princ_encryption -f", "")], ByUpdates(0)),
    // A list of keys goes, which no update says.
    ours("the older master key goes", &[Util("purge_mkeys -f", "")], ByCopy),
    change("nothing is to be encrypted anew", &[Util("update_princ_encryption -f", "")], NotAtAll),
    change(
        "some principals of a dump",
        &[
            Util("dump all", ""),
            Edit("all", "part", |dump| some(dump, "one@", "uno@")),
            Util("load -update part", ""),
        ],
        ByUpdates(1),
    ),
    change(
        "a principal of a dump over one that is there",
        &[
            Util("dump all", ""),
            Kadmin("modprinc +lockdown_keys one"),
            Edit("all", "part", |dump| some(dump, "one@", "one@")),
            Util("load -update part", ""),
        ],
        ByUpdates(2),
    ),
    change(
        "a dump with policies over the database",
        &[Util("dump all", ""), Util("load -update all", "")],
        ByCopy,
    ),
    change("a dump in place of the database", &[Util("dump all", ""), Util("load all", "")], ByCopy),
    change("a change behind it", &[Kadmin("modprinc -maxlife 6h alice")], ByUpdates(1)),
];

const POLICY: &str = "addpol -minlife 1day -maxlife 99days -minlength 5 -minclasses 2 -history 4 -maxfailure 3 \
                      -failurecountinterval 5min -lockoutduration 10min -allowedkeysalts aes256-cts:normal full";

const AROUND_A_POLICY: &str = "addprinc -randkey four\naddpol last\nmodprinc -maxlife 5h four\n";

/// Some thirty keys have more than 2,500 bytes.
const LARGE: &str = "addprinc -randkey large
cpw -randkey -keepold -e aes256-cts:normal,aes128-cts:normal,camellia256-cts:normal,camellia128-cts:normal large
cpw -randkey -keepold -e aes256-cts:normal,aes128-cts:normal,camellia256-cts:normal,camellia128-cts:normal large
cpw -randkey -keepold -e aes256-cts:normal,aes128-cts:normal,camellia256-cts:normal,camellia128-cts:normal large
cpw -randkey -keepold -e aes256-cts:normal,aes128-cts:normal,camellia256-cts:normal,camellia128-cts:normal large
cpw -randkey -keepold -e aes256-cts:normal,aes128-cts:normal,camellia256-cts:normal,camellia128-cts:normal large
cpw -randkey -keepold -e aes256-cts:normal,aes128-cts:normal,camellia256-cts:normal,camellia128-cts:normal large
cpw -randkey -keepold -e aes256-cts:normal,aes128-cts:normal,camellia256-cts:normal,camellia128-cts:normal large
";
const LARGE_AGAIN: &str = "cpw -randkey -keepold large\nsetstr large a b\n";
