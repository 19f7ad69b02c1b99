//! Many agents at once on one repository.

use crate::support::repository::Repository;
use crate::support::server::{Database, Ground};

#[tokio::test]
async fn fifty_agents_at_once_on_one_repository() {
    let ground = Ground::new(Database::Sqlite);
    let repository = Repository::with_files(&ground.repositories(), "r.git", 60);
    let server = ground.serve(&ground.key("dev@example.com"));
    let mut agents = Vec::new();
    for n in 0..50 {
        let prompt =
            format!("Agent {n}\n```sh\necho {n} > own\n```\n```sh\necho more {n} >> own\n```");
        agents.push(server.launch(&repository.url(), &prompt).await);
    }
    for (n, id) in agents.iter().enumerate() {
        let agent = server.finished(id).await;
        let branch = agent["target"]["branchName"].as_str().unwrap();
        assert_eq!(repository.commits_of(branch).len(), 1);
        assert_eq!(repository.file(branch, "own"), format!("{n}\nmore {n}\n"));
    }
    assert_eq!(repository.branches().len(), 51);
    assert_eq!(server.pull_requests().await.len(), 50);
}
