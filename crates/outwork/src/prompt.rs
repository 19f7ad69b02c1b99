//! Prompts of the command line: text as an argument or from standard input, images from files.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use outwork_client::{Image, PromptBody};
use outwork_domain::Prompt;
use outwork_domain::limits::{IMAGE_BYTES_MAX, PROMPT_BYTES_MAX};

use crate::exit::Failure;

/// What the agent is to do.
#[derive(Args, Debug)]
pub struct PromptFlags {
    /// What to do; - reads it from standard input
    #[arg(value_name = "PROMPT")]
    prompt: String,
    /// Image beside the prompt; may be repeated
    #[arg(long, value_name = "FILE")]
    image: Vec<PathBuf>,
}

impl PromptFlags {
    /// Reads text and images and checks them by the server's own rules.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] names the argument and what is wrong with it.
    pub fn read(&self) -> Result<PromptBody, Failure> {
        let text = if self.prompt == "-" {
            standard_input()?
        } else {
            self.prompt.clone()
        };
        let images = self.image.iter().map(|path| image(path));
        let images = images.collect::<Result<Vec<_>, _>>()?;
        let prompt =
            Prompt::new(text, images).map_err(|why| Failure::Usage(format!("the prompt {why}")))?;
        let encode = |image: &outwork_domain::Image| Image {
            data: STANDARD.encode(image.bytes()),
            media_type: image.format().media_type().to_owned(),
        };
        Ok(PromptBody {
            text: prompt.text().to_owned(),
            images: prompt.images().iter().map(encode).collect(),
        })
    }
}

fn standard_input() -> Result<String, Failure> {
    // One byte more than a prompt may have tells "too long" from "just fits".
    let mut limited = std::io::stdin().lock().take(PROMPT_BYTES_MAX as u64 + 1);
    let mut text = String::new();
    limited
        .read_to_string(&mut text)
        .context("cannot read the prompt from standard input")?;
    Ok(text)
}

fn image(path: &Path) -> Result<outwork_domain::Image, Failure> {
    let refuse = |why: &dyn std::fmt::Display| {
        Failure::Usage(format!("the image {}: {why}", path.display()))
    };
    let meta = std::fs::metadata(path).map_err(|error| refuse(&error))?;
    if meta.len() > IMAGE_BYTES_MAX as u64 {
        return Err(refuse(&"it is larger than 15 MB"));
    }
    let bytes = std::fs::read(path).map_err(|error| refuse(&error))?;
    outwork_domain::Image::from_bytes(bytes).map_err(|why| refuse(&format!("it {why}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIXEL: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";

    #[test]
    fn images_are_checked_before_they_are_sent() {
        let folder = tempfile::tempdir().unwrap();
        let good = folder.path().join("good.png");
        std::fs::write(&good, PIXEL).unwrap();
        let flags = |image: Vec<PathBuf>| PromptFlags {
            prompt: "do it".into(),
            image,
        };
        let body = flags(vec![good.clone()]).read().unwrap();
        assert_eq!(STANDARD.decode(&body.images[0].data).unwrap(), PIXEL);
        let bad = folder.path().join("bad.svg");
        std::fs::write(&bad, "<svg/>").unwrap();
        for (images, part) in [
            (vec![bad], "bad.svg"),
            (vec![folder.path().join("gone")], "gone"),
            (vec![good; 6], "5 images"),
        ] {
            let failure = flags(images).read().unwrap_err();
            assert_eq!(failure.status(), 2);
            assert!(failure.to_string().contains(part), "{failure}");
        }
    }

    #[test]
    fn an_empty_prompt_is_refused() {
        let flags = PromptFlags {
            prompt: "  ".into(),
            image: vec![],
        };
        assert_eq!(flags.read().unwrap_err().status(), 2);
    }
}
