//! Folders, kept commits and user ids that nobody needs any more.
//!
//! A row exists before its folder and goes after it, so a crash between leaves a row that leads here.

use std::collections::HashSet;
use std::time::Duration;

use outwork_domain::{AgentId, Timestamp};
use outwork_store::{Error, workspaces};
use tracing::{info, warn};

use crate::Engine;
use crate::commands::artifact_folder;
use crate::run::{WORKSPACES_FOLDER, keep_name};

const BATCH: u32 = 64;

/// Removes what deleted agents left: workspace, kept commits, artifact files, user id.
pub(super) async fn remove_orphans(engine: &Engine) -> Result<(), Error> {
    let mut reader = engine.inner.store.read().await?;
    let orphans = workspaces::list_without_agent(&mut reader).await?;
    drop(reader);
    for agent_id in orphans {
        // Its sandbox is still being stopped; the next tick comes back.
        if engine.inner.running.has_agent(agent_id) {
            continue;
        }
        if let Err(error) = engine
            .inner
            .git
            .release_everywhere(&keep_name(agent_id))
            .await
        {
            warn!(%agent_id, %error, "kept commits cannot be released yet");
            continue;
        }
        let artifacts = artifact_folder(&engine.inner.options.data_dir, agent_id);
        if remove_folder(engine, artifacts).await {
            remove(engine, agent_id).await?;
        }
    }
    Ok(())
}

/// Removes the workspaces of agents that had no run for longer than `retention`; their published
/// commits stay kept, so a follow-up starts from those.
pub(super) async fn remove_old(engine: &Engine, retention: Duration) -> Result<(), Error> {
    let millis = i64::try_from(retention.as_millis()).unwrap_or(i64::MAX);
    let before = Timestamp::from_millis(engine.now().millis().saturating_sub(millis));
    let mut reader = engine.inner.store.read().await?;
    let old = workspaces::list_idle(&mut reader, before, BATCH).await?;
    drop(reader);
    for agent_id in old {
        if !engine.inner.running.has_agent(agent_id) {
            remove(engine, agent_id).await?;
        }
    }
    Ok(())
}

/// Removes the longest idle workspaces above `max`, so that user ids and disk stay available.
pub(super) async fn remove_excess(engine: &Engine, max: usize) -> Result<(), Error> {
    let mut reader = engine.inner.store.read().await?;
    let excess = workspaces::list(&mut reader)
        .await?
        .len()
        .saturating_sub(max);
    if excess == 0 {
        return Ok(());
    }
    let batch = u32::try_from(excess).unwrap_or(BATCH).min(BATCH);
    let idle = workspaces::list_idle(&mut reader, engine.now(), batch).await?;
    drop(reader);
    for agent_id in idle {
        if !engine.inner.running.has_agent(agent_id) {
            remove(engine, agent_id).await?;
        }
    }
    Ok(())
}

/// At start: removes the workspaces that no row owns.
pub(super) async fn sweep_folders(engine: &Engine) -> Result<(), Error> {
    let workspaces = engine.inner.options.data_dir.join(WORKSPACES_FOLDER);
    let mut reader = engine.inner.store.read().await?;
    let owned: HashSet<String> = workspaces::list(&mut reader)
        .await?
        .iter()
        .map(ToString::to_string)
        .collect();
    drop(reader);
    for name in children(&workspaces) {
        if !owned.contains(&name) {
            info!(workspace = name, "a workspace that nobody owns is removed");
            remove_folder(engine, workspaces.join(name)).await;
        }
    }
    Ok(())
}

async fn remove(engine: &Engine, agent_id: AgentId) -> Result<(), Error> {
    let folder = engine
        .inner
        .options
        .data_dir
        .join(WORKSPACES_FOLDER)
        .join(agent_id.to_string());
    if !remove_folder(engine, folder).await {
        return Ok(());
    }
    engine
        .inner
        .store
        .write(move |tx| Box::pin(async move { workspaces::remove(tx, agent_id).await.map(drop) }))
        .await
}

async fn remove_folder(engine: &Engine, folder: std::path::PathBuf) -> bool {
    if !folder.exists() {
        return true;
    }
    match engine.inner.git.remove_workspace(&folder).await {
        Ok(()) => true,
        Err(error) => {
            warn!(folder = %folder.display(), %error, "a folder cannot be removed yet");
            false
        }
    }
}

fn children(folder: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect()
}
