//! What only the operator of the server may see and change: the machine, and what all accounts share.

use outwork_store::accounts;

use crate::app::App;
use crate::auth::Caller;
use crate::errors::Failure;

/// Admits the only account of a server with an unlimited key: nobody else can be meant. Where others have accounts, whose
/// machine it is cannot be told by a key, and the command line is for the operator.
pub(super) async fn admit(app: &App, caller: &Caller) -> Result<(), Failure> {
    if !caller.0.is_unlimited() {
        return Err(Failure::limited_key());
    }
    let mut reader = app.store().read().await?;
    if accounts::is_only(&mut reader, caller.account_id()).await? {
        return Ok(());
    }
    Err(Failure::forbidden(
        "Others have accounts on this server, so this is for its operator, at the command line",
    ))
}
