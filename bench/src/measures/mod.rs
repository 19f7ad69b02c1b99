//! What is measured, one file a group of figures.

mod bombs;
mod concurrency;
mod load;
mod memory;
mod ready;
mod repositories;
mod streams;
mod turns;

use anyhow::Result;
use outwork_stand_ins::model_server::{Care, ModelServer};

use crate::arguments::Arguments;
use crate::figures::Figure;
use crate::measure::Measure;
use crate::place::Place;
use crate::server::{Server, Setting};
use crate::{repository, say};

/// What all measures share.
struct Bench<'a> {
    arguments: &'a Arguments,
    place: Place,
    repository: String,
    model: ModelServer,
}

impl Bench<'_> {
    /// A server of its own for one measure.
    async fn serve(&self, name: &str, workers: u32) -> Result<Server> {
        self.serve_with(name, workers, "").await
    }

    /// The same with more lines of configuration.
    async fn serve_with(&self, name: &str, workers: u32, more: &str) -> Result<Server> {
        let model_url = self.model.base_url();
        let setting = Setting {
            program: &self.arguments.program,
            place: &self.place,
            name,
            model_url: &model_url,
            workers,
            more,
        };
        Server::start(setting).await
    }
}

/// Measures everything that was asked for.
pub async fn all(arguments: &Arguments) -> Result<Vec<Figure>> {
    let place = Place::make()?;
    let bare = place.join("repositories").join("bench.git");
    let repository = repository::make(&bare, &place.join("scratch"))?;
    let model = ModelServer::with_care(Care::Times).await?;
    let bench = Bench {
        arguments,
        place,
        repository,
        model,
    };
    let mut figures = Vec::new();
    for measure in &arguments.measures {
        say(&format!("measuring {} …", measure.name()));
        figures.extend(match measure {
            Measure::Ready => ready::measure(&bench).await?,
            Measure::Turns => turns::measure(&bench).await?,
            Measure::Memory => memory::measure(&bench).await?,
            Measure::Concurrency => concurrency::measure(&bench).await?,
            Measure::Load => load::measure(&bench).await?,
            Measure::Streams => streams::measure(&bench).await?,
            Measure::Bombs => bombs::measure(&bench).await?,
            Measure::Repositories => repositories::measure(&bench).await?,
        });
    }
    Ok(figures)
}
