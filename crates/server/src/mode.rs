//! The mode of a run: whether it changes something or only plans.

use outwork_domain::RunMode;

use crate::errors::Failure;

/// Reads a mode; none where the body names none.
pub(crate) fn read_mode(text: Option<&str>) -> Result<Option<RunMode>, Failure> {
    text.map(|text| match text {
        "agent" => Ok(RunMode::Agent),
        "plan" => Ok(RunMode::Plan),
        _ => Err(Failure::invalid("mode must be agent or plan")),
    })
    .transpose()
}
