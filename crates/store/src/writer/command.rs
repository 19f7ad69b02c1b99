//! A piece of work that waits for the writer, with the caller who waits for its answer.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::oneshot;

use crate::Error;
use crate::transaction::Tx;

/// Work for the writer, whatever it gives.
pub(crate) trait Command: Send {
    /// Does the work inside the open transaction and keeps its result.
    fn run<'t>(&'t mut self, tx: &'t mut Tx) -> BoxFuture<'t, Verdict>;
    /// Answers the caller: with the result once it is durable, else with the fault of the commit.
    fn answer(self: Box<Self>, fault: Option<&Arc<sqlx::Error>>);
}

/// Whether what a command wrote is to stay.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// It did what it wanted.
    Keep,
    /// It failed: nothing of it may stay.
    Undo,
}

/// Work with its result and its caller.
pub(crate) struct Pending<T, E, F> {
    work: Option<F>,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Pending<T, E, F> {
    /// Work, and where its answer will come.
    pub(crate) fn new(work: F) -> (Self, oneshot::Receiver<Result<T, E>>) {
        let (reply, answer) = oneshot::channel();
        (
            Self {
                work: Some(work),
                result: None,
                reply,
            },
            answer,
        )
    }
}

impl<T, E, F> Command for Pending<T, E, F>
where
    T: Send + 'static,
    E: From<Error> + Send + 'static,
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
{
    fn run<'t>(&'t mut self, tx: &'t mut Tx) -> BoxFuture<'t, Verdict> {
        Box::pin(async move {
            let Some(work) = self.work.take() else {
                return Verdict::Undo;
            };
            let result = AssertUnwindSafe(async { work(tx).await })
                .catch_unwind()
                .await;
            let result = result.unwrap_or_else(|_| Err(Error::Panicked.into()));
            let verdict = if result.is_ok() {
                Verdict::Keep
            } else {
                Verdict::Undo
            };
            self.result = Some(result);
            verdict
        })
    }

    fn answer(self: Box<Self>, fault: Option<&Arc<sqlx::Error>>) {
        let result = match (self.result, fault) {
            // What failed by itself changed nothing, whatever became of the group.
            (Some(Err(error)), _) => Err(error),
            (Some(Ok(_)) | None, Some(fault)) => Err(Error::of(Arc::clone(fault)).into()),
            (Some(Ok(value)), None) => Ok(value),
            (None, None) => Err(Error::Closed.into()),
        };
        // A caller who went away does not want the answer; what was written stays.
        drop(self.reply.send(result));
    }
}
