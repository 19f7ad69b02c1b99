//! `outwork __openapi`: the description of the API, as the server serves it.

use crate::exit::{Failure, Outcome};
use crate::output::Output;

/// Prints the document.
pub fn run(output: &Output) -> Outcome {
    let document = outwork_server::openapi().map_err(Failure::Failed)?;
    output.piece(&document)?;
    Ok(())
}
