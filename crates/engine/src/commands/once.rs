//! Commands that are carried out once however often a client asks: idempotency keys.
//!
//! The answer is rendered and stored in the transaction of what the command makes, so a reply that was
//! lost, or a server that died behind the commit, is repeated byte by byte. A refusal stores nothing.

use outwork_store::receipts::{self, Found};
use outwork_store::{BoxFuture, KeyedRequest, Reply, Tx};

use super::CommandError;
use crate::Engine;
use crate::flights::Flight;

/// How the answer to a command is written.
pub type Render<T> = Box<dyn FnOnce(&T) -> Result<Reply, CommandError> + Send>;

/// What lets a command be repeated: which request it is for, and how its answer is written.
pub struct Receipt<T> {
    flight: Flight,
    render: Render<T>,
}

impl<T> Receipt<T> {
    /// For a request that [`Engine::begin`] took for the first of its key.
    #[must_use]
    pub fn new(flight: Flight, render: Render<T>) -> Self {
        Self { flight, render }
    }
}

/// What became of a command.
#[derive(Debug)]
pub enum Once<T> {
    /// It was carried out now.
    Done(T),
    /// It was before, and this was its answer.
    Repeated(Reply),
}

impl<T> Once<T> {
    /// What was done, if it was done now.
    pub fn done(self) -> Option<T> {
        match self {
            Self::Done(value) => Some(value),
            Self::Repeated(_) => None,
        }
    }
}

/// What is to be done about a request with a key.
#[derive(Debug)]
pub enum Begun {
    /// It is the first: carry it out.
    First(Flight),
    /// It was answered before.
    Repeated(Reply),
}

impl Engine {
    /// Looks whether a request was answered before, and takes it up if not.
    ///
    /// # Errors
    ///
    /// [`CommandError::RepetitionInProgress`] while another one of its key is being carried out,
    /// [`CommandError::RepetitionDiffers`] if its key came with another body.
    pub async fn begin(&self, request: KeyedRequest) -> Result<Begun, CommandError> {
        let flights = &self.inner.flights;
        let flight = flights
            .begin(request)
            .ok_or(CommandError::RepetitionInProgress)?;
        let mut reader = self.inner.store.read().await?;
        match receipts::find(&mut reader, &flight.request, self.now()).await? {
            Found::Nothing => Ok(Begun::First(flight)),
            Found::Answered(reply) => Ok(Begun::Repeated(reply)),
            Found::OtherBody => Err(CommandError::RepetitionDiffers),
        }
    }

    /// Writes like the store does; with a receipt once only, and with its answer.
    pub(crate) async fn write_once<T, F>(
        &self,
        receipt: Option<Receipt<T>>,
        work: F,
    ) -> Result<Once<T>, CommandError>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, CommandError>> + Send + 'static,
    {
        let now = self.now();
        let write = self.inner.store.write(move |tx| {
            Box::pin(async move {
                let Some(Receipt { flight, render }) = receipt else {
                    return work(tx).await.map(Once::Done);
                };
                // Another server, or a request whose client went away, may have been first.
                match receipts::claim(tx, &flight.request, now).await? {
                    Found::Nothing => {}
                    Found::Answered(reply) => return Ok(Once::Repeated(reply)),
                    Found::OtherBody => return Err(CommandError::RepetitionDiffers),
                }
                let done = work(tx).await?;
                let reply = render(&done)?;
                receipts::fill(tx, &flight.request, &reply).await?;
                Ok(Once::Done(done))
            })
        });
        write.await
    }
}
