//! The images of a conversation's prompts.

use std::collections::HashMap;

use outwork_domain::limits::CONVERSATION_IMAGE_BYTES_MAX;
use outwork_domain::{Event, EventBody, Image, RunId};

use crate::ledger::Ledger;

/// Reads the images of those prompts that have some, the newest first, until they are too many bytes to
/// hold: a model that is asked again and again is sent them every time. The newest prompt keeps its own
/// in any case.
pub(super) async fn images_of(
    ledger: &dyn Ledger,
    history: &[Event],
) -> Result<HashMap<RunId, Vec<Image>>, outwork_store::Error> {
    let mut found = HashMap::new();
    let mut bytes = 0_usize;
    for run_id in history.iter().rev().filter_map(with_images) {
        let images = ledger.images(run_id).await?;
        bytes += images
            .iter()
            .map(|image| image.bytes().len())
            .sum::<usize>();
        if bytes > CONVERSATION_IMAGE_BYTES_MAX && !found.is_empty() {
            break;
        }
        found.insert(run_id, images);
    }
    Ok(found)
}

fn with_images(event: &Event) -> Option<RunId> {
    if let EventBody::Prompt { image_count, .. } = &event.body {
        (*image_count > 0).then_some(event.run_id)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_prompts_with_images_are_asked_about() {
        let run_id = RunId::new(uuid::Uuid::from_u128(1));
        let event = |body| Event {
            seq: outwork_domain::Seq(1),
            run_id,
            attempt: outwork_domain::Attempt(1),
            at: outwork_domain::Timestamp::from_millis(0),
            body,
        };
        let prompt = |image_count| {
            let text = "x".to_owned();
            event(EventBody::Prompt {
                text,
                image_count,
                approves: None,
            })
        };
        assert_eq!(with_images(&prompt(2)), Some(run_id));
        assert_eq!(with_images(&prompt(0)), None);
        let note = EventBody::Note { text: "x".into() };
        assert_eq!(with_images(&event(note)), None);
    }
}
