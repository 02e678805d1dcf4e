//! A report for scripts: `realmsmith/keytab-check` of `docs/json.md`.

use super::remedy::Remedies;
use super::text::verdict;
use k5_admin::doctor::{Finding, Report};
use k5_cli::Io;
use k5_cli::json::{PrincipalJson, Schema, text};
use serde::Serialize;
use std::io;

/// The kind of document that this is.
const SCHEMA: Schema = Schema { name: "keytab-check", version: 1 };

#[derive(Serialize)]
struct CheckJson {
    keytab: String,
    verdict: &'static str,
    entries: usize,
    principals: usize,
    file: Option<FileJson>,
    database: Option<String>,
    findings: Vec<FindingJson>,
}

#[derive(Serialize)]
struct FileJson {
    user: u32,
    group: u32,
    mode: String,
}

#[derive(Serialize)]
struct FindingJson {
    code: &'static str,
    level: &'static str,
    message: String,
    slots: Vec<usize>,
    offset: Option<u64>,
    principal: Option<String>,
    mend: Vec<String>,
}

/// Writes the document. `database` is the realm of the database that was compared.
pub(super) fn write(
    io: &mut Io<'_>,
    keytab: &[u8],
    database: Option<&[u8]>,
    report: &Report,
    remedies: &Remedies,
) -> io::Result<()> {
    let finding = |finding: &Finding| FindingJson {
        code: finding.code.text(),
        level: finding.level().name(),
        message: finding.text.clone(),
        slots: finding.slots.clone(),
        offset: finding.offset,
        principal: finding.principal.as_ref().map(|principal| PrincipalJson::from(principal).principal),
        mend: remedies.lines(&finding.remedy).into_iter().map(shell_line).collect(),
    };
    let document = CheckJson {
        keytab: text(keytab),
        verdict: verdict(report.level()),
        entries: report.entries,
        principals: report.principals,
        file: report.ownership.map(|ownership| FileJson {
            user: ownership.user,
            group: ownership.group,
            mode: format!("{:04o}", ownership.mode),
        }),
        database: database.map(text),
        findings: report.findings.iter().map(finding).collect(),
    };
    io.write_json(SCHEMA, &document)
}

/// A line as it stands; only where it is no UTF-8 its odd bytes are spelled out.
fn shell_line(line: Vec<u8>) -> String {
    String::from_utf8(line).unwrap_or_else(|error| text(error.as_bytes()))
}
