//! Variables that a request gives to agents and runs. Their values are secrets: no message shows one.

use std::collections::BTreeMap;

use outwork_domain::Variable;

use crate::errors::Failure;

/// Reads the variables of a field.
pub(super) fn read_variables(
    field: &str,
    variables: Option<BTreeMap<String, String>>,
) -> Result<Vec<Variable>, Failure> {
    Variable::all(variables.unwrap_or_default())
        .map_err(|why| Failure::invalid(format!("{field}: {why}")))
}
