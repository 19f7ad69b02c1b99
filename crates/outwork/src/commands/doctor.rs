//! `outwork doctor`: what this machine lacks, and how to mend it.

use clap::Args;

use crate::config::{Flags, Settings};
use crate::doctor::{Check, Status, examine};
use crate::environment;
use crate::exit::{Failure, Outcome};
use crate::output::{Form, Output, Role};
use crate::plain::plain;

/// Check whether this machine can run agents; the status is 1 if something required is missing
#[derive(Args, Debug)]
pub struct DoctorArgs {
    #[command(flatten)]
    flags: Flags,
}

/// Carries it out.
pub async fn run(args: DoctorArgs, output: &Output) -> Outcome {
    let settings = Settings::of(&args.flags, &environment::find)?;
    let checks = examine(&settings).await;
    let missing: Vec<&str> = checks
        .iter()
        .filter(|check| check.status == Status::Missing)
        .map(|check| check.name)
        .collect();
    match output.form() {
        Form::Json => output.json(&serde_json::json!({
            "ok": missing.is_empty(),
            "checks": checks,
        }))?,
        Form::Text => {
            for check in &checks {
                output.piece(&line(check, output))?;
            }
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::Failed(format!(
        "this machine cannot run agents yet: {}",
        missing.join(", ")
    )))
}

fn line(check: &Check, output: &Output) -> String {
    let (role, word) = match check.status {
        Status::Ok => (Role::Good, "ok"),
        Status::Warning => (Role::Warning, "warning"),
        Status::Missing => (Role::Bad, "missing"),
    };
    let word = output.style().paint(role, &format!("{word:7}"));
    let found = plain(&check.found);
    let found = found.trim().replace('\n', "\n                           ");
    let mut line = format!("{word}  {:16}  {found}\n", check.name);
    if let Some(remedy) = &check.remedy {
        line += &format!("{:27}→ {remedy}\n", "");
    }
    line
}
