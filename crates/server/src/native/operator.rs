//! What only the operators of the server may see and change: the machine, and what all accounts share.

use outwork_store::accounts;

use crate::app::App;
use crate::auth::Caller;
use crate::errors::Failure;

/// Admits the unlimited keys of operators: the accounts that the configuration names, or, if it names none, the
/// only account of the server, since nobody else can be meant.
pub(super) async fn admit(app: &App, caller: &Caller) -> Result<(), Failure> {
    if !caller.0.is_unlimited() {
        return Err(Failure::limited_key());
    }
    let operators = &app.options().operators;
    if operators.contains(&caller.0.email) {
        return Ok(());
    }
    if !operators.is_empty() {
        return Err(Failure::forbidden(
            "This is for the operators of this server: its configuration names them (operators)",
        ));
    }
    let mut reader = app.store().read().await?;
    if accounts::is_only(&mut reader, caller.account_id()).await? {
        return Ok(());
    }
    Err(Failure::forbidden(
        "Others have accounts on this server, and its configuration names no operators: this is for its \
         operator, at the command line",
    ))
}
