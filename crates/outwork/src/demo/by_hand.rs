//! The same by hand: commands to copy, with the real address and key.

/// What a person types to do what the demonstration did.
pub fn commands(url: &str, key: &str, repository: &str, agent: &str) -> String {
    format!(
        r#"export OUTWORK_URL={url} OUTWORK_API_KEY={key}

curl -u "$OUTWORK_API_KEY:" "$OUTWORK_URL/v0/agents" -H 'Content-Type: application/json' -d '
  {{"prompt": {{"text": "Note the time\n\n```sh\ndate > today.txt\n```"}}, "model": "script",
   "source": {{"repository": "{repository}"}}, "target": {{"autoCreatePr": true}}}}'
curl -u "$OUTWORK_API_KEY:" "$OUTWORK_URL/v0/agents/{agent}"
curl -u "$OUTWORK_API_KEY:" "$OUTWORK_URL/v0/agents/{agent}/conversation"
curl -u "$OUTWORK_API_KEY:" "$OUTWORK_URL/v0/agents/{agent}/followup" -H 'Content-Type: application/json' -d '
  {{"prompt": {{"text": "Note it again\n\n```sh\ndate >> today.txt\n```"}}}}'
curl -N -u "$OUTWORK_API_KEY:" -H 'Accept: text/event-stream' "$OUTWORK_URL/api/v1/agents/{agent}/events"
curl -u "$OUTWORK_API_KEY:" "$OUTWORK_URL/api/v1/agents/{agent}/diff"

outwork list
outwork watch {agent}
outwork pr list
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bodies_are_json() {
        let text = commands("http://h", "key_x", "file:///r.git", "bc-1");
        let bodies: Vec<&str> = text
            .split("-d '")
            .skip(1)
            .map(|rest| rest.split('\'').next().unwrap())
            .collect();
        assert_eq!(bodies.len(), 2);
        for body in bodies {
            serde_json::from_str::<serde_json::Value>(body).unwrap();
        }
    }
}
