// The button that picks images, and those that were taken.

import { useEffect, useRef, useState, type ReactNode } from "react";

import { visible } from "../text/visible";
import type { Draft, DraftStore } from "./draft";
import type { PromptImage } from "./images";

export function ImagePicker({ draft, store }: { draft: Draft; store: DraftStore }): ReactNode {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        accept="image/png,image/jpeg,image/gif,image/webp"
        onChange={(event) => {
          store.add(event.target.files ?? []);
          event.target.value = "";
        }}
      />
      <button type="button" className="quiet" onClick={() => input.current?.click()}>
        Add images
      </button>
      {draft.images.length > 0 && (
        <ul className="thumbnails" aria-label="Images">
          {draft.images.map((image, place) => (
            <li key={`${place} ${image.name}`}>
              <Thumbnail image={image} />
              <button type="button" aria-label={`Remove ${visible(image.name)}`} onClick={() => store.remove(image)}>
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
      {draft.refusal !== undefined && (
        <p role="alert" className="bad">
          {draft.refusal}
        </p>
      )}
    </>
  );
}

function Thumbnail({ image }: { image: PromptImage }): ReactNode {
  const [address, setAddress] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(image.file);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [image]);
  return <img src={address} alt={visible(image.name)} />;
}
