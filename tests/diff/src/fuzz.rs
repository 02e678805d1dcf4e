//! Random scripts, one after the other.

use crate::case::{Case, Form};
use crate::{Stand, Stands, generate, minimise};

/// How many commands a random script has.
pub const COMMANDS: usize = 30;

/// Runs the script of a seed. In form of standard input always; once in `often` seeds in the other forms too, which take a
/// program for each command.
///
/// # Errors
/// What differs, with the shortest script that still does, as a block for `cases/`.
pub fn run(stands: &mut Stands, seed: u64, often: u64) -> Result<(), String> {
    let forms: &[Form] = if seed.is_multiple_of(often) { &Form::ALL } else { &[Form::Stdin] };
    let case = generate::script(seed, COMMANDS);
    let stand = stands.for_case(&case);
    for form in forms {
        let case = Case { forms: vec![*form], ..case.clone() };
        if difference(stand, &case).is_none() {
            continue;
        }
        let least = minimise::minimise(&case, |less| {
            let told = less.steps.iter().any(|step| generate::is_told(&step.line));
            !told && difference(stand, less).is_some()
        });
        let report = difference(stand, &least).unwrap_or_else(|| "gone when run again".into());
        return Err(format!("{least}\n{report}"));
    }
    Ok(())
}

/// What differs twice: the clock may strike between the two sides, but it does not do so each time.
fn difference(stand: &Stand, case: &Case) -> Option<String> {
    once(stand, case).and_then(|_| once(stand, case))
}

fn once(stand: &Stand, case: &Case) -> Option<String> {
    let form = *case.forms.first()?;
    let found = stand.differences(case, form);
    let untold: Vec<String> = found
        .into_iter()
        .filter(|difference| !generate::told(case, form, difference))
        .map(|difference| difference.text)
        .collect();
    (!untold.is_empty()).then(|| untold.join("\n"))
}
