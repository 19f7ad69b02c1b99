//! Images of prompts that lie somewhere else: fetched when the prompt is accepted, all at the same time.

use futures::future::try_join_all;
use outwork_domain::address::OutboundUrl;
use outwork_domain::limits::IMAGE_BYTES_MAX;
use outwork_domain::{AccountId, Image, InvalidImage};

use super::{CallError, HeldPlaces, Kind, Outbound, on_behalf_of};

const OK: u16 = 200;

/// An image of a prompt, or where it lies.
#[derive(Clone, Debug)]
pub enum PromptImage {
    /// It came with the request.
    Here(Image),
    /// It must be fetched from an address that [`Outbound::admit`] accepted.
    At(OutboundUrl),
}

/// The images of a prompt, in its order.
#[derive(Debug)]
pub struct FetchedImages {
    /// All of them.
    pub images: Vec<Image>,
    /// What those have that were fetched; to be kept until the prompt is stored.
    pub places: Option<HeldPlaces>,
}

/// An image that there is none of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FailedImage {
    /// Nothing was fetched: too many images of others are on their way.
    #[error("too many images are being fetched at present")]
    NoPlace,
    /// There is none at its address.
    #[error("image {number}: {why}")]
    None {
        /// Its place among the prompt's images, from 0.
        number: usize,
        /// What is wrong with it.
        why: NoImage,
    },
}

/// Why there is no image. The texts hold nothing that the other side sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoImage {
    /// The address gave no answer.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The answer is not the one to a good request; redirects are not followed.
    #[error("its server answered with status {0}")]
    Status(u16),
    /// The bytes are no image; whatever the other side says that they are.
    #[error("what lies there {0}")]
    Invalid(#[from] InvalidImage),
}

impl Outbound {
    /// Fetches those images that lie somewhere else, all at the same time; the order stays.
    ///
    /// It takes [`IMAGE_FETCH_MAX`](outwork_domain::limits::IMAGE_FETCH_MAX) at most once there are places
    /// for them, on which it waits a moment. The first failure ends all calls.
    ///
    /// # Errors
    ///
    /// [`FailedImage`] names the image and what is wrong with it, or says that there was no place.
    pub async fn images(
        &self,
        account_id: AccountId,
        images: Vec<PromptImage>,
    ) -> Result<FetchedImages, FailedImage> {
        let is_elsewhere = |image: &&PromptImage| matches!(image, PromptImage::At(_));
        let places = match images.iter().filter(is_elsewhere).count() {
            0 => None,
            count => {
                let places = self.image_places.take(account_id, count).await;
                Some(places.ok_or(FailedImage::NoPlace)?)
            }
        };
        let each = images.into_iter().enumerate();
        let each = each.map(|(number, image)| async move {
            let image = self.image(image).await;
            image.map_err(|why| FailedImage::None { number, why })
        });
        let images = on_behalf_of(account_id, try_join_all(each)).await?;
        Ok(FetchedImages { images, places })
    }

    async fn image(&self, image: PromptImage) -> Result<Image, NoImage> {
        let url = match image {
            PromptImage::Here(image) => return Ok(image),
            PromptImage::At(url) => url,
        };
        // Limited in time by its kind.
        let fetched = self.get(&url, IMAGE_BYTES_MAX, Kind::Image).await?;
        if fetched.status != OK {
            return Err(NoImage::Status(fetched.status));
        }
        Ok(Image::from_bytes(fetched.body)?)
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::sync::Arc;

    use outwork_domain::ImageFormat;
    use outwork_domain::address::Plain;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::Barrier;

    use super::*;
    use crate::outbound::OutboundOptions;

    /// The headers of images, of 16 by 32 pixels each.
    const GIF: &[u8] = b"GIF89a\x10\x00\x20\x00\x00\x00\x00";
    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x20\x08\x06\0\0\0";

    /// Serves a few paths, and answers nobody before `together` have asked.
    async fn images(together: usize) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let all_here = Arc::new(Barrier::new(together));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, Arc::clone(&all_here)));
            }
        });
        address
    }

    async fn answer(mut stream: TcpStream, all_here: Arc<Barrier>) {
        let mut request = vec![0; 4096];
        let length = stream.read(&mut request).await.unwrap();
        let request = String::from_utf8_lossy(&request[..length]).into_owned();
        all_here.wait().await;
        let head = |status: &str, length: usize| {
            format!(
                "HTTP/1.1 {status}\r\ncontent-type: text/plain\r\ncontent-length: {length}\r\n\r\n"
            )
        };
        let (head, body): (String, &[u8]) = match request.split(' ').nth(1).unwrap() {
            "/gif" => (head("200 OK", GIF.len()), GIF),
            "/png" => (head("200 OK", PNG.len()), PNG),
            "/page" => (head("200 OK", 6), b"<html>"),
            "/huge" => (head("200 OK", IMAGE_BYTES_MAX + 1), b""),
            "/cut" => (head("200 OK", 100), GIF),
            "/moved" => (
                "HTTP/1.1 302 Found\r\nlocation: /gif\r\ncontent-length: 0\r\n\r\n".to_owned(),
                b"",
            ),
            _ => (head("404 Not Found", 0), b""),
        };
        let _ = stream.write_all(head.as_bytes()).await;
        let _ = stream.write_all(body).await;
        let _ = stream.shutdown().await;
    }

    fn outbound() -> Outbound {
        let _ = rustls::crypto::ring::default_provider().install_default();
        Outbound::new(OutboundOptions {
            allow: vec!["127.0.0.0/8".parse().unwrap()],
            plain_http: Plain::Allowed,
            own_addresses: Vec::new(),
        })
    }

    fn account() -> AccountId {
        AccountId::new(uuid::Uuid::nil())
    }

    fn at(outbound: &Outbound, address: SocketAddr, path: &str) -> PromptImage {
        PromptImage::At(outbound.admit(&format!("http://{address}{path}")).unwrap())
    }

    #[tokio::test]
    async fn five_are_fetched_at_once_and_stay_in_order() {
        let (outbound, address) = (outbound(), images(5).await);
        let here = Image::from_bytes(PNG.to_vec()).unwrap();
        let mut wanted = vec![PromptImage::Here(here)];
        for path in ["/gif", "/png", "/png", "/gif", "/gif"] {
            wanted.push(at(&outbound, address, path));
        }
        let fetched = outbound.images(account(), wanted).await.unwrap();
        assert!(fetched.places.is_some());
        let fetched = fetched.images;
        let formats: Vec<ImageFormat> = fetched.iter().map(Image::format).collect();
        let (gif, png) = (ImageFormat::Gif, ImageFormat::Png);
        assert_eq!(
            formats,
            [png, gif, png, png, gif, gif],
            "read from the bytes"
        );
        assert_eq!(fetched[1].size(), (16, 32));
    }

    #[tokio::test]
    async fn what_is_no_image_is_named() {
        let (outbound, address) = (outbound(), images(1).await);
        for (path, why) in [
            ("/page", NoImage::Invalid(InvalidImage::UnknownFormat)),
            ("/none", NoImage::Status(404)),
            ("/moved", NoImage::Status(302)),
            ("/huge", NoImage::Call(CallError::TooLarge(IMAGE_BYTES_MAX))),
            ("/cut", NoImage::Call(CallError::Broken)),
        ] {
            let wanted = vec![at(&outbound, address, "/gif"), at(&outbound, address, path)];
            let failed = outbound.images(account(), wanted).await.unwrap_err();
            assert_eq!(failed, FailedImage::None { number: 1, why }, "{path}");
        }
    }

    #[tokio::test]
    async fn an_address_that_may_not_be_called_is_refused_before_any_call() {
        let outbound = Outbound::new(OutboundOptions::default());
        for text in [
            "http://example.com/a.png",
            "https://127.0.0.1/a.png",
            "https://169.254.169.254/latest/meta-data",
            "https://user:secret@example.com/a.png",
            "ftp://example.com/a.png",
        ] {
            assert!(outbound.admit(text).is_err(), "{text}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_server_is_not_waited_for_for_ever() {
        let (outbound, address) = (outbound(), images(2).await);
        let wanted = vec![at(&outbound, address, "/gif")];
        let failed = outbound.images(account(), wanted).await.unwrap_err();
        let why = NoImage::Call(CallError::TimedOut);
        assert_eq!(failed, FailedImage::None { number: 0, why });
    }
}
