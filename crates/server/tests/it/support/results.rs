//! What runs leave behind: artifacts and pull requests.

use outwork_domain::{Artifact, CommitId, EventBody};
use outwork_engine::Clock;
use outwork_store::{Error, NewPullRequest, RepositoryChange, agents, artifacts, pull_requests};
use uuid::Uuid;

use super::server::{PUBLIC_URL, agent_id};
use super::{Key, Server};

impl Server {
    /// Leaves an artifact, as the end of a run does.
    pub async fn leave_artifact(&self, id: &str, path: &str, bytes: &[u8]) {
        let (id, now) = (agent_id(id), self.clock.now());
        let folder = self
            .folder
            .path()
            .join("data/artifacts")
            .join(id.to_string());
        std::fs::create_dir_all(&folder).unwrap();
        let file = Uuid::new_v4().to_string();
        std::fs::write(folder.join(&file), bytes).unwrap();
        let size_bytes = u64::try_from(bytes.len()).unwrap();
        let artifact = Artifact {
            path: path.parse().unwrap(),
            size_bytes,
            updated_at: now,
        };
        let done: Result<(), Error> = self
            .store
            .write(move |tx| {
                Box::pin(async move { artifacts::upsert(tx, id, &artifact, &file).await })
            })
            .await;
        done.unwrap();
    }

    /// Lets an agent change `README.md` and open a pull request from `outwork/<name>`; gives its number
    /// and its repository.
    pub async fn pull_request(&self, key: &Key, name: &str) -> (u64, String) {
        let folder = format!("{name}.git");
        let repository = self.repositories.make(&folder);
        let id = self.launch_on(key, &repository, name).await;
        let head = format!("outwork/{name}");
        let text = format!("hello {name}\n");
        let head_commit = self
            .repositories
            .commit(&folder, &head, Some("main"), &text);
        let base_commit = self.repositories.tip(&folder, "main");
        let number = self
            .open_pull_request(&id, &repository, &head, [base_commit, head_commit])
            .await;
        (number, repository)
    }

    async fn open_pull_request(
        &self,
        id: &str,
        repository: &str,
        head: &str,
        [base_commit, head_commit]: [CommitId; 2],
    ) -> u64 {
        let (agent_id, now) = (agent_id(id), self.clock.now());
        let new = NewPullRequest {
            agent_id,
            repository: repository.parse().unwrap(),
            title: format!("Change <{head}>"),
            body: "Some **words**.\n".to_owned(),
            base: "main".parse().unwrap(),
            head: head.parse().unwrap(),
            base_commit,
            head_commit: head_commit.clone(),
            readiness: outwork_domain::Readiness::Ready,
            now,
        };
        let opened: Result<u64, Error> = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let number = pull_requests::open(tx, &new).await?.number.0;
                    let change = RepositoryChange {
                        branch: Some(new.head),
                        head: Some(head_commit),
                        pull_request_url: Some(format!("{PUBLIC_URL}/pulls/{number}")),
                        ..RepositoryChange::of(new.repository)
                    };
                    agents::update_repository(tx, agent_id, &change, now).await?;
                    Ok(number)
                })
            })
            .await;
        opened.unwrap()
    }

    /// Appends so many notes to a working run.
    pub async fn note(&self, fence: outwork_domain::Fence, texts: &[&str]) {
        let note = |text: &&str| EventBody::Note {
            text: (*text).to_owned(),
        };
        self.append(fence, texts.iter().map(note).collect()).await;
    }
}
